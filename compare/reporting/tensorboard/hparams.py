"""The hyperparameters' table: a row for every variant and framework, its columns what differs between the rows.

A session group holds what has the same hyperparameters: one variant as one framework resolves it. What all rows have in
common is left out. The metrics are the numbers of the behaviours and where the curves end. The messages are
TensorBoard's own; its helper for them imports TensorFlow.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.hparams import api_pb2, metadata, plugin_data_pb2

from compare.analysis.attribution import title
from compare.analysis.behaviours import told
from compare.analysis.causes.questions import LENGTH
from compare.analysis.result import Result
from compare.reporting.tensorboard import run_names, scalars
from compare.reporting.tensorboard.events import Point, curve
from compare.reporting.tensorboard.resolved import Specs
from frameworks.runtime.trace import Trace
from scenarios.scenario import Behaviour
from scenarios.spec import Spec
from scenarios.spec.fields import fields

ENDED = {"finished": api_pb2.STATUS_SUCCESS, "stopped": api_pb2.STATUS_SUCCESS}
FINAL = (*scalars.REPORTED, "evaluated/train/loss", "evaluated/train/accuracy", "evaluated/test/loss",
         "evaluated/test/accuracy")
Row = tuple[str, str, int]
"""Framework, variant, seed."""
Views = dict[str, dict[Row, dict[str, Any]]]
"""The hyperparameters of every training by name, by view."""


def of_sessions(result: Result, views: Views) -> dict[Row, list[Point]]:
    """What makes each training a row of the table, with the numbers of the behaviours that it is part of."""
    found = {}
    for rows in views.values():
        columns = _columns(rows)
        for row, values in rows.items():
            framework, variant, seed = row
            trace = result.traces[framework][variant, seed]
            start = plugin_data_pb2.SessionStartInfo(group_name=f"{variant} {framework}")
            for column in columns:
                if column in values:
                    _put(start.hparams[column], values[column], columns[column])
            end = plugin_data_pb2.SessionEndInfo(status=ENDED.get(trace.outcome["kind"], api_pb2.STATUS_FAILURE))
            found[row] = [
                _point(metadata.SESSION_START_INFO_TAG, plugin_data_pb2.HParamsPluginData(session_start_info=start)),
                _point(metadata.SESSION_END_INFO_TAG, plugin_data_pb2.HParamsPluginData(session_end_info=end)),
                *_numbers(result, row)]
    return found


def experiment(result: Result, rows: Mapping[Row, Mapping[str, Any]]) -> list[Point]:
    """The columns of one view."""
    columns = _columns(rows)
    infos = [_info(rows, name, kind) for name, kind in columns.items()]
    of_view = {variant for _, variant, _ in rows}
    asked = [behaviour for behaviour in result.scenario.behaviours if of_view & set(behaviour.variants)]
    metrics = [api_pb2.MetricInfo(name=api_pb2.MetricName(tag=tag_of(behaviour)), display_name=behaviour.name,
                                  description=f"{behaviour.title}: {_bounds(behaviour)}") for behaviour in asked]
    ends = dict.fromkeys(name for name in FINAL for framework, variant, seed in rows
                         if name in result.traces[framework][variant, seed])
    metrics += [api_pb2.MetricInfo(name=api_pb2.MetricName(tag=name), display_name=name) for name in ends]
    content = api_pb2.Experiment(description=result.scenario.title, hparam_infos=infos, metric_infos=metrics)
    return [_point(metadata.EXPERIMENT_TAG, plugin_data_pb2.HParamsPluginData(experiment=content))]


def views(result: Result, specs: Specs) -> Views:
    """The hyperparameters of every training by name, by view."""
    found: Views = {}
    for framework, traces in result.traces.items():
        for (variant, seed), trace in traces.items():
            if (framework, variant) in specs and "environment" in trace.facts:
                view = run_names.view(result.scenario.variant(variant), seed)
                found.setdefault(view, {})[framework, variant, seed] = {
                    "variant": variant, "framework": title(framework), **_told(trace, specs[framework, variant])}
    return found


def tag_of(behaviour: Behaviour) -> str:
    """The tag of a behaviour's number."""
    return f"whether/{behaviour.name}"


def _told(trace: Trace, spec: Spec) -> dict[str, Any]:
    """Every field of a training's resolved spec, and what of its environment can matter."""
    environment = trace.facts["environment"]
    versions = " ".join(f"{name} {version}" for name, version in environment["versions"].items()
                        if name not in ("python", "numpy"))
    told = {name: environment[name] for name in ("backend", "device", "execution", "dtype", "threads")
            if name in environment}
    return {"versions": versions or "NumPy", **{f"with {name}": value for name, value in told.items()},
            **{path: value for path, _, value in fields(spec) if isinstance(value, (str, int, float, bool))
               and path not in LENGTH}}


def _columns(rows: Mapping[Row, Mapping[str, Any]]) -> dict[str, int]:
    """The hyperparameters that not all rows have in common, with their types."""
    names = dict.fromkeys(name for values in rows.values() for name in values)
    found = {}
    for name in names:
        values = [values.get(name) for values in rows.values()]
        if name in ("variant", "framework", "versions") or any(value != values[0] for value in values):
            known = [value for value in values if value is not None]
            number = all(isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
                         for value in known)
            found[name] = api_pb2.DATA_TYPE_FLOAT64 if number else api_pb2.DATA_TYPE_STRING
    return found


def _numbers(result: Result, row: Row) -> list[Point]:
    """The numbers of the behaviours that a training is part of, as of its own start."""
    framework, variant, seed = row
    points: list[Point] = []
    seeds = sorted({seed for _, seed in result.traces[framework]})
    for behaviour in result.scenario.behaviours:
        answer = result.answers[behaviour.name][framework]
        if variant in behaviour.variants and len(answer.numbers) == len(seeds):
            number = answer.numbers[seeds.index(seed)]
            if math.isfinite(number):
                points += curve(tag_of(behaviour), [number], [0], f"A number: {behaviour.title}; {_bounds(behaviour)}.")
    return points


def _bounds(behaviour: Behaviour) -> str:
    """Where a behaviour holds, in words."""
    low, high = (told(behaviour, bound) if math.isfinite(bound) else "" for bound in (behaviour.low, behaviour.high))
    return f"holds from {low} to {high}" if low and high else f"holds from {low} on" if low else f"holds up to {high}"


def _info(rows: Mapping[Row, Mapping[str, Any]], name: str, kind: int) -> api_pb2.HParamInfo:
    """A column with all of its values."""
    info = api_pb2.HParamInfo(name=name, type=kind)
    for value in dict.fromkeys(values[name] for values in rows.values() if name in values):
        _put(info.domain_discrete.values.add(), value, kind)
    return info


def _put(place: Any, value: object, kind: int) -> None:
    if kind == api_pb2.DATA_TYPE_FLOAT64:
        place.number_value = float(str(value))
    else:
        place.string_value = str(value)


def _point(tag: str, content: plugin_data_pb2.HParamsPluginData) -> Point:
    return 0, Summary.Value(tag=tag, tensor=metadata.NULL_TENSOR, metadata=metadata.create_summary_metadata(content))

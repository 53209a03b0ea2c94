"""The hyperparameter table: one row per variant and framework, one column per hyperparameter that differs.

A session group contains the trainings with the same hyperparameters: one variant as one framework resolves it.
Hyperparameters that are equal in all rows are omitted. The metrics are the numbers of the behaviours and the final
values of the curves. The protobuf messages are created directly because TensorBoard's helper imports TensorFlow.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.hparams import api_pb2, metadata, plugin_data_pb2

from compare.analysis.attribution import title
from compare.analysis.behaviours import in_unit
from compare.analysis.causes.questions import LENGTH
from compare.analysis.result import Result
from compare.reporting.tensorboard import run_names, scalars
from compare.reporting.tensorboard.events import Point, curve
from compare.reporting.tensorboard.resolved import Specs
from frameworks.runtime.trace import Outcome, Trace
from scenarios.scenario import Behaviour
from scenarios.spec import Spec
from scenarios.spec.fields import fields

ENDED: Mapping[str, Any] = {Outcome.FINISHED: api_pb2.STATUS_SUCCESS, Outcome.STOPPED: api_pb2.STATUS_SUCCESS}
FINAL = (*scalars.REPORTED, "evaluated/train/loss", "evaluated/train/accuracy", "evaluated/test/loss",
         "evaluated/test/accuracy")
Row = tuple[str, str, int]
"""Framework, variant, seed."""
Views = dict[str, dict[Row, dict[str, Any]]]
"""The hyperparameters of every training by view, row and name."""


def of_sessions(result: Result, views: Views) -> dict[Row, list[Point]]:
    """The session messages that make each training a row of the table, and the numbers of its behaviours."""
    points_by_row = {}
    for rows in views.values():
        columns = _columns(rows)
        for row, values in rows.items():
            framework, variant, seed = row
            trace = result.traces[framework][variant, seed]
            session_start = plugin_data_pb2.SessionStartInfo(group_name=f"{variant} {framework}")
            for column in columns:
                if column in values:
                    _put(session_start.hparams[column], values[column], columns[column])
            session_end = plugin_data_pb2.SessionEndInfo(
                status=ENDED.get(trace.outcome["kind"], api_pb2.STATUS_FAILURE))
            points_by_row[row] = [
                _point(metadata.SESSION_START_INFO_TAG,
                       plugin_data_pb2.HParamsPluginData(session_start_info=session_start)),
                _point(metadata.SESSION_END_INFO_TAG,
                       plugin_data_pb2.HParamsPluginData(session_end_info=session_end)),
                *_behaviour_numbers(result, row)]
    return points_by_row


def experiment(result: Result, rows: Mapping[Row, Mapping[str, Any]]) -> list[Point]:
    """The message that declares the columns and metrics of one view."""
    columns = _columns(rows)
    infos = [_info(rows, name, kind) for name, kind in columns.items()]
    variants = {variant for _, variant, _ in rows}
    behaviours = [behaviour for behaviour in result.scenario.behaviours if variants & set(behaviour.variants)]
    metrics = [api_pb2.MetricInfo(name=api_pb2.MetricName(tag=tag_of(behaviour)), display_name=behaviour.name,
                                  description=f"{behaviour.title}: {_bounds(behaviour)}") for behaviour in behaviours]
    finals = dict.fromkeys(name for name in FINAL for framework, variant, seed in rows
                           if name in result.traces[framework][variant, seed])
    metrics += [api_pb2.MetricInfo(name=api_pb2.MetricName(tag=name), display_name=name) for name in finals]
    content = api_pb2.Experiment(description=result.scenario.title, hparam_infos=infos, metric_infos=metrics)
    return [_point(metadata.EXPERIMENT_TAG, plugin_data_pb2.HParamsPluginData(experiment=content))]


def views(result: Result, specs: Specs) -> Views:
    """The hyperparameters of every training by view, row and name."""
    by_view: Views = {}
    for framework, traces in result.traces.items():
        for (variant, seed), trace in traces.items():
            if (framework, variant) in specs and "environment" in trace.facts:
                view = run_names.view(result.scenario.variant(variant), seed)
                by_view.setdefault(view, {})[framework, variant, seed] = {
                    "variant": variant, "framework": title(framework),
                    **_hyperparameters(trace, specs[framework, variant])}
    return by_view


def tag_of(behaviour: Behaviour) -> str:
    """The tag of a behaviour's number."""
    return f"whether/{behaviour.name}"


def _hyperparameters(trace: Trace, spec: Spec) -> dict[str, Any]:
    """The fields of a training's resolved spec, and the properties of its environment that can affect it."""
    environment = trace.facts["environment"]
    versions = " ".join(f"{name} {version}" for name, version in environment["versions"].items()
                        if name not in ("python", "numpy"))
    properties = {name: environment[name] for name in ("backend", "device", "execution", "dtype", "threads")
                  if name in environment}
    return {"versions": versions or "NumPy", **{f"with {name}": value for name, value in properties.items()},
            **{path: value for path, _, value in fields(spec) if isinstance(value, (str, int, float, bool))
               and path not in LENGTH}}


def _columns(rows: Mapping[Row, Mapping[str, Any]]) -> dict[str, int]:
    """The hyperparameters that differ between rows, with their data types."""
    names = dict.fromkeys(name for values in rows.values() for name in values)
    columns = {}
    for name in names:
        values = [values.get(name) for values in rows.values()]
        if name in ("variant", "framework", "versions") or any(value != values[0] for value in values):
            known = [value for value in values if value is not None]
            numeric = all(isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
                          for value in known)
            columns[name] = api_pb2.DATA_TYPE_FLOAT64 if numeric else api_pb2.DATA_TYPE_STRING
    return columns


def _behaviour_numbers(result: Result, row: Row) -> list[Point]:
    """The numbers, for this seed, of the behaviours that include this training."""
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
    """The interval in which a behaviour holds, as text."""
    low, high = (in_unit(behaviour, bound) if math.isfinite(bound) else "" for bound in (behaviour.low, behaviour.high))
    return f"holds from {low} to {high}" if low and high else f"holds from {low} on" if low else f"holds up to {high}"


def _info(rows: Mapping[Row, Mapping[str, Any]], name: str, kind: int) -> api_pb2.HParamInfo:
    """The declaration of a column with all of its values."""
    info = api_pb2.HParamInfo(name=name, type=kind)
    for value in dict.fromkeys(values[name] for values in rows.values() if name in values):
        _put(info.domain_discrete.values.add(), value, kind)
    return info


def _put(target: Any, value: object, kind: int) -> None:
    """Sets the value of a protobuf message; `kind` is its TensorBoard data type."""
    if kind == api_pb2.DATA_TYPE_FLOAT64:
        target.number_value = float(str(value))
    else:
        target.string_value = str(value)


def _point(tag: str, content: plugin_data_pb2.HParamsPluginData) -> Point:
    return 0, Summary.Value(tag=tag, tensor=metadata.NULL_TENSOR, metadata=metadata.create_summary_metadata(content))

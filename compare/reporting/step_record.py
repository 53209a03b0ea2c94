"""Compared steps and numbers as JSON data: first divergences, what explains them, differing numbers, coverage."""

from __future__ import annotations

from compare.analysis.explanation import Explanation
from compare.analysis.first_divergence import FirstDivergence
from compare.analysis.noise import FACTOR
from compare.analysis.quantities import Difference
from compare.analysis.replay import Coverage
from compare.analysis.result import Result
from compare.analysis.stages import NAMES, FirstLayer, StageResult
from compare.reporting.cells import coverage_text, first_difference
from compare.reporting.difference_text import because
from compare.reporting.difference_text import number as number_text
from compare.reporting.step_schema import (
    CoverageRecord,
    DifferenceRecord,
    DivergenceRecord,
    ExplanationRecord,
    LayerRecord,
    StageRecord,
    number,
)


def divergence_record(result: Result, divergence: FirstDivergence) -> DivergenceRecord:
    """Returns where two frameworks first differ, as `step_schema` describes it, as the records below."""
    return {"variant": divergence.variant, "sides": list(divergence.sides), "states": divergence.states,
            "first": divergence.first, "stages": [stage_record(stage) for stage in divergence.stages],
            "text": first_difference(divergence, result.explanations, result.unexplained_in)}


def explanation_record(explanation: Explanation) -> ExplanationRecord:
    """Returns the fields that explain the difference of a stage."""
    return {"variant": explanation.variant, "sides": list(explanation.sides), "stage": explanation.stage.name,
            "tensor": explanation.stage.tensor, "fields": [suspect.path for suspect in explanation.fields],
            "sufficient": [sorted(chosen) for chosen in explanation.sufficient],
            "necessary": [sorted(chosen) for chosen in explanation.necessary], "explained": explanation.explained,
            "switched": [{"framework": switch.framework, "changed": sorted(switch.changed),
                          "expected": number(switch.expected), "value": number(switch.value),
                          "holds": switch.holds} for switch in explanation.switched]}


def difference_record(result: Result, difference: Difference) -> DifferenceRecord:
    """Returns a reported number of each framework, and whether they differ."""
    return {"variant": difference.variant, "quantity": difference.quantity.name, "title": difference.quantity.title,
            "numbers_text": {name: number_text(difference, name) for name in result.traces},
            "sides": list(difference.sides), "epoch": difference.epoch,
            "label": difference.label,
            "numbers": {name: number(difference.numbers.get(name)) for name in result.traces},
            "rounding": number(difference.rounding), "differs": difference.differs, "reason": difference.reason,
            "explained": bool(difference.differs) and difference.explained,
            "fields": list(dict.fromkeys(suspect.path for suspect in difference.fields)),
            "origins": list(difference.origins), "text": because(difference)}


def coverage_record(coverage: Coverage) -> CoverageRecord:
    """Returns how many steps and states of a training were compared."""
    return {"variant": coverage.variant, "framework": coverage.framework, "compared": coverage.compared,
            "steps": coverage.steps, "size": number(coverage.size), "reason": coverage.reason,
            "states": coverage.states, "samples": coverage.samples, "last": coverage.last,
            "text": coverage_text(coverage)}


def stage_record(stage: StageResult) -> StageRecord:
    """Returns a stage of a step; `index` and `values` are those of its largest difference."""
    values = [number(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else
              None if value is None else str(value) for value in stage.values]
    return {"name": stage.name, "title": NAMES[stage.name], "differs": stage.differs, "step": stage.step,
            "tensor": stage.tensor, "index": [int(position) for position in stage.index], "values": values,
            "size": number(stage.size), "noise": number(stage.noise), "factor": FACTOR,
            "control": number(stage.control), "layer": layer_record(stage.layer), "layer_reason": stage.layer_reason}


def layer_record(layer: FirstLayer | None) -> LayerRecord | None:
    """Returns the first layer with different outputs; None if there is none."""
    if layer is None:
        return None
    compared = stage_record(layer.compared)
    return {"position": layer.position, "kind": layer.kind, "index": compared["index"],
            "values": compared["values"], "size": compared["size"], "noise": compared["noise"]}

"""Converts the facts of a trace to the dataclasses of `description`."""

from __future__ import annotations

from typing import cast

from compare.analysis.programs.description import Failure, Layer, Operation, Optimizer, Parameter, Place, Run
from frameworks.program_facts import LayerFacts, OperationFacts, OptimizerFacts, ParameterFacts, ProgramFacts
from frameworks.runtime.trace import Trace


def read_run(framework: str, trace: Trace) -> Run:
    """The run that a trace of the verb `program` records."""
    facts = cast(ProgramFacts, trace.facts)
    outcome = facts["outcome"]
    failed = outcome["kind"] == "failed"
    optimizer = facts.get("optimizer")
    return Run(
        framework, facts.get("backend", ""), {fact["path"]: layer(fact) for fact in facts.get("layers", ())},
        {fact["name"]: parameter(fact) for fact in facts.get("parameters", ())},
        tuple(map(operation, facts.get("operations", ()))), tuple(map(operation, facts.get("training_operations", ()))),
        facts.get("loss") or {}, read_optimizer(optimizer, facts) if optimizer else None, facts.get("penalties") or {},
        facts.get("activity_penalties") or {}, facts.get("constraints") or {}, facts.get("metrics") or (),
        facts.get("signature") or {}, Place(*facts.get("place", ("", 0))),
        Failure(outcome["when"], outcome["message"], Place(outcome["file"], outcome["line"])) if failed else None,
        facts.get("warnings", ()), facts.get("rates", ()), facts.get("accumulate", 1),
        facts.get("clipping", {}), facts.get("trains", True), facts.get("draws", False), trace)


def layer(fact: LayerFacts) -> Layer:
    """A layer from its facts."""
    return Layer(fact["path"], fact["kind"], fact["settings"], Place(fact["file"], fact["line"]), fact["parameters"],
                 fact["trainable"], fact.get("given"), fact.get("numbers", ()))


def parameter(fact: ParameterFacts) -> Parameter:
    """A parameter from its facts."""
    return Parameter(fact["name"], fact["layer"], fact["role"], tuple(fact["shape"]), fact["trainable"], fact["moving"],
                     fact.get("added", False), fact.get("trained_parts", 1))


def operation(fact: OperationFacts) -> Operation:
    """An operation from its facts."""
    return Operation(fact["key"], fact["kind"], fact["layer"], Place(fact["file"], fact["line"]), tuple(fact["shape"]),
                     tuple(fact["from"]), fact.get("shapes", ()), fact.get("arguments", {}),
                     fact.get("operands", ()), fact.get("weights", ()))


def read_optimizer(fact: OptimizerFacts, facts: ProgramFacts) -> Optimizer:
    """An optimizer from its facts, and from those of its training."""
    return Optimizer(fact["name"], fact["settings"], fact.get("groups", ()), Place(fact["file"], fact["line"]),
                     fact.get("given"), fact.get("sparse", ()), facts.get("unstepped", ()), fact.get("undecayed", ()))

"""Runs a user's PyTorch program: describes it, runs forward passes, computes its gradient, and trains it."""
from __future__ import annotations

import contextlib
import logging
import warnings
from typing import Any, Iterator, Mapping

import numpy as np
import torch

from frameworks.job import ProgramJob
from frameworks.lightning.api import quiet
from frameworks.lightning.program import (
    build,
    changes,
    clipping,
    drawn,
    given,
    layers,
    operation_changes,
    sequence_changes,
)
from frameworks.lightning.program.kept_state import put_back
from frameworks.lightning.program.optimizer import Described
from frameworks.lightning.program.recorder import Operations, followed, tensors
from frameworks.lightning.program.training import Following, measure, train
from frameworks.program_facts import OperationFacts, ProgramFacts
from frameworks.runtime.named_batch import batch_of
from frameworks.runtime.program_arrays import batches, differ, in_dtype, numbered, outline, read_arrays, refuse_random
from frameworks.runtime.program_objects import made_at, watched_constructors
from frameworks.runtime.user_program import folder_of, phase

Arrays = dict[str, np.ndarray]


@contextlib.contextmanager
def dtype(name: str) -> Iterator[None]:
    """Sets the dtype of everything that is built in the block."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(getattr(torch, name))
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def run(job: ProgramJob, facts: ProgramFacts, arrays: Arrays) -> None:
    """Builds the program and fills the facts and arrays of `frameworks.runtime.user_program`."""
    warnings.filterwarnings("ignore")
    quiet(logging.ERROR)
    with clipping.followed() as clips:
        built_and_run(job, facts, arrays, clips)


def built_and_run(job: ProgramJob, facts: ProgramFacts, arrays: Arrays, clips: clipping.Clipping) -> None:
    """Builds the program, describes it, runs it forward, and trains it."""
    program, optimizers = changed_program(job)
    facts.update(described(program, optimizers))
    for name, variable in layers.parameters(program.model):
        arrays[f"parameter/{name}"] = variable.value if job["whole"] else outline(variable.value)
    if job["data"]:
        with drawn.SameNumbers() as numbers:
            try:
                passes_and_training(program, optimizers, job, facts, arrays, clips)
            finally:
                facts["draws"] = numbers.drawn


def passes_and_training(program: build.Program, optimizers: list[Any], job: ProgramJob, facts: ProgramFacts,
                        arrays: Arrays, clips: clipping.Clipping) -> None:
    """Runs the program forward, and trains it."""
    model, folder = program.model, folder_of(job)
    inputs, targets = data(job)
    operations = changed_operations(model, job)
    arrays.update({f"given/{i}": tensor[:job["batch"]].cpu().numpy() for i, tensor in enumerate(inputs)})
    with phase("forward", folder), followed(model, operations):
        without_dropout(program, operations)
        facts["operations"] = run_forward(model, inputs, job, operations, arrays)
    if program.module is None or not targets or not job["until"]:
        return
    replaced = [] if facts["optimizer"].get("torch") else optimizers
    tried = [change for change in job["changes"] if change["kind"] == "optimizer"]
    if tried:
        replaced, clips.off = followers(model, optimizers, tried[-1]["fields"]), True
    steps = given.batches(program.module, model, inputs, targets, job)
    if job["until"] >= job["steps"]:
        with put_back(program.module):
            measure(program.module, steps, facts, arrays)
    following = Following(program, operations, job, arrays, facts, clips)
    following.targets = targets
    with phase("training", folder), followed(program.module, operations):
        train(following, steps, replaced)
    if job["until"] < job["steps"]:
        return
    with phase("evaluation", folder), followed(model, operations):
        evaluate(model, inputs, job, operations, "", "evaluated", arrays)


def changed_program(job: ProgramJob) -> tuple[build.Program, list[Any]]:
    """Returns the program with its weights and the changes of its modules, and the optimizers that it configures."""
    program, folder = build.built(job), folder_of(job)
    with phase("change", folder):
        new = changes.change_shapes(program.model, job["changes"])
    build.give_weights(program, job)
    with phase("change", folder):
        changes.change_layers(program.model, job["changes"])
    with phase("optimizer", folder), watched_constructors(folder, torch.optim.Optimizer):
        optimizers = optimizers_of(program)
        if not optimizers:
            program.module = None
        elif new and isinstance(program.module, build.Wrapped):  # its optimizer is older than the new parameters
            optimizers[0].param_groups[0]["params"] += new
    return program, optimizers


def changed_operations(model: torch.nn.Module, job: ProgramJob) -> Operations:
    """Returns the object that records and changes the operations of the model."""
    operations = Operations(model, folder_of(job), {})
    model.register_forward_pre_hook(lambda module, args: setattr(operations, "model_inputs", tensors(args)))
    sequence_changes.change_sequences(model, job["changes"], lambda: operations.model_inputs)
    operations.changes = operation_changes.operation_changes(job["changes"], operations,
                                                             read_arrays(job["replaced"], "forward"))
    return operations


def run_forward(model: torch.nn.Module, inputs: list[torch.Tensor], job: ProgramJob, operations: Operations,
                arrays: Arrays) -> list[OperationFacts]:
    """Records the operations and outputs of the first batch, and runs it again. Raises ProgramError if the second run
    differs.
    """
    recorded = evaluate(model, inputs, job, operations, "forward", "predicted", arrays)
    again: Arrays = {}
    evaluate(model, inputs, job, operations, "", "predicted", again)
    if any(differ(value, arrays[name]) for name, value in again.items()):
        evaluate(model, inputs, job, operations, "forward", "predicted", again)
        refuse_random(arrays, again, recorded)
    return recorded


def trained_tensors(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    """The tensors that are trained, by name; a variable of several tensors has NAME, NAME/1, …"""
    return {name if i == 0 else f"{name}/{i}": tensor for name, variable in layers.parameters(model)
            for i, (tensor, _) in enumerate(variable.parts) if tensor.requires_grad}


def optimizers_of(program: build.Program) -> list[Any]:
    """The optimizers that the program configures; none for a bare module. Their schedulers belong to the Trainer."""
    configured = program.module.configure_optimizers() if program.module is not None else None
    if configured is None:
        return []
    if isinstance(configured, tuple) and len(configured) == 2 and isinstance(configured[0], list):
        configured = configured[0]
    several = configured if isinstance(configured, (list, tuple)) else [configured]
    return [each["optimizer"] if isinstance(each, dict) else each for each in several]


def followers(model: torch.nn.Module, optimizers: list[Any], fields: Mapping[str, Any]) -> list[Any]:
    """An optimizer with these fields for each of the program's own, which it replaces, with the same tensors. The first
    one also has the tensors that no optimizer has."""
    owners = {id(tensor): i for i, optimizer in enumerate(optimizers)
              for group in getattr(optimizer, "param_groups", ()) for tensor in group["params"]}
    named = trained_tensors(model)
    return [Described({name: tensor for name, tensor in named.items() if owners.get(id(tensor), 0) == i}, fields)
            for i in range(len(optimizers))]


def described(program: build.Program, optimizers: list[Any]) -> ProgramFacts:
    """The facts about the parts of the program."""
    model = program.model
    return {"layers": [layers.described(path, module) for path, module in layers.leaves(model)],
            "optimizer": layers.facts_of_optimizers(optimizers, model), "place": made_at(model),
            "signature": {"first": layers.input_signature(model), "example": layers.example_inputs(model)},
            "trains": program.module is not None,
            "parameters": [{"name": name, "layer": name.rpartition("." + variable.role)[0], "role": variable.role,
                            "shape": list(variable.value.shape), "trainable": any(variable.trainable),
                            "added": variable.added, "trained_parts": sum(variable.trainable),
                            "moving": "moving" in variable.role}
                           for name, variable in layers.parameters(model)]}


def data(job: ProgramJob) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    """Returns the inputs and targets as the program gets them, with as many samples as its steps need."""
    name = job["dtype"]
    arrays = [[in_dtype(array, name) for array in numbered(read_arrays(job["data"], kind))]
              for kind in ("input", "target")]
    if job["until"]:
        arrays = [batches(values, job["steps"], job["batch"]) for values in arrays]
    inputs = [build.cast(tensor) for tensor in build.converted(arrays[0], job["inputs"], job)]
    for change in job["changes"]:
        if change["kind"] == "input":
            inputs = [tensor * change["factor"] + change["offset"] if tensor.is_floating_point() else tensor
                      for tensor in inputs]
    return inputs, [build.cast(tensor) for tensor in build.converted(arrays[1], job["targets"], job)]


def without_dropout(program: build.Program, operations: Operations) -> None:
    """Disables every dropout, because two frameworks draw different masks; the rates are compared separately."""
    operations.dropout = False
    for module in program.model.modules():
        if isinstance(module, (torch.nn.RNNBase, torch.nn.MultiheadAttention)):
            module.dropout = 0.0
        if name := layers.rate_name(module):
            setattr(module, name, 0.0)


def evaluate(model: torch.nn.Module, inputs: list[torch.Tensor], job: ProgramJob, operations: Operations,
             operations_name: str, outputs_name: str, arrays: Arrays) -> list[OperationFacts]:
    """Runs the first batch in evaluation mode, and stores its operations and outputs."""
    training = model.training
    model.eval()
    first = [tensor[:job["batch"]] for tensor in inputs]
    taken = build.as_taken(model, batch_of(first, job["names"].get("input", ()))) if len(first) > 1 else first
    with put_back(model), torch.no_grad(), operations:
        operations.begin(record=bool(operations_name))
        outputs = model(*taken)
    model.train(training)
    arrays.update({f"{operations_name}/{key}": value for key, value in operations.values.items()})
    if operations_name == "forward":
        arrays.update({f"beside/{key}": value for key, value in operations.beside.items()})
    for i, output in enumerate(tensors(outputs)):
        arrays[f"{outputs_name}/{i}"] = output.detach().cpu().numpy()
    return operations.recorded or []

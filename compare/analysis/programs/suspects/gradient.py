"""Suspects of a different gradient of an equal loss."""

from __future__ import annotations

from typing import Iterator

from compare.analysis.programs.comparison import Comparison
from compare.analysis.programs.description import Place, Run, is_port, path_as_code
from compare.analysis.programs.pairing import Pairs, pair_operations
from compare.analysis.programs.suspects.parameters import tensor_of
from compare.analysis.programs.suspects.structure import tied
from compare.analysis.programs.suspects.suspect import Suspect, quoted


def suspects(comparison: Comparison, left: Run, right: Run, pairs: Pairs) -> list[Suspect]:
    """Parameters that only one side trains."""
    proposed, detached, gradients = [], [], right.arrays("gradient")
    for name in comparison.where:
        ours, theirs = left.parameters[name], right.parameters[pairs[name]]
        layer = right.layers.get(theirs.layer)
        if layer is not None and layer.settings.get("padding_idx") is not None and not left.is_torch:
            proposed.append(Suspect(
                ({"kind": "attribute", "layer": layer.path, "name": "padding_idx", "value": None},),
                f"With `padding_idx={layer.settings['padding_idx']}`, this row gets no gradient; Keras trains it as "
                "any other.", f"`nn.Embedding` without `padding_idx` in `{layer.code}`", layer.place))
        if ours.trainable == theirs.trainable:
            if pairs[name] not in gradients and right.is_torch:
                detached.append(pairs[name])
            continue
        value = str(ours.trainable)
        code = f"{path_as_code(pairs[name])}.requires_grad_({value})" if right.is_torch else f"trainable={value}"
        proposed.append(Suspect(
            ({"kind": "trainable", "parameter": pairs[name], "value": ours.trainable},),
            f"`{name}` is {'trained' if ours.trainable else 'frozen'} on the left and "
            f"{'trained' if theirs.trainable else 'frozen'} on the right.", code, right.place_of(pairs[name])))
    frozen = [suspect for suspect in proposed if suspect.changes[0]["kind"] == "trainable"]
    if len(frozen) > 1:  # a whole part of the model: one line of the user's
        names = sorted({right.parameters[pairs[name]].layer for name in comparison.where})
        value = frozen[0].changes[0]["value"]
        proposed.insert(0, Suspect(
            tuple(change for suspect in frozen for change in suspect.changes),
            f"The parameters of {quoted(names)} are {'trained' if value else 'frozen'} on the left and "
            f"{'frozen' if value else 'trained'} on the right.", f"`requires_grad_({value})` for the parameters of "
            f"{quoted(list(map(path_as_code, names)))}", frozen[0].place))
    if detached:
        place = first_use(right, detached)
        proposed.append(Suspect(({"kind": "gradients_enabled"},),
                                f"{quoted([tensor_of(right.parameters[name], right) for name in detached])} "
                                f"get{'s' * (len(detached) == 1)} no gradient: `torch.no_grad()` or "
                                f"`detach()` cuts {'it' if len(detached) == 1 else 'them'} off from the loss.",
                                "leave out `torch.no_grad()` or `detach()`", place))
    return [*proposed, *stopped(left, right), *tied(right, pairs, right.layers)] if is_port(left, right) else proposed


def stopped(left: Run, right: Run) -> Iterator[Suspect]:
    """A gradient that Keras stops and PyTorch does not."""
    stops = [each for each in left.operations if each.kind == "StopGradient"]
    paired = pair_operations(left, right) if stops else {}
    for operation in stops:
        for source in operation.sources:
            if source in paired:
                yield Suspect(({"kind": "apply", "operation": paired[source], "function": "detach"},),
                              "Keras stops the gradient here (`stop_gradient`); your PyTorch program does not.",
                              "`x = x.detach()` after this line", right.operation(paired[source]).place)


def first_use(run: Run, names: list[str]) -> Place:
    """The line that first computes with one of the parameters."""
    layers = {run.parameters[name].layer for name in names}
    return next((operation.place for operation in run.training_operations if operation.layer in layers), run.place)

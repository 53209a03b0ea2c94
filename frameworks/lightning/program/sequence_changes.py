"""Changes of recurrent layers and attention: masks that skip steps, and a GRU that resets its state first.

    masked          layer, input, value        a recurrent layer skips the steps at which input INPUT is VALUE in all
                                               features; attention does not look at them
    attention_mask  layer, how                 the mask of an attention module: inverted, causal or none
    reset_before    layer                      a GRU as Keras's with reset_after=False
    single_bias     layer                      the second bias of a recurrent layer at zero, not trained
"""
from __future__ import annotations

from typing import Any, Callable, Mapping, Sequence

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

Inputs = Callable[[], Sequence[torch.Tensor]]


def kept_steps(change: Mapping[str, Any], inputs: Sequence[torch.Tensor]) -> torch.Tensor:
    """The steps that are not masked, as an array of shape (samples, steps)."""
    given = inputs[change["input"]]
    kept = given != change["value"]
    return kept.any(-1) if kept.ndim > 2 else kept


def skip_masked(module: Any, change: Mapping[str, Any], inputs: Inputs) -> None:
    """Runs a recurrent layer over the steps that are not masked; a masked step repeats the output of the step before.
    """
    unmasked = module.forward

    def forward(x: torch.Tensor, state: Any = None) -> Any:
        kept = kept_steps(change, inputs())
        order = torch.argsort((~kept).to(torch.int8), dim=1, stable=True)
        first = x if module.batch_first else x.transpose(0, 1)
        moved = first.gather(1, order[..., None].expand_as(first))
        packed = pack_padded_sequence(moved, kept.sum(1).clamp(min=1).cpu(), batch_first=True, enforce_sorted=False)
        made, last = unmasked(packed, state)
        values, _ = pad_packed_sequence(made, batch_first=True, total_length=first.shape[1])
        place = (kept.cumsum(1) - 1).clamp(min=0)
        result = values.gather(1, place[..., None].expand(*place.shape, values.shape[-1]))
        return (result if module.batch_first else result.transpose(0, 1)), last
    module.forward = forward


def hide_masked(module: Any, change: Mapping[str, Any], inputs: Inputs) -> None:
    """Passes the masked steps to attention as its key_padding_mask."""
    module.register_forward_pre_hook(
        lambda module, args, kwargs: (args[:3], {**kwargs, "key_padding_mask": ~kept_steps(change, inputs())}),
        with_kwargs=True)


def set_attention_mask(module: Any, change: Mapping[str, Any], inputs: Inputs) -> None:
    """Gives attention the other mask: True says what may not be seen."""
    def changed(module: Any, args: Any, kwargs: dict[str, Any]) -> Any:
        given, padding = kwargs.get("attn_mask"), kwargs.get("key_padding_mask")
        if change["how"] == "inverted":
            given, padding = (None if mask is None else ~mask.bool() for mask in (given, padding))
        elif change["how"] == "causal":
            steps = args[0].shape[1 if module.batch_first else 0]
            given = torch.triu(torch.ones(steps, steps, dtype=torch.bool), 1)
        else:
            given = padding = None
        return args[:3], {**kwargs, "attn_mask": given, "key_padding_mask": padding}
    module.register_forward_pre_hook(changed, with_kwargs=True)


def single_bias(module: Any) -> None:
    """Sets the second bias to zero and excludes it from training."""
    for name, tensor in module.named_parameters():
        if name.startswith("bias_hh"):
            tensor.data.zero_()
            tensor.requires_grad_(False)


def reset_before(module: Any, change: Mapping[str, Any], inputs: Inputs) -> None:
    """Resets the state before the matrix product, as Keras's GRU with reset_after=False; one layer, one direction."""
    def forward(x: torch.Tensor, state: torch.Tensor | None = None) -> Any:
        x = x if module.batch_first else x.transpose(0, 1)
        h = x.new_zeros(len(x), module.hidden_size) if state is None else state[0]
        reset, update, new = module.weight_hh_l0.chunk(3)
        outputs = []
        for step in x.unbind(1):
            r, z, n = (step @ module.weight_ih_l0.mT + module.bias_ih_l0).chunk(3, -1)
            r, z = torch.sigmoid(r + h @ reset.mT), torch.sigmoid(z + h @ update.mT)
            h = z * h + (1 - z) * torch.tanh(n + (r * h) @ new.mT)
            outputs.append(h)
        made = torch.stack(outputs, 1)
        return (made if module.batch_first else made.transpose(0, 1)), h[None]
    module.forward = forward


SEQUENCE_CHANGES: dict[str, Callable[[Any, Mapping[str, Any], Inputs], None]] = {
    "masked": lambda module, change, inputs: (hide_masked if isinstance(module, nn.MultiheadAttention) else
                                              skip_masked)(module, change, inputs),
    "attention_mask": set_attention_mask, "reset_before": reset_before}


def change_sequences(model: nn.Module, changes: Sequence[Mapping[str, Any]], inputs: Inputs) -> None:
    """Applies the changes of recurrent layers and attention; `inputs` gives those of the model in this pass."""
    for change in changes:
        if change["kind"] in SEQUENCE_CHANGES:
            SEQUENCE_CHANGES[change["kind"]](model.get_submodule(change["layer"]), change, inputs)

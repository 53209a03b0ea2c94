"""The loss of a batch in NumPy. The math of each loss is in `frameworks.parts.losses`."""

from __future__ import annotations

import numpy as np

from frameworks.parts.losses import loss_part
from frameworks.protocol import Json
from frameworks.runtime.losses import by_weights, class_weights_of, of_samples

ValueAndGradient = tuple[float, "np.ndarray | None", "np.ndarray | None"]
"""(loss, gradient of the logits or None, gradient of the outputs or None); exactly one gradient is None."""


def value_and_gradient(loss: Json, y: np.ndarray, z: np.ndarray, p: np.ndarray, last: str,
                       dtype: np.dtype, weights: np.ndarray | None = None,
                       is_divided: bool = False) -> ValueAndGradient:
    """Return the loss of a batch and its gradient.

    `loss` is plain JSON; an unset field has the value of the reference's default rule. Labels y have shape (batch,
    outputs), or (batch, 1) with class indices; logits z and outputs p have shape (batch, outputs). `last` is the name
    of the last activation, or `linear`. Labels and weights are converted to `dtype`. `weights` are sample weights of
    shape (batch,), which class weights of the loss replace; `is_divided` says whether the loss is divided by the sum of
    the sample weights. Raises Undefined or Refused where the loss has no value.
    """
    fields = {name: value for name, value in loss.items() if value is not None and name not in ("is", "class_weights")}
    fields = {name: float(value) if isinstance(value, str) and value.endswith("inf") else value
              for name, value in fields.items()}
    if class_weights_of(loss) != "none":
        weights, is_divided = of_samples(loss, y), by_weights(class_weights_of(loss))
    if weights is not None:
        column = weights.astype(dtype)[:, None]
        fields["weights"] = column / column.mean() if is_divided else column
    labels = one_hot(y, z.shape[1]).astype(dtype)
    result: ValueAndGradient = loss_part(loss).value_and_gradient(labels, z, p, last, **fields)
    return result


def one_hot(y: np.ndarray, width: int) -> np.ndarray:
    """Return labels of shape (n, width), in the dtype of y; class indices of shape (n, 1) become one-hot vectors."""
    return y if y.shape[1] == width else np.eye(width, dtype=y.dtype)[y[:, 0].astype(int)]

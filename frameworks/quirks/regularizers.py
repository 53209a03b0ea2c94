"""Default rules of regularizers. Evidence refers to the versions in `rules.VERSIONS`."""

from __future__ import annotations

from frameworks.quirks.rule import field, keras, reference, torch

FIELDS = tuple(field(f"{name}.reported", "loss", rules=(
    keras(value=True, evidence="keras/src/trainers/trainer.py:390"),
    torch(value=False, convention=True, evidence="torch/optim/sgd.py:355: weight_decay is added to the gradient only",
          explanation="the reported loss is that of the criterion alone, while Keras's reported loss contains the "
                      "regularization",
          fix="log the loss with the regularization added to it"),
    reference(value=True, evidence="Goodfellow et al. 2016, equation 7.1")))
    for name in ("L1", "L2"))

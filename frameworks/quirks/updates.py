"""Default rules of what all optimizers share: weight decay, gradient clipping and gradient accumulation.

Evidence refers to the versions in `rules.VERSIONS`.
"""

from __future__ import annotations

from frameworks.quirks.rule import UNPUBLISHED, field, keras, lightning, reference, torch
from frameworks.quirks.versions import BEFORE_TF_KERAS
from scenarios.spec import AdamW, Spec

BASE = "keras/src/optimizers/base_optimizer.py"


def adamw(spec: Spec) -> bool:
    """Whether the optimizer is AdamW."""
    return isinstance(spec.optimizer, AdamW)


FIELDS = (
    field("WeightDecay.factor", "update", published=False, rules=(
        keras(value=0.004, evidence="keras/src/optimizers/adamw.py:56"),
        torch(value=0.01, evidence="torch/optim/adamw.py:27",
              explanation="PyTorch's AdamW has the default weight decay 0.01, Keras's 0.004",
              fix="pass `weight_decay` explicitly"),
        reference(value=0.004, evidence=UNPUBLISHED))),
    field("WeightDecay.decoupled", "update", rules=(
        keras(value=True, evidence=BASE + ":959, tensorflow/optimizer.py:98, torch/optimizers/torch_optimizer.py:44"),
        torch(value=True, when=adamw, evidence="torch/optim/adamw.py:48"),
        torch(value=False, evidence="torch/optim/sgd.py:355, torch/optim/adam.py:429",
              explanation="PyTorch's `weight_decay` is added to the gradient (L2), Keras's shrinks the weights "
                          "directly (decoupled)",
              fix="use `torch.optim.AdamW`, or multiply the weights by `1 - lr * weight_decay` in "
                  "`on_before_optimizer_step`"),
        reference(value=True, evidence="Loshchilov and Hutter 2019, algorithms 1 and 2"))),
    field("Clip.of", "update", rules=(
        keras(value="all", packages=BEFORE_TF_KERAS, evidence="keras/optimizers.py:97 (2.2.4)"),
        keras(value="variable", evidence=BASE + ":873",
              explanation="Keras's clipnorm clips the gradient of every kernel and bias by its own norm",
              fix="pass `global_clipnorm` instead, which clips by the norm of all gradients together"),
        lightning(value="all", convention=True, evidence="pytorch_lightning/plugins/precision/precision.py:166"),
        reference(value="all", evidence="Pascanu et al. 2013, algorithm 1"))),
    field("Accumulation.unfinished", "update", published=False, rules=(
        keras(value="waits", evidence=BASE + ":554",
              explanation="Keras accumulates gradients across the end of an epoch, Lightning's Trainer makes an "
                          "update there",
              fix="choose a batch size for which the steps of an epoch are a multiple of "
                  "`gradient_accumulation_steps`"),
        lightning(value="steps", evidence="pytorch_lightning/loops/training_epoch_loop.py:451",
                  explanation="Lightning's Trainer also makes an update in the last batch of an epoch, with the sum of "
                              "the gradients so far divided by `accumulate_grad_batches`",
                  fix="choose a batch size for which the batches of an epoch are a multiple of "
                      "`accumulate_grad_batches`"),
        reference(value="waits", evidence=UNPUBLISHED))),
    field("Clip.offset", "update", rules=(
        keras(value=0.0, evidence=BASE + ":1117"),
        torch(value=1e-6, evidence="torch/nn/utils/clip_grad.py:164",
              explanation="PyTorch's `clip_grad_norm_` adds 1e-6 to the norm that it divides by",
              fix="no change needed unless gradients are tiny"),
        reference(value=0.0, evidence="Pascanu et al. 2013, algorithm 1"))),
)

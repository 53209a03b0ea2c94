"""The rows of `table` for weight decay, clipping, and the optimizers beside SGD, RMSprop and Adam.

Evidence is as in `table`.
"""

from __future__ import annotations

from functools import partial

from frameworks.quirks.conditions import keras, lightning, reference, torch
from frameworks.quirks.resolution import DefaultRule
from scenarios.spec import AdamW, Spec

STAGE_OF = dict.fromkeys((
    "WeightDecay.factor", "WeightDecay.decoupled", "Clip.of", "Clip.offset", "Accumulation.unfinished",
    "Adagrad.learning_rate", "Adagrad.initial_accumulator_value", "Adagrad.epsilon", "Adagrad.epsilon_place",
    "Adadelta.learning_rate", "Adadelta.rho", "Adadelta.epsilon",
    "AdamW.learning_rate", "AdamW.beta_1", "AdamW.beta_2", "AdamW.epsilon", "AdamW.epsilon_place",
    "Nadam.learning_rate", "Nadam.beta_1", "Nadam.beta_2", "Nadam.epsilon", "Nadam.momentum_decay"), "update")
WITHOUT_REFERENCE_VALUE = ("Accumulation.unfinished", "WeightDecay.factor", "Adagrad.learning_rate", "Adagrad.epsilon")


def adamw(spec: Spec) -> bool:
    return isinstance(spec.optimizer, AdamW)


ALONE = (("Keras", "", "2.3.1"),)
"""Before tf.keras."""
LEGACY = (*ALONE, ("tf.keras", "", "2.10"))
"""Before the optimizers that tf.keras 2.11 brought."""
BASE, ADAM = "keras/src/optimizers/base_optimizer.py", "Kingma and Ba 2015, algorithm 1"
keras_epsilon = partial(keras, value=1e-7, explanation="Keras's default epsilon is 1e-7, PyTorch's 1e-8",
                        fix="pass `epsilon=1e-8`")
torch_epsilon = partial(torch, value=1e-8, explanation="PyTorch's default epsilon is 1e-8, Keras's 1e-7",
fix="pass `eps=1e-7`")

BESIDE = (
    keras("WeightDecay.factor", value=0.004, evidence="keras/src/optimizers/adamw.py:56"),
    torch("WeightDecay.factor", value=0.01, evidence="torch/optim/adamw.py:27",
          explanation="PyTorch's AdamW has the default weight decay 0.01, Keras's 0.004",
          fix="pass `weight_decay` explicitly"),
    reference("WeightDecay.factor", value=0.004, evidence="no textbook has one: Keras's is taken"),
    keras("WeightDecay.decoupled", value=True,
          evidence=BASE + ":959, tensorflow/optimizer.py:98, torch/optimizers/torch_optimizer.py:44"),
    torch("WeightDecay.decoupled", value=True, when=adamw, evidence="torch/optim/adamw.py:48"),
    torch("WeightDecay.decoupled", value=False, evidence="torch/optim/sgd.py:355, torch/optim/adam.py:429",
          explanation="PyTorch's weight_decay is added to the gradient (L2), Keras's shrinks the weights directly "
                      "(decoupled)",
          fix="use `torch.optim.AdamW`, or multiply the weights by `1 - lr * weight_decay` in "
              "`on_before_optimizer_step`"),
    reference("WeightDecay.decoupled", value=True, evidence="Loshchilov and Hutter 2019, algorithms 1 and 2"),
    keras("Clip.of", value="all", packages=ALONE, evidence="keras/optimizers.py:97 (2.2.4)"),
    keras("Clip.of", value="variable", evidence=BASE + ":873",
          explanation="Keras's clipnorm clips the gradient of every kernel and bias by its own norm",
          fix="`global_clipnorm` clips by the norm of all gradients together"),
    lightning("Clip.of", value="all", convention=True, evidence="pytorch_lightning/plugins/precision/precision.py:166"),
    reference("Clip.of", value="all", evidence="Pascanu et al. 2013, algorithm 1"),
    keras("Accumulation.unfinished", value="waits", evidence=BASE + ":554",
          explanation="Keras accumulates gradients across the end of an epoch, a Trainer makes an update there",
          fix="choose a batch size for which the steps of an epoch are a multiple of `gradient_accumulation_steps`"),
    lightning("Accumulation.unfinished", value="steps",
              evidence="pytorch_lightning/loops/training_epoch_loop.py:451",
              explanation="a Trainer makes an update in the last batch of an epoch too, with an incomplete mean of "
                          "gradients",
              fix="choose a batch size for which the batches of an epoch are a multiple of `accumulate_grad_batches`"),
    reference("Accumulation.unfinished", value="waits", evidence="no textbook has one: Keras's is taken"),
    keras("Clip.offset", value=0.0, evidence=BASE + ":1117"),
    torch("Clip.offset", value=1e-6, evidence="torch/nn/utils/clip_grad.py:164",
          explanation="PyTorch's clip_grad_norm_ adds 1e-6 to the norm that it divides by",
          fix="no change needed unless gradients are tiny"),
    reference("Clip.offset", value=0.0, evidence="Pascanu et al. 2013, algorithm 1"),
)

ADAGRAD = (
    keras("Adagrad.learning_rate", value=0.01, packages=ALONE, evidence="keras/optimizers.py:309 (2.2.4)",
          explanation="Adagrad's default learning rate is 0.01 in Keras up to 2.3.1, and 0.001 since",
          fix="pass `learning_rate` "
                                                                                                  "explicitly"),
    keras("Adagrad.learning_rate", value=0.001, evidence="keras/src/optimizers/adagrad.py:37"),
    keras("Adagrad.initial_accumulator_value", value=0.0, packages=ALONE, evidence="keras/optimizers.py:324 (2.2.4)"),
    keras("Adagrad.initial_accumulator_value", value=0.1, evidence="keras/src/optimizers/adagrad.py:38",
          explanation="Keras's Adagrad starts its sum of squared gradients at 0.1, so that small gradients make small"
                      " steps",
          fix="pass `initial_accumulator_value=0.0`"),
    keras("Adagrad.epsilon", value=1e-7, evidence="keras/src/optimizers/adagrad.py:39"),
    keras("Adagrad.epsilon_place", value="outside_root", packages=LEGACY,
          evidence="keras/optimizers.py:336 (2.2.4), keras/optimizer_v2/adagrad.py:134 (2.8)"),
    keras("Adagrad.epsilon_place", value="inside_root", evidence="keras/src/optimizers/adagrad.py:90",
          explanation="Keras's Adagrad adds epsilon inside the square root, PyTorch's outside",
          fix="no change needed unless gradients are tiny"),
    torch("Adagrad.learning_rate", value=0.01, evidence="torch/optim/adagrad.py:33",
          explanation="PyTorch's Adagrad has the default learning rate 0.01, Keras's 0.001",
          fix="pass the learning rate explicitly"),
    torch("Adagrad.initial_accumulator_value", value=0.0, evidence="torch/optim/adagrad.py:36"),
    torch("Adagrad.epsilon", value=1e-10, evidence="torch/optim/adagrad.py:37",
          explanation="PyTorch's Adagrad has an epsilon of 1e-10, Keras's of 1e-7", fix="pass `eps=1e-7`"),
    torch("Adagrad.epsilon_place", value="outside_root", evidence="torch/optim/adagrad.py:426"),
    reference("Adagrad.learning_rate", value=0.001, evidence="no textbook has one: Keras's is taken"),
    reference("Adagrad.initial_accumulator_value", value=0.0, evidence="Duchi et al. 2011, figure 1"),
    reference("Adagrad.epsilon", value=1e-7, evidence="no textbook has one: Keras's is taken"),
    reference("Adagrad.epsilon_place", value="outside_root", evidence="Duchi et al. 2011, figure 1"),
)

ADADELTA = (
    keras("Adadelta.learning_rate", value=1.0, packages=ALONE, evidence="keras/optimizers.py:380 (2.2.4)"),
    keras("Adadelta.learning_rate", value=0.001, evidence="keras/src/optimizers/adadelta.py:42",
          explanation="Keras's Adadelta has the default learning rate 0.001, the paper has none (1.0)",
          fix="pass `learning_rate=1.0`"),
    keras("Adadelta.rho", value=0.95, evidence="keras/src/optimizers/adadelta.py:43"),
    keras("Adadelta.epsilon", value=1e-7, evidence="keras/src/optimizers/adadelta.py:44",
          explanation="Keras's Adadelta has an epsilon of 1e-7, PyTorch's of 1e-6", fix="pass `epsilon=1e-6`"),
    torch("Adadelta.learning_rate", value=1.0, evidence="torch/optim/adadelta.py:33"),
    torch("Adadelta.rho", value=0.9, evidence="torch/optim/adadelta.py:34",
          explanation="PyTorch's Adadelta has rho 0.9, Keras's 0.95", fix="pass `rho=0.95`"),
    torch("Adadelta.epsilon", value=1e-6, evidence="torch/optim/adadelta.py:35"),
    reference("Adadelta.learning_rate", value=1.0, evidence="Zeiler 2012, algorithm 1"),
    reference("Adadelta.rho", value=0.95, evidence="Zeiler 2012, section 4.1"),
    reference("Adadelta.epsilon", value=1e-6, evidence="Zeiler 2012, section 4.1"),
)

ADAMW = (
    keras("AdamW.learning_rate", value=0.001, evidence="keras/src/optimizers/adamw.py:55"),
    keras("AdamW.beta_1", value=0.9, evidence="keras/src/optimizers/adamw.py:57"),
    keras("AdamW.beta_2", value=0.999, evidence="keras/src/optimizers/adamw.py:58"),
    keras_epsilon("AdamW.epsilon", evidence="keras/src/optimizers/adamw.py:59"),
    keras("AdamW.epsilon_place", value="before_correction", evidence="keras/src/optimizers/adam.py:117, :135",
          explanation="Keras's AdamW adds epsilon before the bias correction, PyTorch's after it",
          fix="no change needed unless gradients are tiny"),
    torch("AdamW.learning_rate", value=0.001, evidence="torch/optim/adamw.py:24"),
    torch("AdamW.beta_1", value=0.9, evidence="torch/optim/adamw.py:25"),
    torch("AdamW.beta_2", value=0.999, evidence="torch/optim/adamw.py:25"),
    torch_epsilon("AdamW.epsilon", evidence="torch/optim/adamw.py:26"),
    torch("AdamW.epsilon_place", value="after_correction", evidence="torch/optim/adam.py:545"),
    reference("AdamW.learning_rate", value=0.001, evidence="Loshchilov and Hutter 2019, algorithm 2"),
    reference("AdamW.beta_1", value=0.9, evidence="Loshchilov and Hutter 2019, algorithm 2"),
    reference("AdamW.beta_2", value=0.999, evidence="Loshchilov and Hutter 2019, algorithm 2"),
    reference("AdamW.epsilon", value=1e-8, evidence="Loshchilov and Hutter 2019, algorithm 2"),
    reference("AdamW.epsilon_place", value="after_correction", evidence="Loshchilov and Hutter 2019, algorithm 2"),
)

NADAM = (
    keras("Nadam.learning_rate", value=0.002, packages=ALONE, evidence="keras/optimizers.py:626 (2.2.4)",
          explanation="Nadam's default learning rate is 0.002 in Keras up to 2.3.1, and 0.001 since",
          fix="pass `learning_rate` "
                                                                                                 "explicitly"),
    keras("Nadam.learning_rate", value=0.001, evidence="keras/src/optimizers/nadam.py:41"),
    keras("Nadam.beta_1", value=0.9, evidence="keras/src/optimizers/nadam.py:42"),
    keras("Nadam.beta_2", value=0.999, evidence="keras/src/optimizers/nadam.py:43"),
    keras_epsilon("Nadam.epsilon", evidence="keras/src/optimizers/nadam.py:44"),
    keras("Nadam.momentum_decay", value=0.004, packages=LEGACY,
          evidence="keras/optimizers.py:627 (2.2.4), keras/optimizer_v2/nadam.py:66 (2.8)"),
    keras("Nadam.momentum_decay", value=1.0, evidence="keras/src/optimizers/nadam.py:103",
          explanation="Keras's Nadam increases its momentum 250 times as fast as the paper",
          fix="not possible in Keras; `torch.optim.NAdam(momentum_decay=1)` does the same as Keras"),
    torch("Nadam.learning_rate", value=0.002, evidence="torch/optim/nadam.py:37",
          explanation="PyTorch's NAdam has the default learning rate 0.002, Keras's Nadam 0.001",
          fix="pass the learning rate explicitly"),
    torch("Nadam.beta_1", value=0.9, evidence="torch/optim/nadam.py:38"),
    torch("Nadam.beta_2", value=0.999, evidence="torch/optim/nadam.py:38"),
    torch_epsilon("Nadam.epsilon", evidence="torch/optim/nadam.py:39"),
    torch("Nadam.momentum_decay", value=0.004, evidence="torch/optim/nadam.py:41"),
    reference("Nadam.learning_rate", value=0.001, evidence=ADAM + ", which Nadam changes"),
    reference("Nadam.beta_1", value=0.9, evidence=ADAM + ", which Nadam changes"),
    reference("Nadam.beta_2", value=0.999, evidence=ADAM + ", which Nadam changes"),
    reference("Nadam.epsilon", value=1e-8, evidence=ADAM + ", which Nadam changes"),
    reference("Nadam.momentum_decay", value=0.004, evidence="Dozat 2016: .96^(t / 250)"),
)

"""tf.keras 2.11 to 2.15 and tf_keras count, in Python, how often they have computed the product of Nadam's momenta
(keras/src/optimizers/nadam.py:143): in a graph that is while it is traced, and the product grows with nearly every
variable. No field says this: their Nadam stays unexplained."""

ROWS: tuple[DefaultRule, ...] = BESIDE + ADAGRAD + ADADELTA + ADAMW + NADAM

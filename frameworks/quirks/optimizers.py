"""Default rules of optimizers, weight decay, gradient clipping and gradient accumulation.

Evidence refers to the versions in `rules.VERSIONS`.
"""

from __future__ import annotations

from functools import partial

from frameworks.quirks.rule import field, keras, lightning, reference, torch
from scenarios.spec import AdamW, Spec

SGD_FILE, RMSPROP_FILE, ADAM_FILE = ("keras/src/optimizers/%s.py" % name for name in ("sgd", "rmsprop", "adam"))


def adamw(spec: Spec) -> bool:
    """Whether the optimizer is AdamW."""
    return isinstance(spec.optimizer, AdamW)


ALONE = (("Keras", "", "2.3.1"),)
"""The versions of Keras before it moved to tf.keras."""
LEGACY = (*ALONE, ("tf.keras", "", "2.10"))
"""The versions of Keras before the new optimizers of tf.keras 2.11."""
BASE, ADAM = "keras/src/optimizers/base_optimizer.py", "Kingma and Ba 2015, algorithm 1"
keras_epsilon = partial(keras, value=1e-7, explanation="Keras's default epsilon is 1e-7, PyTorch's 1e-8",
                        fix="pass `epsilon=1e-8`")
torch_epsilon = partial(torch, value=1e-8, explanation="PyTorch's default epsilon is 1e-8, Keras's 1e-7",
                        fix="pass `eps=1e-7`")

SGD_RMSPROP_ADAM = (
    field("SGD.learning_rate", "update", in_textbooks=False, rules=(
        keras(value=0.01, evidence=SGD_FILE + ":45"),
        torch(value=0.001, evidence="torch/optim/sgd.py:33",
              explanation="PyTorch's SGD has the default learning rate 0.001, Keras's 0.01",
              fix="pass the learning rate explicitly"),
        reference(value=0.01, evidence="no textbook has one: Keras's is taken"))),
    field("SGD.momentum", "update", rules=(
        keras(value=0.0, evidence=SGD_FILE + ":46"),
        torch(value=0.0, evidence="torch/optim/sgd.py:34"),
        reference(value=0.0, evidence="Goodfellow et al. 2016, algorithm 8.1"))),
    field("SGD.nesterov", "update", rules=(
        keras(value=False, evidence=SGD_FILE + ":47"),
        torch(value=False, evidence="torch/optim/sgd.py:37"),
        reference(value=False, evidence="Goodfellow et al. 2016, algorithm 8.1"))),
    field("RMSprop.learning_rate", "update", rules=(
        keras(value=0.001, evidence=RMSPROP_FILE + ":55"),
        torch(value=0.01, evidence="torch/optim/rmsprop.py:35",
              explanation="PyTorch's RMSprop has the default learning rate 0.01, Keras's 0.001",
              fix="pass the learning rate explicitly"),
        reference(value=0.001, evidence="Tieleman and Hinton 2012, lecture 6e"))),
    field("RMSprop.rho", "update", rules=(
        keras(value=0.9, evidence=RMSPROP_FILE + ":56"),
        torch(value=0.99, evidence="torch/optim/rmsprop.py:36",
              explanation="PyTorch's RMSprop has the decay 0.99 (alpha), Keras's 0.9 (rho)", fix="pass `alpha=0.9`"),
        reference(value=0.9, evidence="Tieleman and Hinton 2012, lecture 6e, slide 29"))),
    field("RMSprop.momentum", "update", rules=(
        keras(value=0.0, evidence=RMSPROP_FILE + ":57"),
        torch(value=0.0, evidence="torch/optim/rmsprop.py:39"),
        reference(value=0.0, evidence="Tieleman and Hinton 2012, lecture 6e"))),
    field("RMSprop.epsilon", "update", in_textbooks=False, rules=(
        keras(value=1e-7, evidence=RMSPROP_FILE + ":58"),
        torch(value=1e-8, evidence="torch/optim/rmsprop.py:37",
              explanation="PyTorch's default epsilon is 1e-8, Keras's 1e-7", fix="pass `eps=1e-7`"),
        reference(value=1e-7, evidence="the lecture has none: Keras's is taken"))),
    field("RMSprop.epsilon_place", "update", in_textbooks=False, rules=(
        keras(value="outside_root", when=lambda spec: not getattr(spec.optimizer, "momentum", 0),
              packages=(("Keras", "", "2.3.1"), ("tf.keras", "", "2.10")),
              evidence="keras/optimizers.py:270 (2.2.4), keras/optimizer_v2/rmsprop.py:212 (2.8)"),
        keras(value="inside_root", evidence=RMSPROP_FILE + ":143",
              explanation="Keras's RMSprop adds epsilon inside the square root, PyTorch's outside",
              fix="no change needed unless gradients are tiny"),
        torch(value="outside_root", evidence="torch/optim/rmsprop.py:331"),
        reference(value="outside_root", evidence="the lecture has none: PyTorch's is taken"))),
    field("Adam.learning_rate", "update", rules=(
        keras(value=0.001, evidence=ADAM_FILE + ":45"),
        torch(value=0.001, evidence="torch/optim/adam.py:39"),
        reference(value=0.001, evidence="Kingma and Ba 2015, algorithm 1"))),
    field("Adam.beta_1", "update", rules=(
        keras(value=0.9, evidence=ADAM_FILE + ":46"),
        torch(value=0.9, evidence="torch/optim/adam.py:40"),
        reference(value=0.9, evidence="Kingma and Ba 2015, algorithm 1"))),
    field("Adam.beta_2", "update", rules=(
        keras(value=0.999, evidence=ADAM_FILE + ":47"),
        torch(value=0.999, evidence="torch/optim/adam.py:40"),
        reference(value=0.999, evidence="Kingma and Ba 2015, algorithm 1"))),
    field("Adam.epsilon", "update", rules=(
        keras(value=1e-7, evidence=ADAM_FILE + ":48", explanation="Keras's default epsilon is 1e-7, PyTorch's 1e-8",
              fix="pass `epsilon=1e-8`"),
        torch(value=1e-8, evidence="torch/optim/adam.py:41",
              explanation="PyTorch's default epsilon is 1e-8, Keras's 1e-7", fix="pass `eps=1e-7`"),
        reference(value=1e-8, evidence="Kingma and Ba 2015, algorithm 1"))),
    field("Adam.epsilon_place", "update", rules=(
        keras(value="before_correction", evidence=ADAM_FILE + ":117, :135",
              explanation="Keras's Adam adds epsilon before the bias correction, PyTorch's after it",
              fix="no change needed unless gradients are tiny"),
        torch(value="after_correction", evidence="torch/optim/adam.py:545"),
        reference(value="after_correction", evidence="Kingma and Ba 2015, algorithm 1"))),
)

BESIDE_THE_STEP = (
    field("WeightDecay.factor", "update", in_textbooks=False, rules=(
        keras(value=0.004, evidence="keras/src/optimizers/adamw.py:56"),
        torch(value=0.01, evidence="torch/optim/adamw.py:27",
              explanation="PyTorch's AdamW has the default weight decay 0.01, Keras's 0.004",
              fix="pass `weight_decay` explicitly"),
        reference(value=0.004, evidence="no textbook has one: Keras's is taken"))),
    field("WeightDecay.decoupled", "update", rules=(
        keras(value=True, evidence=BASE + ":959, tensorflow/optimizer.py:98, torch/optimizers/torch_optimizer.py:44"),
        torch(value=True, when=adamw, evidence="torch/optim/adamw.py:48"),
        torch(value=False, evidence="torch/optim/sgd.py:355, torch/optim/adam.py:429",
              explanation="PyTorch's weight_decay is added to the gradient (L2), Keras's shrinks the weights directly "
                          "(decoupled)",
              fix="use `torch.optim.AdamW`, or multiply the weights by `1 - lr * weight_decay` in "
                  "`on_before_optimizer_step`"),
        reference(value=True, evidence="Loshchilov and Hutter 2019, algorithms 1 and 2"))),
    field("Clip.of", "update", rules=(
        keras(value="all", packages=ALONE, evidence="keras/optimizers.py:97 (2.2.4)"),
        keras(value="variable", evidence=BASE + ":873",
              explanation="Keras's clipnorm clips the gradient of every kernel and bias by its own norm",
              fix="`global_clipnorm` clips by the norm of all gradients together"),
        lightning(value="all", convention=True, evidence="pytorch_lightning/plugins/precision/precision.py:166"),
        reference(value="all", evidence="Pascanu et al. 2013, algorithm 1"))),
    field("Accumulation.unfinished", "update", in_textbooks=False, rules=(
        keras(value="waits", evidence=BASE + ":554",
              explanation="Keras accumulates gradients across the end of an epoch, a Trainer makes an update there",
              fix="choose a batch size for which the steps of an epoch are a multiple of "
                  "`gradient_accumulation_steps`"),
        lightning(value="steps", evidence="pytorch_lightning/loops/training_epoch_loop.py:451",
                  explanation="a Trainer makes an update in the last batch of an epoch too, with an incomplete mean "
                              "of gradients",
                  fix="choose a batch size for which the batches of an epoch are a multiple of "
                      "`accumulate_grad_batches`"),
        reference(value="waits", evidence="no textbook has one: Keras's is taken"))),
    field("Clip.offset", "update", rules=(
        keras(value=0.0, evidence=BASE + ":1117"),
        torch(value=1e-6, evidence="torch/nn/utils/clip_grad.py:164",
              explanation="PyTorch's clip_grad_norm_ adds 1e-6 to the norm that it divides by",
              fix="no change needed unless gradients are tiny"),
        reference(value=0.0, evidence="Pascanu et al. 2013, algorithm 1"))),
)

ADAGRAD = (
    field("Adagrad.learning_rate", "update", in_textbooks=False, rules=(
        keras(value=0.01, packages=ALONE, evidence="keras/optimizers.py:309 (2.2.4)",
              explanation="Adagrad's default learning rate is 0.01 in Keras up to 2.3.1, and 0.001 since",
              fix="pass `learning_rate` explicitly"),
        keras(value=0.001, evidence="keras/src/optimizers/adagrad.py:37"),
        torch(value=0.01, evidence="torch/optim/adagrad.py:33",
              explanation="PyTorch's Adagrad has the default learning rate 0.01, Keras's 0.001",
              fix="pass the learning rate explicitly"),
        reference(value=0.001, evidence="no textbook has one: Keras's is taken"))),
    field("Adagrad.initial_accumulator_value", "update", rules=(
        keras(value=0.0, packages=ALONE, evidence="keras/optimizers.py:324 (2.2.4)"),
        keras(value=0.1, evidence="keras/src/optimizers/adagrad.py:38",
              explanation="Keras's Adagrad starts its sum of squared gradients at 0.1, so that small gradients make "
                          "small steps", fix="pass `initial_accumulator_value=0.0`"),
        torch(value=0.0, evidence="torch/optim/adagrad.py:36"),
        reference(value=0.0, evidence="Duchi et al. 2011, figure 1"))),
    field("Adagrad.epsilon", "update", in_textbooks=False, rules=(
        keras(value=1e-7, evidence="keras/src/optimizers/adagrad.py:39"),
        torch(value=1e-10, evidence="torch/optim/adagrad.py:37",
              explanation="PyTorch's Adagrad has an epsilon of 1e-10, Keras's of 1e-7", fix="pass `eps=1e-7`"),
        reference(value=1e-7, evidence="no textbook has one: Keras's is taken"))),
    field("Adagrad.epsilon_place", "update", rules=(
        keras(value="outside_root", packages=LEGACY,
              evidence="keras/optimizers.py:336 (2.2.4), keras/optimizer_v2/adagrad.py:134 (2.8)"),
        keras(value="inside_root", evidence="keras/src/optimizers/adagrad.py:90",
              explanation="Keras's Adagrad adds epsilon inside the square root, PyTorch's outside",
              fix="no change needed unless gradients are tiny"),
        torch(value="outside_root", evidence="torch/optim/adagrad.py:426"),
        reference(value="outside_root", evidence="Duchi et al. 2011, figure 1"))),
)

ADADELTA = (
    field("Adadelta.learning_rate", "update", rules=(
        keras(value=1.0, packages=ALONE, evidence="keras/optimizers.py:380 (2.2.4)"),
        keras(value=0.001, evidence="keras/src/optimizers/adadelta.py:42",
              explanation="Keras's Adadelta has the default learning rate 0.001, the paper has none (1.0)",
              fix="pass `learning_rate=1.0`"),
        torch(value=1.0, evidence="torch/optim/adadelta.py:33"),
        reference(value=1.0, evidence="Zeiler 2012, algorithm 1"))),
    field("Adadelta.rho", "update", rules=(
        keras(value=0.95, evidence="keras/src/optimizers/adadelta.py:43"),
        torch(value=0.9, evidence="torch/optim/adadelta.py:34",
              explanation="PyTorch's Adadelta has rho 0.9, Keras's 0.95", fix="pass `rho=0.95`"),
        reference(value=0.95, evidence="Zeiler 2012, section 4.1"))),
    field("Adadelta.epsilon", "update", rules=(
        keras(value=1e-7, evidence="keras/src/optimizers/adadelta.py:44",
              explanation="Keras's Adadelta has an epsilon of 1e-7, PyTorch's of 1e-6", fix="pass `epsilon=1e-6`"),
        torch(value=1e-6, evidence="torch/optim/adadelta.py:35"),
        reference(value=1e-6, evidence="Zeiler 2012, section 4.1"))),
)

ADAMW = (
    field("AdamW.learning_rate", "update", rules=(
        keras(value=0.001, evidence="keras/src/optimizers/adamw.py:55"),
        torch(value=0.001, evidence="torch/optim/adamw.py:24"),
        reference(value=0.001, evidence="Loshchilov and Hutter 2019, algorithm 2"))),
    field("AdamW.beta_1", "update", rules=(
        keras(value=0.9, evidence="keras/src/optimizers/adamw.py:57"),
        torch(value=0.9, evidence="torch/optim/adamw.py:25"),
        reference(value=0.9, evidence="Loshchilov and Hutter 2019, algorithm 2"))),
    field("AdamW.beta_2", "update", rules=(
        keras(value=0.999, evidence="keras/src/optimizers/adamw.py:58"),
        torch(value=0.999, evidence="torch/optim/adamw.py:25"),
        reference(value=0.999, evidence="Loshchilov and Hutter 2019, algorithm 2"))),
    field("AdamW.epsilon", "update", rules=(
        keras_epsilon(evidence="keras/src/optimizers/adamw.py:59"),
        torch_epsilon(evidence="torch/optim/adamw.py:26"),
        reference(value=1e-8, evidence="Loshchilov and Hutter 2019, algorithm 2"))),
    field("AdamW.epsilon_place", "update", rules=(
        keras(value="before_correction", evidence="keras/src/optimizers/adam.py:117, :135",
              explanation="Keras's AdamW adds epsilon before the bias correction, PyTorch's after it",
              fix="no change needed unless gradients are tiny"),
        torch(value="after_correction", evidence="torch/optim/adam.py:545"),
        reference(value="after_correction", evidence="Loshchilov and Hutter 2019, algorithm 2"))),
)

NADAM = (
    field("Nadam.learning_rate", "update", rules=(
        keras(value=0.002, packages=ALONE, evidence="keras/optimizers.py:626 (2.2.4)",
              explanation="Nadam's default learning rate is 0.002 in Keras up to 2.3.1, and 0.001 since",
              fix="pass `learning_rate` explicitly"),
        keras(value=0.001, evidence="keras/src/optimizers/nadam.py:41"),
        torch(value=0.002, evidence="torch/optim/nadam.py:37",
              explanation="PyTorch's NAdam has the default learning rate 0.002, Keras's Nadam 0.001",
              fix="pass the learning rate explicitly"),
        reference(value=0.001, evidence=ADAM + ", which Nadam changes"))),
    field("Nadam.beta_1", "update", rules=(
        keras(value=0.9, evidence="keras/src/optimizers/nadam.py:42"),
        torch(value=0.9, evidence="torch/optim/nadam.py:38"),
        reference(value=0.9, evidence=ADAM + ", which Nadam changes"))),
    field("Nadam.beta_2", "update", rules=(
        keras(value=0.999, evidence="keras/src/optimizers/nadam.py:43"),
        torch(value=0.999, evidence="torch/optim/nadam.py:38"),
        reference(value=0.999, evidence=ADAM + ", which Nadam changes"))),
    field("Nadam.epsilon", "update", rules=(
        keras_epsilon(evidence="keras/src/optimizers/nadam.py:44"),
        torch_epsilon(evidence="torch/optim/nadam.py:39"),
        reference(value=1e-8, evidence=ADAM + ", which Nadam changes"))),
    field("Nadam.momentum_decay", "update", rules=(
        keras(value=0.004, packages=LEGACY,
              evidence="keras/optimizers.py:627 (2.2.4), keras/optimizer_v2/nadam.py:66 (2.8)"),
        keras(value=1.0, evidence="keras/src/optimizers/nadam.py:103",
              explanation="Keras's Nadam increases its momentum 250 times as fast as the paper",
              fix="not possible in Keras; `torch.optim.NAdam(momentum_decay=1)` does the same as Keras"),
        torch(value=0.004, evidence="torch/optim/nadam.py:41"),
        reference(value=0.004, evidence="Dozat 2016: .96^(t / 250)"))),
)

FIELDS = SGD_RMSPROP_ADAM + BESIDE_THE_STEP + ADAGRAD + ADADELTA + ADAMW + NADAM

"""`check` on programs with a training of their own: two optimizers, a loss in `compute_loss`, batches with names."""
import pytest
from rounding import skip_unless_installed

from compare.reporting.programs.facts import Verdict

KERAS = """
import keras
from keras import layers, ops
class GAN(keras.Model):
    def __init__(self):
        super().__init__()
        self.generator, self.discriminator = layers.Dense(5, activation="tanh"), layers.Dense(1)
        self.bce = keras.losses.BinaryCrossentropy(from_logits=True)
    def call(self, z):
        return self.discriminator(self.generator(z))
    def train_step(self, data):
        import tensorflow as tf
        z, real = data
        with tf.GradientTape() as tape:
            on_real, on_fake = self.discriminator(real), self(z)
            loss = self.bce(ops.ones_like(on_real), on_real) + self.bce(ops.zeros_like(on_fake), on_fake)
        self.step_with(self.second, tape, loss, self.discriminator)
        with tf.GradientTape() as tape:
            on_fake = self(z)
            loss = self.bce(ops.ones_like(on_fake), on_fake)
        self.step_with(self.optimizer, tape, loss, self.generator)
        return {"loss": loss}
    def step_with(self, optimizer, tape, loss, part):
        variables = part.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
def gan():
    model = GAN()
    model.compile(keras.optimizers.SGD(0.1))
    model.second = keras.optimizers.SGD(0.3, momentum=0.5)
    return model
class Weighted(keras.Model):
    def __init__(self):
        super().__init__()
        self.fc, self.factor = layers.Dense(2), 3.0
    def call(self, x):
        return self.fc(x)
    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return self.factor * ops.mean(ops.square(y - y_pred)) + ops.mean(ops.abs(y_pred))
def weighted():
    model = Weighted()
    model.compile(keras.optimizers.Adam(0.01))
    return model
class Own(Weighted):
    def __init__(self):
        super().__init__()
        self.mine = keras.optimizers.SGD(0.1)
    def train_step(self, data):
        import tensorflow as tf
        with tf.GradientTape() as tape:
            loss = self.compute_loss(*data, self(data[0]))
        self.mine.apply(tape.gradient(loss, self.trainable_variables), self.trainable_variables)
        return {"loss": loss}
def own():
    model = Own()
    model.compile()
    return model
class Accumulating(keras.Model):
    def __init__(self):
        super().__init__()
        self.fc, self.sums, self.steps = layers.Dense(2), None, 0
    def call(self, x):
        return self.fc(x)
    def train_step(self, data):
        import tensorflow as tf
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((self(data[0]) - data[1]) ** 2)
        self.steps += 1
        gradients = tape.gradient(loss, self.trainable_variables)
        self.sums = [a + b for a, b in zip(self.sums, gradients)] if self.sums else gradients
        if self.steps % 2 == 0:
            self.optimizer.apply(self.sums, self.trainable_variables)
            self.sums = None
        return {"loss": loss}
def accumulating():
    model = Accumulating()
    model.compile(keras.optimizers.SGD(0.1), run_eagerly=True)
    return model
def uncompiled():
    return Weighted()
def clipped():
    model = Weighted()
    model.compile(keras.optimizers.SGD(0.1, clipvalue=0.2))
    return model
def named():
    inputs = {name: keras.Input((4,), name=name) for name in ("left", "right")}
    both = layers.Concatenate()([inputs["left"], inputs["right"]])
    model = keras.Model(inputs, {"label": layers.Dense(3, activation="softmax", name="label")(both),
                                 "box": layers.Dense(2, name="box")(both)})
    model.compile(keras.optimizers.SGD(0.1), {"label": "sparse_categorical_crossentropy", "box": "mse"})
    return model
"""
TORCH = """
import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torch import nn
class GAN(pl.LightningModule):
    def __init__(self, cleared=True):
        super().__init__()
        self.automatic_optimization, self.cleared = False, cleared
        self.generator, self.discriminator = nn.Linear(4, 5), nn.Linear(5, 1)
    def forward(self, z):
        return self.discriminator(torch.tanh(self.generator(z)))
    def training_step(self, batch, index):
        z, real = batch
        first, second = self.optimizers()
        on_real, on_fake = self.discriminator(real), self(z)
        if self.cleared:
            second.zero_grad()
        self.manual_backward(F.softplus(-on_real).mean() + F.softplus(on_fake).mean())
        second.step()
        if not self.cleared:
            second.zero_grad()
        first.zero_grad()
        loss = F.softplus(-self(z)).mean()
        self.manual_backward(loss)
        first.step()
        return loss
    def configure_optimizers(self):
        return (torch.optim.SGD(self.generator.parameters(), 0.1),
                torch.optim.SGD(self.discriminator.parameters(), 0.3, momentum=0.5))
class Weighted(pl.LightningModule):
    def __init__(self, factor=3.0):
        super().__init__()
        self.fc, self.factor = nn.Linear(4, 2), factor
    def forward(self, x):
        return self.fc(x)
    def training_step(self, batch, index):
        out = self(batch[0])
        return self.factor * F.mse_loss(out, batch[1]) + out.abs().mean()
    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), 0.01)
class Stepped(Weighted):
    def __init__(self, rate=0.1):
        super().__init__()
        self.rate = rate
    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), self.rate)
class Accumulating(Weighted):
    def __init__(self, rate=0.1):
        super().__init__()
        self.automatic_optimization, self.rate = False, rate
    def training_step(self, batch, index):
        loss = F.mse_loss(self(batch[0]), batch[1])
        self.manual_backward(loss)
        if index % 2:
            self.optimizers().step()
            self.optimizers().zero_grad()
        return loss
    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), self.rate)
class Clipped(Weighted):
    def on_before_optimizer_step(self, optimizer):
        self.clip_gradients(optimizer, gradient_clip_val=self.limit, gradient_clip_algorithm=self.kind)
    def __init__(self, kind="value", limit=0.2):
        super().__init__()
        self.kind, self.limit = kind, limit
    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 0.1)
class Named(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.heads = nn.ModuleDict({"label": nn.Linear(8, 3), "box": nn.Linear(8, 2)})
    def forward(self, inputs):
        both = torch.cat([inputs["left"], inputs["right"]], 1)
        return {name: head(both) for name, head in self.heads.items()}
    def training_step(self, batch, index):
        inputs, targets = batch
        out = self(inputs)
        return {"loss": F.cross_entropy(out["label"], targets["label"]) + F.mse_loss(out["box"], targets["box"])}
    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 0.1)
"""
DATA = """
import numpy as np
def real():
    rng = np.random.default_rng(0)
    return rng.normal(size=(64, 4)), rng.normal(size=(64, 5))
def values():
    rng = np.random.default_rng(0)
    return rng.normal(size=(64, 4)), rng.normal(size=(64, 2))
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with both programs and their data."""
    skip_unless_installed("keras")
    skip_unless_installed("lightning")
    folder = tmp_path_factory.mktemp("own_steps")
    for name, text in (("mine.py", KERAS), ("port.py", TORCH), ("data.py", DATA)):
        (folder / name).write_text(text)
    return folder


def test_two_optimizers_make_their_updates_one_after_the_other(compared, place):
    """The second loss is that of weights which the first update has changed, and no update is made before training."""
    result = compared(place, keras="mine.py:gan", lightning="port.py:GAN", data="data.py:real", steps=3)
    assert result.verdict is Verdict.SAME and {"loss", "update"} <= {stage.stage for stage in result.compared}
    assert max(stage.size for stage in result.compared) < 1e-11


def test_gradients_that_are_left_from_the_other_loss_are_a_cause(compared, place):
    result = compared(place, keras="mine.py:gan", lightning="port.py:GAN(cleared=False)", data="data.py:real", steps=3)
    (item,) = result.items
    assert result.verdict is Verdict.DIFFERENT and item.causes[0].code.startswith("`zero_grad()`")


def test_a_loss_of_the_model_is_compared_and_its_numbers_are_tried(compared, place):
    """Also where Adam's epsilon makes the updates differ: then the loss of another batch confirms the cause."""
    result = compared(place, keras="mine.py:weighted", lightning="port.py:Weighted", data="data.py:values", steps=3)
    assert all(item.by_design for item in result.items) and "gradient" in [stage.stage for stage in result.compared]
    result = compared(place, keras="mine.py:weighted", lightning="port.py:Weighted(factor=1.0)", data="data.py:values",
                      steps=3)
    loss, *others = result.items
    assert loss.stage == "loss" and "is 3 in Keras's" in loss.causes[0].cause and all(each.by_design for each in others)


@pytest.mark.parametrize("arguments, code", [
    ("", None), ('(kind="norm")', "torch.nn.utils.clip_grad_value_(model.parameters(), 0.2)")])
def test_gradients_are_clipped_by_lightning_with_arguments_by_name(compared, place, arguments, code):
    result = compared(place, keras="mine.py:clipped", lightning=f"port.py:Clipped{arguments}", data="data.py:values",
                      steps=3)
    assert [cause.code for item in result.items for cause in item.causes] == [code] * (code is not None)
    assert result.verdict is (Verdict.SAME if code is None else Verdict.DIFFERENT)


def test_the_optimizer_of_a_train_step_is_shown_and_compared_and_not_the_default_of_compile(compared, place):
    result = compared(place, keras="mine.py:own", lightning="port.py:Stepped", data="data.py:values", steps=3)
    assert result.verdict is Verdict.SAME and "gradient" in [stage.stage for stage in result.compared]
    names = [(row.left, row.right) for row in result.table if (row.what, row.setting) == ("optimizer", "name")]
    assert names == [("SGD", "SGD")]
    assert result.programs[0]["optimizer"]["is"] == "SGD"
    result = compared(place, keras="mine.py:own", lightning="port.py:Stepped(rate=0.3)", data="data.py:values", steps=3)
    assert [cause.code.strip("`") for item in result.items for cause in item.causes] == ["lr=0.1"]


def test_a_first_step_without_an_update_leaves_the_optimizer_of_compile(compared, place):
    result = compared(place, keras="mine.py:accumulating", lightning="port.py:Accumulating(rate=0.3)",
                      data="data.py:values", steps=4)
    assert [cause.code.strip("`") for item in result.items for cause in item.causes] == ["lr=0.1"]


def test_a_model_with_its_own_loss_needs_no_compile(compared, place):
    result = compared(place, keras="mine.py:uncompiled", lightning="port.py:Weighted", data="data.py:values", steps=3)
    assert result.verdict is Verdict.SAME and "forward" in [stage.stage for stage in result.compared]


def test_inputs_and_targets_have_the_names_of_keras(compared, place):
    result = compared(place, keras="mine.py:named", lightning="port.py:Named", steps=3)
    assert result.verdict is Verdict.SAME and "training" in [stage.stage for stage in result.compared]

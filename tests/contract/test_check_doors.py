"""What `check` takes: models as functions, objects and saved files, trained weights, and data of several kinds."""
import subprocess
import sys

import numpy as np
import pytest
from rounding import skip_unless_installed
from user_programs import KERAS, TORCH

from compare.reporting.programs import text
from compare.reporting.programs.facts import Verdict
from frameworks.lightning import package

MORE_KERAS = KERAS.replace("build()", "build(factor=1.0)").replace("SGD(0.1)", "SGD(0.1 * factor)") + """
model = build()
def functional():
    inputs = keras.Input((4,))
    hidden = keras.layers.Dense(3, activation="relu")(inputs)
    return compiled(keras.Model(inputs, keras.layers.Dense(1)(hidden)))
class Own(keras.Model):
    def __init__(self):
        super().__init__()
        self.one, self.two = keras.layers.Dense(3, activation="relu"), keras.layers.Dense(1)
    def call(self, x):
        return self.two(self.one(x))
def subclassed():
    return compiled(Own())
def two():
    a, b = keras.Input((4,)), keras.Input((2,))
    both = keras.layers.Concatenate()([keras.layers.Dense(3, activation="relu")(a), keras.layers.Dense(3)(b)])
    return compiled(keras.Model([a, b], [keras.layers.Dense(1)(both), keras.layers.Dense(2)(both)]), ["mse", "mse"])
def words():
    return compiled(keras.Sequential([
        keras.Input((6,), dtype="int32"), keras.layers.Embedding(20, 4), keras.layers.GlobalAveragePooling1D(),
        keras.layers.Dense(3, activation="softmax")]), "sparse_categorical_crossentropy")
def images():
    return compiled(keras.Sequential([
        keras.Input((28, 28, 1)), keras.layers.Conv2D(2, 5, 3, activation="relu"), keras.layers.Flatten(),
        keras.layers.Dense(10, activation="softmax")]), "sparse_categorical_crossentropy")
def huber():
    return compiled(functional(), keras.losses.Huber(delta=0.05))
def compiled(model, loss="mse"):
    model.compile(keras.optimizers.SGD(0.1), loss)
    return model
"""
MORE_TORCH = TORCH + """
class Bare(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Linear(4, 3), nn.Linear(3, 1)
    def forward(self, x):
        return self.two(torch.relu(self.one(x)))
net = Bare()
def three():
    module = Bare()
    return module, nn.MSELoss(), torch.optim.SGD(module.parameters(), 0.1)
def shifted():
    module = Bare()
    with torch.no_grad():
        module.one.bias += 1
    return module
class Two(Net):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.p, self.q = nn.Linear(4, 3), nn.Linear(2, 3), nn.Linear(6, 1), nn.Linear(6, 2)
        del self.one, self.two
    def forward(self, a, b):
        both = torch.cat([torch.relu(self.a(a)), self.b(b)], 1)
        return self.p(both), self.q(both)
    def training_step(self, batch, index):
        (a, b), (y, z) = batch
        p, q = self(a, b)
        return nn.functional.mse_loss(p, y) + nn.functional.mse_loss(q, z)
class Words(Net):
    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Embedding(20, 4), nn.Linear(4, 3)
    def forward(self, x):
        return self.two(self.one(x).mean(1))
    def training_step(self, batch, index):
        return nn.functional.cross_entropy(self(batch[0]), batch[1])
class Images(Words):
    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Conv2d(1, 2, 5, 3), nn.Linear(128, 10)
    def forward(self, x):
        return self.two(torch.relu(self.one(x)).permute(0, 2, 3, 1).flatten(1))
class Pooled(Words):
    def __init__(self):
        super().__init__()
        self.one, self.pool, self.two = nn.Conv2d(1, 2, 5, 3), nn.AdaptiveAvgPool2d(7), nn.Linear(98, 10)
    def forward(self, x):
        return self.two(self.pool(torch.relu(self.one(x))).flatten(1))
"""
SAVE_KERAS = """
import sys, numpy as np, mine
from mine import keras
trained = mine.huber()
trained.fit(np.random.rand(32, 4), np.random.rand(32, 1), verbose=0)
trained.save("huber.keras")
right = mine.build()
right.set_weights(trained.get_weights())
right.save("mine.keras")
right.save("mine.h5")
right.save_weights("mine.weights.h5")
np.savez("weights.npz", *trained.get_weights())
code = keras.Sequential([keras.Input((4,)), keras.layers.Lambda(lambda x: 2 * x), keras.layers.Dense(1)])
code.save("code.keras")
"""
SAVE_TORCH = """
import numpy as np, torch, port
weights = np.load("weights.npz")
state = {name: torch.tensor(weights[array].T.copy()) for name, array in zip(port.net.state_dict(), weights.files)}
torch.save(state, "port.pt")
torch.save({"state_dict": {"model." + name: value for name, value in state.items()}}, "port.ckpt")
torch.save({**state, "one.bias": state["one.bias"] + 1}, "shifted.pt")
torch.save({"one.bias": state["one.bias"], "three.bias": state["one.bias"]}, "other.pt")
torch.save(port.net, "whole.pt")
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with both programs and their saved files."""
    skip_unless_installed("keras")
    skip_unless_installed("lightning")
    folder = tmp_path_factory.mktemp("doors")
    (folder / "mine.py").write_text(MORE_KERAS)
    (folder / "port.py").write_text(MORE_TORCH)
    for script in (SAVE_KERAS, SAVE_TORCH):
        done = subprocess.run([sys.executable, "-c", script], cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-2000:]
    return folder


@pytest.mark.parametrize("keras, torch", [
    ("mine.py:model", "port.py:Net"), ("mine.py:functional", "port.py:three"), ("mine.py:subclassed", "port.py:Net"),
    ("mine.py:two", "port.py:Two"), ("mine.py:words", "port.py:Words"), ("mine.py:images", "port.py:Images"),
    ("mine.keras", "port.py:Net"), ("mine.h5", "port.py:Net")])
def test_every_kind_of_program_is_taken_and_trained(compared, place, keras, torch):
    result = compared(place, keras=keras, lightning=torch, steps=3)
    assert result.verdict is Verdict.SAME and "training" in [stage.stage for stage in result.compared]
    assert max(stage.size for stage in result.compared) < 1e-11
    images = keras.endswith("images")
    assert ("MNIST" in result.data) == images and ("channels first" in result.data) == images


def test_an_adaptive_pooling_to_another_size_is_a_cause(compared, place):
    result = compared(place, keras="mine.py:images", lightning="port.py:Pooled", steps=3)
    stages = [str(item.stage) for item in result.items]
    assert result.verdict is Verdict.DIFFERENT and stages == ["parameters", "forward"]
    (pooling,), (order,) = (item.causes for item in result.items)
    assert pooling.code == "`output_size=(8, 8)` in `pool`, and 128 inputs in `two`" and "channels first" in order.cause
    (name,) = result.items[0].where
    assert name.endswith(".kernel") and result.compared[-1].stage in ("evaluation", "metric")
    assert name not in [difference.left for difference in result.initial]


def test_a_bare_module_is_compared_as_far_as_its_outputs_and_that_is_said(compared, place):
    result = compared(place, keras="mine.py:build", lightning="port.py:net", steps=3)
    assert [stage.stage for stage in result.compared] == ["parameters", "forward"]
    sentence = text.markdown(text.text(result))
    assert "training was not compared" in sentence and "port.py:net has no loss or no optimizer" in sentence


def test_a_saved_file_warns_of_what_it_lost(compared, place):
    result = compared(place, keras="huber.keras", lightning="port.py:Net", steps=3)
    assert any("does not hold the delta of its loss" in stage and "delta=1.0" in stage for stage in result.warnings)
    assert not any("delta" in stage for stage in compared(place, keras="mine.keras", lightning="port.py:Net").warnings)
    failed = compared(place, keras="code.keras", lightning="port.py:Net")
    assert failed.verdict is Verdict.FAILED and "code of a file is not run" in failed.failures[0][1].message


@pytest.mark.parametrize("keras, weights", [("mine.keras", ["port.pt"]),
                                            ("mine.py:build", ["mine.weights.h5", "port.ckpt"])])
def test_trained_files_of_both_sides_are_compared(compared, place, keras, weights):
    files = [str(place / name) for name in weights]
    result = compared(place, keras=keras, lightning="port.py:Net", weights=files, steps=3)
    assert result.verdict is Verdict.SAME and max(stage.size for stage in result.compared) < 1e-11
    files[-1] = str(place / "shifted.pt")
    result = compared(place, keras=keras, lightning="port.py:Net", weights=files, steps=3)
    assert result.verdict is Verdict.DIFFERENT and len(result.items) == 1
    assert [str(result.items[0].stage), result.items[0].causes[0].place.file] == ["parameters", "shifted.pt"]
    assert "shifted.pt: copy `dense" in text.markdown(text.text(result))


@pytest.mark.parametrize("file, sentence", [
    ("whole.pt", "save model.state_dict(), not the model"),
    ("other.pt", "it has no one.weight, two.weight, two.bias; the module has no")])
def test_a_trained_file_that_does_not_fit_is_a_sentence(compared, place, file, sentence):
    result = compared(place, keras="mine.keras", lightning="port.py:Net", weights=str(place / file))
    assert result.verdict is Verdict.FAILED and sentence in result.failures[0][1].message


def test_data_of_a_file_is_given_in_the_layout_of_each_side(compared, place):
    rng = np.random.default_rng(0)
    np.savez(place / "first.npz", x=rng.random((8, 1, 28, 28)), y=rng.integers(0, 10, 8))
    (place / "data.py").write_text("import numpy as np\ndef last(n):\n    rng = np.random.default_rng(0)\n"
                                   "    return rng.random((n, 28, 28)), rng.integers(0, 10, n)\n")
    first = compared(place, keras="mine.py:images", lightning="port.py:Images", data="first.npz", steps=2)
    last = compared(place, keras="mine.py:images", lightning="port.py:Images", data="data.py:last(n=8)", steps=2)
    assert first.verdict is last.verdict is Verdict.SAME
    assert first.data == "from first.npz; Keras gets the inputs with the channels last; PyTorch gets the inputs with " \
        "the channels first"
    assert first.losses == last.losses and last.data.startswith("from `last` in data.py")


@pytest.mark.parametrize("second", ["keras-3.3"])
def test_one_program_is_compared_in_two_environments(compared, place, second):
    skip_unless_installed(second)
    result = compared(place, keras="mine.py:build", **{second: "mine.py:build(factor=1.0)"}, steps=3)
    assert result.verdict is Verdict.SAME and result.compared[-1].stage in ("evaluation", "metric")
    assert {"loss", "gradient", "update"} <= {stage.stage for stage in result.compared}
    assert max(stage.size for stage in result.compared) < 1e-11
    assert len(set(result.titles)) == 2
    result = compared(place, keras="mine.py:build", **{second: "mine.py:build(factor=2.0)"}, steps=3)
    assert result.verdict is Verdict.DIFFERENT and "`learning_rate=0.1` on the left" in result.items[0].causes[0].cause


@pytest.mark.skipif(package.MODULE != "lightning.pytorch", reason="lightning is not installed")
def test_lightning_pytorch_is_taken_too(compared, place):
    (place / "other.py").write_text(TORCH.replace("pytorch_lightning", "lightning.pytorch"))
    result = compared(place, keras="mine.py:build", lightning="other.py:Net", steps=3)
    assert result.verdict is Verdict.SAME and "training" in [stage.stage for stage in result.compared]

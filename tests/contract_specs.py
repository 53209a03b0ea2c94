"""The specs on which every framework passes the contract, and their training data."""

from frameworks.quirks.resolution import resolve
from frameworks.runtime import samples
from scenarios.spec import SGD, Activation, BinaryCrossentropy, CategoricalCrossentropy, Data, Dense, Spec, Training
from scenarios.spec.fields import to_json

IMAGES = Data(divisor=255.0, flatten=True)
NET = Spec(IMAGES, (Dense(8), Activation("relu"), Dense(10), Activation("softmax")), CategoricalCrossentropy(),
           SGD(0.1), Training(2, 32))
BINARY = Spec(Data((0, 1), divisor=255.0, flatten=True, labels="index"), (Dense(1),), BinaryCrossentropy(), SGD(0.01),
              Training(2, 32))
STEPS = -(-600 // 32)  # per epoch of NET; the last batch has 24 samples


def recorded(train, dataset, framework):
    """(the trace of NET, training images, training labels)."""
    return (train(framework, NET), *samples.load(str(dataset.folder), "train", to_json(NET)["data"]))


def replayed(probe, trace, state, x, y):
    """The reference's loss at recorded weights, configured like the trace's framework."""
    resolved = resolve(NET, trace.facts["environment"])
    return float(probe("reference", resolved, trace.below(f"{state}/weight"), x, y)["loss"])

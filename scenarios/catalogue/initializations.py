"""Default initializers: the initial weights that each framework draws by itself."""

from scenarios.catalogue import Family, Row
from scenarios.catalogue.layers import image
from scenarios.catalogue.losses import ending_in
from scenarios.catalogue.measures import largest, reordered
from scenarios.spec import Conv2D, Dense, Flatten, MeanSquaredError
from scenarios.spec.fields import changed

BASE = ending_in("sigmoid", loss=MeanSquaredError())
PYTORCH_DEPARTS = "PyTorch departs from the published definition"

FAMILY = Family("initializations", __doc__, (
    Row("dense_init", "some kernel weights of a Dense layer with 784 inputs are above 0.05",
        BASE, largest("1.kernel"), low=0.05,
        belongs_to=PYTORCH_DEPARTS, fields=("layers.1.kernel",)),
    Row("dense_bias_init", "biases are initialized to zero", BASE, largest("1.bias"), high=0.0,
        belongs_to=PYTORCH_DEPARTS, fields=("layers.1.bias",)),
    Row("conv_init", "no kernel weight of a Conv2D with 32 filters of 3 × 3 is above 0.15",
        image(Conv2D(32, 3, strides=5), Flatten(), Dense(10)), largest("0.kernel"), high=0.15,
        belongs_to=PYTORCH_DEPARTS, fields=("layers.0.kernel",)),
    Row("default_shuffle", "the samples have another order in the second epoch",
        changed(BASE, {"training.epochs": 2}), reordered, low=0.5, fields=("training.shuffle",),
        belongs_to="Keras on TensorFlow and PyTorch depart from the published definition"),
), init="native")

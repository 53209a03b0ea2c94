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
    Row("dense_init", "a kernel of 784 inputs has numbers above .05", BASE, largest("1.kernel"), low=0.05,
        belongs_to=PYTORCH_DEPARTS, fields=("layers.1.kernel",)),
    Row("dense_bias_init", "biases are zero at the start", BASE, largest("1.bias"), high=0.0,
        belongs_to=PYTORCH_DEPARTS, fields=("layers.1.bias",)),
    Row("conv_init", "32 kernels of 3 · 3 places have no number above .15",
        image(Conv2D(32, 3, strides=5), Flatten(), Dense(10)), largest("0.kernel"), high=0.15,
        belongs_to=PYTORCH_DEPARTS, fields=("layers.0.kernel",)),
    Row("default_shuffle", "the second epoch takes the samples in another order",
        changed(BASE, {"training.epochs": 2}), reordered, low=0.5, fields=("training.shuffle",),
        belongs_to="Keras on TensorFlow and PyTorch depart from the published definition"),
), init="native")

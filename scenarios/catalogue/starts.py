"""What is drawn before the first step, where each starts by itself."""

from scenarios.catalogue import Family, Row
from scenarios.catalogue.losses import ending_in
from scenarios.catalogue.measures import largest_bias, spread
from scenarios.spec import MeanSquaredError

BASE = ending_in("sigmoid", loss=MeanSquaredError())
DRAWN = "textbook; PyTorch departs"

FAMILY = Family("starts", __doc__, (
    Row("dense_init", "a kernel of 784 inputs has numbers above .05", BASE, spread, low=0.05,
        belongs_to=DRAWN, fields=("layers.1.kernel",)),
    Row("dense_bias_init", "biases are zero at the start", BASE, largest_bias, high=0.0,
        belongs_to=DRAWN, fields=("layers.1.bias",)),
), start="own")

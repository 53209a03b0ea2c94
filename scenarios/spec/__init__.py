"""The vocabulary: a `Spec` describes one training without naming a framework.

A field that is `None` is *unset*: the framework decides, and `frameworks.quirks.resolution` knows how it does. Every
other value is the user's own choice. The meaning of a field stands right under it. An impossible spec is refused when
it is made.
"""

from scenarios.spec import metrics as metrics
from scenarios.spec.activations import *
from scenarios.spec.initializers import *
from scenarios.spec.layers import *
from scenarios.spec.losses import *
from scenarios.spec.optimizers import *
from scenarios.spec.schedules import *
from scenarios.spec.training import *

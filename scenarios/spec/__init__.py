"""The vocabulary: a `Spec` describes one training without naming a framework.

A field that is `None` is *unset*: the framework decides, and `frameworks.quirks.resolution` has its default. Every
other value is the user's own choice. The meaning of a field stands right under it. An impossible spec is refused when
it is made. `scenarios.spec.names` has a table from the names of Keras and PyTorch to those of a spec.
"""

from typing import Any

from scenarios.spec import metrics as metrics
from scenarios.spec import names as names
from scenarios.spec.activations import *
from scenarios.spec.checks import SpecError as _SpecError
from scenarios.spec.initializers import *
from scenarios.spec.layers import *
from scenarios.spec.losses import *
from scenarios.spec.optimizers import *
from scenarios.spec.regularizers import *
from scenarios.spec.schedules import *
from scenarios.spec.training import *

names.refuse_other_arguments([*globals().values(), *vars(metrics).values()])


def __getattr__(name: str) -> Any:
    """Refuses a class of Keras or PyTorch with what to write instead."""
    sentence = names.refusal(name, (known for known in globals() if known[:1].isupper()), metrics.__all__)
    raise _SpecError(sentence) if sentence else AttributeError(f"scenarios.spec has no {name!r}.")

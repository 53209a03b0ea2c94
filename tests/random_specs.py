"""Random specs for hypothesis: any value of any field that its annotation allows, of small networks."""

import dataclasses
import typing

from hypothesis import assume
from hypothesis import strategies as st

from scenarios.spec import Accuracy, Activation, CategoricalCrossentropy, Data, Dense, Flatten, Spec, Training
from scenarios.spec.checks import SpecError, alternatives, field_types
from scenarios.spec.training import CLASSES

NUMBERS = (0.0, 1e-12, 1e-7, 0.001, 0.1, 0.5, 0.9, 1.0, 3.0, 1e6)
CHOSEN_CLASSES = (CLASSES, (0, 1), (3, 1, 4))


def values(annotation):
    """Values that an annotation allows."""
    return st.one_of([_of(member) for member in alternatives(annotation)])


def _of(annotation):
    if annotation is type(None):
        return st.none()
    if typing.get_origin(annotation) is typing.Literal:
        return st.sampled_from(typing.get_args(annotation))
    if typing.get_origin(annotation) is tuple:
        return st.lists(values(typing.get_args(annotation)[0]), max_size=3).map(tuple)
    if dataclasses.is_dataclass(annotation):
        return parts(annotation)
    return {bool: st.booleans(), int: st.integers(1, 5), float: st.sampled_from(NUMBERS)}[annotation]


@st.composite
def parts(draw, kind, **given):
    """An object of a class of the vocabulary. A field with a default keeps it half of the time, and where values do not
    fit together."""
    chosen = {}
    for field in dataclasses.fields(kind):
        if field.name in given:
            chosen[field.name] = draw(given[field.name])
        elif field.default is dataclasses.MISSING or draw(st.booleans()):
            chosen[field.name] = draw(values(field_types(kind)[field.name]))
    needed = {field.name: chosen[field.name] for field in dataclasses.fields(kind)
              if field.name in given or field.default is dataclasses.MISSING}
    return made(kind, chosen) or made(kind, needed) or assume(False)


def made(kind, fields):
    """An object of a class; None where the class refuses the values."""
    try:
        return kind(**fields)
    except SpecError:
        return None


def layers(kind):
    """Layers that take images, or rows of numbers."""
    return st.one_of([parts(layer) for layer in alternatives(typing.get_args(field_types(Spec)["layers"])[0])
                      if getattr(layer, "takes", kind) == kind and layer is not Flatten])


@st.composite
def specs(draw):
    """A spec of up to five layers before the last Dense, on up to 64 images."""
    data = draw(parts(Data, first=st.integers(8, 64), classes=st.sampled_from(CHOSEN_CLASSES)))
    loss = draw(values(field_types(Spec)["loss"]))
    units = len(data.classes) if data.labels == "one_hot" or isinstance(loss, CategoricalCrossentropy) else 1
    images = draw(st.lists(layers("image"), max_size=2)) if data.channel else []
    flat = [] if data.flatten else [Flatten()]
    last = [Dense(units), *draw(st.lists(parts(Activation), max_size=1))]
    training = draw(parts(Training, epochs=st.integers(1, 2), batch_size=st.sampled_from([None, "all", 1, 7, 32])))
    fields = {"data": data, "layers": (*images, *flat, *draw(st.lists(layers("row"), max_size=3)), *last), "loss": loss,
              "optimizer": draw(values(field_types(Spec)["optimizer"])), "training": training}
    more = {"accuracy": draw(parts(Accuracy)), "metrics": draw(values(field_types(Spec)["metrics"]))}
    return made(Spec, {**fields, **more}) or made(Spec, fields) or \
        made(Spec, {**fields, "layers": (*flat, *last)}) or assume(False)

"""The stages of a training step, each of which compares one kind of tensor, and the result of comparing one."""

from __future__ import annotations

from dataclasses import dataclass

from frameworks.parts.metrics import METRICS

DEPENDS_ON = {"data": (), "initialization": (), "forward": ("data", "initialization"), "loss": ("forward",),
              "gradient": ("loss",), "update": ("gradient",), "metric": ("forward",),
              "evaluation": ("data", "initialization"), "outcome": ()}
"""For each stage, in the order of a training step, the stages that must match before it is evaluated."""
TENSORS = {"forward": ("logits", "outputs"), "loss": ("loss",), "gradient": ("gradient",),
           "update": ("weight", "optimizer_state"), "metric": ("accuracy", *METRICS.values()),
           "evaluation": ("evaluated", "loss_after")}
"""For each stage that compares tensors, the first parts of their names in a probe."""
BLIND = "rounding alone could explain all of it"
NOT_FINITE = "both sides have nan or infinity there"
UNDEFINED = "the numbers of this state are too large for float32, or undefined"
NAMES = {"data": "data", "initialization": "initialization", "forward": "outputs", "loss": "loss",
         "gradient": "gradient", "update": "update of the weights", "metric": "accuracy", "evaluation": "evaluation",
         "outcome": "outcome"}
"""For each stage, what it compares, as printed."""

STATES = {"rate": "learning rate", "accumulated": "accumulated gradient"}
"""Parts of an optimizer's state with another title than their name."""


@dataclass(frozen=True)
class FirstLayer:
    """The first layer with different outputs, in a training step or in the evaluation before it: those of all layers
    before it match."""

    position: int
    """Its index in the layers of the spec, counted from 0."""
    kind: str
    """Its class in the spec."""
    compared: StageResult
    """The comparison of its outputs."""

    @property
    def title(self) -> str:
        return f"layer {self.position}, {self.kind}"


@dataclass(frozen=True)
class StageResult:
    """The result of comparing one stage: it differs (True), it matches (False), or it was not evaluated or could not
    be compared (None)."""

    name: str
    differs: bool | None
    tensor: str = ""
    index: tuple[int, ...] = ()
    values: tuple[object, object] = (None, None)
    size: float = 0.0
    """The largest absolute difference."""
    noise: float = 0.0
    """The difference that rounding can explain. The stage differs above `FACTOR` times this value."""
    step: int = 0
    """The training step, counted from 0."""
    control: float | None = None
    """The same difference computed by the NumPy reference in float64, from the resolved specs of both sides. A rounding
    difference nearly vanishes there; a difference of definition stays."""
    reason: str = ""
    """Why the two sides cannot be compared here; empty where they can."""
    layer: FirstLayer | None = None
    """Of the forward stage and of an evaluation: the first layer with different outputs, where that is known."""
    layer_reason: str = ""
    """Why that layer is not known, if it was searched."""
    tolerance: float = 0.0
    """The largest difference that no tensor of the stage shows: `FACTOR` times the largest noise of all of them. Of a
    stage that matches in several steps, that of all these steps."""

    @property
    def title(self) -> str:
        """What was compared, as printed: that of the stage, or the name of a metric of the spec."""
        return self.tensor.replace("_", " ") if self.tensor in METRICS.values() else NAMES[self.name]

    @property
    def subject(self) -> str:
        """What differs, as printed: the outputs of the first layer, where that is known, else what was compared; of a
        gradient or an update, of which weights; of the optimizer's state, which part."""
        if self.layer is not None:
            return f"outputs of {self.layer.title}{', in evaluation' * (self.name == 'evaluation')},"
        if not self.tensor.startswith(("gradient/", "weight/", "optimizer_state/")):
            return self.title
        state, _, weights = self.tensor.partition("/")[2].rpartition("/")
        position, _, kind = weights.partition(".")
        if not position.isdigit():
            return STATES.get(weights, weights.replace("_", " "))
        what = STATES.get(state, state) or self.title.replace(" of the weights", "")
        return f"{what} of the {kind} of layer {position}"


def differing(stages: list[StageResult]) -> list[StageResult]:
    """The stages that differ, earliest first."""
    return [stage for stage in stages if stage.differs]


def pair_text(values: tuple[object, object]) -> tuple[str, str]:
    """Format two values with as many digits as are needed to tell them apart, at least six."""
    def formatted(digits: int) -> tuple[str, str]:
        left, right = (f"{value:.{digits}g}" if isinstance(value, float) else str(value) for value in values)
        return left, right

    same = values[0] == values[1] or all(value != value for value in values)
    return next((pair for digits in range(6, 18) if not same and (pair := formatted(digits))[0] != pair[1]),
                formatted(6))

"""Attributions of answers that are given instead of trained, and the questions that they raise."""

from proven import proven, raised

from compare.analysis.attribution import belongs
from compare.analysis.behaviours import Answer
from compare.analysis.reasons import Reason, ReasonKind
from scenarios.scenario import Behaviour, Scenario, Variant
from scenarios.spec import (
    SGD,
    Activation,
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Data,
    Dense,
    MeanSquaredError,
    Spec,
    Training,
)

ENVIRONMENTS = {name: {"framework": framework, "backend": backend} for name, framework, backend in (
    ("keras", "keras", "tensorflow"), ("keras-jax", "keras", "jax"), ("lightning", "lightning", "torch"),
    ("reference", "reference", "numpy"), ("reference-float32", "reference", "numpy"))}
SIGMOID = Spec(Data(flatten=True), (Dense(10), Activation("sigmoid")), CategoricalCrossentropy(), SGD(0.1),
               Training(1, 32))
LINEAR = Spec(Data((0, 1), flatten=True, labels="index"), (Dense(1),), BinaryCrossentropy(), SGD(0.1), Training(1, 32))
RESOLVED = Spec(Data(flatten=True), (Dense(10),), MeanSquaredError(), SGD(0.1, 0.0, False), Training(1, 32))

REFUSED, SHORT = Reason(ReasonKind.REFUSED), Reason(ReasonKind.TOO_SHORT, 3)
UNSUPPORTED, ENDED = Reason(ReasonKind.UNSUPPORTED, text="x"), Reason(ReasonKind.WORKER_ENDED)
CLOSE = Reason(ReasonKind.TOO_CLOSE)
YES, NO = Answer(True, 1.0, (1.0,)), Answer(False, 0.0, (0.0,))


def make_questions(spec, init="shared", reason=SHORT, contrast_variants=None, **holds):
    """(behaviour, answers, questions) of a scenario of one variant, and of a contrast variant where one is given."""
    answers = {name.replace("_", "-"): Answer(value, 0.0, (0.0,), reason if value is None else None)
               for name, value in holds.items()}
    behaviour = Behaviour("it_is", "it is so", ("a",), lambda trace: 0.0, quantity="it",
                          old_rules=("round",) if spec is LINEAR else (), contrast_variants=("b",)
                          if contrast_variants else ())
    variants = Variant("a", "A", spec), Variant("b", "B", contrast_variants or spec)
    scenario = Scenario("mine", "Mine", "Is it?", variants, (behaviour,))
    return behaviour, answers, raised(scenario, {"it_is": answers}, ENVIRONMENTS, init)


def attribution_of(spec, find_cause=proven, old_rules=None, **facts):
    behaviour, answers, questions = make_questions(spec, **facts)
    return belongs(behaviour, spec, answers, ENVIRONMENTS, [find_cause(question) for question in questions],
                   old_rules or {})

"""Whose a behaviour is follows from who shows it and from the layers of what was found to cause it."""

import itertools
from dataclasses import replace

import pytest
from proven import proven, raised

import scenarios
from compare.analysis.attribution import Attribution, belongs, neighbours
from compare.analysis.behaviours import Answer
from compare.analysis.causes.search import Cause, Confirmation
from frameworks.quirks.resolution import quirks
from scenarios.scenario import Behaviour, Scenario, Variant
from scenarios.spec import (
    SGD,
    Activation,
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Data,
    Dense,
    EarlyStopping,
    Flatten,
    MeanSquaredError,
    Spec,
    Training,
)
from scenarios.spec.fields import changed

ENVIRONMENTS = {name: {"framework": framework, "backend": backend} for name, framework, backend in (
    ("keras", "keras", "tensorflow"), ("keras-jax", "keras", "jax"), ("lightning", "lightning", "torch"),
    ("reference", "reference", "numpy"), ("reference-float32", "reference", "numpy"))}
SIGMOID = Spec(Data(flatten=True), (Dense(10), Activation("sigmoid")), CategoricalCrossentropy(), SGD(0.1),
               Training(1, 32))
LINEAR = Spec(Data((0, 1), flatten=True, labels="index"), (Dense(1),), BinaryCrossentropy(), SGD(0.1), Training(1, 32))
CLOSED = Spec(Data(flatten=True), (Dense(10),), MeanSquaredError(), SGD(0.1, 0.0, False), Training(1, 32))


YES, NO = Answer(True, 1.0, (1.0,)), Answer(False, 0.0, (0.0,))


def asked(spec, init="shared", reason="needs 3 epochs", contrast_variants=None, **holds):
    """(behaviour, answers, questions) of a scenario of one variant, and of one that works where it is given."""
    answers = {name.replace("_", "-"): Answer(value, 0.0, (0.0,), reason if value is None else "")
               for name, value in holds.items()}
    behaviour = Behaviour("it_is", "it is so", ("a",), lambda trace: 0.0, quantity="it",
                          old_rules=("round",) if spec is LINEAR else (), contrast_variants=("b",)
                          if contrast_variants else ())
    variants = Variant("a", "A", spec), Variant("b", "B", contrast_variants or spec)
    scenario = Scenario("mine", "Mine", "Is it?", variants, (behaviour,))
    return behaviour, answers, raised(scenario, {"it_is": answers}, ENVIRONMENTS, init)


def whose(spec, found=proven, **facts):
    behaviour, answers, questions = asked(spec, **facts)
    return belongs(behaviour, spec, answers, ENVIRONMENTS, [found(question) for question in questions])


@pytest.mark.parametrize("spec, holds, belongs_to", [
    (SIGMOID, {"keras": True, "lightning": False, "reference": False}, "Keras on TensorFlow"),
    (SIGMOID, {"keras": True, "keras_jax": False, "reference": False}, "Keras on TensorFlow"),
    (SIGMOID, {"keras": False, "keras_jax": True, "reference": False}, "Keras"),
    (SIGMOID, {"keras": False, "lightning": True, "reference": False}, "PyTorch"),
    (SIGMOID, {"keras": True, "lightning": True, "reference": False}, "Keras on TensorFlow and PyTorch"),
    (SIGMOID, {"keras": True, "lightning": True, "reference": True}, Attribution.UNIVERSAL),
    (SIGMOID, {"keras": False, "lightning": True, "reference": True}, "textbook; Keras on TensorFlow departs"),
    (SIGMOID, {"keras": False, "lightning": False, "reference": True},
     "textbook; Keras on TensorFlow and PyTorch depart"),
    (SIGMOID, {"keras": True, "keras_jax": True}, Attribution.NOTHING_TO_COMPARE),
    (SIGMOID, {"keras": True, "lightning": None}, Attribution.NOTHING_TO_COMPARE),
    (SIGMOID, {"reference": True}, Attribution.NOTHING_TO_COMPARE),
    (SIGMOID, {"reference": True, "reference_float32": True}, Attribution.NOTHING_TO_COMPARE),
    (SIGMOID, {"keras": None, "lightning": None}, Attribution.CANNOT_BE_ASKED),
    (SIGMOID, {"keras": False, "lightning": False}, Attribution.NOT_SHOWN),
    (LINEAR, {"keras": False, "lightning": None}, Attribution.NOT_IN_THESE_VERSIONS),
    (SIGMOID, {"keras": False, "lightning": None}, Attribution.CANNOT_BE_ASKED),
    (SIGMOID, {"keras": False, "reference": None}, Attribution.CANNOT_BE_ASKED),
    (CLOSED, {"keras": True, "lightning": False}, Attribution.UNEXPLAINED)])
def test_whose_a_behaviour_is_follows_from_who_shows_it_and_what_they_fill(spec, holds, belongs_to):
    assert whose(spec, **holds).belongs_to == belongs_to


def test_who_refuses_does_not_show_it_and_who_could_not_be_asked_is_no_witness():
    refused = whose(LINEAR, reason="refused", keras=True, lightning=None)
    assert refused.belongs_to == "Keras" and refused.without == ("lightning",) and refused.unasked == ()
    short = whose(LINEAR, keras=True, lightning=None, reference=True)
    assert short.belongs_to == Attribution.UNIVERSAL and short.without == () and short.unasked == ("lightning",)


def test_a_mixture_without_a_value_is_a_no_only_where_the_side_without_ends_in_the_same_way():
    without = {kind: Answer(None, float("nan"), (), kind) for kind in (
        "refused", "undefined at step 3", "not supported: x", "worker ended")}
    for reason, nos in (("refused", {"refused"}), ("undefined at step 1", {"undefined at step 3"})):
        _, _, (question,) = asked(LINEAR, reason=reason, keras=True, lightning=None)
        assert {kind for kind, answer in without.items() if question.shown(answer) is False} == nos
    _, _, (question,) = asked(SIGMOID, keras=True, lightning=False)
    assert all(question.shown(answer) is None for answer in without.values())
    assert question.shown(YES) is True and question.shown(NO) is False


@pytest.mark.parametrize("reason", ["worker ended", "not supported: x", "is too close to call", "needs MNIST"])
def test_no_answer_is_not_a_no(reason):
    """Nobody is said to show it only where all were asked; who was not asked makes no difference between frameworks."""
    verdict = whose(SIGMOID, reason=reason, keras=False, lightning=None, reference=False)
    assert (verdict.belongs_to, verdict.without, verdict.unasked) == (Attribution.CANNOT_BE_ASKED,
                                                                      ("keras", "reference"), ("lightning",))
    shown = whose(SIGMOID, reason=reason, keras=True, lightning=None)
    assert (shown.belongs_to, shown.without, shown.unasked) == (Attribution.NOTHING_TO_COMPARE, (), ("lightning",))
    assert whose(SIGMOID, reason="refused", keras=False, lightning=None,
                 reference=False).belongs_to == Attribution.NOT_SHOWN
    assert whose(SIGMOID, reason="refused", keras=None, lightning=None).belongs_to == Attribution.CANNOT_BE_ASKED


def test_what_a_shared_start_decides_is_listed_as_inactive_and_not_searched():
    _, _, (question,) = asked(SIGMOID, keras=True, lightning=False)
    assert question.active == ("loss.of",)
    assert question.suspect("loss.of").values == ("softmax_of_logits", "softmax_of_outputs")
    inactive = {one.path: one.inactive for one in question.suspects if one.inactive}
    assert inactive == dict.fromkeys(("training.shuffle", "layers.0.kernel", "layers.0.bias"),
                                     "the shared start decides it")
    _, _, (own,) = asked(SIGMOID, init="native", keras=True, lightning=False)
    assert set(own.active) == {"loss.of", *inactive}


def test_the_size_of_a_batch_is_no_matter_of_the_start():
    spec = changed(SIGMOID, {"training.batch_size": None})
    _, _, (question,) = asked(spec, keras=True, lightning=False)
    assert question.suspect("training.batch_size").values == (32, 1) and "training.batch_size" in question.active


def test_a_rule_of_accuracy_is_inactive_where_only_losses_are_looked_at():
    behaviour = Behaviour("it_is", "it is so", ("a",), lambda trace: 0.0)
    scenario = Scenario("mine", "Mine", "Is it?", (Variant("a", "A", LINEAR),), (behaviour,))
    answers = {"it_is": {"keras": YES, "lightning": NO}}
    for read, active in (({"reported/train/loss"}, False), ({"reported/train/accuracy"}, True),
                         ({"accuracy_by_rule/train/round"}, False)):
        question, = raised(scenario, answers, ENVIRONMENTS, read=read)
        assert ("accuracy.rule" in question.active) is active
        assert question.looked_at == (("evaluated",) if "accuracy_by_rule/train/round" in read else ())


def test_what_works_in_ones_own_model_and_what_frameworks_fill_are_asked_together():
    works = changed(SIGMOID, {"data.divisor": 255.0, "layers.1": Activation("softmax")})
    _, _, (plain, question) = asked(SIGMOID, contrast_variants=works, keras=True, lightning=False)
    assert plain.active == ("loss.of",) and not plain.contrast
    assert question.active == ("data.divisor", "layers.1.function", "loss.of")
    assert [question.suspect(path).own_setting for path in question.active] == [True, True, False]
    (without,), (shown,) = question.specs(()), question.specs(question.active)
    assert without.data.divisor == 255.0 and without.loss.of == "softmax_of_outputs"
    assert shown.data.divisor == 1.0 and shown.loss.of == "softmax_of_logits"
    _, _, (alone,) = asked(SIGMOID, contrast_variants=works, keras=True, lightning=True, reference=True)
    assert (alone.with_behaviour, alone.without) == ("keras", "keras") and "loss.of" not in alone.active


def test_a_search_validates_both_sides_or_neither():
    """A side that early stopping monitors needs the test loss; that the other has it too is no suspect."""
    works = changed(SIGMOID, {"training.early_stopping": EarlyStopping("test/loss", 1)})
    _, _, (_, question) = asked(SIGMOID, contrast_variants=works, keras=True, lightning=False)
    assert "training.early_stopping" in question.active and "training.validate" not in question.active
    assert all(spec.training.validate for end in question.ends for spec in end)


def test_layers_that_are_missing_are_suspects_one_by_one():
    bare = Spec(Data(), (Flatten(), Dense(5), Dense(10)), MeanSquaredError(), SGD(3.0), Training(1, 32))
    works = changed(bare, {"layers": (Flatten(), Dense(5), Activation("tanh"), Dense(10), Activation("softmax"))})
    _, _, (question,) = asked(bare, contrast_variants=works, keras=True, reference=True)
    assert question.active == ("layers.2", "layers.4")
    kinds = {chosen: [type(one).__name__ for one in question.specs(chosen)[0].layers]
             for chosen in ((), ("layers.2",), ("layers.4",), ("layers.2", "layers.4"))}
    assert kinds == {(): ["Flatten", "Dense", "Activation", "Dense", "Activation"],
                     ("layers.2",): ["Flatten", "Dense", "Dense", "Activation"],
                     ("layers.4",): ["Flatten", "Dense", "Activation", "Dense"],
                     ("layers.2", "layers.4"): ["Flatten", "Dense", "Dense"]}


def test_a_cause_in_ones_own_field_is_ones_own_and_a_default_without_a_textbook_is_nobodys():
    works = changed(SIGMOID, {"data.divisor": 255.0})
    alone, both = frozenset(["data.divisor"]), frozenset(["data.divisor", "loss.of"])
    for chosen in (alone, both):
        shared = whose(SIGMOID, contrast_variants=works, keras=True, lightning=False, found=lambda question,
                       own=chosen: proven(
            question, (own,), (own,)) if question.contrast else proven(question))
        assert shared.belongs_to == "Keras on TensorFlow" and {one.own_setting for one in shared.suspects} == {True,
                                                                                                               False}
    unknown = whose(SIGMOID, contrast_variants=works, keras=True, lightning=False, found=lambda question: proven(
        question, (alone,), (alone,)) if question.contrast else Cause(question))
    assert unknown.belongs_to == Attribution.UNEXPLAINED, \
        "what cures it in one's own model explains no difference of frameworks"
    works_at_once = whose(SIGMOID, contrast_variants=works, keras=True, reference=True, found=lambda question: proven(
        question, (alone,), (alone,)))
    assert works_at_once.belongs_to == Attribution.UNIVERSAL and works_at_once.suspects[0].own_setting
    open_rate = changed(CLOSED, {"optimizer": SGD()})
    assert whose(open_rate, keras=True, lightning=False).belongs_to == Attribution.DEFAULTS_DIFFER


def test_a_cause_that_a_real_framework_contradicts_explains_nothing():
    def found(question, expected=True, seen=NO):
        return proven(question, answers={expected: seen, not expected: YES if not expected else NO})

    sides = {"keras": True, "lightning": False}
    right = whose(SIGMOID, found=lambda question: found(question, True, YES), **sides)
    assert right.belongs_to == "Keras on TensorFlow"
    for wrong in (lambda question: found(question, True, NO), lambda question: found(question, False, YES)):
        verdict = whose(SIGMOID, found=wrong, **sides)
        assert verdict.belongs_to == Attribution.UNEXPLAINED and verdict.unexplained and not verdict.suspects


def test_what_could_not_be_told_or_decided_neither_confirms_nor_contradicts():
    told = Confirmation("keras", "sufficient", frozenset("a"), True, NO, "Keras cannot be told.")
    assert told.holds is None and replace(told, reason="").holds is False
    assert replace(told, reason="", answer=Answer(None, 0.5, (0.5,), "is too close to call")).holds is None
    refused = Answer(None, float("nan"), (), "refused")
    assert replace(told, reason="", answer=refused).holds is False
    assert replace(told, reason="", answer=refused, expected=False).holds is True


def test_what_was_not_run_is_said_to_resolve_settings_alike_only_where_all_are():
    """No behaviour is concluded: Keras on JAX and on PyTorch have other settings than Keras on TensorFlow here."""
    ran = {name: ENVIRONMENTS[name] for name in ("keras", "lightning")}
    assert neighbours([SIGMOID], ran, "shared") == {"keras-jax": "", "keras-torch": ""}
    assert neighbours([CLOSED], ran, "shared") == {"keras-jax": "keras", "keras-torch": "keras"}
    assert neighbours([CLOSED, SIGMOID], ran, "shared") == {"keras-jax": "", "keras-torch": ""}
    assert neighbours([SIGMOID], {"keras-jax": ENVIRONMENTS["keras-jax"]}, "shared") == {
        "keras": "", "keras-torch": "keras-jax", "lightning": ""}
    assert neighbours([CLOSED], {"keras": ENVIRONMENTS["keras"]}, "native") == {  # each draws its own order
        "keras-jax": "", "keras-torch": "", "lightning": ""}


def test_a_field_that_follows_from_another_suspect_is_none():
    """Keras on TensorFlow takes a loss of the logits, and therefore neither divides rows nor clips."""
    one, other = ENVIRONMENTS["keras"], ENVIRONMENTS["keras-jax"]
    paths = {difference.path for difference in quirks(SIGMOID, one, other)}
    assert {"loss.of", "loss.row_division", "loss.clip"} <= paths
    assert [suspect.path for suspect in whose(SIGMOID, keras=True, keras_jax=False).suspects] == ["loss.of"]
    alone = whose(SIGMOID, keras=False, keras_jax=True, reference=False)
    assert {"loss.row_division", "loss.clip"} <= {suspect.path for suspect in alone.suspects}


def test_taking_any_output_is_a_reason_of_its_own():
    suspects = whose(LINEAR, reason="refused", keras=True, lightning=None).suspects
    assert "loss.domain" in {suspect.path for suspect in suspects}
    assert whose(LINEAR, keras=False).elsewhere[0].value == "round"


@pytest.mark.parametrize("name", scenarios.names())
def test_every_variant_of_every_scenario_has_a_verdict_whoever_shows_it(name):
    for variant in scenarios.load(name).variants:
        for one, other in itertools.permutations(ENVIRONMENTS, 2):
            for init in ("shared", "native"):
                sides = {one.replace("-", "_"): True, other.replace("-", "_"): False}
                behaviour, answers, questions = asked(variant.spec, init, **sides)
                causes = [proven(question) for question in questions]
                verdict = belongs(behaviour, variant.spec, answers, ENVIRONMENTS, causes)
                assert verdict.with_behaviour == (one,) and verdict.without == (other,)
                assert (verdict.belongs_to == Attribution.UNEXPLAINED) is (verdict.suspects == ())

"""Attribution of a behaviour: from the frameworks that show it and the origins of its causes."""

import itertools
from dataclasses import replace

import pytest
from proven import proven, raised

import scenarios
from compare.analysis.attribution import Attribution, Verdict, _responsible, belongs, neighbours, unless_chance
from compare.analysis.behaviours import Answer, cannot
from compare.analysis.causes.cause import Cause, Confirmation
from compare.analysis.causes.questions import Suspect
from compare.analysis.reasons import Reason, ReasonKind
from frameworks.quirks.resolution import quirks
from frameworks.quirks.rules import RULES, WITHOUT_REFERENCE_VALUE
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


@pytest.mark.parametrize("spec, holds, belongs_to", [
    (SIGMOID, {"keras": True, "lightning": False, "reference": False}, "Keras on TensorFlow"),
    (SIGMOID, {"keras": True, "keras_jax": False, "reference": False}, "Keras on TensorFlow"),
    (SIGMOID, {"keras": False, "keras_jax": True, "reference": False}, "Keras"),
    (SIGMOID, {"keras": False, "lightning": True, "reference": False}, "PyTorch"),
    (SIGMOID, {"keras": True, "lightning": True, "reference": False}, "Keras on TensorFlow and PyTorch"),
    (SIGMOID, {"keras": True, "lightning": True, "reference": True}, Attribution.UNIVERSAL),
    (SIGMOID, {"keras": False, "lightning": True, "reference": True},
     "Keras on TensorFlow departs from the published definition"),
    (SIGMOID, {"keras": False, "lightning": False, "reference": True},
     "Keras on TensorFlow and PyTorch depart from the published definition"),
    (SIGMOID, {"keras": True, "keras_jax": True}, Attribution.NOTHING_TO_COMPARE),
    (SIGMOID, {"keras": True, "lightning": None}, Attribution.NOTHING_TO_COMPARE),
    (SIGMOID, {"reference": True}, Attribution.NOTHING_TO_COMPARE),
    (SIGMOID, {"reference": True, "reference_float32": True}, Attribution.NOTHING_TO_COMPARE),
    (SIGMOID, {"keras": None, "lightning": None}, Attribution.CANNOT_BE_ASKED),
    (SIGMOID, {"keras": False, "lightning": False}, Attribution.NOT_SHOWN),
    (SIGMOID, {"keras": False, "lightning": None}, Attribution.CANNOT_BE_ASKED),
    (SIGMOID, {"keras": False, "reference": None}, Attribution.CANNOT_BE_ASKED),
    (RESOLVED, {"keras": True, "lightning": False}, Attribution.UNEXPLAINED)])
def test_attribution_follows_from_answers_and_resolved_fields(spec, holds, belongs_to):
    assert attribution_of(spec, **holds).belongs_to == belongs_to


@pytest.mark.parametrize("shown, belongs_to", [(YES, Attribution.NOT_IN_THESE_VERSIONS), (NO, Attribution.NOT_SHOWN),
                                               (cannot(SHORT), Attribution.NOT_SHOWN)])
def test_other_versions_show_it_only_if_their_rule_does_with_the_weights_of_this_run(shown, belongs_to):
    verdict = attribution_of(LINEAR, old_rules={"round": {"keras": shown}}, keras=False, lightning=False)
    assert verdict.belongs_to == belongs_to and bool(verdict.elsewhere) is (shown is YES)
    unanswered = attribution_of(LINEAR, old_rules={"round": {"keras": shown}}, keras=False, lightning=None)
    assert unanswered.belongs_to == (belongs_to if shown is YES else Attribution.CANNOT_BE_ASKED)


def test_contrast_variant_that_shows_it_too_leaves_nothing_unexplained():
    def find(question):
        return Cause(question) if question.contrast else proven(question)
    contrast = changed(SIGMOID, {"layers.1": Activation("softmax")})
    verdict = attribution_of(SIGMOID, find, contrast_variants=contrast, keras=True, lightning=False)
    assert verdict.belongs_to == "Keras on TensorFlow" and not verdict.unexplained and verdict.cleared


@pytest.mark.parametrize("necessary", ["data.divisor", "loss.of"])
def test_own_setting_is_part_of_the_reason_only_if_a_change_of_it_removes_the_behaviour(necessary):
    def find(question):
        sets = ("data.divisor", necessary) if question.contrast else ("loss.of", "loss.of")
        return proven(question, *((frozenset([path]),) for path in sets))
    verdict = attribution_of(SIGMOID, find, contrast_variants=changed(SIGMOID, {"data.divisor": 255.0}), keras=True,
                             lightning=False)
    assert ["data.divisor", "loss.of"][necessary == "loss.of":] == sorted(suspect.path for suspect in verdict.suspects)


def test_rules_are_those_of_the_users_model_and_not_of_a_contrast_variant():
    def find(question):
        return proven(question, *[(frozenset(["loss.of"]),)] * 2)
    contrast = changed(SIGMOID, {"layers.1": Activation("softmax")})
    alone, beside = (attribution_of(SIGMOID, find, contrast_variants=contrasted, keras=False, lightning=True).suspects
                     for contrasted in (None, contrast))
    assert alone == beside and len(alone) == 1


def test_search_without_a_result_leaves_the_model_uncleared():
    def find(question):
        return Cause(question) if question.without == "lightning" else proven(question)
    verdict = attribution_of(SIGMOID, find, keras=True, lightning=False, reference=False)
    assert verdict.belongs_to == "Keras on TensorFlow" and verdict.unexplained and not verdict.cleared


@pytest.mark.parametrize("shown, hidden, belongs_to", [
    ((0.8,), (0.7,), Attribution.CHANCE), ((0.8, 0.81, 0.82), (0.7, 0.71, 0.9), Attribution.CHANCE),
    ((0.8, 0.81, 0.82), (0.7, 0.71, 0.72), Attribution.UNEXPLAINED)])
def test_different_initial_weights_can_be_the_reason(shown, hidden, belongs_to):
    answers = {"keras": Answer(True, 0.8, shown), "lightning": Answer(False, 0.7, hidden)}
    verdict = Verdict(Attribution.UNEXPLAINED, ("keras",), ("lightning",), unexplained=(None,))
    result = unless_chance(verdict, answers)
    assert result.belongs_to == belongs_to and bool(result.unexplained) is (belongs_to == Attribution.UNEXPLAINED)
    of_keras = replace(verdict, belongs_to="Keras")
    assert unless_chance(of_keras, answers) == of_keras


def test_only_what_differs_from_the_reference_departs_from_it():
    def suspect(origins):
        rules = [next(rule for rule in RULES if rule.origin == origin and rule.field not in WITHOUT_REFERENCE_VALUE)
                 for origin in origins]
        return Suspect("a.b", (1, 2), "loss", (rules[0], rules[1]))
    both = [suspect(("published definition", "PyTorch")), suspect(("Keras", "torchmetrics"))]
    assert _responsible(both) == ("PyTorch departs from the published definition", "PyTorch departs")


@pytest.mark.parametrize("origins, expected", [
    (("published definition", "PyTorch"), "PyTorch departs from the published definition"),
    (("Keras", "PyTorch"), "Keras")])
def test_default_without_a_reference_value_departs_from_none(origins, expected):
    """EarlyStopping's patience beside a loss: neither Lightning's 3 nor Keras's 0 departs from a definition."""
    def rule(origin, *fields):
        return next(rule for rule in RULES if rule.origin == origin and (
            rule.field in fields if fields else rule.field not in WITHOUT_REFERENCE_VALUE))
    left, right = map(rule, origins)
    patience = tuple(rule(origin, "EarlyStopping.patience") for origin in ("published definition", "Lightning"))
    suspects = [Suspect("a.b", (1, 2), "loss", (left, right)), Suspect("c.d", (0, 3), "outcome", patience)]
    assert _responsible(suspects)[0] == expected


def test_refused_training_counts_as_without_and_missing_answer_does_not_count():
    refused = attribution_of(LINEAR, reason=REFUSED, keras=True, lightning=None)
    assert refused.belongs_to == "Keras" and refused.without == ("lightning",) and refused.unanswered == ()
    short = attribution_of(LINEAR, keras=True, lightning=None, reference=True)
    assert short.belongs_to == Attribution.UNIVERSAL and short.without == () and short.unanswered == ("lightning",)


def test_failed_training_is_negative_only_if_the_side_without_fails_alike():
    undefined = Reason(ReasonKind.UNDEFINED, 3)
    without = {reason: cannot(reason) for reason in (REFUSED, undefined, UNSUPPORTED, ENDED)}
    for reason, negative in ((REFUSED, {REFUSED}), (Reason(ReasonKind.UNDEFINED, 1), {undefined})):
        _, _, (question,) = make_questions(LINEAR, reason=reason, keras=True, lightning=None)
        assert {kind for kind, answer in without.items() if question.shown(answer) is False} == negative
    _, _, (question,) = make_questions(SIGMOID, keras=True, lightning=False)
    assert all(question.shown(answer) is None for answer in without.values())
    assert question.shown(YES) is True and question.shown(NO) is False


@pytest.mark.parametrize("reason", [ENDED, UNSUPPORTED, CLOSE, SHORT], ids=str)
def test_missing_answer_is_not_a_negative_answer(reason):
    """NOT_SHOWN needs an answer of every framework; a missing answer is no difference between frameworks."""
    verdict = attribution_of(SIGMOID, reason=reason, keras=False, lightning=None, reference=False)
    assert (verdict.belongs_to, verdict.without, verdict.unanswered) == (Attribution.CANNOT_BE_ASKED,
                                                                         ("keras", "reference"), ("lightning",))
    single = attribution_of(SIGMOID, reason=reason, keras=True, lightning=None)
    assert (single.belongs_to, single.without) == (Attribution.NOTHING_TO_COMPARE, ())
    assert single.unanswered == ("lightning",)
    assert attribution_of(SIGMOID, reason=REFUSED, keras=False, lightning=None,
                          reference=False).belongs_to == Attribution.NOT_SHOWN
    assert attribution_of(SIGMOID, reason=REFUSED, keras=None,
                          lightning=None).belongs_to == Attribution.CANNOT_BE_ASKED


def test_fields_decided_by_the_shared_initialization_are_inactive():
    _, _, (question,) = make_questions(SIGMOID, keras=True, lightning=False)
    assert question.active == ("loss.of",)
    assert question.suspect("loss.of").values == ("softmax_of_logits", "softmax_of_outputs")
    inactive = {suspect.path: suspect.inactive for suspect in question.suspects if suspect.inactive}
    assert inactive == dict.fromkeys(("training.shuffle", "layers.0.kernel", "layers.0.bias"),
                                     "the shared initialization decides it")
    _, _, (native,) = make_questions(SIGMOID, init="native", keras=True, lightning=False)
    assert set(native.active) == {"loss.of", *inactive}


def test_batch_size_is_active_with_shared_initialization():
    spec = changed(SIGMOID, {"training.batch_size": None})
    _, _, (question,) = make_questions(spec, keras=True, lightning=False)
    assert question.suspect("training.batch_size").values == (32, 1) and "training.batch_size" in question.active


def test_accuracy_rule_is_active_only_if_reported_accuracy_is_read():
    behaviour = Behaviour("it_is", "it is so", ("a",), lambda trace: 0.0)
    scenario = Scenario("mine", "Mine", "Is it?", (Variant("a", "A", LINEAR),), (behaviour,))
    answers = {"it_is": {"keras": YES, "lightning": NO}}
    for read, active in (({"reported/train/loss"}, False), ({"reported/train/accuracy"}, True),
                         ({"accuracy_by_rule/train/round"}, False)):
        question, = raised(scenario, answers, ENVIRONMENTS, read=read)
        assert ("accuracy.rule" in question.active) is active
        assert question.looked_at == (("evaluated",) if "accuracy_by_rule/train/round" in read else ())


def test_contrast_variant_and_resolved_fields_are_searched_together():
    works = changed(SIGMOID, {"data.divisor": 255.0, "layers.1": Activation("softmax")})
    _, _, (frameworks_only, question) = make_questions(SIGMOID, contrast_variants=works, keras=True, lightning=False)
    assert frameworks_only.active == ("loss.of",) and not frameworks_only.contrast
    assert question.active == ("data.divisor", "layers.1.function", "loss.of")
    assert [question.suspect(path).own_setting for path in question.active] == [True, True, False]
    (without,), (shown,) = question.specs(()), question.specs(question.active)
    assert without.data.divisor == 255.0 and without.loss.of == "softmax_of_outputs"
    assert shown.data.divisor == 1.0 and shown.loss.of == "softmax_of_logits"
    _, _, (variants_only,) = make_questions(SIGMOID, contrast_variants=works, keras=True, lightning=True,
                                            reference=True)
    assert (variants_only.with_behaviour, variants_only.without) == ("keras", "keras")
    assert "loss.of" not in variants_only.active


def test_both_sides_of_a_search_are_validated_if_one_needs_it():
    """Early stopping on one side needs the test loss; validating the other side as well adds no suspect."""
    works = changed(SIGMOID, {"training.early_stopping": EarlyStopping("test/loss", 1)})
    _, _, (_, question) = make_questions(SIGMOID, contrast_variants=works, keras=True, lightning=False)
    assert "training.early_stopping" in question.active and "training.validate" not in question.active
    assert all(spec.training.validate for end in question.ends for spec in end)


def test_each_missing_layer_is_a_separate_suspect():
    bare = Spec(Data(), (Flatten(), Dense(5), Dense(10)), MeanSquaredError(), SGD(3.0), Training(1, 32))
    works = changed(bare, {"layers": (Flatten(), Dense(5), Activation("tanh"), Dense(10), Activation("softmax"))})
    _, _, (question,) = make_questions(bare, contrast_variants=works, keras=True, reference=True)
    assert question.active == ("layers.2", "layers.4")
    kinds = {chosen: [type(layer).__name__ for layer in question.specs(chosen)[0].layers]
             for chosen in ((), ("layers.2",), ("layers.4",), ("layers.2", "layers.4"))}
    assert kinds == {(): ["Flatten", "Dense", "Activation", "Dense", "Activation"],
                     ("layers.2",): ["Flatten", "Dense", "Dense", "Activation"],
                     ("layers.4",): ["Flatten", "Dense", "Activation", "Dense"],
                     ("layers.2", "layers.4"): ["Flatten", "Dense", "Dense"]}


def test_attribution_of_own_settings_and_of_differing_defaults():
    works = changed(SIGMOID, {"data.divisor": 255.0})
    alone, both = frozenset(["data.divisor"]), frozenset(["data.divisor", "loss.of"])
    for chosen in (alone, both):
        def find_chosen(question, chosen=chosen):
            return proven(question, (chosen,), (chosen,)) if question.contrast else proven(question)

        shared = attribution_of(SIGMOID, find_chosen, contrast_variants=works, keras=True, lightning=False)
        assert shared.belongs_to == "Keras on TensorFlow"
        assert {suspect.own_setting for suspect in shared.suspects} == {True, False}
    unknown = attribution_of(SIGMOID, lambda question: proven(question, (alone,), (alone,)) if question.contrast
                             else Cause(question), contrast_variants=works, keras=True, lightning=False)
    assert unknown.belongs_to == Attribution.UNEXPLAINED, \
        "an own setting explains no difference between frameworks"
    everywhere = attribution_of(SIGMOID, lambda question: proven(question, (alone,), (alone,)),
                                contrast_variants=works, keras=True, reference=True)
    assert everywhere.belongs_to == Attribution.UNIVERSAL and everywhere.suspects[0].own_setting
    unset_rate = changed(RESOLVED, {"optimizer": SGD()})
    assert attribution_of(unset_rate, keras=True, lightning=False).belongs_to == Attribution.DEFAULTS_DIFFER


def test_cause_contradicted_by_a_framework_explains_nothing():
    def make_cause(question, expected=True, answer=NO):
        return proven(question, answers={expected: answer, not expected: YES if not expected else NO})

    sides = {"keras": True, "lightning": False}
    confirmed = attribution_of(SIGMOID, lambda question: make_cause(question, True, YES), **sides)
    assert confirmed.belongs_to == "Keras on TensorFlow"
    for contradicted in (lambda question: make_cause(question, True, NO),
                         lambda question: make_cause(question, False, YES)):
        verdict = attribution_of(SIGMOID, contradicted, **sides)
        assert verdict.belongs_to == Attribution.UNEXPLAINED and verdict.unexplained and not verdict.suspects


def test_confirmation_without_an_answer_is_inconclusive():
    confirmation = Confirmation("keras", "sufficient", frozenset("a"), True, NO, "Keras does not support it.")
    assert confirmation.holds is None and replace(confirmation, reason="").holds is False
    assert replace(confirmation, reason="", answer=Answer(None, 0.5, (0.5,), CLOSE)).holds is None
    refused = cannot(REFUSED)
    assert replace(confirmation, reason="", answer=refused).holds is False
    assert replace(confirmation, reason="", answer=refused, expected=False).holds is True


def test_framework_not_run_is_equivalent_only_if_all_specs_resolve_alike():
    """SIGMOID is resolved differently by Keras on JAX and on PyTorch than by Keras on TensorFlow."""
    environments = {name: ENVIRONMENTS[name] for name in ("keras", "lightning")}
    assert neighbours([SIGMOID], environments, "shared") == {"keras-jax": "", "keras-torch": ""}
    assert neighbours([RESOLVED], environments, "shared") == {"keras-jax": "keras", "keras-torch": "keras"}
    assert neighbours([RESOLVED, SIGMOID], environments, "shared") == {"keras-jax": "", "keras-torch": ""}
    assert neighbours([SIGMOID], {"keras-jax": ENVIRONMENTS["keras-jax"]}, "shared") == {
        "keras": "", "keras-torch": "keras-jax", "lightning": ""}
    assert neighbours([RESOLVED], {"keras": ENVIRONMENTS["keras"]}, "native") == {  # each draws its own order
        "keras-jax": "", "keras-torch": "", "lightning": ""}


def test_field_implied_by_another_suspect_is_no_suspect():
    """Keras on TensorFlow computes the loss from the logits, and therefore neither divides rows nor clips."""
    tensorflow, jax = ENVIRONMENTS["keras"], ENVIRONMENTS["keras-jax"]
    paths = {difference.path for difference in quirks(SIGMOID, tensorflow, jax)}
    assert {"loss.of", "loss.row_division", "loss.clip"} <= paths
    assert [suspect.path for suspect in attribution_of(SIGMOID, keras=True, keras_jax=False).suspects] == ["loss.of"]
    verdict = attribution_of(SIGMOID, keras=False, keras_jax=True, reference=False)
    assert {"loss.row_division", "loss.clip"} <= {suspect.path for suspect in verdict.suspects}


def test_accepting_any_output_is_a_suspect():
    suspects = attribution_of(LINEAR, reason=REFUSED, keras=True, lightning=None).suspects
    assert "loss.domain" in {suspect.path for suspect in suspects}
    elsewhere = attribution_of(LINEAR, old_rules={"round": {"keras": YES}}, keras=False).elsewhere
    assert elsewhere[0].value == "round"


@pytest.mark.parametrize("name", scenarios.names())
def test_every_variant_has_an_attribution_for_every_pair_of_frameworks(name):
    for variant in scenarios.load(name).variants:
        for left, right in itertools.permutations(ENVIRONMENTS, 2):
            for init in ("shared", "native"):
                sides = {left.replace("-", "_"): True, right.replace("-", "_"): False}
                behaviour, answers, questions = make_questions(variant.spec, init, **sides)
                causes = [proven(question) for question in questions]
                verdict = belongs(behaviour, variant.spec, answers, ENVIRONMENTS, causes, {})
                assert verdict.with_behaviour == (left,) and verdict.without == (right,)
                assert (verdict.belongs_to == Attribution.UNEXPLAINED) is (verdict.suspects == ())

"""Attribution follows from answers, resolved fields and rules: Keras, PyTorch, the model, or undecided."""

import itertools
from dataclasses import replace

import pytest
from attributed import (
    CLOSE,
    ENDED,
    ENVIRONMENTS,
    LINEAR,
    NO,
    REFUSED,
    RESOLVED,
    SHORT,
    SIGMOID,
    UNSUPPORTED,
    YES,
    attribution_of,
    make_questions,
)
from proven import proven

import scenarios
from compare.analysis.attribution import (
    Attribution,
    Verdict,
    _responsible,
    belongs,
    neighbours,
    unless_chance,
    without_consequences,
)
from compare.analysis.behaviours import Answer, cannot
from compare.analysis.causes.cause import Cause, Confirmation
from compare.analysis.causes.questions import Suspect
from compare.analysis.reasons import Reason, ReasonKind
from frameworks.quirks.resolution import value_of
from frameworks.quirks.rules import RULES, WITHOUT_REFERENCE_VALUE
from scenarios.spec import SGD, Activation, RMSprop
from scenarios.spec.fields import changed


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


def test_field_of_another_variant_is_no_field_of_this_one():
    """A behaviour of two variants can depend on a field that only one of them has, as rho of RMSprop."""
    rho, of = (tuple(value_of(field, changed(SIGMOID, {"optimizer": RMSprop()}), ENVIRONMENTS[name])
                     for name in ("keras", "lightning")) for field in ("RMSprop.rho", "CategoricalCrossentropy.of"))
    suspects = [Suspect(path, (rules[0].value, rules[1].value), "update", rules)
                for path, rules in (("optimizer.rho", rho), ("loss.of", of))]
    assert without_consequences(suspects, SIGMOID, ENVIRONMENTS["keras"], ENVIRONMENTS["lightning"]) == suspects

"""Suspects of a cause: the fields in which two sides differ, if they have an effect."""

from attributed import ENVIRONMENTS, LINEAR, NO, REFUSED, SIGMOID, YES, attribution_of, make_questions
from proven import raised

from compare.reporting.cause_text import fields_text
from frameworks.quirks.resolution import quirks
from scenarios.scenario import Behaviour, Scenario, Variant
from scenarios.spec import (
    SGD,
    Activation,
    Data,
    Dense,
    EarlyStopping,
    Flatten,
    MeanSquaredError,
    RMSprop,
    Spec,
    Training,
    metrics,
)
from scenarios.spec.fields import changed


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


def test_settings_are_written_as_the_scenario_has_them():
    """The place of epsilon of RMSprop is a default, and no argument of Keras."""
    works = changed(SIGMOID, {"optimizer": RMSprop(0.001, momentum=0.9), "loss": MeanSquaredError()})
    _, _, (_, question) = make_questions(SIGMOID, contrast_variants=works, keras=True, lightning=False)
    optimizer, loss = (fields_text(question.suspect(path)) for path in ("optimizer", "loss"))
    assert optimizer == \
        "`optimizer=SGD(learning_rate=0.1)` instead of `optimizer=RMSprop(learning_rate=0.001, momentum=0.9)`"
    assert loss == "`loss=CategoricalCrossentropy()` instead of `loss=MeanSquaredError()`"


def test_suspects_that_are_not_searched_have_the_values_of_the_framework():
    """Keras has no AUC with a threshold for each output: where nobody reads the metric, it keeps its own."""
    spec = changed(LINEAR, {"metrics": (metrics.AUC(),)})
    behaviour = Behaviour("it_is", "it is so", ("a",), lambda trace: 0.0)
    scenario = Scenario("mine", "Mine", "Is it?", (Variant("a", "A", spec),), (behaviour,))
    question, = raised(scenario, {"it_is": {"keras": YES, "lightning": NO}}, ENVIRONMENTS, read={"reported/train/loss"})
    assert question.suspect("metrics.0.thresholds").inactive and "metrics.0.thresholds" not in question.active
    thresholds = {(framework, chosen): question.specs(chosen, framework)[0].metrics[0].thresholds
                  for framework in ("keras", "lightning", "") for chosen in ((), question.active)}
    assert thresholds == {**{("keras", chosen): 200 for chosen in ((), question.active)},
                          **{(name, chosen): "all" for name in ("lightning", "") for chosen in ((), question.active)}}


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

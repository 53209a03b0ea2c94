"""The text of generated programs: rules in comments, arguments that are left out, refusals, and the command `code`."""

import subprocess
import sys

import pytest
from generated.networks import MULTI, NUMBERS, of
from generated.specs import LONG, REPORTED, SPECS, UNSUPPORTED, VOCABULARY

import scenarios
from compare import HOME
from compare.__main__ import main
from frameworks import FRAMEWORKS
from frameworks.codegen.program import INSTEAD, PROGRAMS, QUIRK, program
from frameworks.codegen.source import WIDTH
from frameworks.quirks.resolution import resolved
from frameworks.runtime.errors import Unsupported
from scenarios.spec import Accuracy, BatchNormalization, CategoricalCrossentropy, Dense, Flatten, MeanSquaredError
from scenarios.spec.fields import to_json


@pytest.mark.parametrize("name", REPORTED)
@pytest.mark.parametrize("framework", PROGRAMS)
def test_defaults_of_unset_fields_are_explained_once_in_comments(name, framework):
    spec, text = REPORTED[name], program(REPORTED[name], framework)
    chosen = FRAMEWORKS[framework]
    environment = {"framework": chosen.realization, "backend": chosen.backend or "torch", "series": ()}
    explanations = {rule.explanation for rule in resolved(spec, environment).values() if rule.explanation}
    comments = [line.strip() for line in text.splitlines() if line.strip().startswith(("#   ", QUIRK, INSTEAD))]
    joined = " ".join(comment.removeprefix("#   ").removeprefix("# ") for comment in comments)
    assert joined.count("Quirk: ") == len(explanations)
    for rule in (rule for rule in resolved(spec, environment).values() if rule.explanation):
        assert joined.count(rule.explanation.replace("{activation}", "sigmoid") + ".") == 1 and rule.fix in joined
    assert explanations or (framework[:5], spec.loss) == ("keras", MeanSquaredError())
    lines = text.splitlines()
    for place, line in enumerate(lines):
        if line.strip().startswith(INSTEAD):
            code = next(each for each in lines[place:] if not each.strip().startswith("#"))
            assert "(" in code or "loss" in code


@pytest.mark.parametrize("framework", ["keras", "lightning"])
def test_every_class_of_a_nightly_program_is_in_one_that_ci_runs(framework):
    classes = {name: {line.strip() for line in program(SPECS[name], framework).splitlines() if "class " in line[:6]}
               for name in SPECS if (framework, name) not in UNSUPPORTED}
    in_ci = set().union(*(of_program for name, of_program in classes.items() if name not in LONG))
    assert set(LONG) <= set(SPECS)
    assert {name: of_program - in_ci for name, of_program in classes.items() if of_program - in_ci} == {}


@pytest.mark.parametrize("framework, name", [
    (framework, name) for framework in PROGRAMS for name in SPECS
    if (framework.split("-")[0], name) not in UNSUPPORTED])
def test_program_of_json_equals_that_of_the_spec_and_fits_the_width(framework, name):
    text = program(SPECS[name], framework, "One question, as reported")
    assert text == program(to_json(SPECS[name]), framework, "One question, as reported")
    assert name not in REPORTED or max(map(len, text.splitlines())) <= WIDTH
    assert text.endswith("\n") and "\n\n\n\n" not in text and '"""One question, as reported, with ' in text
    compile(text, name, "exec")


def test_unset_field_is_an_omitted_argument():
    text = program(VOCABULARY["open"], "keras") + program(VOCABULARY["open"], "lightning")
    assert "keras.optimizers.SGD()," in text and "torch.optim.SGD(self.parameters())\n" in text
    assert "x_train, y_train, epochs=1, validation_data=(x_test, y_test)" in text
    assert "DataLoader(samples)\n" in text
    text = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    assert not [word for word in ("batch_size", "shuffle=True", "lr=", "initializer") if word in text]


@pytest.mark.parametrize("framework, hint", [("reference", "allowed: keras, "), ("keras-2.3", "did you mean keras"),
                                             ("torch", "did you mean keras-torch? ")])
def test_framework_without_programs_is_reported(framework, hint):
    with pytest.raises(Unsupported, match="^There is no program for '" + framework) as refusal:
        program(MULTI, framework)
    assert hint in str(refusal.value) and "\n" not in str(refusal.value)


def test_unsupported_spec_is_reported_in_one_sentence():
    partly = of(MULTI, loss=CategoricalCrossentropy(clip=0.1))
    smoothed = of(MULTI, data=NUMBERS, loss=CategoricalCrossentropy(label_smoothing=0.1))
    before = of(MULTI, accuracy=Accuracy("argmax_logits"))
    averaged = of(MULTI, layers=(Flatten(), Dense(4), BatchNormalization(variance="twice"), Dense(3)))
    cases = (("keras", partly, "Keras needs all fields of CategoricalCrossentropy unset, all "),
             ("lightning", partly, "Lightning needs all fields of CategoricalCrossentropy unset"),
             ("keras", smoothed, "This Keras's sparse_categorical_crossentropy does not support l"),
             ("keras", averaged, "Keras's BatchNormalization has no argument"),
             ("lightning", averaged, "PyTorch's batch normalization has no argument"),
             ("keras", before, "Keras does not support accuracy.rule=argmax_logits with an unset"))
    for framework, spec, start in cases:
        with pytest.raises(Unsupported) as refusal:
            program(spec, framework)
        assert str(refusal.value).startswith(start) and str(refusal.value).count(".") <= 2
    assert "z.argmax(-1)" in program(before, "lightning")


def test_command_prints_one_program_only(capsys):
    chosen = ["code", "scenario=lr_scaling", "variant=lr_0_03", "framework=lightning"]
    assert main(chosen) == 0
    out, error = capsys.readouterr()
    scenario = scenarios.load("lr_scaling")
    assert not error and out == program(scenario.variant("lr_0_03").spec, "lightning",
                                        "lr_0_03 of lr_scaling: as reported, rate 0.03")
    assert "lr=0.03" in out and "max_epochs=10" in out
    assert main([*chosen, "epochs=3"]) == 0 and "max_epochs=3" in capsys.readouterr().out


@pytest.mark.parametrize("arguments, message", [
    (["scenario=lr_scaling"], "Say which variant, as in variant=lr_0_01; allowed: lr_0_01, "),
    (["scenario=lr_scaling", "variant=lr_0_01"], "Say which framework, as in framework=keras; allowed: keras, "),
    (["scenario=lr_scaling", "variant=lr_01", "framework=keras"], "lr_scaling has no variant 'lr_01'; did you mean "),
    (["scenario=lr_scaling", "variant=lr_0_01", "framework=kears"], "There is no program for 'kears'; did you mean "),
    (["scenario=lr_scaling", "variant=lr_0_01", "framework=reference"], "There is no program for 'reference'; allow"),
    (["scenario=lr_scaling,missing_activations", "variant=lr_0_01"], "`code` prints a program of one scenario; name "),
    (["variant=lr_0_01"], "Say which scenario, "),
])
def test_usage_error_is_one_sentence(tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(tmp_path)
    assert main(["code", *arguments]) == 2
    out, error = capsys.readouterr()
    assert not out and error.startswith(f"compare: {message}") and error.count("\n") == 1


def test_program_is_generated_without_a_deep_learning_framework():
    script = "import sys; from compare.__main__ import main; main(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"
    child = subprocess.run([sys.executable, "-c", script, "code", "scenario=lr_scaling", "variant=lr_0_01",
                            "framework=keras"], cwd=HOME, capture_output=True, text=True)
    loaded = set(child.stderr.split())
    assert "frameworks.keras.codegen" in loaded and "import keras" in child.stdout
    assert not loaded & {"keras", "tensorflow", "torch", "jax", "pytorch_lightning"}

"""The outputs of a run: result.json follows its schema, and each output is written although another fails."""

import json
import typing
from dataclasses import replace

import pytest
from former_words import FORMER
from reported_run import planted

from compare.execution.misfit import misfit
from compare.reporting import run_folder as run_outputs
from compare.reporting.record import record
from compare.reporting.schema import SCHEMA, Record
from compare.reporting.step_schema import number
from compare.reporting.step_summary import VARIABLE

pytestmark = pytest.mark.usefixtures("standing_clock")


@pytest.mark.parametrize("change", [lambda result: result, planted], ids=["as run", "with all possible content"])
def test_the_record_matches_the_schema(run, change):
    text = json.dumps(record(change(run[0])), allow_nan=False)
    data = json.loads(text)
    assert not misfit(data, Record)
    assert data["schema"] == SCHEMA == 2 and str(run[1]) not in text


def test_the_schema_rejects_missing_additional_and_mistyped_values(run):
    valid = json.loads(json.dumps(record(planted(run[0]))))
    changes = [lambda data: data.pop("cost"), lambda data: data.update(more=1), lambda data: data.update(seeds=["0"]),
               lambda data: data["behaviours"][0]["answers"]["reference"].update(holds=1),
               lambda data: data["variants"][0]["trainings"][0].pop("outcome"),
               lambda data: data["causes"][0]["confirmed"].append({}),
               lambda data: data["divergences"][0]["stages"][0].update(step="7")]
    for change in changes:
        copy = json.loads(json.dumps(valid))
        change(copy)
        assert misfit(copy, Record).startswith("result")


def keys_of(annotation):
    """All documented keys of a class of the schema and of the classes that it contains."""
    if typing.is_typeddict(annotation):
        for key, hint in typing.get_type_hints(annotation).items():
            yield key
            yield from keys_of(hint)
    for inner in typing.get_args(annotation):
        yield from keys_of(inner)


def test_keys_of_the_schema_use_current_words():
    keys = set(keys_of(Record))
    assert {"searched_on", "outcome", "with_behaviour"} <= keys
    assert not {key for key in keys if set(key.split("_")) & FORMER}


def test_result_json_contains_the_record_and_the_metrics_of_the_traces(run):
    result, folder, _ = run
    text = (folder / "result.json").read_text(encoding="utf-8")
    data = json.loads(text)
    written = json.loads(json.dumps(record(result)))
    written["program"]["date"] = data["program"]["date"]  # a minute may have passed
    assert data == written and "NaN" not in text and "Infinity" not in text
    assert not misfit(data, Record)
    reported = next(variant for variant in data["variants"] if variant["name"] == "none_3")
    assert len(reported["trainings"]) == 6 and len(reported["files"]) == 2
    assert all((folder / file).is_file() for file in reported["files"])
    for training in reported["trainings"]:
        trace = result.traces[training["framework"]]["none_3", training["seed"]]
        assert training["outcome"] == trace.outcome
        for name, values in trace.below("reported").items():
            assert training["reported"][name] == [number(value) for value in values]
    assert "nan" in [value for training in reported["trainings"] for value in training["reported"]["train/loss"]]


def test_the_markdown_is_appended_to_the_job_summary(run):
    assert run[2] == "What was there.\n" + (run[1] / "report.md").read_text(encoding="utf-8")


def test_outputs_are_reproducible_and_the_job_summary_is_optional(run, tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    for folder in ("one", "other"):
        (tmp_path / folder).mkdir()
        result = replace(run[0], folder=tmp_path / folder)
        data = record(result)
        data["program"]["date"] = "2026-01-31 12:00"
        for name in ("result.json", "report.md", "report.html", "the step summary"):
            run_outputs.OUTPUTS[name](result, data)
    assert {path.name for path in (tmp_path / "one").iterdir()} == {"report.html", "report.md", "result.json"}
    assert {path.name for path in tmp_path.iterdir()} == {"one", "other"}
    for name in ("report.html", "report.md", "result.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "other" / name).read_bytes()


@pytest.mark.parametrize("name", run_outputs.OUTPUTS)
def test_each_output_that_fails_leaves_the_others(run, tmp_path, monkeypatch, name):
    monkeypatch.setenv(VARIABLE, str(tmp_path / "summary"))

    def broken(result, data):
        raise KeyError("Dense")
    monkeypatch.setitem(run_outputs.OUTPUTS, name, broken)
    (problem,) = run_outputs.write(replace(run[0], folder=tmp_path), record(run[0]))
    assert problem.startswith(f"{name} could not be made (KeyError")
    assert {"report.html", "report.md", "result.json", "images", "tensorboard", "summary"} - {
        {"the step summary": "summary", "what TensorBoard shows": "tensorboard"}.get(name, name)} == {
            path.name for path in tmp_path.iterdir()}


def test_a_failed_output_is_reported_and_the_others_are_written(run, tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)

    def broken(result, data):
        raise KeyError("Dense")

    def full(result, data):
        raise OSError(28, "No space left on device")
    monkeypatch.setitem(run_outputs.OUTPUTS, "result.json", broken)
    monkeypatch.setitem(run_outputs.OUTPUTS, "report.html", full)
    result = replace(run[0], folder=tmp_path)
    problems = run_outputs.write(result, record(result))
    assert problems == ["result.json could not be made (KeyError: 'Dense'): a fault of this program, please report it.",
                        "report.html could not be written: No space left on device."]
    assert {"report.md", "images", "tensorboard"} <= {path.name for path in tmp_path.iterdir()}


def test_a_program_that_cannot_be_generated_is_reported(run, monkeypatch):
    def broken(*arguments):
        raise KeyError("Dense")
    monkeypatch.setattr("compare.reporting.variant_record.program", broken)
    data = record(run[0])
    refusals = {program["refusal"] for variant in data["variants"] for program in variant["programs"]}
    assert refusals == {"This program could not be written (KeyError: 'Dense'): a fault of this program, please report "
                        "it."}
    assert data["summary"] and data["behaviours"]

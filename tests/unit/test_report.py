"""The report: a self-contained page, the same as Markdown, and JSON that follows a schema."""

import json
import re
import typing
from collections import Counter
from dataclasses import replace
from datetime import datetime
from html.parser import HTMLParser

import pytest

from compare.__main__ import main
from compare.analysis.causes.minimal_sets import shares
from compare.analysis.first_divergence import FirstDivergence
from compare.analysis.stages import StageResult
from compare.analysis.unexplained import UnexplainedDifference
from compare.commands.exit_codes import ExitCode
from compare.reporting import report
from compare.reporting import run_folder as run_outputs
from compare.reporting.misfit import misfit
from compare.reporting.record import record
from compare.reporting.schema import SCHEMA, Record
from compare.reporting.step_schema import number
from compare.reporting.step_summary import VARIABLE
from frameworks.codegen.program import INSTEAD, QUIRK

NAN, INF = float("nan"), float("inf")
FEWER_IMAGES = """'''missing_activations on an eighth of the sample: what a report contains does not depend on more.'''
from dataclasses import replace
from scenarios.missing_activations import SCENARIO as WHOLE
from scenarios.spec.fields import changed
SCENARIO = replace(WHOLE, name="fewer_images", variants=tuple(
    replace(variant, spec=changed(variant.spec, {"data.first": 500})) for variant in WHOLE.variants))
"""
VOID = {"meta", "link", "br", "img", "path", "use", "rect", "circle", "line"}


class Noon(datetime):
    """A clock that stands still: two records are equal although a minute passes between them."""

    @classmethod
    def now(cls, tz=None):
        return cls(2026, 1, 1, 12, tzinfo=tz)


@pytest.fixture(scope="module", autouse=True)
def standing_clock():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("compare.reporting.record.datetime", Noon)
        yield


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """(result, folder, job summary) of a real run of the reference with three seeds."""
    folder, results = tmp_path_factory.mktemp("report"), []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        patch.setenv(VARIABLE, str(folder / "summary.md"))
        (folder / "summary.md").write_text("What was there.\n")
        (folder / "fewer_images.py").write_text(FEWER_IMAGES)
        patch.setattr(run_outputs, "write", lambda result, data, write=run_outputs.write: (
            results.append(result), write(result, data))[1])
        code = main([f"scenario={folder / 'fewer_images.py'}", "frameworks=reference,reference-float32", "data=sample",
                     "epochs=3", "seeds=3", f"out={folder / 'run'}"])
        # Both may differ on so few images, which no known difference explains.
        assert code in (ExitCode.OK, ExitCode.UNEXPLAINED)
    return results[0], folder / "run", (folder / "summary.md").read_text(encoding="utf-8")


def planted(result):
    """The result with everything that a report can contain."""
    loss = StageResult("loss", True, "loss", (2, 1), (168.5, NAN), INF, 2.5e-4, 7, 166.0)
    metric = StageResult("metric", True, "accuracy", (), ("there", "absent"), 0.25)
    causes = [replace(cause, shares={path: (1.5, 1.3) if index else (-0.5, -0.3)
                                     for index, path in enumerate(cause.paths)}, chaotic=False)
              for cause in result.causes]
    return replace(result, divergences={"none_3": FirstDivergence("none_3", ("keras", "lightning"), [loss, metric], 3)},
                   unexplained_differences=(UnexplainedDifference("none_3", "reference", loss),),
                   causes=tuple(causes), worker_errors=("It has died.",))


class Page(HTMLParser):
    """The text of a page, its tags and attributes; asserts that tags are closed in the right order."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.attributes, self.fragments = [], Counter(), [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags[tag] += 1
        self.attributes += [(tag, *attribute) for attribute in attributes]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.attributes += [(tag, *attribute) for attribute in attributes]

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open and self.open.pop() == tag, tag

    def handle_data(self, data):
        if not {"style", "svg"} & set(self.open):
            self.fragments.append(data)

    @property
    def text(self):
        return " ".join("".join(self.fragments).split())


def page_of(result):
    data = record(result)
    return Page(report.page(data, {}, [(name, f"--side-{i}") for i, name in enumerate(result.traces)]))


def without_first_letter(text):
    return text[1:].replace("`", "")  # the page capitalizes the first letter of a sentence, and backticks become code


def test_the_page_is_well_formed_and_self_contained(run):
    text = (run[1] / "report.html").read_text(encoding="utf-8")
    page = Page(text)
    assert page.open == [] and page.tags["svg"] == 4 and page.tags["h1"] == page.tags["style"] == 1
    assert not page.tags.keys() & {"script", "img", "link rel", "iframe", "object", "form"}
    links = [value for _, name, value in page.attributes if name in ("src", "href", "action", "data", "srcset")]
    assert links and all(value.startswith(("#", "data:")) for value in links)
    assert not re.search(r"url\((?!#)|@import|https?://", text)
    assert len(text.encode()) < 3_000_000
    ids = [value for _, name, value in page.attributes if name == "id"]
    inside = [value[1:] for tag, name, value in page.attributes if name == "href" and value.startswith("#")]
    assert len(ids) == len(set(ids)) and len(inside) > 6 and set(inside) <= set(ids)


def test_the_page_contains_the_whole_record(run):
    result, _, _ = run
    page, data = page_of(planted(result)), record(planted(result))
    for behaviour in data["behaviours"]:
        assert without_first_letter(behaviour["title"]).replace("`", "") in page.text
        assert behaviour["belongs_text"] in page.text
        for answer in behaviour["answers"].values():
            assert answer["text"].split(", ")[-1].split(" (")[0].removeprefix("- ") in page.text
    answer = data["summary"]
    items = [item for section in answer["sections"] for item in section["items"]]
    for text in (answer["verdict"], answer["detail"], *items):
        assert text.replace("`", "") in page.text
    for text in (data["scenario"]["question"], data["data"]["notice"], "It has died.", "Loss, step 8", "loss[2, 1]",
                 "168.5", "inf", "0.00025", "166", "there", "absent", data["unexplained_differences"][0]["text"][1:],
                 "No behaviour of this" if not data["causes"] else "Shares of the difference"):
        assert text in page.text, text
    assert "140% (130% to 150%)" in page.text and "-40% (-50% to -30%)" in page.text
    for line in data["statistics"]:
        assert without_first_letter(line) in page.text
    for claim in data["claims"]:
        assert f"“{claim['text']}” {claim['outcome']} ({claim['about']}, with " in page.text
    assert "None: what was compared" in page_of(result).text


def test_programs_are_shown_side_by_side_with_quirks_highlighted(run):
    result, folder, _ = run
    text = (folder / "report.html").read_text(encoding="utf-8")
    blocks = re.findall(r"<pre[^>]*><code>(.*?)</code></pre>", text, re.S)
    programs = [program for variant in record(result)["variants"] for program in variant["programs"]]
    assert [program["framework"] for program in programs] == ["keras", "lightning"] and len(blocks) == 2
    for block, program in zip(blocks, programs):
        lines = [re.sub(r"\n$", "", "".join(Page(line).fragments)) for line in block.split("</span>\n")] \
            if "</span>\n" in block else re.findall(r'<span class="(?:line|quirk|about)">', block)
        assert len(lines) == len(program["text"].splitlines())
        assert "".join("".join(Page(block).fragments).split()) == "".join(program["text"].split())
        marked = re.findall(r'<span class="quirk">', block)
        comments = [line for line in program["text"].splitlines() if line.lstrip().startswith((QUIRK, INSTEAD, "#   "))]
        assert len(marked) == len(comments) > 0
        assert len(re.findall(r'<span class="about">', block)) == len(re.findall(
            r"^ *# [^\n]*\n(?! *#)", program["text"], re.M)) or not marked


def test_text_of_users_is_escaped_in_html(run):
    markup = "<script>alert(1)</script> & \"<b>\" | x"
    result = run[0]
    variants = tuple(replace(variant, title=markup) for variant in result.scenario.variants)
    modified = replace(result, scenario=replace(result.scenario, title=markup, question=markup, variants=variants))
    page = page_of(modified)
    assert page.open == [] and not page.tags["script"] and not page.tags["b"] - page_of(result).tags["b"]
    assert page.text.count(" ".join(markup.split())) >= 3


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


FORMER = {"told", "plain", "remedy", "parting", "leftover", "gap", "band", "filled", "closed", "gate", "shut", "start",
          "slots", "textbook", "crew", "bench", "yours", "asked", "died", "mistakes", "showing", "missing", "lacks",
          "sham", "adding", "removing", "seen", "said", "right", "frozen", "counted", "words", "proofs", "engine",
          "written", "one", "other", "own", "some", "found", "wanted", "against"}
"""Words that a reader of Keras's and PyTorch's documentation would not know, or that no longer name anything here."""


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


def test_the_markdown_contains_the_record_and_valid_tables(run):
    result, folder, _ = run
    for each, text in ((result, (folder / "report.md").read_text(encoding="utf-8")),
                       (planted(result), report.markdown(record(planted(result))))):
        data = record(each)
        assert f"\n**{data['summary']['verdict']}** {data['summary']['detail']}\n" in text
        assert all(f"\n- {item}\n" in text for entry in data["summary"]["sections"] for item in entry["items"])
        assert all(behaviour["title"].replace("|", "\\|") in text for behaviour in data["behaviours"])
        assert all(entry["text"] in text for variant in data["variants"] for entry in variant["programs"])
        assert all(entry["text"] in text for entry in data["divergences"] + data["unexplained_differences"])
        words = re.sub(r"```.*?```", "", text, flags=re.S)
        tables = re.findall(r"(?:^\|.*\n)+", words, re.M)
        assert len(tables) >= 2
        for table in tables:
            cells = {len(re.split(r"(?<!\\)\|", row)) for row in table.splitlines()}
            assert len(cells) == 1 and set(table.splitlines()[1]) == {"|", "-"}, table
        assert "\n\n\n\n" not in text


def test_metrics_of_several_seeds_are_shown_with_their_range(run):
    data = record(run[0])
    variant = next(item for item in data["variants"] if item["name"] == "none_3")
    (table,) = report.epochs_text(data, variant)
    assert table["columns"] == ["epoch", "the NumPy reference", "the NumPy reference in float32"]
    assert len(table["rows"]) == 3
    accuracies = sorted(item["reported"]["train/accuracy"][1] for item in variant["trainings"]
                        if item["framework"] == "reference")
    middle, low, high = (f"{accuracies[index]:.4f}" for index in (1, 0, 2))
    assert table["rows"][1][1].endswith(f" / {middle} ({low} to {high})" if low != high else f" / {middle}")
    assert "median of 3 seeds and their range" in table["caption"]


def test_reported_numbers_are_shown_in_the_first_column(run):
    data = record(run[0])
    variant = next(item for item in data["variants"] if item["name"] == "none_3")
    variant["reported"] = {"reported/train/loss": ["nan", None, 2.0], "reported/train/accuracy": [0.0987, None, 0.5]}
    (table,) = report.epochs_text(data, variant)
    assert table["columns"][:2] == ["epoch", "reported"]
    assert [row[:2] for row in table["rows"]] == [["1", "nan / 0.0987"], ["3", "2 / 0.5000"]]


def test_the_bar_of_a_share_starts_at_zero():
    computed = shares(("a", "b"), {frozenset(): 0.0, frozenset("a"): 2.0, frozenset("b"): -1.0, frozenset("ab"): 1.0})
    assert computed == {"a": 2.0, "b": -1.0}
    positive, negative = report.bars({"shares": {path: [share] for path, share in computed.items()}})
    assert positive["zero"] == negative["zero"] == pytest.approx(100 / 3)
    assert (positive["left"], positive["width"]) == pytest.approx((100 / 3, 200 / 3)) and positive["text"] == "200%"
    assert (negative["left"], negative["width"]) == pytest.approx((0, 100 / 3)) and negative["text"] == "-100%"


def test_the_markdown_is_appended_to_the_job_summary(run):
    assert run[2] == "What was there.\n" + (run[1] / "report.md").read_text(encoding="utf-8")


def test_a_framework_that_failed_to_start_keeps_its_column(run):
    result = run[0]
    incomplete = replace(result, environments={"reference": result.environments["reference"]})
    page, data = page_of(incomplete), record(incomplete)
    assert [side["name"] for side in data["frameworks"]] == ["reference", "reference-float32"]
    assert data["frameworks"][1]["environment"] == {} and page.text.count("the NumPy reference in float32") > 3
    assert not misfit(json.loads(json.dumps(data)), Record)
    assert "| the NumPy reference | the NumPy reference in float32 | belongs to |" in report.markdown(data)


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

"""The report: one page that needs nothing else, the same as Markdown, and as plain data whose schema is checked."""

import json
import re
import types
import typing
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from compare.__main__ import main
from compare.analysis.causes.minimal_sets import shares
from compare.analysis.first_divergence import FirstDivergence, UnexplainedDifference
from compare.analysis.stages import StageResult
from compare.commands.exit_codes import ExitCode
from compare.reporting import report
from compare.reporting import run_folder as folder_of_a_run
from compare.reporting.record import number, record
from compare.reporting.run_folder import SUMMARY
from compare.reporting.schema import SCHEMA, Record
from frameworks.codegen.program import INSTEAD, QUIRK

NAN, INF = float("nan"), float("inf")
VOID = {"meta", "link", "br", "img", "path", "use", "rect", "circle", "line"}


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """(the result, its folder, the summary of a job) of a real run of the reference from three starts."""
    folder, kept = tmp_path_factory.mktemp("report"), []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        patch.setenv(SUMMARY, str(folder / "summary.md"))
        (folder / "summary.md").write_text("What was there.\n")
        patch.setattr(folder_of_a_run, "write", lambda found, told, write=folder_of_a_run.write: (
            kept.append(found), write(found, told))[1])
        code = main(["scenario=missing_activations", "frameworks=reference,reference-float32", "data=sample",
                     "epochs=3", "seeds=3", f"out={folder / 'run'}"])
        # Both may diverge on so few images, which nothing known explains.
        assert code in (ExitCode.OK, ExitCode.UNEXPLAINED)
    return kept[0], folder / "run", (folder / "summary.md").read_text(encoding="utf-8")


def planted(result):
    """The same with everything that a report can have to tell."""
    stage = StageResult("loss", True, "loss", (2, 1), (168.5, NAN), INF, 2.5e-4, 7, 166.0)
    told = StageResult("metric", True, "accuracy", (), ("there", "absent"), 0.25)
    shared = [replace(cause, shares={path: (1.5, 1.3) if place else (-0.5, -0.3)
                                     for place, path in enumerate(cause.paths)}, chaotic=False)
              for cause in result.causes]
    return replace(result, divergences={"none_3": FirstDivergence("none_3", ("keras", "lightning"), [stage, told], 3)},
                   unexplained_differences=(UnexplainedDifference("none_3", "reference", stage),),
                   causes=tuple(shared), worker_errors=("It has died.",))


class Page(HTMLParser):
    """The text of a page, its attributes, and whether every tag is closed in its place."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.given, self.words = [], Counter(), [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags[tag] += 1
        self.given += [(tag, *attribute) for attribute in attributes]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.given += [(tag, *attribute) for attribute in attributes]

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open and self.open.pop() == tag, tag

    def handle_data(self, words):
        if not {"style", "svg"} & set(self.open):
            self.words.append(words)

    @property
    def text(self):
        return " ".join("".join(self.words).split())


def page_of(result):
    told = record(result)
    return Page(report.page(told, {}, [(name, f"--side-{i}") for i, name in enumerate(result.traces)]))


def begun(words):
    return words[1:]  # the page gives a sentence's first letter a capital


def test_the_page_is_whole_and_asks_nothing_of_anybody(ran):
    text = (ran[1] / "report.html").read_text(encoding="utf-8")
    page = Page(text)
    assert page.open == [] and page.tags["svg"] == 3 and page.tags["h1"] == page.tags["style"] == 1
    assert not page.tags.keys() & {"script", "img", "link rel", "iframe", "object", "form"}
    links = [value for _, name, value in page.given if name in ("src", "href", "action", "data", "srcset")]
    assert links and all(value.startswith(("#", "data:")) for value in links)
    assert not re.search(r"url\((?!#)|@import|https?://", text)
    assert len(text.encode()) < 3_000_000
    ids = [value for _, name, value in page.given if name == "id"]
    inside = [value[1:] for tag, name, value in page.given if name == "href" and value.startswith("#")]
    assert len(ids) == len(set(ids)) and len(inside) > 6 and set(inside) <= set(ids)


def test_everything_is_told_on_the_page(ran):
    result, _, _ = ran
    page, told = page_of(planted(result)), record(planted(result))
    for behaviour in told["behaviours"]:
        assert begun(behaviour["title"]) in page.text and behaviour["belongs_text"] in page.text
        for answer in behaviour["answers"].values():
            assert answer["text"].split(", ")[-1].split(" (")[0].removeprefix("- ") in page.text
    answer = told["summary"]
    for words in (answer["verdict"], answer["detail"], *(item for one in answer["sections"] for item in one["items"])):
        assert words.replace("`", "") in page.text
    for words in (told["scenario"]["question"], told["data"]["notice"], "It has died.", "Loss, step 8", "loss[2, 1]",
                  "168.5", "inf", "0.00025", "166", "there", "absent", told["unexplained_differences"][0]["told"][1:],
                  "No behaviour of this" if not told["causes"] else "Shares of the difference"):
        assert words in page.text, words
    assert "140% (130% to 150%)" in page.text and "-40% (-50% to -30%)" in page.text
    for line in told["statistics"]:
        assert begun(line) in page.text
    for claim in told["claims"]:
        assert f"“{claim['text']}” {claim['words']} ({claim['about']}, with " in page.text
    assert "None: what was compared" in page_of(result).text


def test_the_programs_stand_side_by_side_with_their_quirks_marked(ran):
    result, folder, _ = ran
    text = (folder / "report.html").read_text(encoding="utf-8")
    blocks = re.findall(r"<pre[^>]*><code>(.*?)</code></pre>", text, re.S)
    programs = [one for variant in record(result)["variants"] for one in variant["programs"]]
    assert [one["framework"] for one in programs] == ["keras", "lightning"] and len(blocks) == 2
    for block, one in zip(blocks, programs):
        lines = [re.sub(r"\n$", "", "".join(Page(line).words)) for line in block.split("</span>\n")] \
            if "</span>\n" in block else re.findall(r'<span class="(?:line|quirk|about)">', block)
        assert len(lines) == len(one["text"].splitlines())
        assert "".join("".join(Page(block).words).split()) == "".join(one["text"].split())
        marked = re.findall(r'<span class="quirk">', block)
        comments = [line for line in one["text"].splitlines() if line.lstrip().startswith((QUIRK, INSTEAD, "#   "))]
        assert len(marked) == len(comments) > 0
        assert len(re.findall(r'<span class="about">', block)) == len(re.findall(
            r"^ *# [^\n]*\n(?! *#)", one["text"], re.M)) or not marked


def test_what_others_wrote_is_words_and_never_code(ran):
    evil = "<script>alert(1)</script> & \"<b>\" | x"
    result = ran[0]
    variants = tuple(replace(variant, title=evil) for variant in result.scenario.variants)
    found = replace(result, scenario=replace(result.scenario, title=evil, question=evil, variants=variants))
    page = page_of(found)
    assert page.open == [] and not page.tags["script"] and not page.tags["b"] - page_of(result).tags["b"]
    assert page.text.count(" ".join(evil.split())) >= 3


def fits(value, annotation, place="result"):
    """Asserts that plain JSON is what a class of the schema says, with all of its keys and no other."""
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if typing.is_typeddict(annotation):
        hints = typing.get_type_hints(annotation)
        assert isinstance(value, dict) and value.keys() == hints.keys(), place
        for key, hint in hints.items():
            fits(value[key], hint, f"{place}.{key}")
    elif origin is list:
        assert isinstance(value, list), place
        for one in value:
            fits(one, inner[0], f"{place}[]")
    elif origin is dict:
        assert isinstance(value, dict), place
        for key, one in value.items():
            fits(one, inner[1], f"{place}.{key}")
    elif origin in (typing.Union, types.UnionType):
        problems = []
        for one in inner:
            try:
                return fits(value, one, place)
            except AssertionError as problem:
                problems.append(problem)
        raise problems[0]
    elif annotation is not typing.Any:
        kinds = (int, float) if annotation is float else annotation
        assert isinstance(value, kinds) and (annotation is bool or not isinstance(value, bool)), place
    return None


@pytest.mark.parametrize("change", [lambda found: found, planted], ids=["as run", "with all there can be"])
def test_the_data_are_what_the_schema_says(ran, change):
    text = json.dumps(record(change(ran[0])), allow_nan=False)
    told = json.loads(text)
    fits(told, Record)
    assert told["schema"] == SCHEMA == 2 and str(ran[1]) not in text


def test_the_schema_notices_what_is_missing_added_or_of_another_kind(ran):
    told = json.loads(json.dumps(record(planted(ran[0]))))
    wrong = [lambda one: one.pop("cost"), lambda one: one.update(more=1), lambda one: one.update(seeds=["0"]),
             lambda one: one["behaviours"][0]["answers"]["reference"].update(holds=1),
             lambda one: one["variants"][0]["trainings"][0].pop("outcome"),
             lambda one: one["causes"][0]["confirmed"].append({}),
             lambda one: one["divergences"][0]["stages"][0].update(step="7")]
    for plant in wrong:
        copy = json.loads(json.dumps(told))
        plant(copy)
        with pytest.raises(AssertionError):
            fits(copy, Record)


def test_the_file_of_data_holds_the_record_and_the_traces_numbers(ran):
    result, folder, _ = ran
    text = (folder / "result.json").read_text(encoding="utf-8")
    told = json.loads(text)
    assert told == json.loads(json.dumps(record(result))) and "NaN" not in text and "Infinity" not in text
    asked = next(variant for variant in told["variants"] if variant["name"] == "none_3")
    assert len(asked["trainings"]) == 6 and len(asked["files"]) == 2
    assert all((folder / file).is_file() for file in asked["files"])
    for one in asked["trainings"]:
        trace = result.traces[one["framework"]]["none_3", one["seed"]]
        assert one["outcome"] == trace.outcome
        for name, values in trace.below("reported").items():
            assert one["reported"][name] == [number(value) for value in values]
    assert "nan" in [value for one in asked["trainings"] for value in one["reported"]["train/loss"]]


def test_the_markdown_tells_the_same_and_its_tables_are_even(ran):
    result, folder, _ = ran
    for found, text in ((result, (folder / "report.md").read_text(encoding="utf-8")),
                        (planted(result), report.markdown(record(planted(result))))):
        told = record(found)
        assert f"\n**{told['summary']['verdict']}** {told['summary']['detail']}\n" in text
        assert all(f"\n- {item}\n" in text for one in told["summary"]["sections"] for item in one["items"])
        assert all(behaviour["title"].replace("|", "\\|") in text for behaviour in told["behaviours"])
        assert all(one["text"] in text for variant in told["variants"] for one in variant["programs"])
        assert all(one["text"] in text for one in told["divergences"] + told["unexplained_differences"])
        words = re.sub(r"```.*?```", "", text, flags=re.S)
        tables = re.findall(r"(?:^\|.*\n)+", words, re.M)
        assert len(tables) >= 2
        for table in tables:
            cells = {len(re.split(r"(?<!\\)\|", row)) for row in table.splitlines()}
            assert len(cells) == 1 and set(table.splitlines()[1]) == {"|", "-"}, table
        assert "\n\n\n\n" not in text


def test_numbers_of_several_starts_have_their_range(ran):
    told = record(ran[0])
    variant = next(one for one in told["variants"] if one["name"] == "none_3")
    (table,) = report.epochs_text(told, variant)
    assert table["columns"] == ["epoch", "the NumPy reference", "the NumPy reference in float32"]
    assert len(table["rows"]) == 3
    accuracies = sorted(one["reported"]["train/accuracy"][1] for one in variant["trainings"]
                        if one["framework"] == "reference")
    middle, low, high = (f"{accuracies[place]:.4f}" for place in (1, 0, 2))
    assert table["rows"][1][1].endswith(f" / {middle} ({low} to {high})" if low != high else f" / {middle}")
    assert "median of 3 starts and their range" in table["caption"]


def test_the_question_s_own_numbers_stand_first_where_there_are_any(ran):
    told = record(ran[0])
    variant = next(one for one in told["variants"] if one["name"] == "none_3")
    variant["reported"] = {"reported/train/loss": ["nan", None, 2.0], "reported/train/accuracy": [0.0987, None, 0.5]}
    (table,) = report.epochs_text(told, variant)
    assert table["columns"][:2] == ["epoch", "you"]
    assert [row[:2] for row in table["rows"]] == [["1", "nan / 0.0987"], ["3", "2 / 0.5000"]]


def test_a_bar_of_shares_begins_at_zero_wherever_that_is():
    given = shares(("a", "b"), {frozenset(): 0.0, frozenset("a"): 2.0, frozenset("b"): -1.0, frozenset("ab"): 1.0})
    assert given == {"a": 2.0, "b": -1.0}
    one, other = report.bars({"shares": {path: [share] for path, share in given.items()}})
    assert one["zero"] == other["zero"] == pytest.approx(100 / 3)
    assert (one["left"], one["width"]) == pytest.approx((100 / 3, 200 / 3)) and one["text"] == "200%"
    assert (other["left"], other["width"]) == pytest.approx((0, 100 / 3)) and other["text"] == "-100%"


def test_a_job_s_summary_gets_the_markdown_after_what_was_there(ran):
    assert ran[2] == "What was there.\n" + (ran[1] / "report.md").read_text(encoding="utf-8")


def test_a_framework_that_could_not_start_has_its_column_all_the_same(ran):
    result = ran[0]
    found = replace(result, environments={"reference": result.environments["reference"]})
    page, told = page_of(found), record(found)
    assert [side["name"] for side in told["frameworks"]] == ["reference", "reference-float32"]
    assert told["frameworks"][1]["environment"] == {} and page.text.count("the NumPy reference in float32") > 3
    fits(json.loads(json.dumps(told)), Record)
    assert "| the NumPy reference | the NumPy reference in float32 | belongs to |" in report.markdown(told)


def test_without_a_summary_nothing_else_is_written_and_twice_the_same(ran, tmp_path, monkeypatch):
    monkeypatch.delenv(SUMMARY, raising=False)
    monkeypatch.chdir(tmp_path)
    for place in ("one", "other"):
        (tmp_path / place).mkdir()
        result = replace(ran[0], folder=tmp_path / place)
        for name in ("result.json", "report.md", "report.html", "the step summary"):
            folder_of_a_run.OUTPUTS[name](result, record(result))
    assert {path.name for path in (tmp_path / "one").iterdir()} == {"report.html", "report.md", "result.json"}
    assert {path.name for path in tmp_path.iterdir()} == {"one", "other"}
    for name in ("report.html", "report.md", "result.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "other" / name).read_bytes()


def test_an_output_that_fails_is_named_and_the_others_are_written(ran, tmp_path, monkeypatch):
    monkeypatch.delenv(SUMMARY, raising=False)

    def broken(result, told):
        raise KeyError("Dense")

    def full(result, told):
        raise OSError(28, "No space left on device")
    monkeypatch.setitem(folder_of_a_run.OUTPUTS, "result.json", broken)
    monkeypatch.setitem(folder_of_a_run.OUTPUTS, "report.html", full)
    result = replace(ran[0], folder=tmp_path)
    problems = folder_of_a_run.write(result, record(result))
    assert problems == ["result.json could not be made (KeyError: 'Dense'): a fault of this program, please report it.",
                        "report.html could not be written: No space left on device."]
    assert {"report.md", "images", "tensorboard"} <= {path.name for path in tmp_path.iterdir()}


def test_a_program_that_cannot_be_written_says_so_and_costs_nothing_else(ran, monkeypatch):
    def broken(*given):
        raise KeyError("Dense")
    monkeypatch.setattr("compare.reporting.record.program", broken)
    told = record(ran[0])
    refusals = {one["refusal"] for variant in told["variants"] for one in variant["programs"]}
    assert refusals == {"This program could not be written (KeyError: 'Dense'): a fault of this program, please report "
                        "it."}
    assert told["summary"] and told["behaviours"]

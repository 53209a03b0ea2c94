"""The report: a self-contained page, and the same as Markdown."""

import json
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from reported_run import planted

from compare.analysis.causes.minimal_sets import shares
from compare.execution.misfit import misfit
from compare.reporting import report
from compare.reporting.record import record
from compare.reporting.schema import Record
from frameworks.codegen.program import INSTEAD, QUIRK

pytestmark = pytest.mark.usefixtures("standing_clock")
VOID = {"meta", "link", "br", "img", "path", "use", "rect", "circle", "line"}


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
    for text in (data["scenario"]["question"], data["data"]["notice"].replace("`", ""), "It has died.",
                 "Loss, step 8", "loss[2, 1]", "168.5", "inf", "0.00025", "166", "there", "absent",
                 data["unexplained_differences"][0]["text"][1:],
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


def test_a_framework_that_failed_to_start_keeps_its_column(run):
    result = run[0]
    incomplete = replace(result, environments={"reference": result.environments["reference"]})
    page, data = page_of(incomplete), record(incomplete)
    assert [side["name"] for side in data["frameworks"]] == ["reference", "reference-float32"]
    assert data["frameworks"][1]["environment"] == {} and page.text.count("the NumPy reference in float32") > 3
    assert not misfit(json.loads(json.dumps(data)), Record)
    assert "| the NumPy reference | the NumPy reference in float32 | belongs to |" in report.markdown(data)

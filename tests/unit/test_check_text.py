"""The answer of a check in words: one verdict from all facts, of at most 15 words."""
import dataclasses

import pytest

from compare.analysis.programs.comparison import Stage
from compare.analysis.programs.cost import Cost, Used
from compare.analysis.programs.description import Failure, Operation, Place
from compare.analysis.programs.items import Item
from compare.analysis.programs.settings import SettingsItem
from compare.analysis.programs.suspects.suspect import Suspect, several
from compare.reporting.programs import differences_text, folder, picture, sarif, text
from compare.reporting.programs.facts import Compared, Facts, Node, Verdict, within_margin

CAUSE = Suspect((), "This Linear has no activation.", "x = F.relu(x)", Place("port.py", 7))
DESIGN = Suspect((), "Epsilon stands elsewhere.", "", Place("port.py", 9), by_design=True)
LAYER = Operation("dense:before", "Dense", "dense", Place("mine.py", 3), (2, 3), ())
EXPLAINED = Item(Stage.FORWARD, 0.16, ("0",), LAYER, None, (CAUSE,), after=3e-16)
BY_DESIGN = Item(Stage.UPDATE, 2e-5, ("dense.kernel",), None, None, (DESIGN,), after=1e-15)
OPEN = Item(Stage.LOSS, 0.5, ("step 1",), None, None, tried=("A sum.",))
SETTING = SettingsItem("dropout 1", "0.2", "0.8", "dropout with `p=0.2`", Place("port.py", 5))
STAGES = tuple(Compared(stage, 2, 1e-15, False) for stage in ("parameters", "forward", "loss", "training"))
SAME = Facts(Verdict.SAME, ("mine.py:build", "port.py:Net"), ("Keras on TensorFlow", "PyTorch Lightning"), (), (), (),
             STAGES, 1e-7, {"ported": ([1.0, 0.5, 0.25], [1.0, 0.5, 0.25])}, (), 3e-7, (), (), {}, (), "",
             ((), ()), (), ((), ()), (), "drawn", 3, 16, (),
             Cost(41.4, 8, Used(21.0, 800), Used(15.0, 700), Used(2.0, 100)))
ANSWERS = {
    "same": SAME, "outputs only": dataclasses.replace(SAME, compared=STAGES[:2], untrained=("port.py:net",)),
    "by design": dataclasses.replace(SAME, verdict=Verdict.SAME_BY_DESIGN, items=(BY_DESIGN,)),
    "design, large": dataclasses.replace(SAME, verdict=Verdict.DIFFERENT, items=(BY_DESIGN,)),
    "one": dataclasses.replace(SAME, verdict=Verdict.DIFFERENT, items=(EXPLAINED,)),
    "several": dataclasses.replace(SAME, verdict=Verdict.DIFFERENT, items=(EXPLAINED, BY_DESIGN), settings=(SETTING,)),
    "open": dataclasses.replace(SAME, verdict=Verdict.UNEXPLAINED, items=(EXPLAINED, OPEN)),
    "too many": dataclasses.replace(SAME, verdict=Verdict.UNEXPLAINED, items=(EXPLAINED,) * 12),
    "failed": dataclasses.replace(SAME, verdict=Verdict.FAILED, compared=(), failures=(
        ("right", Failure("forward", "RuntimeError: no", Place("/a/port.py", 4))),))}


@pytest.mark.parametrize("name", ANSWERS)
def test_a_verdict_has_at_most_15_words_and_no_none_or_nan(name):
    answer = text.text(ANSWERS[name])
    assert len(answer.verdict.split()) <= 15 + 2 * (name == "failed")
    assert not {"None", "nan", "inf"} & set(text.markdown(answer).replace(".", " ").split())


@pytest.mark.parametrize("stages, words", [
    ("forward loss gradient update training", "outputs, loss, gradients and training."),
    ("forward loss update training", "outputs, loss and training."), ("forward update", "outputs and training."),
    ("forward", "outputs; training was not compared.")])
def test_only_what_was_compared_is_called_the_same(stages, words):
    """A step of the user's own may report no loss, or not give all gradients to its optimizer at once."""
    compared = tuple(Compared(stage, 2, 1e-15, False) for stage in stages.split())
    assert text.verdict(dataclasses.replace(SAME, compared=compared)) == f"The same: no difference in {words}"


def test_causes_of_one_kind_are_one_sentence_and_one_line_with_the_first_three():
    causes = tuple(Suspect(({"kind": "without", "parameter": name},), f"Only Keras's layer has `{name}`.",
                           f"`bias=True` in `{name}`", Place("port.py", 7)) for name in "abcde")
    several = dataclasses.replace(ANSWERS["one"], items=(dataclasses.replace(EXPLAINED, causes=(*causes, CAUSE)),))
    sentence = differences_text.difference(several, several.items[0])
    assert "Only Keras's layer has `a`. 4 more are of this kind. This Linear has no activation." in sentence
    assert differences_text.what_to_change(several) == [
        "port.py:7: `bias=True` in `a`; `bias=True` in `b`; `bias=True` in `c`; and 2 more of this kind",
        "port.py:7: `x = F.relu(x)`"]


@pytest.mark.parametrize("items, sentence", [
    ((EXPLAINED, EXPLAINED), "The programs differ in 2 places. The changes below remove them."),
    ((EXPLAINED, BY_DESIGN), "The programs differ in 2 places, one by design; the change below removes the other."),
    ((EXPLAINED, BY_DESIGN, EXPLAINED, BY_DESIGN),
     "The programs differ in 4 places, 2 by design; the changes below remove the others.")])
def test_a_verdict_promises_changes_only_for_what_the_user_can_change(items, sentence):
    assert text.verdict(dataclasses.replace(ANSWERS["several"], items=items, settings=())) == sentence


def test_gradients_of_frozen_parameters_exist_in_one_program_only():
    frozen = Suspect(({"kind": "trainable", "parameter": "a.bias", "value": False},), "It is frozen.", "", Place())
    item = Item(Stage.GRADIENT, float("inf"), ("a.bias",), None, None, (frozen,))
    assert differences_text.what_differs(item) == "The gradients of `a.bias` exist in one program only"


@pytest.mark.parametrize("count, words", [(1, "One parameter is"), (53, "53 parameters are")])
def test_parameters_of_one_program_alone_are_counted(count, words):
    causes = tuple(Suspect(({"kind": "without", "parameter": f"{i}.bias"},), f"Only Keras's layer has `{i}.bias`.",
                           f"`bias=True` in `{i}`", Place("port.py", 7)) for i in range(count))
    item = Item(Stage.PARAMETERS, float("inf"), tuple(f"{i}.bias" for i in range(count)), None, None, causes)
    assert differences_text.difference(SAME, item).startswith(f"{words} in one program only. Only Keras's layer has `0")


def test_of_many_pieces_of_code_three_are_written_out():
    assert several("abcd") == "`a`; `b`; `c`; `d`" and several("abcdef") == "`a`; `b`; `c`; and 3 more of this kind"


def graph(count, different):
    """A program of so many operations, of which some differ."""
    return tuple(Node(f"layer_{i}", f"layer_{i} (Dense)", "mine.py:3", "different" if i in different else "same",
                      f"layer_{i}") for i in range(count))


def test_of_a_large_program_an_overview_names_where_differences_begin(tmp_path):
    begins = dataclasses.replace(LAYER, key="layer_77")
    large = dataclasses.replace(ANSWERS["one"], graphs=(graph(200, {77}), graph(200, {77})), items=(
        dataclasses.replace(EXPLAINED, left=begins, right=begins),))
    overview = picture.svg(large, whole=False)
    assert picture.is_large(large) and "layer_77 (Dense)<" in overview and "layer_78 (Dense)<" not in overview
    assert overview.count("<title>") == 400 == picture.svg(large).count("(Dense)<")
    height = float(overview.split('viewBox="0 0 760 ')[1].split('"')[0])
    assert height < 1400 < 200 * picture.ROW
    assert folder.write(large, tmp_path, "command") == []
    assert (tmp_path / "report.html").read_text().count("<svg") == 2


def test_a_small_program_is_drawn_once(tmp_path):
    small = dataclasses.replace(ANSWERS["one"], graphs=(graph(5, {1}), graph(5, {1})))
    assert folder.write(small, tmp_path, "command") == []
    assert (tmp_path / "report.html").read_text().count("<svg") == 1


@pytest.mark.parametrize("name", ["one", "failed"])
def test_every_output_is_written(name, tmp_path):
    facts = dataclasses.replace(ANSWERS[name], unpaired=(("d.bias",), ()), pairs=(("a.kernel", "0.kernel"),))
    assert folder.write(facts, tmp_path, "command") == []
    assert {path.name for path in tmp_path.iterdir()} >= {*folder.OUTPUTS} - {"what TensorBoard shows"}
    page = (tmp_path / "report.html").read_text()
    assert page.count(">agrees<") == len(facts.compared) and facts.titles[0] in page


def test_the_cost_is_that_of_every_process():
    assert text.cost(SAME) == (
        "Took 41 s for 8 runs. Processor seconds, with imports: mine.py:build 21, port.py:Net 15, the comparison 2. "
        "Memory in GiB: at most 1.6, mine.py:build 0.8, port.py:Net 0.7, the comparison 0.1.")


def test_the_verdicts_say_different_things():
    assert len({text.text(facts).verdict for facts in ANSWERS.values()}) == len(ANSWERS)


def test_same_names_what_was_compared_and_what_would_have_been_seen():
    answer = text.text(SAME)
    assert "the losses of 2 training steps" in answer.detail and "1e-15" in answer.detail and "1e-07" in answer.detail
    assert "training was not compared" in text.text(ANSWERS["outputs only"]).verdict


def test_a_difference_has_size_place_cause_confirmation_and_change():
    sections = {section.title: section.items for section in text.text(ANSWERS["several"]).sections}
    explained, design, setting = sections["What differs, in order"]
    for sentence in ("16%", "`dense` before its activation (mine.py:3)", CAUSE.cause, "3e-16"):
        assert sentence in explained
    assert "no line of yours is wrong" in design and "0.2 in the left program, 0.8 in the right one" in setting
    assert sections["What to change"] == ("port.py:7: `x = F.relu(x)`", "port.py:5: dropout with `p=0.2`")


def test_dropouts_that_differ_alike_are_one_line():
    two = dataclasses.replace(ANSWERS["several"], settings=(SETTING, dataclasses.replace(SETTING, what="dropout 2")))
    sections = {section.title: section.items for section in text.text(two).sections}
    assert sections["What differs, in order"][2].startswith("Dropout 1, dropout 2: 0.2 in the left program, 0.8 in")
    assert text.in_lines(["dropout", "dropout", "rate"]) == "Dropout in 2 lines, rate"
    assert sections["What to change"] == ("port.py:7: `x = F.relu(x)`", "port.py:5: dropout with `p=0.2`")


def test_what_is_open_names_what_was_tried():
    sections = {section.title: section.items for section in text.text(ANSWERS["open"]).sections}
    assert "A sum." in sections["What is open"][0] and "The rest was not compared." in sections["What is open"][0]


def test_a_failure_names_the_file_and_the_line():
    assert text.text(ANSWERS["failed"]).sections[0].items == (
        "port.py:Net, in the forward pass (port.py:4): RuntimeError: no",)


def test_every_stage_has_words():
    assert set(differences_text.WHAT) == set(Stage) and set(text.COUNTED) == {str(stage) for stage in Stage}


def test_sarif_has_a_result_for_every_line():
    results = sarif.sarif(ANSWERS["several"])["runs"][0]["results"]
    assert [(each["ruleId"], each["level"]) for each in results] == [("forward", "error"), ("update", "note"),
                                                                     ("settings", "error")]
    lines = [each["locations"][0]["physicalLocation"]["region"]["startLine"] for each in results]
    assert lines == [7, 9, 5]
    ends = ["What to write: `x = F.relu(x)`.", "no line of yours is wrong.", "write dropout with `p=0.2`"]
    assert [each["message"]["text"].endswith(end) for each, end in zip(results, ends)] == [True] * 3


@pytest.mark.parametrize("left, right, same", [
    ([1.0, 2.0], [1.0005, 2.001], True), ([1.0, 2.0], [1.0, 2.1], False), ([1.0], [1.0, 2.0], False), ([], [], False),
    ([float("nan")], [float("nan")], False)])
def test_margin_of_losses(left, right, same):
    assert within_margin(left, right) is same

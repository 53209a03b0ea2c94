"""The answer of `check` as text: a verdict of at most 15 words, a sentence of detail, and sections."""

from __future__ import annotations

from pathlib import Path
from typing import Iterable

from compare.analysis.programs.description import Failure
from compare.analysis.programs.repeated import Random
from compare.analysis.programs.suspects.suspect import listed, quoted
from compare.reporting.answer import CHANGE, OPEN, Section, Summary
from compare.reporting.programs import differences_text, settings_text
from compare.reporting.programs.facts import MARGIN, Facts, Verdict

COUNTED = {"parameters": "{} parameter{s}", "forward": "{} output{s} in evaluation mode",
           "forward in training mode": "{} operation{s} in training mode", "loss": "the loss of a batch",
           "gradient": "the gradients of {} parameter{s}", "update": "three updates of {} parameter{s}",
           "training": "the losses of {} training step{s}", "evaluation": "the outputs after training",
           "metric": "{} metric{s}"}


def text(facts: Facts) -> Summary:
    """The whole answer as text."""
    wrong = tuple(failure_sentence(facts, side, failure) for side, failure in facts.failures)
    if facts.verdict is Verdict.FAILED and not facts.compared:
        return Summary(f"Nothing was compared: {side_names(facts)} could not be run.", "",
                       (Section("What went wrong", wrong),))
    sections = [Section("What went wrong", wrong), Section("What differs, in order", tuple(what_differs(facts))),
                Section(CHANGE, tuple(differences_text.what_to_change(facts))),
                Section("Settings that differ", tuple(settings_text.differing(facts.table))),
                Section("Losses in float32, left and right", tuple(losses(facts))),
                Section("How each program initializes its own weights", tuple(settings_text.initial(facts.initial))),
                Section(OPEN, tuple(what_is_open(facts))),
                Section("Remarks", tuple(remarks(facts)))]
    return Summary(verdict(facts), detail(facts), tuple(section for section in sections if section.items))


def verdict(facts: Facts) -> str:
    """At most 15 words."""
    if facts.verdict is Verdict.FAILED:
        return f"Not finished: {side_names(facts)} ended while it was compared."
    if facts.verdict is Verdict.INTERRUPTED:
        return "Interrupted: this is what was found until then." if facts.compared else \
            "Interrupted before anything was compared."
    count = len(facts.items) + len(facts.settings)
    places = "one place" if count == 1 else f"{count} places"
    if facts.verdict is Verdict.SAME:
        return f"The same: no difference in {same_in(facts)}."
    if facts.verdict is Verdict.SAME_BY_DESIGN:
        return f"The same within {MARGIN:.1%} of the loss; the frameworks differ by design in {places}."
    if facts.verdict is Verdict.DIFFERENT and not differences_text.what_to_change(facts):
        return f"Only definitions of the frameworks differ, by more than {MARGIN:.1%} of the loss."
    if facts.verdict is Verdict.DIFFERENT:
        return different(count, sum(item.by_design and not differences_text.changes_text(item.causes)
                                    for item in facts.items))
    unexplained = len(facts.left_open)
    if not unexplained:
        return f"The programs differ in more than {places}; the search ended there."
    which = "it is" if count == 1 else "one of them is" if unexplained == 1 else f"{unexplained} of them are"
    return f"The programs differ in {places}; {which} not explained."


def different(count: int, by_design: int) -> str:
    """That so many differences have a cause, some of them in the definitions of the frameworks."""
    if count == 1:
        return "The programs differ in one place. The change below removes it."
    if not by_design:
        return f"The programs differ in {count} places. The changes below remove them."
    rest = "the change below removes the other" if count - by_design == 1 else "the changes below remove the others"
    return f"The programs differ in {count} places, {'one' if by_design == 1 else by_design} by design; {rest}."


def trained(facts: Facts) -> bool:
    """Whether the training was compared, by its updates or its losses."""
    return any(comparison.stage in ("update", "training") and comparison.parts for comparison in facts.compared)


def same_in(facts: Facts) -> str:
    """What was compared and is the same, in words."""
    if not trained(facts):
        return "outputs; training was not compared"
    stages = {comparison.stage for comparison in facts.compared if comparison.parts}
    names = ["outputs", *(name for stage, name in (("loss", "loss"), ("gradient", "gradients")) if stage in stages)]
    return f"{', '.join(names)} and training"


def counted(stages: Iterable[tuple[str, int]]) -> str:
    """The numbers of compared parts of every stage, as text."""
    return ", ".join(COUNTED[stage].format(parts, s="s" * (parts != 1)) for stage, parts in stages)


def detail(facts: Facts) -> str:
    """What was compared, and how well the programs agree in the end."""
    names = " and ".join(f"{title} ({framework})" for title, framework in zip(facts.titles, facts.frameworks))
    compared = counted((comparison.stage, comparison.parts) for comparison in facts.compared)
    agreeing = [comparison.size for comparison in facts.compared if not comparison.differs]
    changed = any(item.causes for item in facts.items)
    least = f"With {'the changes' if changed else 'the same weights and batches'} they agree to " \
            f"{max(max(agreeing), 1e-16):.0e} in float64; a difference of {facts.tolerance:.0e} would have been " \
            "detected." \
        if agreeing and not facts.compared[-1].differs else ""
    return f"{names}, from the same weights on the same batches. Compared: {compared or 'nothing'}. {least}".strip()


def what_differs(facts: Facts) -> list[str]:
    """One text per difference: stage, layer, size, cause and confirmation."""
    alike: dict[tuple[str, str], list[str]] = {}
    for setting in facts.settings:
        alike.setdefault((setting.left, setting.right), []).append(setting.what)
    return [differences_text.difference(facts, item) for item in facts.items] + [
        f"{in_lines(what)}: {left} in the left program, {right} in the right one. This is read from the programs; "
        "masks are random, so no batch shows it." for (left, right), what in alike.items()]


def in_lines(what: list[str]) -> str:
    """The names of settings at the beginning of a sentence; one of several lines is named once, with their number."""
    names = listed([name + (f" in {what.count(name)} lines" if what.count(name) > 1 else "")
                    for name in dict.fromkeys(what)])
    return f"{names[0].upper()}{names[1:]}"


def losses(facts: Facts) -> list[str]:
    """The first, second and last losses of the trainings."""
    names = {"ported": "As they are", "changed": "With the changes"}
    lines = []
    for name, (left, right) in facts.losses.items():
        steps = sorted({0, 1, len(left) - 1} & set(range(len(left))))
        values = "; ".join(f"step {step + 1}: {left[step]:.6g} and {right[step]:.6g}" for step in steps
                           if step < len(right))
        lines.append(f"{names[name]}: {values}. {part(left, right)}.")
    if lines:
        moves = f"moves a loss by up to {differences_text.shown(facts.rounding)} of itself" if facts.rounding else \
            "moves no loss"
        lines.append(f"Rounding of float32 alone {moves} within these steps (every weight nudged by one unit in the "
                     "last place).")
    return lines


def part(left: list[float], right: list[float]) -> str:
    """The largest difference of two losses in a step as a part of the loss, as a sentence."""
    parts = [abs(left_loss - right_loss) / max(abs(left_loss), abs(right_loss), 1e-300)
             for left_loss, right_loss in zip(left, right)]
    if any(part != part for part in parts):
        return "A loss is not a number"
    return f"In a step they differ by at most {differences_text.shown(max(parts))} of the loss" if any(parts) else \
        "They are equal in every step"


def what_is_open(facts: Facts) -> list[str]:
    """Differences that are unexplained, and parts that were not compared."""
    lines = [random_sentence(facts, random) for random in facts.random]
    lines += map(differences_text.unexplained, facts.left_open)
    names = [name for side in facts.unpaired for name in side]
    if names:
        lines.append(f"These parameters have no partner, and keep their own values: {quoted(names)}. If two of them "
                     "belong together, add the pair to map.yaml in the run folder, and pass that file as map=map.yaml.")
    if facts.unsure and facts.left_open:
        unsure = listed([f"`{left}` with `{right}`" for left, right in facts.unsure])
        lines.append(f"{unsure} could be paired differently, since shapes and the graph do not say which belong "
                     "together; map.yaml in the run folder marks them.")
    lines += facts.not_compared
    if not trained(facts) and facts.verdict is not Verdict.UNEXPLAINED:
        lines.append(f"Training was not compared: {' and '.join(facts.untrained) or 'a program'} has no loss or no "
                     "optimizer. A compiled Keras model, a LightningModule and a function that returns (module, "
                     "loss, optimizer) have both.")
    return lines


def random_sentence(facts: Facts, random: Random) -> str:
    """A sentence on a program that is random by itself."""
    title = facts.titles[random.side == "right"]
    at = f" at {differences_text.named(random.operation)}" if random.operation else ""
    mode = " in training mode" if random.training else ""
    return (f"{title} is random{at}{mode}: with the same weights and data, another seed gives other values. What comes "
            "after it cannot be compared exactly; switch it off for the comparison.")


def remarks(facts: Facts) -> list[str]:
    """The data, conventions and warnings."""
    lines = [f"The data is {facts.data}; {facts.steps} steps of {facts.batch} samples."]
    if facts.convention:
        lines.append(f"One program outputs logits and leaves {facts.convention} to its loss, which is usual; "
                     f"outputs were compared after {facts.convention}.")
    return lines + list(facts.warnings)


def cost(facts: Facts) -> str:
    """The cost of the check: time, processor seconds and the largest memory of each process."""
    spent = facts.cost
    used = (*zip(facts.titles, (spent.left, spent.right)), ("the comparison", spent.comparison))
    processor = ", ".join(f"{name} {usage.processor:.0f}" for name, usage in used)
    memory = ", ".join(f"{name} {usage.peak_mb / 1024:.1f}" for name, usage in used)
    total = sum(usage.peak_mb for _, usage in used) / 1024
    return f"Took {spent.seconds:.0f} s for {spent.runs} runs. Processor seconds, with imports: {processor}. Memory " \
           f"in GiB: at most {total:.1f}, {memory}."


def side_names(facts: Facts) -> str:
    """The programs that failed."""
    return " and ".join(facts.titles[side == "right"] for side, _ in facts.failures)


WHEN = {"run": "while it ran", "import": "while it was loaded",
        "build": "while the model was built", "load": "while weights were copied",
        "forward": "in the forward pass", "loss": "in the loss", "training": "in training",
        "metrics": "while its metrics were measured", "optimizer": "while the optimizer was made",
        "evaluation": "in evaluation after training",
        "change": "while a change was tried", "data": "while its inputs were converted"}


def failure_sentence(facts: Facts, side: str, failure: Failure) -> str:
    """A sentence with the exception of the user's code, and its place."""
    place = f" ({Path(failure.place.file).name}:{failure.place.line})" if failure.place.file else ""
    return f"{facts.titles[side == 'right']}, {WHEN[failure.when]}{place}: {failure.message}"


def markdown(answer: Summary) -> str:
    """The answer in Markdown."""
    lines = [f"## {answer.verdict}", "", answer.detail, ""]
    for section in answer.sections:
        lines += [f"### {section.title}", "", *(f"- {item}" for item in section.items), ""]
    return "\n".join(lines)

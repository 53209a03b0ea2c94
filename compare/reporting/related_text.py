"""Text about the other behaviours, trainings and posted answers of a scenario, as far as they concern its first
behaviour.
"""

from __future__ import annotations

from dataclasses import replace

from compare.analysis.attribution import Attribution, Verdict, title
from compare.analysis.behaviours import ClaimOutcome, ClaimResult, answer_of
from compare.analysis.result import Result
from compare.reporting.cause_text import listed
from scenarios.scenario import Behaviour
from scenarios.spec.fields import differences


def further(result: Result, verdict: Verdict, role: str) -> list[str]:
    """Returns the titles of the further behaviours of this role, with the frameworks that show them.

    A behaviour is listed if a framework that shows the first behaviour shows it too, and all of these do. The
    list is empty if the first behaviour was not seen, since then there is nothing to explain or to fix.
    """
    if verdict.belongs_to in (Attribution.CANNOT_BE_ASKED, Attribution.NOT_SHOWN, Attribution.NOT_REPRODUCED):
        return []
    parts = []
    for behaviour in result.scenario.behaviours[1:]:
        answers = result.answers[behaviour.name]
        shown = [name for name, answer in answers.items() if answer.holds]
        alike = [answers[name].holds for name in verdict.with_behaviour or shown if name in answers]
        if behaviour.role == role and True in alike and False not in alike:
            names = "every framework" if len(shown) == len(answers) > 1 else listed(map(title, shown))
            parts.append(f"{behaviour.title} (with {names})")
    return parts


def claims_judged(result: Result) -> list[str]:
    """Returns what the trainings show about the answers that were posted to the question.

    A sentence names the behaviours if the answer is about several of them, and the frameworks if they disagree.
    """
    judgements: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
    for text, about in dict.fromkeys((judged.claim.text, judged.claim.cures.title) for judged in result.claims):
        by_judgement: dict[str, list[str]] = {}
        for judged in result.claims:
            about_it = (judged.claim.text, judged.claim.cures.title) == (text, about)
            if about_it and judged.outcome != ClaimOutcome.UNDECIDED:
                by_judgement.setdefault(judged.outcome + _cured_too(result, judged), []).append(title(judged.framework))
        for judgement, names in by_judgement.items():
            judgements.setdefault((text, judgement, tuple(names) if len(by_judgement) > 1 else ()), []).append(about)
    several = {text: len({about for (claim, *_), titles in judgements.items() if claim == text
                          for about in titles}) > 1 for text, *_ in judgements}
    return [(f"with {listed(names)}, " if names else "") + f"the posted answer (“{text.rstrip('.')}”) {judgement}" +
            (f" ({listed(titles)})" if several[text] else "")
            for (text, judgement, names), titles in judgements.items()]


def _cured_too(result: Result, judged: ClaimResult) -> str:
    titles = [result.scenario.variant(name).title for name in judged.cured_too]
    verb = "cure" if len(titles) > 1 else "cures"
    return f": {listed(f'“{text}”' for text in titles)} {verb} it too, without that change" if titles else ""


def cured(result: Result, behaviour: Behaviour) -> list[str]:
    """Returns the titles of at most two trained variants without the behaviour, those with the fewest changes first.

    Empty if the behaviour is measured on more than one variant.
    """
    if len(behaviour.variants) > 1:
        return []
    reported = result.scenario.variant(behaviour.variants[0])
    titles = []
    for variant in result.scenario.variants:
        same_behaviour = replace(behaviour, variants=(variant.name,))
        answers = [answer_of(same_behaviour, traces) for traces in result.traces.values()]
        if answers and all(answer.holds is False for answer in answers):
            titles.append((len(differences(reported.spec, variant.spec)), variant.title))
    return [variant_title for _, variant_title in sorted(titles)[:2]]

"""SCORE.md: the whole score on one page, one section a function."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from fastdiag.model.rule import Kind, Rulebook
from tests.incidents.recorded import Record
from tests.incidents.score.calibration import bins, brier, brier_of_base_rate, by_verdict
from tests.incidents.score.counts import (
    by_root,
    faulty,
    healthy,
    named_first,
    share,
    single_faults,
    unproven,
    visibility,
)
from tests.incidents.score.fewer import removed_section
from tests.incidents.score.instrumented import Pair, instrumented_section
from tests.incidents.score.judged import PODIUM, Judged
from tests.incidents.score.removed import Removed
from tests.incidents.score.table import table

TITLE: Final = """\
# How often fastdiag is right

Written by `python -m tests.incidents.score`: the recorded live incidents (tests/incidents/recorded) and the
public ones (tests/incidents/public), replayed through the rules of this commit. CI fails when it is stale.
A third of the live incidents is held back, chosen by name (tests/incidents/truth.py): no rule was tuned on
them.
What each item of live evidence changes stands in EVIDENCE.md.
"First": an injected cause stands first; where two were injected, either of them. "First three": every
injected cause is among them. By cause, each counts for itself.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Everything that the page tells of: judged with all sources, with each removed, and with the line."""

    rulebook: Rulebook
    live: Sequence[Judged]
    public: Sequence[Judged]
    removed: Sequence[Removed]
    instrumented: Sequence[Pair]
    records: dict[str, Record]
    blind_spots: Sequence[tuple[str, str]]


def page(score: Score) -> str:
    """Return SCORE.md."""
    sections = (
        _in_short,
        _healthy,
        _per_cause,
        _per_family,
        _confusion,
        _calibration,
        lambda score: removed_section(score.removed),
        lambda score: instrumented_section(score.instrumented),
        _visibility,
        _unproven,
        _each,
        _public,
    )
    lines = [TITLE, *(line for section in sections for line in section(score))]
    return "\n".join(lines).rstrip() + "\n"


def _in_short(score: Score) -> list[str]:
    held = [one for one in score.live if one.case.held_back]
    free = [one for one in score.live if not one.case.held_back]

    def row(words: str, aim: str, cell: Callable[[Sequence[Judged]], object]) -> list[object]:
        return [words, *(cell(column) for column in (score.live, free, held, score.public)), aim]

    rows = [
        row("true cause first", "90 %", lambda of: share(faulty(of), lambda one: one.is_first)),
        row(
            "true cause among the first three",
            "98 %",
            lambda of: share(faulty(of), lambda one: one.is_on_podium),
        ),
        row(
            "false alarm on a healthy service",
            "0",
            lambda of: share(healthy(of), lambda one: one.is_false_alarm),
        ),
        row("`very likely` of what is not so", "0", lambda of: share(of, lambda one: bool(one.falsely_sure))),
        row(
            "`very likely` and right, one fault",
            "60 %",
            lambda of: share(single_faults(of), lambda one: one.is_sure),
        ),
        row("Brier score", "-", lambda of: _number(brier(of))),
        row("Brier score of the base rate", "-", lambda of: _number(brier_of_base_rate(of))),
    ]
    return table(["all sources", "live", "of these open to tuning", "held back", "public", "aim"], rows)


def _number(value: float | None) -> str:
    return "no case" if value is None else f"{value:.4f}"


def _healthy(score: Score) -> list[str]:
    rows = [
        [one.case.name, one.diagnosis.status.value, ", ".join(cause.id for cause in one.failures) or "none"]
        for one in healthy(score.live)
    ]
    return ["## Healthy services", "", *table(["service", "status", "causes named"], rows)]


def _per_cause(score: Score) -> list[str]:
    live, public = by_root(faulty(score.live)), by_root(faulty(score.public))
    rows = []
    for cause in sorted(live.keys() | public.keys()):
        ours, theirs = live.get(cause, []), public.get(cause, [])
        rows.append(
            [
                cause,
                share(ours, partial(_is_first, cause)),
                share(ours, partial(_is_on_podium, cause)),
                share(theirs, partial(_is_first, cause)),
            ]
        )
    head = ["true cause", "live: first", "live: first three", "public: first"]
    return ["## By cause", "", *table(head, rows)]


def _is_first(cause: str, one: Judged) -> bool:
    return one.first is not None and one.first.id == cause


def _is_on_podium(cause: str, one: Judged) -> bool:
    return cause in {found.id for found in one.failures[:PODIUM]}


def _per_family(score: Score) -> list[str]:
    families: dict[str, list[Judged]] = {}
    for cause, judged in by_root(faulty(score.live)).items():
        layer = score.rulebook.cause(cause).layer
        families.setdefault(layer.value if layer else "-", []).extend(judged)
    rows = [
        [
            family,
            share(judged, lambda one: one.is_first),
            share(judged, lambda one: one.is_on_podium),
        ]
        for family, judged in sorted(families.items())
    ]
    return ["## By family (layer of the true cause)", "", *table(["family", "first", "first three"], rows)]


def _confusion(score: Score) -> list[str]:
    rows = []
    for cause, judged in by_root([*faulty(score.live), *faulty(score.public)]).items():
        wrong = named_first(one for one in judged if not one.is_first)
        if wrong:
            named = ", ".join(f"{name} ({count})" for name, count in wrong.most_common())
            rows.append([cause, share(judged, lambda one: one.is_first), named])
    head = ["true cause", "first (live and public)", "named first instead"]
    return ["## Confused with", "", *table(head, rows)]


def _calibration(score: Score) -> list[str]:
    judged = [*score.live, *score.public]
    rows = [
        [f"{found.low:.0%} - {found.high:.0%}", f"{found.stated:.1%}", found.true] for found in bins(judged)
    ]
    verdicts = [[verdict.words, right] for verdict, right in by_verdict(judged).items()]
    return [
        "## Calibration",
        "",
        "Each failure of the table in each case is a statement; consequences of the fault are left out.",
        "",
        *table(["stated probability", "mean stated", "true"], rows),
        "Of the causes that were listed, consequences counted as true:",
        "",
        *table(["verdict", "true"], verdicts),
    ]


def _visibility(score: Score) -> list[str]:
    rows = []
    for cause in score.rulebook.causes:
        if cause.kind is Kind.VISIBILITY:
            sight = visibility(score.live, cause.id)
            rows.append([cause.id, sight.said, sight.unsaid])
    head = ["cause of kind visibility", "said where it is so", "not said where it is not"]
    return ["## What keeps people from seeing", "", *table(head, rows)]


def _unproven(score: Score) -> list[str]:
    failures = [cause.id for cause in score.rulebook.causes if cause.kind is Kind.FAILURE]
    names = unproven(score.live, failures)
    return [
        "## Unproven causes",
        "",
        "No recorded live incident of the cause has shown one of its strong rows; their files say so too:",
        f"{', '.join(names) or 'none'}.",
        "",
    ]


def _each(score: Score) -> list[str]:
    rows = []
    for one in score.live:
        record = score.records.get(one.case.name)
        rows.append(
            [
                one.case.name + (" (held back)" if one.case.held_back else ""),
                ", ".join(one.case.truth.roots) or "(healthy)",
                str(one),
                record.measured if record else "",
            ]
        )
    head = ["incident", "injected", "first three with all sources", "confirmed without fastdiag"]
    return ["## Every live incident", "", *table(head, rows)]


def _public(score: Score) -> list[str]:
    rows = [[one.case.name, ", ".join(one.case.truth.roots), str(one)] for one in score.public]
    return [
        "## Every public incident",
        "",
        *table(["incident", "cause as reported", "first three"], rows),
        "Known blind spots, incidents that fastdiag cannot see:",
        "",
        *table(["incident", "why"], score.blind_spots),
    ]

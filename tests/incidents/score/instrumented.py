"""What `fastdiag.instrument` adds: pairs of recordings of the same incident, without and with the line."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from tests.incidents.instrumented import INSTRUMENTED, instrumented
from tests.incidents.recorded import FOLDER, snapshot_file
from tests.incidents.registry import every_incident
from tests.incidents.score.calibration import brier
from tests.incidents.score.cases import case_of
from tests.incidents.score.counts import faulty, healthy, share
from tests.incidents.score.judged import Judged, judge, rules
from tests.incidents.score.table import table
from tests.incidents.views import View

VIEWS: Final = (View.ALL, View.NO_MACHINE, View.SCRAPE)
"""With everything there is, and where metrics have to tell what could be seen on the machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One incident, seen alike: the service as it was, and with the line."""

    without: Judged
    with_line: Judged


def pairs() -> list[Pair]:
    """Return the pairs of which there are recordings, under each view."""
    rulebook = rules()
    both = [
        (incident, snapshot_file(incident.name, FOLDER), snapshot_file(incident.name, INSTRUMENTED))
        for incident in every_incident()
    ]
    return [
        Pair(
            without=judge(case_of(incident, before, rulebook.catalogue), view, rulebook),
            with_line=judge(case_of(instrumented(incident), after, rulebook.catalogue), view, rulebook),
        )
        for incident, before, after in both
        if before.exists() and after.exists()
        for view in VIEWS
    ]


def instrumented_section(found: Sequence[Pair]) -> list[str]:
    """Return the section of SCORE.md."""
    if not found:
        return []
    return [
        "## With `fastdiag.instrument` in the service",
        "",
        f"{len(found) // len(VIEWS)} of the incidents, recorded once more with the one line in the service.",
        "Each cell is without -> with it.",
        "",
        *table(["", *(view.words for view in VIEWS)], _figures(found)),
        *table(["incident", "injected", "seen with", "without", "with"], [_row(pair) for pair in found]),
    ]


def _figures(found: Sequence[Pair]) -> list[list[object]]:
    def cells(words: str, figure: Callable[[Sequence[Judged]], object]) -> list[object]:
        of_view = [[pair for pair in found if pair.without.view is view] for view in VIEWS]
        return [
            words,
            *(
                f"{figure([pair.without for pair in seen])} -> {figure([pair.with_line for pair in seen])}"
                for seen in of_view
            ),
        ]

    return [
        cells("true cause first", lambda of: share(faulty(of), lambda one: one.is_first)),
        cells("among the first three", lambda of: share(faulty(of), lambda one: one.is_on_podium)),
        cells("`very likely` and right", lambda of: share(faulty(of), lambda one: one.is_sure)),
        cells("`very likely` of what is not so", lambda of: share(of, lambda one: bool(one.falsely_sure))),
        cells("false alarms", lambda of: share(healthy(of), lambda one: one.is_false_alarm)),
        cells("Brier score", lambda of: _number(brier(of))),
    ]


def _number(value: float | None) -> str:
    return "no case" if value is None else f"{value:.4f}"


def _row(pair: Pair) -> list[object]:
    case = pair.without.case
    return [
        case.name,
        ", ".join(case.truth.roots) or "(healthy)",
        pair.without.view.words,
        pair.without,
        pair.with_line,
    ]

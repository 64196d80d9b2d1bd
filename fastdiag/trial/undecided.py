"""Evidence that no example exercises, told by looking only: nothing is inferred, so that lint stays fast."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from fastdiag.engine.evaluate import Atoms, compare, decide
from fastdiag.engine.look import Look
from fastdiag.model.rule import Condition, Rulebook
from fastdiag.model.scenario import Scenario
from fastdiag.model.trial import Row
from fastdiag.trial.cases import cases_of
from fastdiag.trial.coverage import rows_of


def undecided(book: Rulebook, scenarios: Iterable[Scenario] = ()) -> Iterator[Row]:
    """Yield the rows that are unknown in every example and scenario about their cause.

    Raises:
        SnapshotError: the snapshot of a scenario cannot be read.

    """
    looks: dict[str, list[Look]] = {}
    for case in cases_of(book, scenarios):
        look = Look(case.snapshot, book)
        for cause in case.concerns:
            looks.setdefault(cause, []).append(look)
    for row in rows_of(book):
        if not _is_decided(row.evidence.when, looks.get(row.cause, [])):
            yield row


def _is_decided(condition: Condition, looks: Sequence[Look]) -> bool:
    return any(decide(condition, _atoms(look)).holds is not None for look in looks)


def _atoms(look: Look) -> Atoms:
    return lambda comparison: compare(comparison, look)

"""What fastdiag says of one case with some of the sources, and how right that is."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from fastdiag.engine.evaluate import compare, decide
from fastdiag.engine.look import Look
from fastdiag.model.diagnosis import Diagnosis, RankedCause, Status, Verdict
from fastdiag.model.rule import Cause, Kind, Rulebook, Weight
from fastdiag.model.snapshot import Snapshot
from fastdiag.pipeline import replay
from fastdiag.rulebook.load import builtin_rules, load_rulebook
from tests.incidents.items import Item
from tests.incidents.model import Outcome
from tests.incidents.removal import without, without_item
from tests.incidents.score.cases import Case, case_of
from tests.incidents.views import View

PODIUM: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One case under one view.

    strong   the roots for which a strong or decisive row is true in what could be seen
    named    the sources whose signals are proposed as next checks
    beliefs  the probability of every failure in the table
    """

    case: Case
    view: View
    diagnosis: Diagnosis
    strong: frozenset[str]
    named: frozenset[str]
    beliefs: Mapping[str, float]

    def __str__(self) -> str:
        named = ", ".join(
            f"{cause.id} {cause.verdict.words} {cause.probability:.2f}" for cause in self.failures[:PODIUM]
        )
        return f"{self.diagnosis.status}, {named or 'no cause'}"

    @property
    def failures(self) -> tuple[RankedCause, ...]:
        """The ranked causes that make a service fail; those of visibility are counted apart."""
        return tuple(cause for cause in self.diagnosis.causes if cause.kind is Kind.FAILURE)

    @property
    def first(self) -> RankedCause | None:
        """The cause that stands first."""
        return self.failures[0] if self.failures else None

    @property
    def is_first(self) -> bool:
        """Whether an injected cause stands first."""
        return self.first is not None and self.first.id in self.case.truth.roots

    @property
    def is_on_podium(self) -> bool:
        """Whether every injected cause is among the first three."""
        podium = {cause.id for cause in self.failures[:PODIUM]}
        return podium.issuperset(self.case.truth.roots)

    @property
    def is_sure(self) -> bool:
        """Whether an injected cause stands first and is called very likely."""
        return self.is_first and self.first is not None and self.first.verdict is Verdict.VERY_LIKELY

    @property
    def falsely_sure(self) -> tuple[str, ...]:
        """The causes that are called very likely and are not true."""
        true = self.case.truth.accepted
        sure = (cause for cause in self.failures if cause.verdict is Verdict.VERY_LIKELY)
        return tuple(cause.id for cause in sure if cause.id not in true)

    @property
    def is_false_alarm(self) -> bool:
        """Whether a healthy service is given a warning or worse."""
        return self.case.is_healthy and self.diagnosis.status in {Status.WARNING, Status.CRITICAL}

    @property
    def is_modest(self) -> bool:
        """Whether no cause is called more than possible."""
        return all(cause.verdict <= Verdict.POSSIBLE for cause in self.failures)

    @property
    def is_not_misled(self) -> bool:
        """Whether no cause is called more than possible that is not true."""
        true = self.case.truth.accepted
        return all(cause.verdict <= Verdict.POSSIBLE for cause in self.failures if cause.id not in true)

    @property
    def has_strong(self) -> bool:
        """Whether a strong row of every injected cause is true in what could be seen."""
        return self.strong.issuperset(self.case.truth.roots)

    @property
    def asks_for_the_removed(self) -> bool:
        """Whether a source that was taken out is proposed as a next check."""
        return bool(self.named & self.view.removed)


def applies(view: View, case: Case) -> bool:
    """Whether a view makes a difference: what it removes was there, and so is something that it keeps."""
    sources = {reading.source for reading in (*case.snapshot.readings.values(), *case.snapshot.also)}
    return view is View.ALL or (bool(sources & view.removed) and bool(sources - view.removed))


@cache
def rules() -> Rulebook:
    """Return the built-in table, read once."""
    return load_rulebook(builtin_rules())


def judged_outcome(outcome: Outcome, view: View) -> Judged:
    """Judge an incident that has just been on stage."""
    rulebook = rules()
    return judge(case_of(outcome.incident, outcome.snapshot, rulebook.catalogue), view, rulebook)


def judge(case: Case, view: View, rulebook: Rulebook) -> Judged:
    """Diagnose a case as if only some sources had been asked."""
    return judge_as(case, view, _seen_by(view, case.snapshot, rulebook), rulebook)


def judge_without(case: Case, view: View, item: Item, rulebook: Rulebook) -> Judged:
    """Diagnose a case as if only some sources had been asked, by a fastdiag that knows nothing of an item."""
    snapshot = _seen_by(view, without_item(case.snapshot, item, rulebook.catalogue), rulebook)
    return judge_as(case, view, snapshot, rulebook)


def _seen_by(view: View, snapshot: Snapshot, rulebook: Rulebook) -> Snapshot:
    return without(snapshot, view.removed, rulebook.catalogue) if view.removed else snapshot


def judge_as(case: Case, view: View, snapshot: Snapshot, rulebook: Rulebook) -> Judged:
    """Diagnose a case from what a snapshot leaves of it."""
    diagnosis = replay(snapshot, rulebook).diagnosis
    listed = {cause.id: cause.probability for cause in diagnosis.causes}
    unlisted = {cause.id: cause.probability for cause in diagnosis.others}
    failures = {cause.id for cause in rulebook.causes if cause.kind is Kind.FAILURE}
    signals = rulebook.catalogue.signals
    return Judged(
        case=case,
        view=view,
        diagnosis=diagnosis,
        strong=frozenset(
            root for root in case.truth.roots if has_strong_row(rulebook.cause(root), snapshot, rulebook)
        ),
        named=frozenset(
            source for check in diagnosis.next_checks for source in signals[check.signal].collectors
        ),
        beliefs={name: chance for name, chance in {**unlisted, **listed}.items() if name in failures},
    )


def has_strong_row(cause: Cause, snapshot: Snapshot, rulebook: Rulebook) -> bool:
    """Whether a strong or decisive row for the cause is true in the snapshot."""
    look = Look(snapshot, rulebook)
    heavy = (row for row in cause.supports if row.weight in {Weight.STRONG, Weight.DECISIVE})
    return any(decide(row.when, lambda atom: compare(atom, look)).holds for row in heavy)

"""Causes as a tree: what is driven by another cause stands under it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fastdiag.model.diagnosis import Diagnosis, Fact, NextCheck, RankedCause
from fastdiag.model.rule import Kind
from fastdiag.model.signal import Reason

MAX_FULL: Final = 3
"""How many causes are shown in full unless more is asked for."""

_EQUAL_MARGIN: Final = 0.15
"""Causes whose roots differ by less are about equally likely (the margin of ``Diagnosis.conclusive``)."""

_LIKELY: Final = 0.6
"""The probability from which the verdict reads "likely"."""


@dataclass(frozen=True, slots=True)
class Branch:
    """A cause and the causes that are listed as its consequences, each in the order of rank."""

    cause: RankedCause
    consequences: tuple[Branch, ...] = ()


def outline(causes: Sequence[RankedCause]) -> tuple[Branch, ...]:
    """Return every cause exactly once. One whose driver is not listed, or drives itself, is a root."""
    listed = {cause.id for cause in causes}
    placed: set[str] = set()
    roots = [cause for cause in causes if cause.driven_by not in listed]
    rounds = (*roots, *causes)  # the second round reaches only what a circle keeps from the roots
    return tuple(_grow(cause, causes, placed) for cause in rounds if cause.id not in placed)


def _grow(cause: RankedCause, causes: Sequence[RankedCause], placed: set[str]) -> Branch:
    placed.add(cause.id)
    driven = (other for other in causes if other.driven_by == cause.id and other.id not in placed)
    return Branch(cause, tuple(_grow(other, causes, placed) for other in driven))


def contenders(diagnosis: Diagnosis) -> tuple[Branch, ...]:
    """Return the roots that the headline must name: one when conclusive, else all that are as likely."""
    failures = [branch for branch in outline(diagnosis.causes) if branch.cause.kind is Kind.FAILURE]
    if diagnosis.conclusive:
        return tuple(failures[:1])
    if diagnosis.symptoms:  # what is unsure and explains nothing that is wrong is no answer
        failures = [branch for branch in failures if branch.cause.explains]
    return tuple(b for b in failures if failures[0].cause.root - b.cause.root < _EQUAL_MARGIN)


def blind_symptoms(diagnosis: Diagnosis) -> frozenset[str]:
    """Return the symptoms that only blind spots explain, where failures are listed: these are the news."""
    kinds: dict[Kind, set[str]] = {kind: set() for kind in Kind}
    for cause in diagnosis.causes:
        kinds[cause.kind].update(cause.explains)
    has_failures = any(cause.kind is Kind.FAILURE for cause in diagnosis.causes)
    return frozenset(kinds[Kind.VISIBILITY] - kinds[Kind.FAILURE]) if has_failures else frozenset()


def open_checks(diagnosis: Diagnosis) -> tuple[NextCheck, ...]:
    """Return the checks worth proposing.

    Whose source was asked and failed is not told to ask it: what ails the source stands with the sources.
    There stands everything to be done while not a single one has answered.
    """
    if diagnosis.snapshot.sources and not diagnosis.snapshot.readings:
        return ()
    missing = diagnosis.snapshot.missing
    failed = {name for name, why in missing.items() if why.reason in (Reason.FAILED, Reason.TIMED_OUT)}
    return tuple(check for check in diagnosis.next_checks if check.signal not in failed)


def is_at_work(cause: RankedCause) -> bool:
    """Whether a consequence is sure enough to be told as one; its root is low by its nature."""
    return cause.probability >= _LIKELY


def strongest(facts: Sequence[Fact]) -> list[Fact]:
    """Return facts by how much they say, the weightiest first."""
    return sorted(facts, key=lambda fact: -abs(fact.log_odds))


def by_command(checks: Sequence[NextCheck]) -> tuple[tuple[str, tuple[NextCheck, ...]], ...]:
    """Return each command with everything it would show, in the order of the first."""
    return tuple(
        (run, tuple(check for check in checks if check.run == run))
        for run in dict.fromkeys(check.run for check in checks)
    )

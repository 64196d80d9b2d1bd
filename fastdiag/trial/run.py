"""All that is asked of a table: its cases, which rows they decide, and which changes they notice."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from fastdiag.model.rule import Rulebook
from fastdiag.model.trial import AnyMutant, Case, Fate, MutantTried, Trials, Tried
from fastdiag.trial.attempt import attempt, needs_all
from fastdiag.trial.coverage import coverage
from fastdiag.trial.mutants import all_mutants
from fastdiag.trial.mutation import Probe, try_mutant, witnesses
from fastdiag.trial.team import Desk, team

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be found out.

    about     the causes that are looked at; all, and the symptoms, where it is empty
    mutate_s  for how many seconds the table is changed; None where it is not
    jobs      processes; None for as many as there are cores and are worth it
    """

    about: Collection[str] = ()
    coverage: bool = False
    mutate_s: float | None = None
    jobs: int | None = None


def try_table(
    book: Rulebook, cases: Sequence[Case], asked: Asked, progress: Progress = lambda _: None
) -> Trials:
    """Try cases, all of them whatever becomes of some, and find out what else is asked.

    Where the table is changed, a case about another cause is tried only if it could tell.

    Raises:
        FastdiagError: a process that did the work was killed.

    """
    mutants = _mutants(book, asked)
    if asked.about:
        cases = witnesses(Desk(book, tuple(cases)), mutants, asked.about)
    tried = _try_cases(book, cases, asked, progress)
    pairs = tuple(zip(cases, tried, strict=True))
    return Trials(
        cases=pairs,
        coverage=coverage(book, pairs, asked.about) if asked.coverage else None,
        mutants=None if asked.mutate_s is None else _mutate(book, pairs, mutants, asked, progress),
    )


def _mutants(book: Rulebook, asked: Asked) -> tuple[AnyMutant, ...]:
    return () if asked.mutate_s is None else tuple(all_mutants(book, asked.about))


def _try_cases(book: Rulebook, cases: Sequence[Case], asked: Asked, progress: Progress) -> tuple[Tried, ...]:
    """Try cases, the quick ones first, and return what became of them in their order."""
    order = sorted(range(len(cases)), key=lambda number: needs_all(cases[number]))
    found: dict[int, Tried] = {}
    with team(Desk(book, tuple(cases)), len(cases), asked.jobs) as crew:
        for at, tried in crew.each(_attempt, order):
            found[order[at]] = tried
            failed = sum(bool(one.differences) for one in found.values())
            progress(f"tried {len(found)} of {len(cases)} cases, {failed} failed")
    return tuple(found[number] for number in range(len(cases)))


def _attempt(desk: Desk, number: int) -> Tried:
    return attempt(desk.cases[number], desk.book)


def _mutate(
    book: Rulebook,
    pairs: Sequence[tuple[Case, Tried]],
    mutants: Sequence[AnyMutant],
    asked: Asked,
    progress: Progress,
) -> tuple[MutantTried, ...]:
    """Change one thing after another; a case that fails already can notice nothing, and is left out."""
    until = time.time() + (asked.mutate_s or 0.0)
    probes = [Probe(mutant=one, until=until) for one in mutants]
    sound = tuple(case for case, tried in pairs if not tried.differences)
    found: dict[int, MutantTried] = {}
    with team(Desk(book, sound), len(probes), asked.jobs) as crew:
        for at, tried in crew.each(try_mutant, probes):
            found[at] = tried
            survived = sum(one.fate is Fate.SURVIVED for one in found.values())
            progress(f"tried {len(found)} of {len(probes)} changes, {survived} unnoticed")
    return tuple(found[number] for number in range(len(probes)))

"""One case through the engine, and what differs from what was expected of it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import Final

from fastdiag.engine.glance import Glance, glance
from fastdiag.engine.ledger import ledger
from fastdiag.model.diagnosis import Verdict
from fastdiag.model.example import Expectation
from fastdiag.model.rule import Rulebook
from fastdiag.model.trial import Account, Case, Difference, Tried

STATUS: Final = "status"
SYMPTOMS: Final = "symptoms"
"""What a difference is about that concerns no cause."""
_VERDICTS: Final = {verdict.words: verdict for verdict in Verdict}


def attempt(case: Case, rulebook: Rulebook) -> Tried:
    """Try a case. One that fails is looked at in full, so that it can be told why."""
    start = time.process_time()
    seen, differences = judge(case, rulebook)
    accounts: tuple[Account, ...] = ()
    if differences:
        seen = glance(case.snapshot, rulebook, in_full=True)
        differences = tuple(_differences(case, seen))
        accounts = tuple(_account(cause, seen) for cause in _concerned(case, differences, seen))
    truths = seen.inference.truths
    return Tried(
        differences=differences,
        status=seen.status,
        symptoms=seen.symptoms,
        ranking=seen.ranking,
        verdicts={cause: seen.verdicts[cause] for cause in sorted(case.concerns)},
        accounts=accounts,
        true=frozenset(key for key, truth in truths.items() if truth.holds),
        false=frozenset(key for key, truth in truths.items() if truth.holds is False),
        seconds=time.process_time() - start,
    )


def judge(case: Case, rulebook: Rulebook) -> tuple[Glance, tuple[Difference, ...]]:
    """Return what the table makes of a case, and what differs from what was expected."""
    seen = glance(case.snapshot, rulebook, in_full=needs_all(case))
    return seen, tuple(_differences(case, seen))


def needs_all(case: Case) -> bool:
    """Whether a case tells likely from very likely, which alone needs the long way."""
    return any(
        expect.at_least == Verdict.VERY_LIKELY.words or expect.at_most == Verdict.LIKELY.words
        for expect in case.expect.values()
    )


def _differences(case: Case, seen: Glance) -> Iterator[Difference]:
    if case.status is not None and seen.status is not case.status:
        yield Difference(about=STATUS, expected=case.status.value, got=seen.status.value)
    if case.symptoms is not None and set(seen.symptoms) != set(case.symptoms):
        yield Difference(about=SYMPTOMS, expected=_names(case.symptoms), got=_names(seen.symptoms))
    for place, cause in enumerate(case.ranking, 1):
        yield from _misplaced(cause, place, seen)
    for cause, expect in case.expect.items():
        yield from _of_cause(cause, expect, seen)


def _names(symptoms: Iterable[str]) -> str:
    return ", ".join(sorted(symptoms)) or "none"


def _of_cause(cause: str, expect: Expectation, seen: Glance) -> Iterator[Difference]:
    if expect.rank is not None:
        yield from _misplaced(cause, expect.rank, seen)
    verdict = seen.verdicts[cause]
    if expect.at_least is not None and verdict < _VERDICTS[expect.at_least]:
        yield Difference(about=cause, expected=f"at least {expect.at_least}", got=verdict.words)
    if expect.at_most is not None and verdict > _VERDICTS[expect.at_most]:
        yield Difference(about=cause, expected=f"at most {expect.at_most}", got=verdict.words)


def _misplaced(cause: str, place: int, seen: Glance) -> Iterator[Difference]:
    rank = _rank(cause, seen)
    if rank != place:
        yield Difference(about=cause, expected=f"rank {place}", got=f"rank {rank}" if rank else "not listed")


def _rank(cause: str, seen: Glance) -> int | None:
    return seen.ranking.index(cause) + 1 if cause in seen.ranking else None


def _concerned(case: Case, differences: Iterable[Difference], seen: Glance) -> tuple[str, ...]:
    """Return the causes in which something differs, and those that stand where they should."""
    causes = dict.fromkeys(one.about for one in differences if one.about not in {STATUS, SYMPTOMS})
    for cause in tuple(causes):
        place = case.ranking.index(cause) + 1 if cause in case.ranking else None
        expected = place or (case.expect[cause].rank if cause in case.expect else None)
        if expected is not None and expected <= len(seen.ranking):
            causes[seen.ranking[expected - 1]] = None
    return tuple(causes)


def _account(cause: str, seen: Glance) -> Account:
    rows = ledger(seen.inference.causes[cause], seen.inference)
    return Account(
        cause=cause,
        rank=_rank(cause, seen),
        verdict=seen.verdicts[cause],
        probability=seen.inference.belief.probability(cause),
        root=seen.inference.belief.root_probability(cause),
        supports=rows.supports,
        contradicts=rows.contradicts,
        unknown=rows.unknown,
    )

"""The built-in table: its examples hold, and its judgements have the properties that the design demands."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterator

import pytest

from fastdiag.engine.diagnose import diagnose, weigh
from fastdiag.engine.rank import VERY_LIKELY
from fastdiag.model.diagnosis import Verdict
from fastdiag.model.example import Example
from fastdiag.model.rule import Kind, Rulebook, Symptom
from fastdiag.model.snapshot import Snapshot
from fastdiag.trial import run_trial, snapshot_of
from tests.engine.tables import builtin, roots

BOOK = builtin()
EXAMPLES = [(cause, example) for cause in BOOK.causes for example in cause.examples]
CLEAR = [(cause, example) for cause, example in EXAMPLES if example.expect.rank == 1]


def names(pairs: list) -> list[str]:
    return [f"{cause.id}: {example.name}" for cause, example in pairs]


@pytest.mark.parametrize(("cause", "example"), EXAMPLES, ids=names(EXAMPLES))
def test_every_example_meets_its_expectation(cause, example) -> None:  # noqa: ANN001 - parametrised above
    assert run_trial(cause, example, BOOK).complaints == ()


def test_every_cause_has_at_least_three_examples() -> None:
    assert {cause.id for cause in BOOK.causes if len(cause.examples) < 3} == set()


@pytest.mark.parametrize("example", [example for _, example in CLEAR[::4]], ids=names(CLEAR[::4]))
def test_the_order_of_the_files_is_irrelevant(example) -> None:  # noqa: ANN001 - parametrised above
    shuffled = list(BOOK.causes)
    random.Random(7).shuffle(shuffled)  # noqa: S311 - any order does
    snapshot = snapshot_of(example.given, BOOK.catalogue)
    other = dataclasses.replace(BOOK, causes=tuple(shuffled))
    assert roots(diagnose(snapshot, other)) == pytest.approx(roots(diagnose(snapshot, BOOK)))
    assert [c.id for c in diagnose(snapshot, other).causes] == [c.id for c in diagnose(snapshot, BOOK).causes]


@pytest.mark.parametrize(("cause", "example"), CLEAR, ids=names(CLEAR))
def test_missing_signals_never_make_a_wrong_cause_very_likely(cause, example) -> None:  # noqa: ANN001 - as above
    """Leaving out a signal or a whole source of a clear case may cost certainty; it must not move it."""
    snapshot = given(example)
    for left_out in without(snapshot):
        rest = {name: reading for name, reading in snapshot.readings.items() if name not in left_out}
        wrong = {c.id for c in BOOK.causes if c.id != cause.id and not related(cause.id, c.id, BOOK)}
        assert very_likely(dataclasses.replace(snapshot, readings=rest), wrong) == set(), left_out


def given(example: Example) -> Snapshot:
    return dataclasses.replace(snapshot_of(example.given, BOOK.catalogue), observed=example.observed)


def without(snapshot: Snapshot) -> Iterator[frozenset[str]]:
    """Yield what may be missing: each signal alone, and all that come from one source."""
    yield from (frozenset({name}) for name in snapshot.readings)
    source = {name: (*BOOK.catalogue.signals[name].collectors, "formula")[0] for name in snapshot.readings}
    for kind in sorted(set(source.values())):
        yield frozenset(name for name in source if source[name] == kind)


def very_likely(snapshot: Snapshot, among: set[str]) -> set[str]:
    """Return the failures that are called very likely; the ranges, which cost most, only where it matters."""
    belief = weigh(snapshot, BOOK)[1].belief
    failures = {cause.id for cause in BOOK.causes if cause.kind is Kind.FAILURE}
    if all(belief.probability(name) < VERY_LIKELY for name in failures & among):
        return set()
    ranked = diagnose(snapshot, BOOK).causes
    return failures & among & {c.id for c in ranked if c.verdict is Verdict.VERY_LIKELY}


def related(one: str, other: str, book: Rulebook) -> bool:
    """Whether one of two causes drives the other, at once or through a third: both are truly at work."""
    return one in drivers(other, book) or other in drivers(one, book)


def drivers(cause: str, book: Rulebook) -> set[str]:
    """Return what may have brought a cause about, and what that."""
    found: set[str] = set()
    new = {cause}
    while new := {name for one in new for name in book.cause(one).driven_by} - found:
        found |= new
    return found


def test_nothing_seen_is_inconclusive_and_names_nobody() -> None:
    empty = Snapshot(service="s", taken_at="2026-01-01T00:00:00Z", window_s=300, readings={}, missing={})
    diagnosis = diagnose(empty, BOOK)
    assert diagnosis.status.value == "inconclusive"
    assert diagnosis.causes == ()


@pytest.mark.parametrize(
    "symptom", [s for s in BOOK.symptoms if s.id != "slow-request-logs-only"], ids=lambda s: s.id
)
def test_a_symptom_alone_lists_no_cause(symptom: Symptom) -> None:
    """A cause enters by its evidence; a hundred suspects make none of them likely."""
    reported = Snapshot(
        service="s",
        taken_at="2026-01-01T00:00:00Z",
        window_s=300,
        readings={},
        missing={},
        observed=(symptom.id,),
    )
    assert diagnose(reported, BOOK).causes == ()

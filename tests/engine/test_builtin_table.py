"""The built-in table: its examples hold, and its judgements have the properties that the design demands."""

from __future__ import annotations

import dataclasses
import random

import pytest

from fastdiag.engine.diagnose import diagnose
from fastdiag.model.diagnosis import Verdict
from fastdiag.model.rule import Rulebook
from fastdiag.model.signal import CollectorSource
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


@pytest.mark.parametrize("example", [example for _, example in CLEAR], ids=names(CLEAR))
def test_the_order_of_the_files_is_irrelevant(example) -> None:  # noqa: ANN001 - parametrised above
    shuffled = list(BOOK.causes)
    random.Random(7).shuffle(shuffled)  # noqa: S311 - any order does
    snapshot = snapshot_of(example.given, BOOK.catalogue)
    other = dataclasses.replace(BOOK, causes=tuple(shuffled))
    assert roots(diagnose(snapshot, other)) == pytest.approx(roots(diagnose(snapshot, BOOK)))
    assert [c.id for c in diagnose(snapshot, other).causes] == [c.id for c in diagnose(snapshot, BOOK).causes]


@pytest.mark.parametrize(("cause", "example"), CLEAR, ids=names(CLEAR))
def test_a_missing_signal_never_makes_a_wrong_cause_very_likely(cause, example) -> None:  # noqa: ANN001 - as above
    """Leaving out any one signal of a clear case may cost certainty; it must not move it elsewhere."""
    snapshot = snapshot_of(example.given, BOOK.catalogue)
    for name in snapshot.readings:
        rest = {key: reading for key, reading in snapshot.readings.items() if key != name}
        for ranked in diagnose(dataclasses.replace(snapshot, readings=rest), BOOK).causes:
            real = ranked.id == cause.id or related(cause.id, ranked.id, BOOK)
            assert real or ranked.verdict < Verdict.VERY_LIKELY, (name, ranked.id)


def related(one: str, other: str, book: Rulebook) -> bool:
    """Whether one of two causes drives the other: both are then truly at work."""
    return one in book.cause(other).driven_by or other in book.cause(one).driven_by


def test_nothing_seen_is_inconclusive_and_names_nobody() -> None:
    empty = Snapshot(service="s", taken_at="2026-01-01T00:00:00Z", window_s=300, readings={}, missing={})
    diagnosis = diagnose(empty, BOOK)
    assert diagnosis.status.value == "inconclusive"
    assert diagnosis.causes == ()


def test_every_signal_that_evidence_quotes_comes_from_a_source_of_this_program() -> None:
    known = {"prometheus", "scrape", "postgres", "processes", "workers", "probe", "attribution"}
    for signal in BOOK.catalogue.signals.values():
        assert signal.formula or signal.sources, signal.id
        for source in signal.sources:
            if isinstance(source, CollectorSource):
                assert source.collector in known, signal.id

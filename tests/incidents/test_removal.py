"""A snapshot without a source is what a run without it would have saved."""

import pytest

from fastdiag.engine.look import Look
from fastdiag.model.quantity import Unit
from fastdiag.model.rule import Rulebook
from fastdiag.model.signal import Missing, Reading, Reason
from fastdiag.model.snapshot import Snapshot, SourceState, SourceStatus
from fastdiag.rulebook.folders import builtin_rules
from fastdiag.rulebook.groundwork import load_groundwork
from tests.incidents.items import EVERYTHING, ITEMS, Item
from tests.incidents.removal import has_item, without, without_item

ABSENT = Missing(Reason.ABSENT, "looked for in vain")


def test_what_only_a_removed_source_knew_to_be_absent_is_unknown() -> None:
    catalogue = load_groundwork(builtin_rules()).catalogue
    only = next(signal.id for signal in catalogue.signals.values() if signal.collectors == ("postgres",))
    other = next(signal.id for signal in catalogue.signals.values() if signal.collectors == ("processes",))
    taken = Snapshot(
        service="shop",
        taken_at="2026-11-22T12:00:00Z",
        window_s=60,
        readings={},
        missing={only: ABSENT, other: ABSENT},
        sources=tuple(SourceState(name=name, status=SourceStatus.OK) for name in ("postgres", "processes")),
    )
    left = without(taken, frozenset({"postgres"}), catalogue)
    assert left.missing[only].reason is Reason.NOT_CONFIGURED
    assert left.missing[other] == ABSENT
    assert {state.name: state.status for state in left.sources} == {
        "postgres": SourceStatus.SKIPPED,
        "processes": SourceStatus.OK,
    }


THREADS = Item(words="threads", signals=("threads.",))


def test_what_follows_from_an_item_that_is_left_out_is_unknown_too() -> None:
    """A ratio of two of its signals is not what the recording once knew it to be."""
    catalogue = load_groundwork(builtin_rules()).catalogue
    readings = {
        name: Reading(signal=name, unit=Unit.COUNT, source="processes", value=20.0)
        for name in ("threads.locked", "threads.limiter.size", "process.threads")
    }
    taken = Snapshot(
        service="shop",
        taken_at="2026-11-22T12:00:00Z",
        window_s=60,
        readings=readings,
        missing={"threads.limiter.busy": ABSENT},
        sources=(SourceState(name="processes", status=SourceStatus.OK),),
    )
    left = without_item(taken, THREADS, catalogue)
    assert set(left.readings) == {"process.threads"}
    # That it was looked for in vain would be an answer as well.
    assert left.missing["threads.limiter.busy"].reason is Reason.NOT_CONFIGURED
    assert isinstance(Look(left, Rulebook(catalogue=catalogue)).reading("threads.locked.ratio"), Missing)
    assert has_item(taken, THREADS)
    assert not has_item(left, THREADS)


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.words)
def test_every_item_belongs_to_what_is_seen_from_outside(item: Item) -> None:
    assert set(item.signals) <= set(EVERYTHING.signals)
    assert item.sources <= EVERYTHING.sources

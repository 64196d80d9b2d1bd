"""A recorded snapshot with sources taken out: what fastdiag would have seen without them.

Snapshots keep the readings of every source, also those that another source's reading was preferred to, so
that the next best takes the place of what is removed, as it would have in a run without the source.
"""

from collections.abc import Iterable
from dataclasses import replace

from fastdiag.collectors.attribution import SOURCE as ATTRIBUTION
from fastdiag.collectors.attribution import attribute
from fastdiag.model.signal import Catalogue, Missing, Reading, Reason
from fastdiag.model.snapshot import Snapshot, SourceState, SourceStatus

REMOVED = Missing(Reason.NOT_CONFIGURED, "its source was not asked")


def without(snapshot: Snapshot, removed: frozenset[str], catalogue: Catalogue) -> Snapshot:
    """Return the snapshot as it would be if the ``removed`` sources had not been asked."""
    everything = (*snapshot.readings.values(), *snapshot.also)
    kept = [one for one in everything if one.source not in removed and one.source != ATTRIBUTION]
    best, also = _choose(kept, catalogue)
    attributed = attribute(best, catalogue)
    readings = best | {name: value for name, value in attributed.items() if isinstance(value, Reading)}
    lost = dict.fromkeys(snapshot.readings.keys() - readings.keys(), REMOVED)
    unattributed = {name: value for name, value in attributed.items() if isinstance(value, Missing)}
    return replace(
        snapshot,
        readings=dict(sorted(readings.items())),
        also=also,
        missing={**snapshot.missing, **lost, **unattributed},
        sources=tuple(_skipped(state) if state.name in removed else state for state in snapshot.sources),
    )


def _choose(
    readings: Iterable[Reading], catalogue: Catalogue
) -> tuple[dict[str, Reading], tuple[Reading, ...]]:
    """Return the best reading of each signal and the others: trusted before biased, then by preference."""

    def preference(reading: Reading) -> tuple[bool, int]:
        order = catalogue.signals[reading.signal].collectors
        place = order.index(reading.source) if reading.source in order else len(order)
        return not reading.is_trusted, place

    best: dict[str, Reading] = {}
    ordered = sorted(readings, key=preference)
    also = tuple(one for one in ordered if best.setdefault(one.signal, one) is not one)
    return best, also


def _skipped(state: SourceState) -> SourceState:
    return SourceState(name=state.name, status=SourceStatus.SKIPPED, error="not asked")

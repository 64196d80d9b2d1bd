"""A recorded snapshot with sources taken out: what fastdiag would have seen without them.

Snapshots keep the readings of every source, also those that another source's reading was preferred to, so
that the next best takes the place of what is removed, as it would have in a run without the source. Why a
signal is missing stands there once: it is kept unless nobody who is left could have told. What a source knew
of another, such as the ports of a DSN by which the process table knows the database, is not undone.
"""

from dataclasses import replace

from fastdiag.collectors.attribution import SOURCE as ATTRIBUTION
from fastdiag.collectors.choose import choose
from fastdiag.collectors.gather import Gathered
from fastdiag.model.signal import Catalogue
from fastdiag.model.snapshot import Snapshot, SourceState, SourceStatus


def without(snapshot: Snapshot, removed: frozenset[str], catalogue: Catalogue) -> Snapshot:
    """Return the snapshot as it would be if the ``removed`` sources had not been asked."""
    kept = [source for source in _gathered(snapshot) if source.state.name not in removed]
    chosen = choose(kept, catalogue)
    lost = {
        name: why
        for name, why in chosen.missing.items()
        if name not in snapshot.missing or removed.issuperset(catalogue.signals[name].collectors)
    }
    return replace(
        snapshot,
        readings=chosen.readings,
        also=chosen.also,
        missing={**snapshot.missing, **lost},
        sources=tuple(_skipped(state) if state.name in removed else state for state in snapshot.sources),
    )


def _gathered(snapshot: Snapshot) -> list[Gathered]:
    """Return what each source brought; what follows from several is found anew."""
    found = [one for one in (*snapshot.readings.values(), *snapshot.also) if one.source != ATTRIBUTION]
    return [
        Gathered(
            state=state,
            readings={one.signal: one for one in found if one.source == state.name},
            missing={},
        )
        for state in snapshot.sources
    ]


def _skipped(state: SourceState) -> SourceState:
    return SourceState(name=state.name, status=SourceStatus.SKIPPED, error="not asked")

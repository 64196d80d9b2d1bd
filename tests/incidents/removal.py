"""A recorded snapshot with sources or signals taken out: what fastdiag would have seen without them.

Snapshots keep the readings of every source, also those that another source's reading was preferred to, so
that the next best takes the place of what is removed, as it would have in a run without the source. Why a
signal is missing stands there once: it is kept unless nobody who is left could have told. What a source knew
of another, such as the ports of a DSN by which the process table knows the database, is not undone.
"""

from dataclasses import replace

from fastdiag.collectors.attribution import SOURCE as ATTRIBUTION
from fastdiag.collectors.choose import choose
from fastdiag.collectors.contradictions import CONTRADICTIONS
from fastdiag.collectors.gather import Gathered
from fastdiag.model.doubt import JOINT, Doubt, reasons
from fastdiag.model.quantity import parse_quantity
from fastdiag.model.signal import Catalogue, Missing, Reading, Reason
from fastdiag.model.snapshot import Snapshot, SourceState, SourceStatus
from fastdiag.model.target import Target
from tests.incidents.items import Item

LEFT_OUT = Missing(Reason.NOT_CONFIGURED, "not looked for")


def without(snapshot: Snapshot, removed: frozenset[str], catalogue: Catalogue) -> Snapshot:
    """Return the snapshot as it would be if the ``removed`` sources had not been asked."""
    kept = [source for source in _gathered(snapshot) if source.state.name not in removed]
    slow = parse_quantity(snapshot.parameters["slow"]) if "slow" in snapshot.parameters else None
    chosen = choose(
        kept,
        catalogue,
        window_s=snapshot.window_s,
        slow_s=slow.value if slow else Target().slow_s,
    )
    lost = {
        name: why
        for name, why in chosen.missing.items()
        if name not in snapshot.missing or removed.issuperset(catalogue.signals[name].collectors)
    }
    return replace(
        snapshot,
        readings=chosen.readings,
        also=chosen.also,
        doubts=chosen.doubts,
        missing={**snapshot.missing, **lost},
        sources=tuple(_skipped(state) if state.name in removed else state for state in snapshot.sources),
    )


def without_item(snapshot: Snapshot, item: Item, catalogue: Catalogue) -> Snapshot:
    """Return the snapshot as it would be if fastdiag did not know how to obtain an item.

    That it was looked for and not found is taken out as well: absence is an answer, too. What follows from
    the signals by formula or by joining them is found anew, or is unknown like them.
    """
    left = without(_free_of(item, snapshot), item.sources, catalogue)
    left = _undoubted(left) if item.doubts else left
    readings = {name: one for name, one in left.readings.items() if not item.yields(name, one.source)}
    unasked = {name: LEFT_OUT for name in catalogue.signals if item.yields(name, "") and name not in readings}
    return replace(left, readings=readings, missing={**left.missing, **unasked})


def has_item(snapshot: Snapshot, item: Item) -> bool:
    """Whether an item yielded anything in a snapshot."""
    if item.doubts and snapshot.doubts:
        return True
    return any(item.yields(one.signal, one.source) for one in (*snapshot.readings.values(), *snapshot.also))


def _free_of(item: Item, snapshot: Snapshot) -> Snapshot:
    heard = _undoubted(snapshot) if item.doubts else snapshot
    return replace(
        heard,
        readings={name: one for name, one in heard.readings.items() if not item.yields(name, one.source)},
        also=tuple(one for one in heard.also if not item.yields(one.signal, one.source)),
    )


def _undoubted(snapshot: Snapshot) -> Snapshot:
    """Return a snapshot whose metrics nobody has doubted; what a source says of its own readings stays."""
    return replace(
        snapshot,
        readings={name: _trusting(one, snapshot.doubts) for name, one in snapshot.readings.items()},
        also=tuple(_trusting(one, snapshot.doubts) for one in snapshot.also),
        doubts=(),
    )


def _trusting(reading: Reading, doubts: tuple[Doubt, ...]) -> Reading:
    said = {doubt.says for doubt in doubts if doubt.concerns(reading)}
    kept = [why for why in reasons(reading) if why not in said]
    return replace(reading, bias=JOINT.join(kept) or None, bound=reading.bound if kept else None)


def _gathered(snapshot: Snapshot) -> list[Gathered]:
    """Return what each source brought, and doubted itself; what follows from several is found anew."""
    joint = tuple(doubt for doubt in snapshot.doubts if doubt.id in CONTRADICTIONS)
    own = [doubt for doubt in snapshot.doubts if doubt.id not in CONTRADICTIONS]
    found = [
        _trusting(one, joint)
        for one in (*snapshot.readings.values(), *snapshot.also)
        if one.source != ATTRIBUTION
    ]
    return [
        Gathered(
            state=state,
            readings={one.signal: one for one in found if one.source == state.name},
            missing={},
            doubts=tuple(doubt for doubt in own if state.name in doubt.sources),
        )
        for state in snapshot.sources
    ]


def _skipped(state: SourceState) -> SourceState:
    return SourceState(name=state.name, status=SourceStatus.SKIPPED, error="not asked")

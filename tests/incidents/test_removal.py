"""A snapshot without a source is what a run without it would have saved."""

from fastdiag.model.signal import Missing, Reason
from fastdiag.model.snapshot import Snapshot, SourceState, SourceStatus
from fastdiag.rulebook.folders import builtin_rules
from fastdiag.rulebook.groundwork import load_groundwork
from tests.incidents.removal import without

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

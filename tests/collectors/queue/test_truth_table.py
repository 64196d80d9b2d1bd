"""One truth table for "no reply", decided by the shipped rules: busy, wedged, dead, broker blocked."""

from collections.abc import Mapping
from typing import Final

import pytest

from fastdiag.engine.diagnose import diagnose
from fastdiag.model.diagnosis import RankedCause
from fastdiag.model.signal import Reading
from fastdiag.model.snapshot import Snapshot
from fastdiag.rulebook.load import builtin_rules, load_rulebook

WAITING: Final = {"depth": 134.0, "growth": 2.2, "prefetched": 8.0, "broker.unreachable": 0.0}
EMPTY: Final = {"depth": 0.0, "growth": 0.0, "prefetched": 0.0, "broker.unreachable": 0.0}
OPEN: Final = {"broker.blocked": 0.0}
BOTH: Final = {"processes": 2.0, "processes.stopped": 0.0, "processes.disconnected": 0.0}
IDLE: Final = {"processes.busy": 0.0, "processes.held": 0.0}
BUSY: Final = {"processes.busy": 2.0, "processes.held": 0.0}
HELD: Final = {"processes.busy": 2.0, "processes.held": 2.0}
NOTHING_DONE: Final = {"completed": 0.0}

TABLE: Final = {
    # processes, broker, work done                                                          verdict
    "both busy, jobs done": (WAITING | OPEN | BOTH | BUSY | {"completed": 5.0}, "queue-buildup"),
    "one of two in a long call, jobs done": (
        WAITING | OPEN | BOTH | {"processes.busy": 2.0, "processes.held": 1.0, "completed": 2.0},
        "queue-buildup",
    ),
    "both held for minutes, nothing done": (
        WAITING | OPEN | BOTH | HELD | NOTHING_DONE | {"processes.held.longest": 240.0},
        "queue-consumers-stalled",
    ),
    "both stopped": (
        WAITING | OPEN | BOTH | IDLE | NOTHING_DONE | {"processes.stopped": 2.0},
        "queue-consumers-stalled",
    ),
    "both without a connection to the broker": (
        WAITING | OPEN | BOTH | IDLE | {"processes.disconnected": 2.0},
        "queue-consumers-stalled",
    ),
    "idle before a queue that nobody takes from": (
        WAITING | OPEN | BOTH | IDLE | {"prefetched": 0.0},
        "queue-consumers-stalled",
    ),
    "no consumer": (WAITING | OPEN | {"consumers": 0.0, "prefetched": 0.0}, "queue-consumers-stalled"),
    "broker with an alarm, consumers idle": (
        EMPTY | BOTH | IDLE | {"broker.blocked": 1.0, "broker.blocked.clients": 3.0, "consumers": 2.0},
        "broker-blocked",
    ),
    "broker that refuses, consumers busy with the rest": (
        WAITING | BOTH | BUSY | {"broker.blocked": 1.0, "broker.refusals": 4.0, "growth": -1.0},
        "broker-blocked",
    ),
    "only the length of the queue": ({"depth": 134.0}, None),
    "empty queue, idle workers": (EMPTY | OPEN | BOTH | IDLE, None),
}


@pytest.mark.parametrize("row", TABLE)
def test_the_verdict_of_each_row(row: str) -> None:
    seen, verdict = TABLE[row]
    likely = [cause.id for cause in diagnosed(seen) if cause.root >= 0.5]
    assert likely == ([verdict] if verdict else [])


def diagnosed(seen: Mapping[str, float]) -> tuple[RankedCause, ...]:
    book = load_rulebook(builtin_rules())
    readings = {
        f"queue.{name}": Reading(
            signal=f"queue.{name}", unit=book.catalogue.unit(f"queue.{name}"), source="test", value=value
        )
        for name, value in seen.items()
    }
    snapshot = Snapshot(
        service="shop", taken_at="2026-01-01T00:00:00Z", window_s=300, readings=readings, missing={}
    )
    return diagnose(snapshot, book).causes

"""Many snapshots as one view: groups, who stands out, what only some see, in what they differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Final

from fastdiag.engine.diagnose import diagnose
from fastdiag.engine.fleet import fleet
from fastdiag.engine.fleet_sight import CLOCK
from fastdiag.model.diagnosis import Diagnosis, Status
from fastdiag.model.fleet import Fleet, Level, Member
from fastdiag.model.signal import Missing, Part, Reading, Reason
from fastdiag.model.snapshot import Snapshot, SourceState, SourceStatus
from fastdiag.rulebook.load import builtin_rules, load_rulebook

TABLE: Final = load_rulebook(builtin_rules())
WELL: Final = {
    "service.cpu": 0.2,
    "http.latency.p95": 0.12,
    "http.errors.ratio": 0.0,
    "db.pool.utilization": 0.3,
    "db.pool.waiting": 0.0,
}
DRAINED: Final = {**WELL, "http.latency.p95": 4.0, "db.pool.utilization": 1.0, "db.pool.waiting": 14.0}


def taken(values: Mapping[str, float], *, minute: int = 0) -> Snapshot:
    readings = {name: reading(name, value) for name, value in values.items()}
    moment = f"2026-11-23T03:{minute:02}:00Z"
    return Snapshot(
        service="shop", taken_at=moment, window_s=300, readings=readings, missing={}, fastdiag="0.2.0"
    )


def reading(signal: str, value: float | None, parts: tuple[Part, ...] = ()) -> Reading:
    return Reading(signal=signal, unit=TABLE.catalogue.unit(signal), source="given", value=value, by=parts)


def judged(snapshots: Mapping[str, Snapshot]) -> Fleet:
    members = [Member(name=name, diagnosis=_diagnosed(one)) for name, one in snapshots.items()]
    return fleet(members, (), TABLE)


def _diagnosed(snapshot: Snapshot) -> Diagnosis:
    """Diagnose a snapshot by its values; what else is in it decides nothing here."""
    values = tuple(
        (name, found.value) for name, found in snapshot.readings.items() if found.value is not None
    )
    return replace(_judged(values), snapshot=snapshot)


@cache
def _judged(values: tuple[tuple[str, float], ...]) -> Diagnosis:
    return diagnose(taken(dict(values)), TABLE)


def test_those_that_fare_alike_are_one_group_the_worst_first() -> None:
    found = judged(
        {"web1": taken(WELL), "web2": taken(DRAINED), "web3": taken(WELL), "web4": taken(DRAINED, minute=1)}
    )
    told = [(group.status, group.cause, group.members) for group in found.groups]
    assert told == [
        (Status.CRITICAL, "db-pool-exhaustion", ("web2", "web4")),
        (Status.OK, None, ("web1", "web3")),
    ]
    assert found.status is Status.CRITICAL
    assert 0.6 < found.groups[0].low <= found.groups[0].high <= 1
    first = found.causes[0]
    assert (first.id, first.members) == ("db-pool-exhaustion", ("web2", "web4"))


def test_the_one_host_that_is_slow_is_named_with_the_threshold_that_it_passed() -> None:
    well = {f"web{number}": taken({**WELL, "http.latency.p95": 0.1 + number % 2 / 50}) for number in range(9)}
    found = judged({**well, "web9": taken(DRAINED)})
    latency = next(one for one in found.oddities if one.signal == "http.latency.p95")
    assert [(out.member, out.value) for out in latency.outliers] == [("web9", 4.0)]
    assert (latency.level, latency.compared, latency.is_high) == (Level.HOST, 10, True)
    assert "http.latency.p95 > $slow" in latency.crossed


def test_three_of_a_hundred_and_twenty_workers_are_pinned() -> None:
    pinned = {("web3", "4"), ("web3", "9"), ("web7", "0")}
    snapshots = {}
    for host in (f"web{number}" for number in range(10)):
        shares = {str(number): 1.0 if (host, str(number)) in pinned else 0.1 for number in range(12)}
        parts = tuple(Part(labels=(("worker", pid),), value=share) for pid, share in shares.items())
        well = taken(WELL)
        cpu = reading("workers.cpu.max", max(shares.values()), parts)
        snapshots[host] = replace(well, readings={**well.readings, "workers.cpu.max": cpu})
    found = judged(snapshots)
    workers = next(one for one in found.oddities if one.level is Level.WORKER)
    assert (workers.signal, workers.compared, workers.median) == ("workers.cpu.max", 120, 0.1)
    assert {(out.member, dict(out.labels)["worker"]) for out in workers.outliers} == pinned
    assert found.oddities[0].crossed, "what a rule judges otherwise comes first"


def test_connections_of_one_worker_are_added_up_before_workers_are_compared() -> None:
    def held(counts: Mapping[str, int]) -> Snapshot:
        parts = tuple(
            Part(labels=(("remote", f"db:{number}"), ("worker", pid)), value=1.0)
            for pid, count in counts.items()
            for number in range(count)
        )
        well = taken(WELL)
        sockets = reading("db.sockets.silent", float(len(parts)), parts)
        return replace(well, readings={**well.readings, "db.sockets.silent": sockets})

    found = judged({"web1": held({"1": 1, "2": 1, "3": 2}), "web2": held({"1": 1, "2": 30})})
    workers = next(one for one in found.oddities if one.level is Level.WORKER)
    assert [(out.member, out.labels, out.value) for out in workers.outliers] == [
        ("web2", (("worker", "2"),), 30.0)
    ]


def test_sessions_of_the_database_and_the_accept_queue_are_no_workers() -> None:
    labels = [(("pid", str(number)),) for number in range(9)]
    labels += [(("worker", str(number)),) for number in range(9)] + [(("worker", "accept queue"),)]
    parts = tuple(
        Part(labels=one, value=900.0 if number in {3, 18} else 1.0) for number, one in enumerate(labels)
    )
    well = taken(WELL)
    in_flight = reading("http.in_flight", 9.0, parts)
    found = judged({"web1": replace(well, readings={**well.readings, "http.in_flight": in_flight})})
    assert found.oddities == ()


def test_what_only_some_see_is_told_with_the_reason() -> None:
    denied = Missing(Reason.DENIED, "permission denied for pg_stat_activity")
    blind = replace(
        taken({name: value for name, value in WELL.items() if not name.startswith("db.")}),
        missing={"db.pool.utilization": denied, "db.pool.waiting": denied},
        sources=(SourceState(name="postgres", status=SourceStatus.FAILED),),
    )
    seeing = replace(taken(WELL), sources=(SourceState(name="postgres", status=SourceStatus.OK),))
    found = judged({"web1": seeing, "web2": blind, "web3": seeing})
    (partly,) = found.partly
    assert partly.signals == ("db.pool.utilization", "db.pool.waiting")
    assert (partly.seen_by, partly.unseen_by) == (("web1", "web3"), ("web2",))
    assert partly.why == "denied: permission denied for pg_stat_activity"
    (source,) = found.sources
    assert (source.what, dict(source.values)) == ("postgres", {"ok": ("web1", "web3"), "failed": ("web2",)})


def test_versions_and_clocks_that_differ_are_named() -> None:
    old = replace(taken(WELL), fastdiag="0.1.0", parameters={"slow": "2s"})
    new = replace(taken(WELL), parameters={"slow": "1s"})
    found = judged(
        {"web1": new, "web2": old, "web3": new, "web4": replace(new, taken_at="2026-11-23T02:46:00Z")}
    )
    told = {one.what: dict(one.values) for one in found.differences}
    assert told == {
        "version of fastdiag": {"0.2.0": ("web1", "web3", "web4"), "0.1.0": ("web2",)},
        "$slow": {"1s": ("web1", "web3", "web4"), "2s": ("web2",)},
        CLOCK: {"as most": ("web1", "web2", "web3"), "14 min earlier": ("web4",)},
    }


def test_hosts_that_were_asked_one_after_the_other_do_not_differ() -> None:
    found = judged({f"web{minute}": taken(WELL, minute=minute) for minute in range(5)})
    assert (found.differences, found.partly, found.oddities, found.sources) == ((), (), (), ())


def test_the_order_of_the_files_changes_nothing_but_the_order_of_names() -> None:
    snapshots = {"web1": taken(WELL), "web2": taken(DRAINED), "web3": taken(WELL), "web4": taken(WELL)}
    one, other = judged(snapshots), judged(dict(reversed(snapshots.items())))
    assert [(group.cause, set(group.members)) for group in one.groups] == [
        (group.cause, set(group.members)) for group in other.groups
    ]
    assert one.oddities == other.oddities

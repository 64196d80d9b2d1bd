"""Which sessions of a database are the service's own: joins of plain readings."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import pytest

from fastdiag.collectors.attribution import (
    LEAK_AGE_S,
    NOT_SEPARATED,
    PARTLY,
    POOLED,
    TRANSLATED,
    attribute,
)
from fastdiag.engine.look import Look
from fastdiag.model.quantity import Unit
from fastdiag.model.signal import Missing, Part, Reading, Reason
from fastdiag.model.snapshot import Snapshot
from fastdiag.rulebook.load import builtin_rules, load_rulebook
from tests.metrics.catalogue import shipped

CATALOGUE: Final = shipped()
ELSEWHERE: Final = "10.0.0.9:50000"


def session(client: str, state: str = "idle", *, age_s: float = 1.0, **labels: str) -> Part:
    named = {"client": client, "state": state, "wait": "none", **labels}
    return Part(labels=tuple(sorted(named.items())), value=age_s)


def backends(*sessions: Part, bias: str | None = None) -> Reading:
    return Reading(
        signal="db.backends", unit=Unit.SECONDS, source="postgres", value=None, by=sessions, bias=bias
    )


def sockets(ends: Mapping[str, int], bias: str | None = None, *, remote: str = "10.0.0.1:5432") -> Reading:
    parts = tuple(
        Part(labels=(("local", end), ("remote", remote), ("worker", str(worker))), value=1)
        for end, worker in ends.items()
    )
    return Reading(
        signal="db.sockets", unit=Unit.COUNT, source="processes", value=len(parts), by=parts, bias=bias
    )


def through(port: str, *sessions: Part) -> Reading:
    """Sessions of a server that was reached by a port, or through a pooler."""
    return backends(
        *(replace(one, labels=tuple(sorted((*one.labels, ("server", port))))) for one in sessions)
    )


def unattributed(*readings: Reading) -> set[str]:
    """Return the reasons for which none of the signals has a value."""
    found = attribute({reading.signal: reading for reading in readings}, CATALOGUE)
    assert set(found) == {signal.id for signal in CATALOGUE.of("attribution")}
    assert all(isinstance(why, Missing) for why in found.values())
    return {str(why) for why in found.values()}


def attributed(*readings: Reading) -> dict[str, Reading]:
    found = attribute({reading.signal: reading for reading in readings}, CATALOGUE)
    assert all(isinstance(reading, Reading) for reading in found.values())
    return {name: reading for name, reading in found.items() if isinstance(reading, Reading)}


def counts(found: Mapping[str, Reading]) -> dict[str, float | None]:
    return {name.removeprefix("db.service."): reading.value for name, reading in found.items()}


@pytest.mark.parametrize("end", ["10.0.0.3:41522", "[::1]:41522", "[2001:db8::7]:41522"])
def test_a_session_belongs_to_the_worker_that_holds_its_socket(end: str) -> None:
    found = attributed(backends(session(end, "active"), session(ELSEWHERE, "active")), sockets({end: 41}))

    assert found["db.service.connections"].value == 1
    assert found["db.service.active"].by == (Part(labels=(("state", "active"), ("worker", "41")), value=1),)
    assert all(reading.is_trusted for reading in found.values())


def test_the_same_port_at_another_address_is_somebody_else() -> None:
    found = attributed(
        backends(session("10.0.0.3:41522"), session("10.0.0.4:41522", "active")),
        sockets({"10.0.0.3:41522": 41}),
    )

    assert counts(found)["connections"] == 1
    assert counts(found)["active"] == 0


def test_translated_addresses_are_matched_by_port_with_a_bias() -> None:
    seen = [session(f"192.168.7.1:{port}", "active") for port in (40001, 40002, 40003)]
    found = attributed(
        backends(*seen, session(ELSEWHERE)),
        sockets({f"172.17.0.2:{port}": 7 for port in (40001, 40002, 40003)}),
    )

    assert counts(found)["connections"] == 3
    assert {reading.bias for reading in found.values()} == {TRANSLATED}


def test_one_port_in_common_by_chance_is_no_match() -> None:
    ends = {f"172.17.0.2:{port}": 7 for port in (40001, 40002, 40003)}
    found = attributed(backends(session("192.168.7.1:40001"), session(ELSEWHERE)), sockets(ends))

    assert counts(found)["connections"] == 2
    assert {reading.bias for reading in found.values()} == {NOT_SEPARATED}


def test_behind_a_pooler_the_service_has_no_connections_of_its_own_and_not_zero() -> None:
    """The server's clients are the pooler: none busy says nothing of the service's connections to it."""
    idle = session("10.0.0.5:40001"), session("10.0.0.5:40002")
    ends = {"10.0.0.3:51001": 41, "10.0.0.3:51002": 41}
    (why,) = unattributed(through("5432", *idle), sockets(ends, remote="10.0.0.5:6432"))
    assert why.startswith("absent: the service is connected to 10.0.0.5:6432, not to port 5432")
    assert "a pooler stands between" in why


def test_a_server_seen_through_a_pooler_shows_nobodys_connections() -> None:
    (why,) = unattributed(through("pooler", session("10.0.0.5:40001", "active")))
    assert why == f"absent: {POOLED}"


def test_connections_that_come_and_go_are_not_taken_for_those_of_a_pooler() -> None:
    """The two views are some time apart: a service that opens one for each request matches in none."""
    ends = {"10.0.0.3:51001": 41, "10.0.0.3:51002": 41}
    found = attributed(
        through("5432", session("10.0.0.3:52001", "active"), session("10.0.0.3:52002")),
        sockets(ends, remote="10.0.0.1:5432"),
    )
    assert counts(found)["active"] == 1
    assert {reading.bias for reading in found.values()} == {NOT_SEPARATED}


def test_one_direct_connection_beside_a_pooler_is_not_all_the_service_has() -> None:
    direct, pooled = "10.0.0.3:51001", {"10.0.0.3:51002": 41, "10.0.0.3:51003": 41}
    taken = sockets(pooled, remote="10.0.0.5:6432")
    both = replace(taken, by=(*sockets({direct: 41}).by, *taken.by))
    found = attributed(through("5432", session(direct)), both)
    assert counts(found)["connections"] == 1
    assert {reading.bias for reading in found.values()} == {PARTLY.format(2)}


def test_a_service_without_any_connection_has_none_whatever_others_have() -> None:
    found = attributed(backends(session(ELSEWHERE, "active")), sockets({}))

    assert set(counts(found).values()) == {0}
    assert all(reading.is_trusted for reading in found.values())


def test_sessions_over_a_unix_socket_have_no_port_and_are_not_told_apart() -> None:
    found = attributed(backends(session("local", "active"), session("local")), sockets({}))

    assert counts(found)["connections"] == 2
    assert counts(found)["active"] == 1
    assert {reading.bias for reading in found.values()} == {NOT_SEPARATED}


def test_without_a_process_table_all_sessions_count_and_nothing_is_trusted() -> None:
    found = attributed(backends(session("10.0.0.3:41522", "active"), session(ELSEWHERE)))

    assert counts(found)["connections"] == 2
    assert not any(reading.is_trusted for reading in found.values())


def test_without_the_databases_word_everything_is_missing() -> None:
    found = attribute({"db.sockets": sockets({"10.0.0.3:41522": 41})}, CATALOGUE)

    assert set(found) == {signal.id for signal in CATALOGUE.of("attribution")}
    assert {why.reason for why in found.values() if isinstance(why, Missing)} == {Reason.NOT_CONFIGURED}


@pytest.mark.parametrize(
    ("state", "change", "age_s", "kind"),
    [
        ("idle in transaction", "unchanged", LEAK_AGE_S, "leaked"),
        ("idle in transaction (aborted)", "unchanged", LEAK_AGE_S + 600, "leaked"),
        ("idle in transaction", "unchanged", LEAK_AGE_S - 1, "held"),
        ("idle in transaction", "renewed", LEAK_AGE_S + 600, "held"),
        ("idle in transaction", "", 0.2, "held"),
    ],
)
def test_a_transaction_is_leaked_only_when_nobody_touches_it_for_longer_than_a_request(
    state: str, change: str, age_s: float, kind: str
) -> None:
    end = "10.0.0.3:41522"
    found = counts(attributed(backends(session(end, state, age_s=age_s, change=change)), sockets({end: 41})))

    assert found["busy"] == found["idle_in_transaction"] == 1
    assert {name for name in ("held", "leaked") if found[name]} == {kind}


def test_an_old_idle_connection_is_no_leak_and_not_busy() -> None:
    end = "10.0.0.3:41522"
    found = counts(
        attributed(backends(session(end, "idle", age_s=9000, change="unchanged")), sockets({end: 41}))
    )

    assert (found["connections"], found["busy"], found["leaked"], found["held"]) == (1, 0, 0, 0)


def test_a_connection_that_listens_is_taken_idle_as_it_looks() -> None:
    end = "10.0.0.3:41522"
    found = counts(attributed(backends(session(end, listens="yes")), sockets({end: 41})))

    assert (found["busy"], found["active"], found["held"]) == (1, 0, 0)


END: Final = "10.0.0.3:41522"


@pytest.mark.parametrize(
    ("seen", "long"),
    [
        (session(END, "idle in transaction", open_s="47", change="renewed"), 1),
        (session(END, "active", open_s="47", change="renewed", wait="Lock"), 0),
        (session(END, "idle in transaction", open_s="29", change="renewed"), 0),
        (session(END, "idle in transaction"), 0),
    ],
)
def test_a_long_transaction_is_one_at_work_for_longer_than_a_request(seen: Part, long: int) -> None:
    found = counts(attributed(backends(seen), sockets({END: 41})))

    assert (found["long"], found["leaked"]) == (long, 0)


def test_a_leaked_transaction_is_not_called_long_as_well() -> None:
    end = "10.0.0.3:41522"
    untouched = session(end, "idle in transaction", age_s=40, change="unchanged", open_s="40")
    found = counts(attributed(backends(untouched), sockets({end: 41})))

    assert (found["leaked"], found["long"]) == (1, 0)


def test_lock_waits_are_counted_whatever_the_state() -> None:
    ends = {"10.0.0.3:1": 41, "10.0.0.3:2": 41}
    found = counts(
        attributed(
            backends(
                session("10.0.0.3:1", "active", wait="Lock"), session("10.0.0.3:2", "active", wait="IO")
            ),
            sockets(ends),
        )
    )

    assert (found["active"], found["lock_waits"]) == (2, 1)


def test_utilization_is_that_of_all_connections_and_busy_ones_name_their_worker() -> None:
    """A young worker's only connection is often busy: that of one worker alone says little."""
    full = {f"10.0.0.3:{port}": 41 for port in range(1, 6)}
    free = {f"10.0.0.3:{port}": 42 for port in range(11, 16)}
    found = attributed(
        backends(*(session(end, "active") for end in full), *(session(end) for end in free)),
        sockets({**full, **free}),
    )
    rulebook = load_rulebook(builtin_rules(), (), {})
    taken = Snapshot(
        service="shop", taken_at="2026-01-01T00:00:00Z", window_s=300, readings=found, missing={}
    )
    utilization = Look(taken, rulebook).reading("db.service.utilization")

    assert isinstance(utilization, Reading)
    assert utilization.value == 0.5
    busy = found["db.service.busy"]
    assert isinstance(busy, Reading)
    assert [(dict(part.labels)["worker"], part.value) for part in busy.by] == [("41", 5)]


def test_doubts_about_either_view_are_handed_on() -> None:
    end = "10.0.0.3:41522"
    seen, cut = "seen through a pooler", "only 500 of 900 are named"

    assert attributed(backends(session(end), bias=seen), sockets({end: 1}))["db.service.busy"].bias == seen
    assert attributed(backends(session(end)), sockets({end: 1}, bias=cut))["db.service.busy"].bias == cut

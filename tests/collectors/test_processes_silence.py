"""Database connections that nobody gives back, and the database's CPU: from the process table alone."""

import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from fastdiag.collectors.processes import silence, turns
from fastdiag.collectors.processes.sample import Sample
from fastdiag.collectors.sink import Sink
from tests.collectors.watching import DEPOT, value, watch
from tests.metrics.catalogue import shipped
from tests.stack.apps import AppServer, ServerKind, app_server
from tests.stack.postgres import Cluster
from tests.stack.waiting import wait_until

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads Linux /proc")
FORGOTTEN = 6
WORKER = 4127
LOOKS = 8
WINDOW_S = 4.0
COMPUTING = "SELECT count(*) FROM generate_series(1, 3000000)"

Moved = Mapping[str, Callable[[float], float]]
"""When data last moved on each connection, as a function of the time at which that is asked."""


@pytest.fixture
def depot(tmp_path: Path) -> Iterator[AppServer]:
    with app_server(DEPOT, directory=tmp_path, kind=ServerKind.UVICORN, workers=1) as app:
        yield app


def at_rest_for(seconds: float) -> Callable[[float], float]:
    return lambda _: -seconds


def in_use(now: float) -> float:
    return now


def looks(
    moved: Moved, *, patient: int = 0, at_work: Sequence[str] = (), later: Moved | None = None
) -> list[Sample]:
    """Return samples over a window; what is in ``later`` is opened in the middle of it."""
    samples = []
    for number in range(LOOKS):
        now = number * WINDOW_S / (LOOKS - 1)
        seen = {**moved, **(later or {} if number > LOOKS / 2 else {})}
        samples.append(
            Sample(
                at=now,
                moved={(WORKER, end): when(now) for end, when in seen.items()},
                at_work={(WORKER, end) for end in at_work},
                patient=Counter({WORKER: patient}),
            )
        )
    return samples


def reported(samples: Sequence[Sample]) -> Mapping[str, float | None]:
    sink = Sink(source="processes", catalogue=shipped(), deadline=0.0)
    silence.report(sink, samples, unseen=None)
    readings, _ = sink.close()
    return {name.removeprefix("db.sockets."): reading.value for name, reading in readings.items()}


def pool(count: int, rest_s: float) -> dict[str, Callable[[float], float]]:
    return {f"10.0.0.3:{port}": at_rest_for(rest_s) for port in range(40000, 40000 + count)}


def test_connections_that_rest_while_their_worker_opens_others_are_not_in_its_pool() -> None:
    found = reported(looks(pool(12, 60), later={"10.0.0.3:50000": in_use}))
    assert found == {"silent": 12, "silent.longest": pytest.approx(64), "unreturned": 11}


def test_a_pool_that_nobody_needs_has_returned_everything() -> None:
    assert reported(looks(pool(12, 3600)))["unreturned"] == 0


def test_a_pool_in_turn_comes_round_so_what_it_never_reaches_is_not_in_it() -> None:
    busy = {"10.0.0.3:50000": in_use, "10.0.0.3:50001": in_use}
    assert reported(looks({**pool(12, 60), **busy}))["unreturned"] == 11


def test_a_pool_too_large_for_its_traffic_has_not_come_round() -> None:
    seldom = {"10.0.0.3:50000": lambda now: now if now < 1 else 1.0}
    assert reported(looks({**pool(40, 60), **seldom}))["unreturned"] == 0


def test_a_client_that_has_waited_for_long_may_hold_a_connection() -> None:
    found = reported(looks(pool(12, 60), patient=15, later={"10.0.0.3:50000": in_use}))
    assert found["silent"] == 12
    assert found["unreturned"] == 0


def test_a_long_statement_is_not_silence() -> None:
    statements = pool(4, 90)
    found = reported(looks(statements, at_work=list(statements)))
    assert found == {"silent": 0, "silent.longest": 0, "unreturned": 0}


@contextmanager
def again_and_again(act: Callable[[], object]) -> Iterator[None]:
    stop = threading.Event()

    def run() -> None:
        while not stop.is_set():
            act()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_forgotten_transactions_show_without_a_word_of_the_database(
    depot: AppServer, postgres_server: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (silence, turns):
        monkeypatch.setattr(module, "SILENT_S", 0.3)
    dsn = postgres_server.dsn()
    httpx.get(f"{depot.url}/forget", params={"dsn": dsn, "count": FORGOTTEN}).raise_for_status()
    wait_until(lambda: value(watch(depot.pid), "db.sockets.silent") == FORGOTTEN, what="silence", within_s=10)
    asking = {"dsn": dsn, "seconds": "0.2"}
    with again_and_again(lambda: httpx.get(f"{depot.url}/query", params=asking)):
        found = watch(depot.pid)

    assert value(found, "db.sockets.unreturned") == FORGOTTEN - silence.KEPT
    (most,) = found.readings["db.sockets.unreturned"].by
    assert isinstance(most.value, float)  # the rules ask for the worst worker's
    assert dict(most.labels)["worker"] == str(depot.pid)
    assert dict(most.labels)["holds"].startswith(f"{FORGOTTEN - 1} of ")


def test_a_database_on_this_machine_is_seen_to_compute(depot: AppServer, postgres_server: Cluster) -> None:
    httpx.get(f"{depot.url}/forget", params={"dsn": postgres_server.dsn(), "count": 1}).raise_for_status()
    idle = value(watch(depot.pid), "db.server.cores")
    with (
        postgres_server.connect() as session,
        again_and_again(lambda: session.execute(COMPUTING.encode())),
    ):
        busy = value(watch(depot.pid), "db.server.cores")

    assert idle < busy
    assert busy > 0.05


def test_without_a_database_nothing_is_said_of_its_connections(depot: AppServer) -> None:
    found = watch(depot.pid)
    for signal in ("db.sockets.silent", "db.sockets.unreturned", "db.server.cores"):
        assert signal not in found.readings
        assert str(found.missing[signal]).startswith("absent: ")

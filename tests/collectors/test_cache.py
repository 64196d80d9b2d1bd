"""The cache collector against a real Redis: at rest, at work, full, and gone."""

import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from itertools import count
from pathlib import Path
from typing import Final

import pytest

from fastdiag.collectors import cache
from fastdiag.collectors.gather import Gathered, gather
from fastdiag.model.signal import Reason
from fastdiag.model.snapshot import SourceStatus
from fastdiag.model.target import Secret, Target
from tests.collectors.speaker import speaking
from tests.collectors.watching import value, why_missing
from tests.metrics.catalogue import shipped
from tests.stack.ports import LOOPBACK, free_port
from tests.stack.processes import running
from tests.stack.redis import RedisServer, redis_server
from tests.stack.waiting import wait_until

DEADLINE_S: Final = 1.5
LOOK_UPS: Final = "for i = 1, 9 do redis.call('get', 'here') end redis.call('get', 'gone')"
FILL: Final = "redis.call('set', 'k' .. redis.call('incr', 'n'), string.rep('x', 20000))"
_numbers = count(1)


def look(*urls: str, deadline_s: float = DEADLINE_S) -> Gathered:
    target = Target(caches=tuple(map(Secret, urls)), deadline_s=deadline_s)
    (found,) = gather(target, shipped(), {"cache": cache.collect})
    return found


@contextmanager
def clients(server: RedisServer, number: int) -> Iterator[None]:
    """Hold so many idle connections."""
    with ExitStack() as stack:
        for _ in range(number):
            stack.enter_context(closing(socket.create_connection((LOOPBACK, server.port))))
        yield


@contextmanager
def repeating(server: RedisServer, directory: Path, command: Sequence[str]) -> Iterator[None]:
    """Let a client repeat a command every millisecond."""
    log = directory / f"client-{next(_numbers)}.log"
    program = [*server.command(), "-r", "100000", "-i", "0.001", *command]
    with running(program, name="client", log=log) as process:
        process.wait_ready(lambda: log.stat().st_size > 0)
        yield


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_server(tmp_path_factory.mktemp("r")) as found:
        yield found


def test_a_cache_at_rest(server: RedisServer) -> None:
    with clients(server, 3):
        found = look(server.url())

    assert found.state.status is SourceStatus.OK
    assert found.state.target == server.url().removesuffix("/0")
    assert 0 < value(found, "cache.latency") < 0.5
    assert value(found, "cache.clients") == 3  # our own connection is not one of them
    assert value(found, "cache.clients.limit") == 10_000
    assert value(found, "cache.clients.blocked") == 0
    assert value(found, "cache.commands") == 0  # what we sent ourselves does not count
    assert value(found, "cache.refused") == 0
    assert value(found, "cache.evictions") == 0
    assert value(found, "cache.unreachable") == 0
    assert "maxmemory 0" in why_missing(found, "cache.memory.utilization")[1]
    assert "fewer than 20 look-ups" in why_missing(found, "cache.hit.ratio")[1]


def test_a_cache_at_work(server: RedisServer, tmp_path: Path) -> None:
    server.cli("SET", "here", "x")
    waiting = [*server.command(), "BLPOP", "nothing", "30"]
    with (
        running(waiting, name="waiting", log=tmp_path / "waiting.log"),
        repeating(server, tmp_path, ["EVAL", LOOK_UPS, "0"]),
    ):
        wait_until(lambda: "blocked_clients:1" in server.cli("INFO"), what="somebody waits", within_s=5)
        found = look(server.url())

    assert value(found, "cache.hit.ratio") == pytest.approx(0.9)
    assert value(found, "cache.commands") > 20
    assert value(found, "cache.clients.blocked") == 1


def test_a_cache_that_throws_keys_out(server_directory: Path, tmp_path: Path) -> None:
    options = ["--maxmemory", "3mb", "--maxmemory-policy", "allkeys-random"]
    with (
        redis_server(server_directory, options) as small,
        repeating(small, tmp_path, ["EVAL", FILL, "0"]),
    ):
        wait_until(lambda: "evicted_keys:0\n" not in small.cli("INFO"), what="it is full", within_s=20)
        found = look(small.url())

    assert value(found, "cache.evictions") > 0
    assert 0.5 < value(found, "cache.memory.utilization") < 1.5


def test_a_cache_that_is_nearly_full_and_one_that_refuses(server_directory: Path) -> None:
    with redis_server(server_directory, ["--maxclients", "20"]) as crowded:
        with clients(crowded, 18):
            nearly = look(crowded.url())
        wait_until(
            lambda: crowded.cli("INFO").count("connected_clients:1\n") == 1, what="they left", within_s=5
        )
        with clients(crowded, 20):
            full = look(crowded.url())

    assert value(nearly, "cache.clients") == 18
    assert value(nearly, "cache.clients.limit") == 20
    assert value(full, "cache.clients.utilization") == 1
    assert value(full, "cache.unreachable") == 1
    assert "maximum number of clients" in (full.state.error or "")


def test_one_cache_down_costs_the_other_nothing(server: RedisServer) -> None:
    gone = f"redis://:hunter2@{LOOPBACK}:{free_port()}/0"
    found = look(server.url(), gone)

    assert found.state.status is SourceStatus.PARTIAL
    assert "connection refused" in (found.state.error or "")
    assert value(found, "cache.unreachable") == 1
    assert value(found, "cache.latency") > 0
    assert "hunter2" not in repr(found)


def test_a_black_hole_beside_a_cache_costs_no_more_than_the_deadline(server: RedisServer) -> None:
    with speaking(lambda client: client.recv(4096) and client.recv(4096)) as hole:
        found = look(server.url(), f"redis://{LOOPBACK}:{hole}")

    assert value(found, "cache.latency") > 0
    assert found.state.seconds < DEADLINE_S + 0.2
    assert found.state.status is SourceStatus.PARTIAL


def test_a_user_who_may_only_ping_sees_the_latency(server_directory: Path) -> None:
    with redis_server(server_directory) as closed:
        closed.cli("ACL", "SETUSER", "watcher", "on", ">w", "+ping", "~*")
        found = look(closed.url(userinfo="watcher:w@"))

    assert value(found, "cache.latency") > 0
    assert why_missing(found, "cache.clients") == (Reason.DENIED, "cache: the user may not run INFO")
    assert found.state.hint == "ACL SETUSER NAME +info ~*"


def test_no_cache_is_a_skip() -> None:
    found = look()

    assert found.state.status is SourceStatus.SKIPPED
    assert found.missing["cache.latency"].reason is Reason.NOT_CONFIGURED


def test_a_server_named_by_two_databases_and_names_is_one_cache(server: RedisServer) -> None:
    found = look(server.url(), server.url(1).replace(LOOPBACK, "localhost"))

    assert found.state.target == server.url().removesuffix("/0")
    assert len(found.readings["cache.refused"].by) == 1


def _pong_alone(client: socket.socket) -> None:
    while b"PING" in client.recv(4096):
        client.sendall(b"+PONG\r\n")
    client.recv(4096)


def test_a_cache_too_slow_for_our_questions_is_not_down() -> None:
    with speaking(_pong_alone) as port:
        found = look(f"redis://{LOOPBACK}:{port}")

    assert why_missing(found, "cache.clients")[0] is Reason.TIMED_OUT
    assert value(found, "cache.unreachable") == 0


def test_whether_a_cache_is_down_is_unknown_where_something_else_answers() -> None:
    with speaking(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
        found = look(f"redis://{LOOPBACK}:{port}")

    assert why_missing(found, "cache.unreachable")[0] is Reason.FAILED
    assert "cache.unreachable" not in found.readings

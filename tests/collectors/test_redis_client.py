"""The Redis client against a real server, and against whatever else may answer at its port."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastdiag.collectors.redis_client import Full, Refused, connect, parse_address
from fastdiag.collectors.redis_client import commands as ask
from fastdiag.collectors.redis_client import values as read
from fastdiag.collectors.redis_client.commands import Command
from fastdiag.collectors.redis_client.resp import Error, Reader, Reply, encode
from fastdiag.collectors.sink import SourceFailed
from fastdiag.collectors.unreachable import Unreachable
from fastdiag.model.signal import Reason
from fastdiag.model.target import Secret
from tests.collectors.speaker import Talk, speaking
from tests.stack.ports import LOOPBACK, free_port
from tests.stack.redis import RedisServer, redis_server

LIMIT_S: Final = 3.0
PASSWORD: Final = "p@ss/w:rd"  # noqa: S105 - of servers that live for a test


def call(url: str, *batch: Command, limit_s: float = LIMIT_S) -> list[Reply]:
    with connect(parse_address(Secret(url)), time.monotonic() + limit_s) as redis:
        return redis.pipeline(batch or (ask.PING,))


def failing(url: str, *batch: Command, limit_s: float = LIMIT_S) -> SourceFailed:
    with pytest.raises(SourceFailed) as caught:
        call(url, *batch, limit_s=limit_s)
    assert PASSWORD not in f"{caught.value!r} {caught.value.hint}"
    return caught.value


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_server(tmp_path_factory.mktemp("r")) as found:
        yield found


# --- a real server ----------------------------------------------------------------------------


def test_every_kind_of_answer_is_read(server: RedisServer) -> None:
    server.cli("RPUSH", "list", "first", "last")
    server.cli("HSET", "hash", "name", "value")
    server.cli("ZADD", "zset", "1.5", "a", "2", "b")
    server.cli("SADD", "set", "member")
    batch = (
        *(ask.llen("list"), ask.lindex("list", -1), ask.lindex("list", 9), ask.hlen("hash")),
        *(ask.hget("hash", "name"), ask.hmget("hash", ("name", "other")), ask.zcard("zset")),
        *(ask.zcount("zset", "(1.5", "+inf"), ask.zrange("zset", 5), ask.smembers("set")),
        *(ask.zrangebyscore("zset", "-inf", "+inf", 1), ask.type_of("zset"), ask.exists("list", "no")),
    )
    assert call(server.url(), *batch) == [
        *(2, b"last", None, 1, b"value", [b"value", None], 2, 1),
        *([b"a", b"1.5", b"b", b"2"], [b"member"], [b"a", b"1.5"], b"zset", 1),
    ]


def test_a_command_that_the_key_does_not_take_costs_the_others_nothing(server: RedisServer) -> None:
    server.cli("SET", "text", "x")
    wrong, right = call(server.url(), ask.llen("text"), ask.exists("text"))
    assert isinstance(wrong, Error)
    assert right == 1


def test_scan_walks_step_by_step(server: RedisServer) -> None:
    for number in range(30):
        server.cli("SET", f"walk:{number}", "x", database=3)
    with connect(parse_address(Secret(server.url(3))), time.monotonic() + LIMIT_S) as redis:
        cursor, found = "0", set()
        for _ in range(10):
            cursor, keys = read.page(redis.call(ask.scan(cursor, "walk:*", 10)))
            found |= set(keys)
            if cursor == "0":
                break
    assert found == {f"walk:{number}" for number in range(30)}


def test_the_database_of_the_url_is_the_one_that_is_looked_at(server: RedisServer) -> None:
    server.cli("RPUSH", "here", "x", database=5)
    assert call(server.url(5), ask.llen("here")) == [1]
    assert call(server.url(6), ask.llen("here")) == [0]
    assert call(f"unix://{server.socket}?db=5", ask.llen("here")) == [1]
    assert "DB index is out of range" in failing(server.url(99)).detail


def test_only_commands_that_read_can_be_sent(server: RedisServer) -> None:
    for name in ("KEYS", "DEL", "FLUSHALL", "EVAL", "SET", "get"):
        with pytest.raises(ValueError, match="not a command that only reads"):
            call(server.url(), Command((name, "x")))
    with pytest.raises(ValueError, match="not a command that only reads"):
        call(server.url(), Command(("CONFIG", "SET", "maxclients", "1")))
    assert encode([ask.llen("a b")]) == b"*2\r\n$4\r\nLLEN\r\n$3\r\na b\r\n"


def test_a_password_opens_and_a_wrong_one_is_said_to_be_wrong(server_directory: Path) -> None:
    with redis_server(server_directory, password=PASSWORD) as locked:
        locked.cli("ACL", "SETUSER", "watcher", "on", ">w", "+ping", "+auth", "~*")
        assert call(locked.url(userinfo=":p%40ss%2Fw%3Ard@")) == [b"PONG"]
        assert call(locked.url(userinfo="default:p%40ss%2Fw%3Ard@")) == [b"PONG"]
        wrong = failing(locked.url(userinfo=":guess@"))
        nothing = failing(locked.url())
        little = call(locked.url(userinfo="watcher:w@"), ask.PING, ask.INFO)
        refused = failing_call(locked.url(userinfo="watcher:w@"), ask.INFO)

    assert (wrong.reason, wrong.detail) == (Reason.DENIED, "user or password is wrong")
    assert (nothing.reason, nothing.detail) == (Reason.DENIED, "the server wants a password")
    assert little[0] == b"PONG"
    assert isinstance(little[1], Error)
    assert (refused.reason, refused.detail) == (Reason.DENIED, "the user may not run INFO")
    assert refused.hint == "ACL SETUSER NAME +info ~*"


def failing_call(url: str, command: Command) -> SourceFailed:
    with (
        connect(parse_address(Secret(url)), time.monotonic() + LIMIT_S) as redis,
        pytest.raises(Refused) as caught,
    ):
        redis.call(command)
    return caught.value


def test_a_password_for_a_server_without_one_is_no_obstacle(server: RedisServer) -> None:
    assert call(server.url(userinfo=":needless@")) == [b"PONG"]


def test_a_server_with_all_its_clients_taken_says_so(server_directory: Path) -> None:
    with (
        redis_server(server_directory, ["--maxclients", "2"]) as full,
        closing(socket.create_connection((LOOPBACK, full.port))),
        closing(socket.create_connection((LOOPBACK, full.port))),
    ):
        time.sleep(0.1)
        plain = failing(full.url())
        with_password = failing(full.url(userinfo=":x@"))

    for failure in (plain, with_password):
        assert isinstance(failure, Full)
        assert "maximum number of clients" in failure.detail


def test_a_stopped_server_is_given_up_in_time(server_directory: Path) -> None:
    with redis_server(server_directory) as stopped:
        stopped.server.popen.send_signal(19)
        started = time.monotonic()
        failure = failing(stopped.url(), limit_s=0.5)
        took_s = time.monotonic() - started
        stopped.server.popen.send_signal(18)

    assert took_s < 1.5
    assert isinstance(failure, Unreachable)
    assert failure.reason is Reason.TIMED_OUT
    assert failure.detail.startswith("connected, but no complete answer within ")


def test_tls_needs_a_certificate_that_is_trusted_here(server_directory: Path) -> None:
    certificate, key = server_directory / "certificate.pem", server_directory / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=cache"]
    command += ["-addext", f"subjectAltName=IP:{LOOPBACK}", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, capture_output=True, check=True)
    port = free_port()
    options = ["--tls-port", str(port), "--tls-cert-file", str(certificate), "--tls-key-file", str(key)]
    options += ["--tls-ca-cert-file", str(certificate), "--tls-auth-clients", "no"]
    with redis_server(server_directory, options) as secured:
        url = f"rediss://{LOOPBACK}:{port}/1"
        assert call(f"{url}?ssl_ca_certs={certificate}") == [b"PONG"]
        assert call(f"{url}?ssl_cert_reqs=none") == [b"PONG"]
        unknown = failing(url)
        plain = failing(f"rediss://{LOOPBACK}:{secured.port}", limit_s=0.5)

        nowhere = failing(f"{url}?ssl_ca_certs=/nowhere")

    assert unknown.detail == "TLS failed: self-signed certificate"
    assert nowhere.detail == "/nowhere cannot be read as certificates"
    for failure in (unknown, plain, nowhere):
        assert not isinstance(failure, Unreachable)  # others may trust it, and get their answers
    assert plain.detail.startswith("connected, but no TLS handshake within ")


# --- whatever else may answer -----------------------------------------------------------------


def test_nobody_at_the_port() -> None:
    failure = failing(f"redis://{LOOPBACK}:{free_port()}")
    assert isinstance(failure, Unreachable)
    assert failure.detail == "connection refused"


def test_a_name_that_is_not_known_here_says_nothing_of_the_server() -> None:
    failure = failing("redis://cache.invalid")
    assert not isinstance(failure, Unreachable)
    assert "known where fastdiag runs" in (failure.hint or "")


def test_no_socket_at_the_path(server_directory: Path) -> None:
    assert failing(f"unix://{server_directory}/none.sock").detail == "no such file or directory"


@pytest.mark.parametrize(
    ("answer", "words", "is_down"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "not a Redis server: it answers HTTP", False),
        (b"\x15\x03\x01\x00\x02\r\n", "not a Redis server", False),
        (b"x" * 10_000, "not a Redis server", False),
        (b"-LOADING Redis is loading the dataset in memory\r\n", "still loading", True),
        (b"-MASTERDOWN Link with MASTER is down\r\n", "lost its master", True),
        (b"-MOVED 3999 10.0.0.7:6381\r\n", "Redis Cluster: this key is at 10.0.0.7:6381", False),
        (b"-CLUSTERDOWN Hash slot not served\r\n", "part of a Redis Cluster", False),
        (b"$500000000\r\n" + b"x" * 100_000, "over 1 MB is too large", False),
        (b"*20000\r\n", "20000 elements is too large", False),
        (b"*1\r\n" * 10, "too large", False),
        (b"$oops\r\n", "not a Redis server", False),
        (b"", "the server closed the connection", True),
        (b"$10\r\nabc", "the server closed the connection", True),
    ],
)
def test_strange_answers_are_said_in_words(answer: bytes, words: str, *, is_down: bool) -> None:
    with speaking(answer) as port:
        failure = failing(f"redis://{LOOPBACK}:{port}")
    assert words in failure.detail
    assert isinstance(failure, Unreachable) is is_down


def _dribble(client: socket.socket) -> None:
    client.recv(4096)
    for _ in range(40):
        client.sendall(b"+")
        time.sleep(0.05)


def _black_hole(client: socket.socket) -> None:
    client.recv(4096)
    client.settimeout(1)
    client.recv(4096)


@pytest.mark.parametrize("talk", [_dribble, _black_hole])
def test_who_keeps_us_waiting_is_given_up_in_time(talk: Talk) -> None:
    with speaking(talk) as port:
        started = time.monotonic()
        failure = failing(
            f"redis://:{PASSWORD.replace('@', '%40').replace('/', '%2F')}@{LOOPBACK}:{port}", limit_s=0.4
        )
        took_s = time.monotonic() - started
    assert failure.reason is Reason.TIMED_OUT
    assert took_s < 0.9


@given(st.binary(max_size=200))
def test_any_bytes_are_an_answer_or_a_failure_in_words(said: bytes) -> None:
    ours, theirs = socket.socketpair()
    with closing(ours), closing(theirs):
        theirs.sendall(said)
        theirs.shutdown(socket.SHUT_WR)
        reader = Reader(ours, time.monotonic() + 1)
        answers, failure = _read_all(reader, at_most=len(said))
    assert isinstance(failure, SourceFailed | OSError)  # at the latest when the connection ends
    assert all(answer is None or isinstance(answer, int | bytes | list | Error) for answer in answers)


def _read_all(reader: Reader, at_most: int) -> tuple[list[Reply], Exception | None]:
    answers: list[Reply] = []
    while len(answers) <= at_most:  # each takes a byte at least
        try:
            answers.append(reader.reply())
        except (SourceFailed, OSError) as error:
            return answers, error
    return answers, None


def test_a_number_beyond_all_measure_is_none() -> None:
    assert read.number(10**400) is None
    assert read.number(b"9" * 400) is None


def test_a_host_that_no_name_can_be_is_said_in_words() -> None:
    failure = failing(f"redis://{'a' * 70}.example")
    assert failure.detail == "the address is none"
    assert failure.hint


# --- addresses --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://", "redis://localhost:6379"),
        ("redis://:hunter2@cache:7000/3", "redis://cache:7000/3"),
        ("rediss://alice:hunter2@[::1]/0", "rediss://[::1]:6379"),
        ("redis://h?db=4&password=hunter2", "redis://h:6379/4"),
        ("unix://:hunter2@/run/redis.sock?db=2", "unix:///run/redis.sock?db=2"),
        ("redis+socket:///run/redis.sock?virtual_host=1", "unix:///run/redis.sock?db=1"),
    ],
)
def test_addresses_as_clients_write_them(url: str, shown: str) -> None:
    address = parse_address(Secret(url))
    assert address.shown == shown
    assert (address.password is not None) is ("hunter2" in url)
    assert "hunter2" not in repr(address)


def test_queues_may_be_named_in_query_or_fragment() -> None:
    assert parse_address(Secret("redis://h/0?queues=a,b")).queues == ("a", "b")
    assert parse_address(Secret("redis://h/0#queues=a")).queues == ("a",)


@pytest.mark.parametrize(
    "url", ["redis://h:99999", "redis://h/x", "redis://h/-1", "unix://", "ftp://h", "redis://["]
)
def test_what_is_no_address_is_not_quoted(url: str) -> None:
    with pytest.raises(SourceFailed) as caught:
        parse_address(Secret(url))
    assert caught.value.detail == "the URL of the Redis server is none"

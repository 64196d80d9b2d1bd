"""Loki: what is asked, what is read, and every way in which a server, or a proxy, may refuse."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fastdiag.collectors.http_address import Address
from fastdiag.collectors.logs.lines import Batch, Log
from fastdiag.collectors.logs.loki import FEW, LIMIT, LokiLog
from fastdiag.collectors.sink import SourceFailed
from fastdiag.model.signal import Reason
from fastdiag.model.target import Access, Secret
from tests.collectors.hostile import Hostile, hostile, self_signed
from tests.collectors.logs.loki_server import LokiServer, serving
from tests.stack.ports import free_port

NOW = 1_790_000_000.0
QUERY = '{app="shop"}'


def asking(url: str, *, query: str = QUERY, access: Access | None = None, for_s: float = 10.0) -> Log:
    return LokiLog(
        address=Address.of(Secret(url), "Loki", "http://loki:3100"),
        access=access or Access(),
        query=query,
        since=NOW - 3600,
        until=NOW,
        deadline=time.monotonic() + for_s,
    )


def texts(batch: Batch) -> list[str]:
    return [line.text for line in batch.lines]


def refused(log: Log) -> SourceFailed:
    with pytest.raises(SourceFailed) as told:
        log.first()
    assert told.value.hint
    return told.value


def test_the_lines_of_all_streams_oldest_first_with_their_time() -> None:
    streams = [
        [(NOW - 30, "one"), (NOW - 10, "three")],
        [(NOW - 20.5, "two\nand a half"), (NOW - 4000, "old")],
    ]
    with serving(LokiServer(streams=streams)) as server:
        log = asking(server.url)
        first = log.first()
    assert texts(first) == ["one", "two", "and a half", "three"]
    assert [line.at for line in first.lines] == pytest.approx([NOW - 30, NOW - 20.5, NOW - 20.5, NOW - 10])
    assert (first.since, first.until, first.is_cut) == (NOW - 3600, NOW, False)
    assert log.more() is None
    assert log.name == f"{server.url} {QUERY}"
    (query,) = server.queries
    assert query["query"] == QUERY
    assert (query["direction"], query["limit"]) == ("backward", str(LIMIT))
    assert (int(query["start"]), int(query["end"])) == (int(NOW - 3600) * 10**9, int(NOW) * 10**9)


def test_a_server_that_allows_fewer_lines_is_asked_for_so_many() -> None:
    stream = [(NOW - 100 + number, f"line {number}") for number in range(20)]
    with serving(LokiServer(streams=[stream], max_limit=10)) as server:
        first = asking(server.url).first()
    assert texts(first) == [f"line {number}" for number in range(10, 20)]
    assert first.is_cut


def test_lines_too_large_for_one_answer_are_asked_for_in_a_smaller_number() -> None:
    stream = [(NOW - 1000 + number / 10, "x" * 9000) for number in range(2000)]
    with serving(LokiServer(streams=[stream])) as server:
        first = asking(server.url).first()
    assert [query["limit"] for query in server.queries] == [str(LIMIT), str(FEW)]
    assert (len(first.lines), first.is_cut) == (FEW, True)


def test_who_we_are_and_whose_data_is_meant() -> None:
    headers = (("X-Scope-OrgID", Secret("shop")), ("Authorization", Secret("Bearer geheim")))
    with serving(LokiServer(streams=[[(NOW - 1, "one")]], tenant="shop")) as server:
        assert texts(asking(server.url, access=Access(headers=headers)).first()) == ["one"]
        assert server.headers[0]["Authorization"] == "Bearer geheim"
        failure = refused(asking(server.url))
    assert failure.reason is Reason.DENIED
    assert "LOKI_ORG_ID" in str(failure.hint)


def test_a_user_and_a_password_of_the_url_are_sent_and_not_shown() -> None:
    with serving(LokiServer(streams=[[(NOW - 1, "one")]])) as server:
        log = asking(server.url.replace("//", "//ops:hunter2@"))
        log.first()
        assert server.headers[0]["Authorization"].startswith("Basic ")
    assert "hunter2" not in f"{log.name} {log!r}"


def test_streams_that_are_not_there_are_not_the_same_as_a_filter_that_finds_nothing() -> None:
    with serving(LokiServer(streams=[])) as server:
        failure = refused(asking(server.url))
        assert texts(asking(server.url, query=f'{QUERY} |= "ERROR"').first()) == []
    assert failure.reason is Reason.ABSENT
    assert f"logcli series '{QUERY}'" in str(failure.hint)


def test_a_query_for_numbers() -> None:
    with serving(LokiServer(streams=[])) as server:
        failure = refused(asking(server.url, query=f"rate({QUERY}[1m])"))
    assert failure.detail == "the query finds numbers, not lines"


def test_a_query_that_is_wrong_is_told_in_the_words_of_the_server() -> None:
    said = "parse error at line 1, col 6: syntax error: unexpected IDENTIFIER\x1b[2J"
    with serving(LokiServer(streams=[], refusal=(400, said))) as server:
        failure = refused(asking(server.url))
    assert failure.detail == "Loki says: parse error at line 1, col 6: syntax error: unexpected IDENTIFIER"


@pytest.mark.parametrize(
    ("status", "text", "told", "hint"),
    [
        (403, "forbidden", "refused access (403)", "LOKI_BEARER_TOKEN"),
        (429, "too many outstanding requests", "takes no more queries now", "narrower query"),
        (500, "context canceled", "fails (500)", "its log says why"),
        (502, "<html>Bad Gateway</html>", "fails (502)", "the Loki behind it"),
        (200, "<html>Sign in</html>", "a web page answered (200), not a Loki API", "base path"),
    ],
)
def test_refusals(status: int, text: str, told: str, hint: str) -> None:
    with serving(LokiServer(streams=[], refusal=(status, text))) as server:
        failure = refused(asking(server.url))
    assert told in failure.detail
    assert hint in str(failure.hint)


def test_the_wrong_path() -> None:
    with serving(LokiServer(streams=[])) as server:
        failure = refused(asking(f"{server.url}/grafana"))
    assert (failure.detail, failure.hint) == (
        "there is no Loki API at this path (404)",
        "give the base path, without /loki/api/v1",
    )


@pytest.fixture(scope="module")
def bad() -> Iterator[Hostile]:
    with hostile() as server:
        yield server


@pytest.mark.parametrize(
    ("behaviour", "told"),
    [
        ("redirect", "redirected to http://login.example.com/sso"),
        ("truncated", "cut off or not from a Loki API"),
        ("not-json", "cut off or not from a Loki API"),
        ("huge", "the answer is larger than 8 MB"),
        ("endless", "the answer is larger than 8 MB"),
        ("broken-off", "broke off"),
        ("black-hole", "no complete answer within"),
        ("dribble", "no complete answer within"),
    ],
)
def test_bad_servers(bad: Hostile, behaviour: str, told: str) -> None:
    failure = refused(asking(bad.url(behaviour), for_s=1.0))
    assert told in failure.detail
    assert "Prometheus" not in f"{failure.detail} {failure.hint}"


def test_nobody_listens() -> None:
    assert "refused" in refused(asking(f"http://127.0.0.1:{free_port()}")).detail


def test_a_certificate_that_nobody_vouches_for(tmp_path: Path) -> None:
    with hostile(self_signed(tmp_path)) as server:
        failure = refused(asking(server.url("login")))
    assert "certificate" in failure.detail
    assert "LOKI_CA_CERT_PATH" in str(failure.hint)

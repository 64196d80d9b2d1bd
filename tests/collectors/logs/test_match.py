"""Signatures find what the libraries really write, count one failure once, and name what was found."""

import asyncio
import io
import logging
import time
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool

from tests.collectors.logs.reading import LINES, counts, readings, stretch

REAL = {
    "uvicorn": {
        "logs.pool_timeouts": 2,  # SQLAlchemy and psycopg_pool
        "logs.db_unreachable": 3,  # psycopg, through SQLAlchemy, and a worker of psycopg_pool
        "logs.read_timeouts": 3,  # httpx, requests, aiohttp
        "logs.client_pool_timeouts": 1,
        "logs.upstream_unreachable": 9,
        "logs.upstream_errors": 0,
        "logs.dns_failures": 3,
        "logs.retries": 4,
        "logs.retries_exhausted": 7,
        "logs.redis_timeouts": 1,
        "logs.redis_refused": 1,
        "logs.lost_tasks": 2,
        "logs.memory_errors": 1,
        "logs.fd_exhausted": 1,
        "logs.worker_starts": 1,
        "logs.exceptions": 28,
    },
    "uvicorn-debug": {"logs.retries": 2, "logs.read_timeouts": 3, "logs.upstream_unreachable": 1},
    "uvicorn-workers": {"logs.worker_deaths": 1, "logs.worker_starts": 2},
    "uvicorn-limit": {"logs.concurrency_limit": 3},
    "gunicorn-sync": {"logs.worker_timeouts": 1, "logs.worker_starts": 2, "logs.worker_deaths": 0},
    "gunicorn-uvicorn-worker": {"logs.worker_recycled": 1, "logs.worker_starts": 2},
    "asyncio-debug": {"logs.leaked_connections": 2, "logs.slow_callbacks": 2},
}
SPELT = {
    "logs.db_refused": "asyncpg.exceptions.TooManyConnectionsError: sorry, too many clients already",
    "logs.db_role_limit": 'FATAL:  too many connections for role "shop"',
    "logs.lock_timeouts": "2026-11-22 03:10:11.123 UTC [12] ERROR:  canceling statement due to lock timeout",
    "logs.lock_waits": "LOG:  process 12 still waiting for ShareLock on transaction 733 after 1000.071 ms",
    "logs.deadlocks": "psycopg.errors.DeadlockDetected: deadlock detected",
    "logs.statement_timeouts": "psycopg.errors.QueryCanceled: canceling statement due to statement timeout",
    "logs.slow_statements": "LOG:  duration: 5012.345 ms  statement: select pg_sleep(5)",
    "logs.idle_transaction_timeouts": "FATAL:  terminating connection due to idle-in-transaction timeout",
    "logs.pgbouncer_timeouts": "closing because: query_wait_timeout (age=120s)",
    "logs.read_timeouts": '{"level": "error", "exception": "Traceback (most ...):\\nhttpx.ReadTimeout"}',
    "logs.connect_timeouts": "upstream failed: ConnectTimeout('')",
    "logs.client_pool_timeouts": "upstream failed: PoolTimeout('')",
    "logs.jobs_killed": "WorkerLostError: Worker exited prematurely: signal 9 (SIGKILL) Job: 0.",
    "logs.jobs_timed_out": "Hard time limit (30.0s) exceeded for shop.tasks.bill[d1f9]",
    "logs.worker_deaths": "[ERROR] Worker (pid:77) was sent SIGKILL! Perhaps out of memory?",
    "logs.redis_refused": "redis.exceptions.ConnectionError: max number of clients reached",
}


@pytest.mark.parametrize("name", REAL)
def test_what_the_libraries_wrote_is_counted(name: str) -> None:
    found = counts((LINES / f"{name}.log").read_bytes())
    assert {signal: found.get(signal, 0) for signal in REAL[name]} == REAL[name]


@pytest.mark.parametrize("signal", SPELT)
def test_a_text_that_servers_write_is_counted(signal: str) -> None:
    assert counts(SPELT[signal] + "\n")[signal] == 1


def test_an_ordinary_log_says_nothing() -> None:
    lines = [f'INFO:     127.0.0.1:{port} - "GET /items/{port} HTTP/1.1" 200 OK' for port in range(200)]
    lines += [
        "order 12 is pending, deadlock was resolved by hand",
        "timeout is 30 s",
        "pool of 10 connections",
    ]
    assert counts("\n".join(lines)) == {}


def test_a_pool_that_runs_dry_now_says_so_in_the_same_words() -> None:
    engine = create_engine("sqlite://", poolclass=QueuePool, pool_size=1, max_overflow=0, pool_timeout=0.01)
    with engine.connect(), pytest.raises(PoolTimeout) as caught:
        engine.connect()
    found, _ = readings(stretch(f"sqlalchemy.exc.TimeoutError: {caught.value}"))
    (part,) = found["logs.pool_timeouts"].by
    assert dict(part.labels)["size"] == "1"
    assert dict(part.labels)["overflow"] == "0"
    assert dict(part.labels)["line"].startswith("QueuePool limit of size 1 overflow 0 reached")


def test_asyncio_in_debug_mode_names_the_callback_that_held_it() -> None:
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    logging.getLogger("asyncio").addHandler(handler)

    async def blocks() -> None:
        time.sleep(0.15)  # noqa: ASYNC251 - what the test is about

    try:
        asyncio.run(blocks(), debug=True)
    finally:
        logging.getLogger("asyncio").removeHandler(handler)
    assert counts(written.getvalue())["logs.slow_callbacks"] == 1


def test_one_failure_is_one_record_however_often_its_traceback_says_it() -> None:
    text = (LINES / "uvicorn.log").read_text(encoding="utf-8")
    assert text.count("httpcore.ReadTimeout") + text.count("httpx.ReadTimeout") > 1
    records = stretch(text).records
    assert sum(any("httpx.ReadTimeout" in line for line in record.texts) for record in records) == 1


def test_code_that_a_traceback_quotes_is_not_what_it_says() -> None:
    text = """Traceback (most recent call last):
  File "/srv/shop/pay.py", line 12, in pay
    except (httpx.ReadTimeout, psycopg_pool.PoolTimeout): raise RuntimeError("Too many open files")
RuntimeError: no
"""
    assert counts(text) == {"logs.exceptions": 1}


def test_access_lines_give_a_service_without_metrics_a_rate_and_a_share_of_errors() -> None:
    lines = [f'10.0.0.7 - - [22/Nov/2026:03:10:11 +0000] "GET /pay/{n} HTTP/1.1" 200 4' for n in range(80)]
    lines += ['10.0.0.7 - - [22/Nov/2026:03:10:11 +0000] "POST /pay?card=1 HTTP/1.1" 503 4'] * 20
    lines += ['10.0.0.7 - - [22/Nov/2026:03:10:11 +0000] "GET /health HTTP/1.1" 503 4'] * 300
    found, _ = readings(stretch("\n".join(lines)))
    assert found["http.errors.ratio"].value == pytest.approx(0.2)
    assert found["http.rejected.ratio"].value == pytest.approx(0.2)
    assert not found["http.errors.ratio"].is_trusted
    assert {dict(part.labels)["path"] for part in found["http.errors.ratio"].by} == {"/pay/{id}", "/pay"}


def test_the_client_tells_which_service_turns_calls_away() -> None:
    line = (
        '2026-11-22 03:10:11,1 INFO httpx HTTP Request: GET https://u:s3cret@partner/x "HTTP/1.1 {} Too Many"'
    )
    found, _ = readings(stretch("\n".join([line.format(429)] * 15 + [line.format(200)] * 15)))
    assert found["external.throttled.ratio"].value == pytest.approx(0.5)
    assert [dict(part.labels)["host"] for part in found["external.throttled.ratio"].by] == ["partner"]


def test_silence_is_unknown_unless_the_log_has_shown_that_it_would_tell() -> None:
    silent, why = readings(stretch("nothing to see\n" * 30))
    assert not any(name.startswith("logs.") for name in silent)
    assert "not everything is logged" in why["logs.db_unreachable"].detail
    telling, _ = readings(stretch("Traceback (most recent call last):\nValueError: no\n"))
    assert telling["logs.db_unreachable"].value == 0
    assert "logs.lock_timeouts" not in telling  # a lock raises nothing where no time-out is set


def test_several_logs_are_added_up_and_told_apart() -> None:
    text = "sqlalchemy.exc.TimeoutError: QueuePool limit of size 5 overflow 10 reached, connection timed out"
    found, _ = readings(stretch(f"{text}\n{text}", log="one.log"), stretch(text, log="two.log"))
    assert found["logs.pool_timeouts"].value == 3
    assert [(dict(p.labels)["log"], p.value) for p in found["logs.pool_timeouts"].by] == [
        ("one.log", 2),
        ("two.log", 1),
    ]


def test_every_fixture_is_checked() -> None:
    assert {path.stem for path in Path(LINES).glob("*.log")} == set(REAL)

"""Settings held against each other: does it fit, by how much, and what is missing to tell."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastdiag.engine.headroom import headroom
from fastdiag.model.headroom import Fit, Sum
from fastdiag.model.quantity import parse_quantity
from fastdiag.model.signal import Reading
from tests.engine.headroom_tables import book, reading, snapshot

PARAMETERS = {
    "very_slow": parse_quantity("3s"),
    "proxy_idle_timeout": parse_quantity("60s"),
    "healthcheck_timeout": parse_quantity("0s"),
    "termination_grace": parse_quantity("30s"),
}


def sums(*readings: Reading, **values: float) -> dict[str, Sum]:
    """Return the arithmetic for these values: `workers_count=4`."""
    given_ = [reading(name.replace("_", ".", 1), value) for name, value in values.items()]
    found = headroom(snapshot(*readings, *given_), book(**PARAMETERS))
    return {one.id: one for one in found.arithmetic}


def of(name: str, *readings: Reading, **values: float) -> tuple[Fit, str, str]:
    found = sums(*readings, **values)[name]
    return found.fit, found.numbers, found.because


SLOTS = reading("db.connections.usable", 97)


# --- pools and slots --------------------------------------------------------------------------


def test_pools_that_fit_say_what_is_left_for_others() -> None:
    pool = reading("db.pool.size", 60)
    assert of("pools-against-slots", SLOTS, pool, workers_count=4) == (
        Fit.FITS,
        "4 workers x 15 = 60 of 97 usable slots",
        "37 left for others",
    )


def test_pools_that_never_fit() -> None:
    pool = reading("db.pool.size", 120)
    assert of("pools-against-slots", SLOTS, pool, workers_count=8) == (
        Fit.MISFIT,
        "8 workers x 15 = 120 of 97 usable slots",
        "23 too many",
    )


def test_what_other_services_hold_is_not_there_to_be_taken() -> None:
    others = (reading("db.connections.total", 70), reading("db.service.connections", 20))
    fit, numbers, because = of("pools-against-slots", SLOTS, *others, reading("db.pool.size", 60))
    assert fit is Fit.MISFIT
    assert numbers == "60 in all of 97 usable slots, 50 held by others"
    assert because == "13 too many while others hold theirs"


def test_connections_that_may_be_anybodys_are_nobody_elses() -> None:
    own = reading("db.service.connections", 20, bias="other programs may be among them")
    total = reading("db.connections.total", 90)
    assert of("pools-against-slots", SLOTS, total, own, reading("db.pool.size", 60))[0] is Fit.FITS


def test_the_page_of_one_worker_counts_once_for_each() -> None:
    pool = reading("db.pool.size", 15, bias="one worker of several")
    fit, numbers, because = of("pools-against-slots", SLOTS, pool, workers_count=8)
    assert (fit, numbers) == (Fit.MISFIT, "8 workers x 15 = 120 of 97 usable slots")
    assert (
        because == "23 too many, if all workers are like the one seen (db.pool.size: one worker of several)"
    )


def test_pools_that_cannot_be_seen_are_given_a_budget() -> None:
    fit, numbers, because = of("pools-against-slots", SLOTS, workers_count=4)
    assert (fit, numbers) == (Fit.UNKNOWN, "97 usable slots, 4 workers: at most 24 for each pool")
    assert because.startswith("db.pool.size ")


def test_a_person_may_say_how_large_the_pools_are() -> None:
    told = book(**PARAMETERS, pool_size=parse_quantity("30"))
    taken = snapshot(SLOTS, reading("workers.count", 4), reading("threads.limiter.size", 40))
    found = {one.id: one for one in headroom(taken, told).arithmetic}
    slots, threads = found["pools-against-slots"], found["threads-against-pool"]
    assert (slots.fit, slots.numbers) == (Fit.MISFIT, "4 workers x 30 = 120 of 97 usable slots")
    assert slots.because == "23 too many, as $pool_size says"
    assert threads.numbers == "40 threads, 30 connections"


def test_behind_a_pooler_the_slots_are_the_poolers_business() -> None:
    pooler = (reading("db.pgbouncer.servers.limit", 20), reading("db.pgbouncer.clients.limit", 100))
    found = sums(SLOTS, *pooler, reading("db.pool.size", 60))
    assert "pools-against-slots" not in found
    assert (found["pooler-against-slots"].fit, found["pools-against-pooler"].fit) == (Fit.FITS, Fit.FITS)
    assert found["pooler-against-slots"].because == "77 left for others"
    assert found["pools-against-pooler"].numbers == "60 in all of 100 clients allowed"


def test_a_pooler_larger_than_the_database() -> None:
    assert of("pooler-against-slots", SLOTS, reading("db.pgbouncer.servers.limit", 100))[0] is Fit.MISFIT


def test_no_pooler_no_sum_about_it() -> None:
    assert {"pooler-against-slots", "pools-against-pooler"} & set(sums(SLOTS)) == set()


def test_threads_beyond_the_pool_can_wait_for_a_connection() -> None:
    threads = reading("threads.limiter.size", 40)
    assert of("threads-against-pool", threads, reading("db.pool.size", 30), workers_count=2) == (
        Fit.MISFIT,
        "40 threads, 15 connections",
        "25 threads can wait for a connection",
    )
    assert of("threads-against-pool", threads, reading("db.pool.size", 80), workers_count=2)[0] is Fit.FITS


def test_threads_against_a_pool_that_is_not_seen() -> None:
    fit, numbers, because = of("threads-against-pool", reading("threads.limiter.size", 40))
    assert (fit, numbers) == (Fit.UNKNOWN, "40 threads; SQLAlchemy's default is 5 + 10 connections")
    assert because.startswith("db.pool.size ")


@given(
    size=st.integers(min_value=1, max_value=10_000),
    workers=st.integers(min_value=1, max_value=100),
    usable=st.integers(min_value=1, max_value=10_000),
    more=st.integers(min_value=1, max_value=1000),
)
def test_larger_pools_never_begin_to_fit(size: int, workers: int, usable: int, more: int) -> None:
    def fits(total: int) -> bool:
        slots, pool = reading("db.connections.usable", usable), reading("db.pool.size", total)
        return of("pools-against-slots", slots, pool, workers_count=workers)[0] is Fit.FITS

    assert fits(size) == (size <= usable)
    assert fits(size) or not fits(size + more)


# --- workers and the machine ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("workers", "cores", "fit"),
    [(4, 4, Fit.FITS), (8, 4, Fit.FITS), (9, 4, Fit.MISFIT), (1, 0.2, Fit.FITS), (2, 0.5, Fit.MISFIT)],
)
def test_workers_and_cores(workers: float, cores: float, fit: Fit) -> None:
    assert of("workers-against-cores", workers_count=workers, service_cores=cores)[0] is fit


def test_one_more_worker_and_memory() -> None:
    used = (reading("process.rss", 600 * 2**20), reading("process.rss.limit", 2**30))
    assert of("worker-against-memory", *used, workers_count=3) == (
        Fit.FITS,
        "200 MiB a worker, 424 MiB of 1 GiB left",
        "there is room for one more",
    )
    assert of("worker-against-memory", *used, workers_count=1)[0] is Fit.MISFIT


def test_no_worker_no_next_one() -> None:
    used = (reading("process.rss", 0), reading("process.rss.limit", 2**30))
    assert "worker-against-memory" not in sums(*used, workers_count=0)


def test_a_backlog_that_the_kernel_cuts() -> None:
    asked, cut = reading("server.backlog.configured", 2048), reading("server.backlog.limit", 128)
    fit, numbers, because = of("backlog-against-kernel", asked, cut)
    assert (fit, numbers) == (Fit.MISFIT, "2048 asked, 128 in force")
    assert "net.core.somaxconn" in because


# --- time -------------------------------------------------------------------------------------


def test_a_server_that_closes_before_its_proxy() -> None:
    assert of("keepalive-against-proxy", server_keepalive=5) == (
        Fit.MISFIT,
        "server 5 s, proxy 60 s",
        "the server closes first: raise its keep-alive above the proxy's",
    )
    assert of("keepalive-against-proxy", server_keepalive=75)[0] is Fit.FITS


def test_a_parameter_that_nobody_set_is_missing_and_not_zero() -> None:
    assert of("timeout-against-health-check", server_timeout=30) == (
        Fit.UNKNOWN,
        "timeout 30 s",
        "$healthcheck_timeout is not set (parameters in fastdiag.yaml)",
    )


@pytest.mark.parametrize(
    ("timeout", "fit", "numbers"),
    [
        (30, Fit.FITS, "timeout 30 s, requests up to 3 s ($very_slow)"),
        (2, Fit.MISFIT, "timeout 2 s, requests up to 3 s ($very_slow)"),
        (0, Fit.MISFIT, "timeout 0, which is none"),
    ],
)
def test_the_worker_timeout_and_requests(timeout: float, fit: Fit, numbers: str) -> None:
    assert of("timeout-against-requests", server_timeout=timeout)[:2] == (fit, numbers)


def test_the_grace_is_held_against_what_is_slower() -> None:
    grace = reading("server.graceful_timeout", 5)
    assert of("grace-against-requests", grace)[0] is Fit.FITS
    slow = reading("http.latency.p99", 8)
    assert of("grace-against-requests", grace, slow)[:2] == (
        Fit.MISFIT,
        "grace 5 s, requests up to 8 s (p99 now)",
    )


def test_the_grace_ends_before_the_orchestrator_kills() -> None:
    assert of("grace-against-termination", reading("server.graceful_timeout", 30))[0] is Fit.MISFIT
    assert of("grace-against-termination", reading("server.graceful_timeout", 20))[0] is Fit.FITS


def test_nothing_seen_nothing_told() -> None:
    found = sums()
    assert {one.fit for one in found.values()} == {Fit.UNKNOWN}
    assert all(one.because and one.why for one in found.values())

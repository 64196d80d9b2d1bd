"""Every pool is found by itself, and what happens in it is told as it happens."""

import pytest

from tests.instrument.workshop import Workshop

COUNT = "db_client_connection_count"
POOL = "db_client_connection_pool_name"


def engine_named(shop: Workshop, size: float) -> str:
    """Return the name of the engine of a size: both reach one database, and are numbered by first use."""
    names = (shop.database, f"{shop.database}#2")
    sizes = {shop.value("db_client_connection_max", **{POOL: name}): name for name in names}
    return sizes[size]


@pytest.fixture(scope="module", autouse=True)
def used(shop: Workshop) -> None:
    """Use each pool once."""
    for path in ("/early", "/late", "/aside", "/threads", "/direct"):
        assert shop.get(path).status_code == 200
    # 1 + 1 and 3 + 10 of the engines, 2, 4 and 2 of the others.
    shop.comes_to(23, "db_client_connection_max")


def test_an_engine_made_before_the_line_and_one_made_after_it_are_found(shop: Workshop) -> None:
    early, late = engine_named(shop, 2), engine_named(shop, 13)
    assert early != late
    assert shop.value("db_client_connection_idle_max", **{POOL: early}) == 1
    assert shop.value("db_client_connection_wait_time_seconds_count", **{POOL: late}) == 1


def test_full_pools_show_who_waits_and_who_gave_up(shop: Workshop) -> None:
    pools = {"/early": engine_named(shop, 2), "/aside": "aside", "/direct": "asyncpg"}
    with shop.closed_gate():
        holders = [shop.meanwhile(f"{path}?hold=yes", times=2) for path in pools]
        for pool in pools.values():
            shop.comes_to(2, COUNT, **{POOL: pool}, db_client_connection_state="used")
        queue = [shop.meanwhile(path, times=3) for path in pools]
        shop.comes_to(9, "db_client_connection_pending_requests")
        shop.comes_to(1, "fastdiag_db_pool_overflow", **{POOL: pools["/early"]})
        for pool in pools.values():
            shop.comes_to(3, "db_client_connection_timeouts_total", **{POOL: pool})
    assert {answer.result().status_code for answers in holders for answer in answers} == {200}
    assert {answer.result().status_code for answers in queue for answer in answers} == {500}
    shop.comes_to(0, "db_client_connection_pending_requests")
    shop.comes_to(0, COUNT, db_client_connection_state="used")
    shop.comes_to(0, "fastdiag_db_pool_overflow", **{POOL: pools["/early"]})


def test_a_pool_with_room_lets_nobody_wait(shop: Workshop) -> None:
    answers = shop.meanwhile("/threads", times=3)
    assert {answer.result().status_code for answer in answers} == {200}
    assert shop.value("db_client_connection_timeouts_total", **{POOL: "threads"}) == 0
    assert shop.value("db_client_connection_pending_requests", **{POOL: "threads"}) == 0


def test_no_password_is_on_the_page(shop: Workshop) -> None:
    assert shop.password not in shop.get("/metrics").text

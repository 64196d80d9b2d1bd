"""Whose code a frame is, what the loop does in it, and which threads wait: on stacks that were seen."""

import pytest

from fastdiag.collectors.stacks import frames, pool, turns
from fastdiag.collectors.stacks.pyspy import Frame, Stack, parse
from fastdiag.host.unreadable import Unreadable

SITE = "/srv/venv/lib/python3.12/site-packages/"
LIB = "/usr/lib/python3.12/"
RUN = Frame(file=f"{LIB}asyncio/runners.py", function="Runner.run", line=118)
ONCE = Frame(file=f"{LIB}asyncio/base_events.py", function="BaseEventLoop._run_once", line=1922)
SERVED = Frame(file=f"{SITE}uvicorn/protocols/http/h11_impl.py", function="Cycle.run_asgi", line=4)
ROUTE = Frame(file="/srv/shop/pricing.py", function="total.<locals>.inner", line=42)
GET = Frame(file=f"{SITE}requests/api.py", function="get", line=73)
RECV = Frame(file=f"{LIB}socket.py", function="SocketIO.readinto", line=7)
SELECT = Frame(file=f"{LIB}selectors.py", function="EpollSelector.select", line=468)
WORKER = Frame(file=f"{SITE}anyio/_backends/_asyncio.py", function="WorkerThread.run", line=1124)
CHECKOUT = Frame(file=f"{SITE}sqlalchemy/pool/impl.py", function="QueuePool._do_get", line=1)
WAIT = Frame(file=f"{LIB}threading.py", function="Condition.wait", line=327)
TAKE = Frame(file=f"{LIB}queue.py", function="Queue.get", line=171)


def stack(*inner_first: Frame, tid: int = 7) -> Stack:
    return Stack(tid=tid, name="MainThread", is_active=False, has_lock=False, frames=inner_first)


def turn(*inner_first: Frame) -> turns.Turn:
    found = turns.turn_of([stack(*inner_first)], 7)
    assert found is not None
    return found[1]


def test_a_place_is_named_as_seen_from_the_working_directory() -> None:
    assert frames.place(ROUTE, "/srv") == "shop/pricing.py:42 in inner"
    assert frames.place(ROUTE, "/elsewhere") == "srv/shop/pricing.py:42 in inner"


def test_the_call_is_the_one_that_the_application_makes_not_the_innermost() -> None:
    blocked = turn(RECV, GET, ROUTE, SERVED, RUN)
    assert blocked.application == ROUTE
    assert blocked.call is not None
    assert frames.called(blocked.call) == "requests.get"
    assert blocked.owner is turns.Owner.REQUEST


@pytest.mark.parametrize("idle", [(SELECT, ONCE, RUN), (RUN,)], ids=["asyncio", "uvloop"])
def test_a_loop_that_polls_has_no_task(idle: tuple[Frame, ...]) -> None:
    assert turn(*idle).frames == ()
    assert turn(*idle).owner is None


def test_where_no_loop_shows_nothing_is_said() -> None:
    assert turns.turn_of([stack(ROUTE, GET)], 7) is None


def test_threads_that_wait_for_work_are_not_at_work_and_those_that_wait_for_a_connection_are() -> None:
    idle, waiting = stack(WAIT, TAKE, WORKER), stack(WAIT, TAKE, CHECKOUT, ROUTE, WORKER)
    (thread,) = pool.at_work([idle, waiting])
    assert thread.waits_for_connection
    assert not pool.at_work([stack(CHECKOUT, ROUTE, WORKER)])[0].waits_for_connection


@pytest.mark.parametrize("raw", [b"", b"[]{", b'{"a": 1}', b'[{"frames": 3}]', b'[{"frames": [{}]}]'])
def test_what_is_no_dump_is_refused_without_a_traceback(raw: bytes) -> None:
    assert isinstance(parse(raw), Unreadable)

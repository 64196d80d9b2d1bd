"""Each request has an id, which stands in its answer and in the lines that are logged for it."""

import logging
import re

import pytest

from fastdiag.instrument.request_ids import id_for
from tests.instrument.workshop import Workshop

HEADER = b"x-request-id"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.mark.parametrize(
    "given", ["abc-123", "Root=1-67891233-abcdef012345678912345678", "a/b+c==", "7", "x" * 128]
)
def test_a_sane_id_is_taken_over(given: str) -> None:
    assert id_for([(b"host", b"shop"), (HEADER, given.encode())], HEADER) == given


@pytest.mark.parametrize(
    "given", [b"", b"a b", b"a\tb", b"x" * 129, b"<b>", b'"', b"a\\n", b"\xff", b"a;b", b"-dash", b"%0a"]
)
def test_any_other_is_replaced(given: bytes) -> None:
    assert re.fullmatch("[0-9a-f]{32}", id_for([(HEADER, given)], HEADER))


@pytest.mark.parametrize("given", [f"00-{TRACE}-00f067aa0ba902b7-01", f"cc-{TRACE}-00f067aa0ba902b7-01-more"])
def test_without_an_id_the_trace_is_one(given: str) -> None:
    assert id_for([(b"traceparent", given.encode())], HEADER) == TRACE
    assert id_for([(b"traceparent", given.encode()), (HEADER, b"mine")], HEADER) == "mine"


@pytest.mark.parametrize(
    "given",
    [
        f"00-{'0' * 32}-00f067aa0ba902b7-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"ff-{TRACE}-00f067aa0ba902b7-01",
        f"00-{TRACE.upper()}-00f067aa0ba902b7-01",
        TRACE,
    ],
)
def test_what_is_no_traceparent_is_none(given: str) -> None:
    assert id_for([(b"traceparent", given.encode())], HEADER) != TRACE


def test_the_id_stands_in_the_answer_and_in_each_line(shop: Workshop) -> None:
    answer = shop.get("/logged", X_Request_ID="order-77")
    assert answer.json() == answer.headers["x-request-id"] == "order-77"
    shop.tells("INFO at work request_id=order-77$")
    shop.tells('GET /logged HTTP/1.1" 200 OK request_id=order-77$')


def test_the_application_may_use_the_same_word(shop: Workshop) -> None:
    assert shop.get("/logged", X_Request_ID="order-78").status_code == 200
    shop.tells("INFO with its own word request_id=mine$")


def test_an_error_has_it_in_the_answer_and_beside_the_traceback(shop: Workshop) -> None:
    answer = shop.alone("/broken", X_Request_ID="order-79")
    assert answer.status_code == 500
    assert answer.headers["x-request-id"] == "order-79"
    shop.tells("Exception in ASGI application request_id=order-79$")


def test_a_background_task_knows_its_request(shop: Workshop) -> None:
    assert shop.get("/behind", X_Request_ID="order-80").status_code == 200
    shop.tells("receipt is sent for order-80")


def test_what_belongs_to_no_request_has_none(shop: Workshop) -> None:
    shop.tells("Application startup complete")
    assert not shop.logged("startup complete.*request_id")


def test_this_process_is_left_alone() -> None:
    assert "request_id" not in logging.makeLogRecord({}).__dict__

"""Calls to others, by host: how long, how they fail, what is tried again."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.instrument.workshop import PATIENCE_S, Workshop
from tests.stack.ports import LOOPBACK, free_port
from tests.stack.upstream import Upstream, upstream

CALLS = "http_client_request_duration_seconds_count"
RETRIES = "fastdiag_http_client_retries_total"
TIMEOUTS = "fastdiag_http_client_timeouts_total"


@contextmanager
def half_an_answer() -> Iterator[str]:
    """Serve one client a part of what was announced, and then nothing."""
    with socket.create_server((LOOPBACK, 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
                connection.recv(1)  # until the client has given up

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield f"http://{LOOPBACK}:{listener.getsockname()[1]}"
        thread.join(PATIENCE_S)


@pytest.fixture
def partner(tmp_path: Path) -> Iterator[Upstream]:
    with upstream(tmp_path, latency_s=0.01) as running:
        yield running


def test_an_answer_a_timeout_and_its_repetitions(shop: Workshop, partner: Upstream) -> None:
    port = {"server_address": LOOPBACK, "server_port": str(partner.port)}
    before = shop.value(RETRIES, fastdiag_kind="application") or 0
    assert shop.get(f"/ask?url={partner.url}/rates").text == '"200"'
    assert shop.value(CALLS, **port, http_response_status_code="200", error_type="") == 1
    partner.answer_in(2)
    assert shop.get(f"/ask?url={partner.url}/rates&times=3&patience=0.1").text == '"given up"'
    assert shop.value(CALLS, **port, http_response_status_code="", error_type="ReadTimeout") == 3
    assert shop.value(TIMEOUTS, error_type="ReadTimeout") == 3
    assert shop.value(RETRIES, fastdiag_kind="application") == before + 2


def test_two_calls_of_which_the_first_succeeded_are_no_retry(shop: Workshop, partner: Upstream) -> None:
    before = shop.value(RETRIES)
    assert shop.get(f"/ask-twice?url={partner.url}/rates").text == '"[200, 200]"'
    assert shop.value(RETRIES) == before


def test_what_the_transport_tries_again_by_itself(shop: Workshop) -> None:
    port = free_port()
    assert shop.get(f"/ask-sync?url=http://{LOOPBACK}:{port}&retries=1").text == '"given up"'
    shop.comes_to(1, RETRIES, fastdiag_kind="transport")
    assert shop.value(CALLS, server_port=str(port), error_type="ConnectError") == 1


def test_a_timeout_in_the_middle_of_a_body_is_a_timeout(shop: Workshop) -> None:
    before = shop.value(TIMEOUTS) or 0
    with half_an_answer() as url:
        assert shop.get(f"/trickle?url={url}").text == '"given up in the middle"'
    assert shop.value(TIMEOUTS) == before + 1

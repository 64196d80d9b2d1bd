"""Lists of queues that an ordinary node does not give: without counts, of an older one, and endless."""

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from fastdiag.model.signal import Reason
from tests.collectors.queue.looking import look
from tests.collectors.speaker import speaking
from tests.collectors.watching import value, why_missing
from tests.stack.ports import LOOPBACK

DETAILS = {"name": "q", "consumers": 1, "message_stats": {"publish": 9, "ack": 4}}


@contextmanager
def node(listed: Mapping[str, object], *, headers: str = "") -> Iterator[str]:
    """Speak as the management API of a node with such a list of queues."""

    def talk(client: socket.socket) -> None:
        path = client.recv(65536).split()[1]
        answer: Mapping[str, object] = {"rabbitmq_version": "4.0"}
        if path.startswith(b"/api/queues"):
            answer = listed if b"page=" in path else DETAILS
        body = json.dumps(answer).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n{headers}Connection: close\r\n\r\n"
        client.sendall(head.encode() + body)

    with speaking(talk) as port:
        yield f"http://{LOOPBACK}:{port}"


def test_a_queue_whose_length_is_not_told_is_not_empty() -> None:
    with node({"items": [{"name": "mails", "vhost": "/"}], "page_count": 1}) as url:
        found = look(url)

    assert why_missing(found, "queue.depth") == (Reason.FAILED, "the queue 'mails' gave no number")
    assert "carries no time" in why_missing(found, "queue.oldest")[1]
    assert value(found, "queue.consumers") == 1


def test_of_more_queues_than_are_listed_the_depth_says_that_there_are_more() -> None:
    row = {"name": "mails", "vhost": "/", "messages_ready": 3, "messages_unacknowledged": 0}
    with node({"items": [row], "page_count": 900}) as url:
        found = look(url)

    assert "only 500 of the broker's queues" in (found.readings["queue.depth"].bias or "")


def test_numbers_beyond_all_measure_are_none() -> None:
    row = {"name": "mails", "vhost": "/", "messages_ready": 10**400, "messages_unacknowledged": 0}
    with node({"items": [row], "page_count": 1}) as url:
        found = look(url)

    assert why_missing(found, "queue.depth")[0] is Reason.FAILED


def test_an_answer_that_came_packed_is_not_unpacked() -> None:
    with node({"items": []}, headers="Content-Encoding: gzip\r\n") as url:
        found = look(url)

    assert "came packed" in why_missing(found, "queue.depth")[1]

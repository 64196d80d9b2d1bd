"""RabbitMQ, a real node: its queues through the management API, found by the URL that clients use."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from fastdiag.collectors.gather import Gathered
from fastdiag.config import Settings
from fastdiag.discovery import discover
from fastdiag.model.signal import Reason
from fastdiag.model.snapshot import SourceStatus
from fastdiag.model.target import Secret
from tests.collectors.queue.looking import PROGRAMS, by_queue, look
from tests.collectors.watching import parts, value, why_missing
from tests.stack.ports import LOOPBACK, free_port
from tests.stack.processes import running
from tests.stack.rabbitmq import RabbitServer, rabbitmq
from tests.stack.waiting import wait_until


@pytest.fixture(scope="module")
def rabbit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitServer]:
    with rabbitmq(tmp_path_factory.mktemp("rabbit")) as found:
        yield found


def fill(rabbit: RabbitServer, queue: str, messages: int, age_s: float | None = None) -> None:
    """Declare a queue and put messages into it, which say when they were sent if they are to have an age."""
    rabbit.put(f"/api/queues/%2F/{quote(queue, safe='')}", {"durable": True})
    properties = {} if age_s is None else {"timestamp": int(time.time() - age_s)}
    body = {"properties": properties, "routing_key": queue, "payload": "x", "payload_encoding": "string"}
    for _ in range(messages):
        httpx.post(f"{rabbit.api}/api/exchanges/%2F/amq.default/publish", json=body).raise_for_status()


def look_when_counted(url: str) -> Gathered:
    """Look when the broker's own statistics, which it works out now and then, have caught up."""

    def has_caught_up() -> bool:
        found = look(url, deadline_s=0.8)
        is_counted = "queue.consumers" in found.readings and len(by_queue(found, "queue.consumers")) == 2
        return is_counted and by_queue(found, "queue.depth")["mails"] == 6

    wait_until(has_caught_up, what="it has counted", within_s=30)
    return look(url)


def test_a_queue_without_consumers_and_one_whose_consumer_is_slow(
    rabbit: RabbitServer, tmp_path: Path
) -> None:
    url = f"{rabbit.amqp}?management_port={rabbit.management_port}"
    fill(rabbit, "reports", 3, age_s=90)
    fill(rabbit, "mails", 10)
    fill(rabbit, "mails.DQ", 2)
    fill(rabbit, "mails.XQ", 1)
    fill(rabbit, "worker@host.celery.pidbox", 1)
    place = f"{LOOPBACK}:{rabbit.port}"
    program = PROGRAMS / "amqp_consumer.py"
    command = [sys.executable, str(program), place, rabbit.user, rabbit.password, "mails"]
    log = tmp_path / "consumer.log"
    with running(command, name="consumer", log=log) as consumer:
        consumer.wait_ready(lambda: log.read_text(encoding="utf-8").count("taken") == 4)
        found = look_when_counted(url)

    assert found.state.status is SourceStatus.OK, found.state
    assert found.state.target == (
        f"amqp://{LOOPBACK}:{rabbit.port} through http://{LOOPBACK}:{rabbit.management_port}"
    )
    assert rabbit.password not in repr(found)
    assert by_queue(found, "queue.depth") == {"mails": 6, "reports": 3}
    assert by_queue(found, "queue.prefetched") == {"mails": 4, "reports": 0}
    assert by_queue(found, "queue.consumers") == {"reports": 0, "mails": 1}
    assert value(found, "queue.consumers") == 0  # of the queue that nobody serves
    assert value(found, "queue.oldest") > 89
    assert found.readings["queue.oldest"].bias == "unknown for mails"  # its messages do not say
    assert value(found, "queue.scheduled") == 2
    assert value(found, "queue.failed") == 1
    assert value(found, "queue.completed") == 0
    assert value(found, "queue.growth") == 0
    assert "counts anew every 5 s" in (found.readings["queue.growth"].bias or "")
    assert value(found, "queue.broker.unreachable") == 0
    assert value(found, "queue.broker.latency") > 0


def test_the_management_api_may_be_named_itself(rabbit: RabbitServer) -> None:
    fill(rabbit, "reports", 0)
    found = look(rabbit.api)

    assert found.state.target == f"http://{LOOPBACK}:{rabbit.management_port}"
    assert "reports" in by_queue(found, "queue.depth")
    assert value(found, "queue.broker.unreachable") == 0


def test_a_user_without_the_right_is_told_which_one_it_takes(rabbit: RabbitServer) -> None:
    rabbit.put("/api/users/app", {"password": "hunter2", "tags": ""})
    place = f"{LOOPBACK}:{rabbit.port}"
    found = look(f"amqp://app:hunter2@{place}?management_port={rabbit.management_port}")

    reason, words = why_missing(found, "queue.depth")
    assert reason is Reason.DENIED
    assert "refused access (401)" in words
    assert "set_user_tags USER monitoring" in (found.state.hint or "")
    assert value(found, "queue.broker.unreachable") == 0  # it is there, whatever it lets us see
    assert "hunter2" not in repr(found)


def test_a_virtual_host_that_is_none(rabbit: RabbitServer) -> None:
    url = rabbit.amqp.removesuffix("//") + f"/nowhere?management_port={rabbit.management_port}"
    assert "no such virtual host" in why_missing(look(url), "queue.depth")[1]


def test_a_broker_without_its_management_api_is_up_all_the_same(rabbit: RabbitServer) -> None:
    found = look(f"{rabbit.amqp}?management_port={free_port()}")

    assert value(found, "queue.broker.unreachable") == 0
    assert value(found, "queue.broker.latency") > 0
    reason, words = why_missing(found, "queue.depth")
    assert reason is Reason.FAILED
    assert "what waits in its queues and who takes it was not seen" in words
    assert "its management API: connection refused" in words
    assert "rabbitmq-plugins enable rabbitmq_management" in (found.state.hint or "")
    assert "management_port=PORT" in (found.state.hint or "")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads Linux /proc")
def test_an_unusual_management_port_is_found_beside_the_brokers_own(rabbit: RabbitServer) -> None:
    fill(rabbit, "reports", 0)
    (url,) = discover(Settings(queues=(Secret(rabbit.amqp),)), slow_s=1.0).target.queues
    found = look(url.reveal())
    assert (found.state.target or "").endswith(f" through http://{LOOPBACK}:{rabbit.management_port}")
    assert "reports" in by_queue(found, "queue.depth")

    nobody = f"amqp://guest@{LOOPBACK}:{free_port()}//"
    (unknown,) = discover(Settings(queues=(Secret(nobody),)), slow_s=1.0).target.queues
    assert unknown.reveal() == nobody


def test_an_alarm_holds_up_whoever_publishes_and_the_next_look_says_whom(
    rabbit: RabbitServer, tmp_path: Path
) -> None:
    fill(rabbit, "letters", 0)
    rabbit.put("/api/users/eye", {"password": "eye-hunter2", "tags": "management"})
    rabbit.put("/api/permissions/%2F/eye", {"configure": "", "write": "", "read": ".*"})
    healthy = look(rabbit.api)
    program = PROGRAMS / "amqp_publisher.py"
    command = [
        sys.executable,
        str(program),
        f"{LOOPBACK}:{rabbit.port}",
        rabbit.user,
        rabbit.password,
        "letters",
    ]
    log = tmp_path / "publisher.log"
    rabbit.ctl("set_disk_free_limit", "100000GB")
    try:
        with running(command, name="publisher", log=log) as publisher:
            publisher.wait_ready(lambda: "left" in log.read_text(encoding="utf-8"))
            wait_until(
                lambda: value(look(rabbit.api), "queue.broker.blocked.clients") == 1,
                what="the broker tells that it holds the publisher up",
                within_s=20,
            )
            blocked = look(rabbit.api)
            barely = look(rabbit.api.replace(f"{rabbit.user}:{rabbit.password}", "eye:eye-hunter2"))
    finally:
        rabbit.ctl("set_disk_free_limit", "1MB")

    assert value(healthy, "queue.broker.blocked") == 0
    assert value(blocked, "queue.broker.blocked") == 1
    (why,) = parts(blocked, "queue.broker.blocked", "why")
    assert why.startswith("disk space alarm on fastdiag-")
    assert "queue.broker.refusals" not in blocked.readings  # it lets them wait instead
    # Alarms are told to every user, other people's connections are not.
    assert value(barely, "queue.broker.blocked") == 1
    assert why_missing(barely, "queue.broker.blocked.clients")[0] is Reason.DENIED
    assert "monitoring tag" in why_missing(barely, "queue.broker.blocked.clients")[1]

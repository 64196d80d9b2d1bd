"""RabbitMQ's alarms: while one of them is in effect, whoever publishes stands still until it ends.

A node that is short of memory or disk stops reading from every connection that publishes. Nothing fails and
nothing is logged by the publisher, whose call does not return; consumers on connections of their own go on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from fastdiag.collectors.queue.health import Health
from fastdiag.collectors.queue.sight import Fact, Seen
from fastdiag.collectors.queue.web import NOT_FOUND, OK, Answer, Web
from fastdiag.collectors.sink import SourceFailed
from fastdiag.model.signal import Bound, Missing, Reason

UNAVAILABLE: Final = 503
"""How the check of alarms answers when there are some."""
PAGE_CONNECTIONS: Final = 500
"""A page of them, without statistics, takes the node some ten milliseconds."""
BLOCKED: Final = "blocked"
"""State of a connection that has tried to publish; `blocking` ones have not yet."""
_SEERS: Final = frozenset({"monitoring", "administrator"})
"""Tags of users who see the connections of all; others see their own."""
_TAG_HINT: Final = "takes a user with the monitoring tag: rabbitmqctl set_user_tags USER monitoring"
_SOME: Final = f"only {PAGE_CONNECTIONS} of the broker's connections were looked at"
_NODE_ALARMS: Final = {"mem_alarm": "memory", "disk_free_alarm": "disk space"}


def health_of(web: Web) -> Health:
    """Ask for alarms and for the connections that they hold up. Raises SourceFailed when it is away."""
    return Health(blocked=_alarms(web), clients=_held_up(web))


def _alarms(web: Web) -> tuple[str, ...] | Missing:
    answer = web.get("/api/health/checks/alarms")
    if answer.status == NOT_FOUND:  # before 3.8.10
        return _alarms_of_nodes(web.get("/api/nodes", {"columns": ",".join(("name", *_NODE_ALARMS))}))
    if answer.is_refusal:
        return Missing(Reason.DENIED, f"the broker's alarms: {_TAG_HINT}")
    match answer.status, answer.json():
        case status, {"status": "ok"} if status == OK:
            return ()
        case status, {"alarms": list(alarms)} if status == UNAVAILABLE:
            return _named(alarm for alarm in alarms if isinstance(alarm, dict))
        case _:
            return Missing(Reason.FAILED, f"RabbitMQ's check of alarms answered {answer.status}")


def _named(alarms: Iterable[Mapping[object, object]]) -> tuple[str, ...]:
    return tuple(sorted({f"{alarm.get('resource')} alarm on {alarm.get('node')}" for alarm in alarms}))


def _alarms_of_nodes(answer: Answer) -> tuple[str, ...] | Missing:
    match answer.status, answer.json():
        case status, list(nodes) if status == OK:
            return _named(
                {"resource": words, "node": node.get("name")}
                for node in nodes
                if isinstance(node, dict)
                for key, words in _NODE_ALARMS.items()
                if node.get(key) is True
            )
        case _:
            return Missing(Reason.DENIED, f"the broker's nodes: {_TAG_HINT}")


def _held_up(web: Web) -> Fact:
    """Count the connections that wait because they publish."""
    if not _sees_all(web):
        return Missing(Reason.DENIED, f"other users' connections: {_TAG_HINT}")
    query = {"columns": "state", "page": "1", "page_size": str(PAGE_CONNECTIONS)}
    try:
        found = web.get("/api/connections", query).json()
    except SourceFailed as failure:
        return Missing(failure.reason, failure.detail)
    match found:
        case {"items": list(items), "page_count": int(pages)}:
            count = sum(1 for item in items if isinstance(item, dict) and item.get("state") == BLOCKED)
            return Seen(float(count), _SOME, Bound.AT_LEAST) if pages > 1 else Seen(float(count))
        case _:
            return Missing(Reason.FAILED, "RabbitMQ told nothing of its connections")


def _sees_all(web: Web) -> bool:
    match web.get("/api/whoami").json():
        case {"tags": list(tags)}:
            return not _SEERS.isdisjoint(str(tag) for tag in tags)
        case {"tags": str(tags)}:  # before 3.9
            return not _SEERS.isdisjoint(tags.split(","))
        case _:
            return False

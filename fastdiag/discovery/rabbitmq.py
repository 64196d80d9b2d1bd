"""The management port of a RabbitMQ on this machine: it need not be the usual one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from urllib.parse import parse_qs, urlsplit

from fastdiag.config.addresses import AMQP_SCHEMES
from fastdiag.discovery.addresses import is_here
from fastdiag.discovery.programs import listeners
from fastdiag.host.proc import Proc
from fastdiag.host.unreadable import Unreadable
from fastdiag.model.target import Secret

PROGRAM: Final = "beam.smp"
"""The virtual machine in which it runs."""
AMQP_PORTS: Final = {"amqp": 5672, "amqps": 5671}
MANAGEMENT_PORTS: Final = frozenset({15672, 15671})
MAX_PORTS: Final = 4
OTHERS: Final = frozenset({5671, 5672, 1883, 8883, 61613, 61614, 15674, 15675, 15691, 15692, 5552, 5551})
"""AMQP, MQTT, STOMP, their WebSockets, metrics, streams: what its plugins listen on by default."""
DISTRIBUTION_OFFSET: Final = 20_000
"""Nodes talk to each other on the AMQP port and so much, unless they are told otherwise."""


def with_management(brokers: Iterable[Secret], proc: Proc) -> tuple[Secret, ...]:
    """Return the URLs, those of a RabbitMQ here with the ports on which its management may be.

    Nobody is asked: the source tries them, on the node that it has the login for.
    """
    return tuple(_completed(broker, proc) for broker in brokers)


def _completed(broker: Secret, proc: Proc) -> Secret:
    text = broker.reveal()
    try:
        parts = urlsplit(text)
        host = parts.hostname or "localhost"
        port = parts.port or AMQP_PORTS.get(parts.scheme, AMQP_PORTS["amqp"])
    except ValueError:
        return broker
    if parts.scheme not in AMQP_SCHEMES or "management_port" in parse_qs(parts.query) or not is_here(host):
        return broker
    ports = _ports_beside(port, proc)
    if not ports or ports & MANAGEMENT_PORTS:
        return broker
    several = ",".join(map(str, sorted(ports)[:MAX_PORTS]))
    return Secret(f"{text}{'&' if parts.query else '?'}management_port={several}")


def _ports_beside(port: int, proc: Proc) -> frozenset[int]:
    """Return the ports that can be the management's, of the node that listens on an AMQP port."""
    nodes = proc.scan(PROGRAM.__eq__)
    for pid in () if isinstance(nodes, Unreadable) else nodes:
        ports = frozenset(endpoint.port for endpoint in listeners(proc, pid))
        if port in ports:
            return ports - OTHERS - {port, port + DISTRIBUTION_OFFSET}
    return frozenset()

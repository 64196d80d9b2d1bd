"""Which URLs lead to one and the same broker or monitor: what is asked twice would be counted twice."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Final
from urllib.parse import urlsplit

from fastdiag.collectors.redis_client import distinct, parse_address
from fastdiag.collectors.redis_client.address import SCHEMES as REDIS_SCHEMES
from fastdiag.collectors.redis_client.address import one_name
from fastdiag.collectors.sink import SourceFailed
from fastdiag.model.signal import Reason
from fastdiag.model.target import Secret

_USUAL_PORTS: Final = {"amqp": 5672, "pyamqp": 5672, "amqps": 5671, "http": 80, "https": 443}


def distinct_places(urls: Iterable[Secret]) -> list[Secret]:
    """Return one URL of each broker and monitor, in their order; of several the first with a login."""
    return distinct(urls, _place)


def _place(url: Secret) -> Hashable:
    try:
        parts = urlsplit(url.reveal())
        if parts.scheme in REDIS_SCHEMES:
            address = parse_address(url)
            return (address.server, address.database, address.queues)
        port = parts.port or _USUAL_PORTS.get(parts.scheme)
    except ValueError as error:
        raise SourceFailed(Reason.FAILED, "the URL is none") from error
    return (one_name(parts.hostname or "localhost"), port, parts.path.strip("/"), parts.query)

"""Engines, pools and clients that are made anew for each request."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from fastdiag.audit.arguments import arguments_of
from fastdiag.audit.engines import SQLALCHEMY
from fastdiag.audit.ground import Ground
from fastdiag.audit.keeping import is_made_per_request
from fastdiag.audit.spot import at_call, path_of
from fastdiag.model.audit import Confidence, Finding
from fastdiag.source.model import Call

ENGINE: Final = "engine-per-request"
CLIENT: Final = "client-per-request"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Things that are meant to be made once: what making one costs, in words."""

    check: str
    paths: tuple[str, ...]
    cost: str


_REDIS: Final = (
    *(
        f"redis{part}.{name}"
        for part in ("", ".asyncio")
        for name in ("Redis", "StrictRedis", "ConnectionPool")
    ),
    *(f"redis{part}.{name}.from_url" for part in ("", ".asyncio") for name in ("Redis", "ConnectionPool")),
    "redis.from_url",
    "redis.asyncio.from_url",
)
_KEPT: Final = (
    Kept(
        check=ENGINE,
        paths=(
            *SQLALCHEMY, "asyncpg.create_pool",
            "psycopg_pool.ConnectionPool", "psycopg_pool.AsyncConnectionPool",
            "aiomysql.create_pool", "pymongo.MongoClient", "pymongo.AsyncMongoClient",
            "motor.motor_asyncio.AsyncIOMotorClient",
        ),
        cost="a new pool, and at least one new connection to the database, for each request",
    ),
    Kept(
        check=CLIENT,
        paths=("httpx.AsyncClient", "httpx.Client"),
        cost="for each request new TCP and TLS handshakes",
    ),
    Kept(
        check=CLIENT,
        paths=("aiohttp.ClientSession", "requests.Session", "requests.session"),
        cost="for each request new TCP and TLS handshakes",
    ),
    Kept(
        check=CLIENT,
        paths=("boto3.client", "boto3.resource", "boto3.Session", "boto3.session.Session"),
        cost="for each request it reads the service's description from disk, and opens a new connection",
    ),
    Kept(
        check=CLIENT,
        paths=_REDIS,
        cost="a new pool, and with the first command a new connection, for each request",
    ),
)  # fmt: skip
_CERTIFICATES: Final = "some 30 ms of CPU to load the CA certificates"
"""Measured with httpx 0.28 and Python 3.11; a client that is given `verify` shares what was loaded."""
_OTHERS: Final = ("transport", "connection_pool", "creator")
"""Given one of these, nothing is connected anew: another object keeps the connections, or there are none."""


def check(ground: Ground) -> Iterator[Finding]:
    """Yield what each request makes anew and throws away, though it is made to be kept."""
    for kept in _KEPT:
        for call in ground.project.calls_to(*kept.paths):
            if not is_made_per_request(ground, call) or _borrows(call):
                continue
            path = path_of(ground.project, call)
            costs = [kept.cost]
            if path.startswith("httpx.") and arguments_of(call).lacks("verify"):
                costs.append(_CERTIFICATES)
            message = f"{path} is made here each time: {' and '.join(costs)}"
            yield at_call(ground, kept.check, call, message, sink=path, confidence=Confidence.LIKELY)


def _borrows(call: Call) -> bool:
    arguments = arguments_of(call)
    return any(arguments.get(name) is not None for name in _OTHERS)

"""The database of the service: its DSN, whether that is surely the service's own, and a pooler before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastdiag.discovery.addresses import endpoints_of
from fastdiag.discovery.contacts import Place, is_own
from fastdiag.discovery.homes import Home, database_of
from fastdiag.discovery.pgbouncer import Service, find_pgbouncer
from fastdiag.discovery.poolers import find_poolers
from fastdiag.discovery.search import Search
from fastdiag.model.target import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Databases:
    """What Target tells of the database, and every DSN that must not be shown."""

    postgres: Secret | None
    pgbouncer: Secret | None
    endpoints: tuple[Place, ...]
    is_own: bool
    poolers: tuple[Place, ...]
    dsns: tuple[Secret, ...]


def find_databases(
    search: Search, homes: Sequence[Home], contacts: frozenset[Place] | None, pgbouncers: Sequence[int]
) -> Databases:
    """Return what is given, else what the service's environment and sockets and the poolers here show.

    ``contacts`` are where its sockets lead; None where that cannot be seen.
    """
    own = database_of(homes)
    given = search.settings.postgres
    postgres = search.first("postgres", given, [own] if own else [])
    poolers = find_poolers(search.proc, pgbouncers)
    service = Service(own=own, given=given, contacts=contacts)
    return Databases(
        postgres=postgres,
        pgbouncer=find_pgbouncer(search, homes, poolers, service),
        endpoints=tuple(endpoints_of(service.dsns)),
        is_own=postgres is not None and is_own(postgres, homes, contacts),
        poolers=tuple((pooler.host, pooler.port) for pooler in poolers if pooler.host),
        dsns=service.dsns,
    )

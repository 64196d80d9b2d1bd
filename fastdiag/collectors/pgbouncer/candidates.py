"""Where the console of a PgBouncer may be: behind the DSN of the service itself."""

from __future__ import annotations

from typing import Final

from fastdiag.collectors.libpq.dial import parameters_of
from fastdiag.collectors.pgbouncer.console import DATABASE
from fastdiag.collectors.sink import SourceFailed
from fastdiag.model.target import Secret

DEFAULT_PORT: Final = "6432"
_KEPT: Final = ("host", "hostaddr", "port", "user", "password", "sslmode", "sslrootcert")


def console_behind(service_dsn: Secret) -> Secret | None:
    """Return the DSN of the console where a service's DSN has PgBouncer's port, with its place and login."""
    if DEFAULT_PORT not in service_dsn.reveal():  # told without loading psycopg, before any source is asked
        return None
    try:
        given = parameters_of(service_dsn)
    except SourceFailed:
        return None
    if given.get("port") != DEFAULT_PORT:
        return None
    from psycopg.conninfo import make_conninfo  # noqa: PLC0415 - costs 100 ms, and seldom needed

    kept = {key: given[key] for key in _KEPT if key in given}
    return Secret(make_conninfo("", **kept, dbname=DATABASE))

"""Where the console of a PgBouncer may be: from the service's DSN, and from a pgbouncer.ini found here."""

from __future__ import annotations

import configparser
from typing import Final
from urllib.parse import quote

from fastdiag.collectors.libpq.dial import parameters_of
from fastdiag.collectors.pgbouncer.console import DATABASE
from fastdiag.collectors.sink import SourceFailed
from fastdiag.model.target import Secret

DEFAULT_PORT: Final = "6432"
DEFAULT_SOCKET_FOLDER: Final = "/tmp"  # noqa: S108 - PgBouncer's own default
_KEPT: Final = ("host", "hostaddr", "port", "user", "password", "sslmode", "sslrootcert")
MAX_INI_CHARS: Final = 100_000


def admin_dsn_candidates(
    service_dsn: Secret | None = None, ini: str | None = None, *, is_pooler: bool = False
) -> tuple[Secret, ...]:
    """Return DSNs under which a console may answer, the likeliest first.

    service_dsn  of the service; its place and user count when it has PgBouncer's port, or is known to be one
    ini          text of the pgbouncer.ini that a process here was started with. Over its Unix socket the
                 user `pgbouncer` needs no password when fastdiag runs as the user PgBouncer runs as.
    """
    found = [] if ini is None else _of_ini(ini)
    if service_dsn is not None:
        found += _of_service(service_dsn, is_pooler=is_pooler)
    return tuple(dict.fromkeys(found))


def _of_service(dsn: Secret, *, is_pooler: bool) -> list[Secret]:
    try:
        given = parameters_of(dsn)
    except SourceFailed:
        return []
    if not is_pooler and given.get("port") != DEFAULT_PORT:
        return []
    from psycopg.conninfo import make_conninfo  # noqa: PLC0415 - costs 100 ms, and seldom needed

    kept = {key: given[key] for key in _KEPT if key in given}
    return [Secret(make_conninfo("", **kept, dbname=DATABASE))]


def _of_ini(text: str) -> list[Secret]:
    parser = configparser.ConfigParser(interpolation=None, strict=False, allow_no_value=True)
    try:
        parser.read_string(text[:MAX_INI_CHARS])
    except configparser.Error:
        return []
    if not parser.has_section("pgbouncer"):
        return []
    settings = parser["pgbouncer"]
    port = settings.get("listen_port") or DEFAULT_PORT
    folder = settings.get("unix_socket_dir", DEFAULT_SOCKET_FOLDER)
    if not folder or not port.isdecimal():
        return []
    return [Secret(f"postgresql://{DATABASE}@/{DATABASE}?host={quote(folder, safe='/')}&port={port}")]

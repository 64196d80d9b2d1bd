"""A DSN as applications write it, turned into one that libpq understands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import parse_qsl, unquote

from fastdiag.collectors.sink import SourceFailed
from fastdiag.model.signal import Reason

EXAMPLE: Final = "postgresql://user:password@host:5432/database"

_SCHEMES: Final = frozenset({"postgresql", "postgres", "pgsql", "postgis"})
_SCHEME: Final = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9]*)(?:\+[A-Za-z0-9_]+)?://")
_HOST: Final = re.compile(r"(?P<host>\[[^\]]*\]|[^:\[\]]*)(?::(?P<port>\d*))?")

# https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS, without what is ours to
# decide; everything else in a query string is meant for some driver or pool, not for the server.
_LIBPQ_KEYWORDS: Final = frozenset(
    {
        "channel_binding",
        "client_encoding",
        "dbname",
        "gssdelegation",
        "gssencmode",
        "gsslib",
        "host",
        "hostaddr",
        "keepalives",
        "keepalives_count",
        "keepalives_idle",
        "keepalives_interval",
        "krbsrvname",
        "load_balance_hosts",
        "max_protocol_version",
        "min_protocol_version",
        "options",
        "passfile",
        "password",
        "port",
        "require_auth",
        "requirepeer",
        "service",
        "ssl_max_protocol_version",
        "ssl_min_protocol_version",
        "sslcert",
        "sslcertmode",
        "sslcompression",
        "sslcrl",
        "sslcrldir",
        "sslkey",
        "sslmode",
        "sslnegotiation",
        "sslpassword",
        "sslrootcert",
        "sslsni",
        "tcp_user_timeout",
        "user",
    }
)
_SSL_MODES: Final = {  # what asyncpg (and JDBC) call `ssl`
    **{mode: mode for mode in ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")},
    **dict.fromkeys(("true", "1", "yes", "on"), "require"),
    **dict.fromkeys(("false", "0", "no", "off"), "disable"),
}


def libpq_dsn(dsn: str) -> str:
    """Return the DSN in libpq's `key=value` form.

    Understands `key=value` pairs (returned as they are), libpq URLs and SQLAlchemy URLs with a driver in
    the scheme. Query arguments that libpq does not know are left out; a password may hold `@` or `/`.
    Raises SourceFailed, without quoting anything of the DSN but its scheme, for what is not a PostgreSQL DSN.
    """
    dsn = dsn.strip()
    written = _SCHEME.match(dsn)
    if written is None:
        if "=" not in dsn or "://" in dsn.partition("=")[0]:
            raise _not_understood()
        return dsn
    if written["scheme"].lower() not in _SCHEMES:
        raise SourceFailed(
            Reason.FAILED,
            f"the DSN is not one of PostgreSQL: it starts with {written['scheme']}://",
            hint=f"--postgres takes {EXAMPLE}",
        )
    return " ".join(f"{key}={_quote(value)}" for key, value in _of_url(dsn[written.end() :]).items() if value)


def _of_url(rest: str) -> dict[str, str]:
    address, _, query = rest.partition("?")
    user_info, _, place = address.rpartition("@")
    hosts, _, database = place.partition("/")
    user, _, password = user_info.partition(":")
    arguments = dict(_arguments(query))
    if "host" in arguments and not hosts:  # SQLAlchemy: `@/db?host=a:5432&host=b:5433`
        hosts = arguments.pop("host")
    return {
        "user": unquote(user),
        "password": unquote(password),
        "dbname": unquote(database),
        **_hosts(hosts),
        **arguments,
    }


def _hosts(hosts: str) -> dict[str, str]:
    """Split `a:1,[::1]:2,%2Frun` into libpq's parallel lists of hosts and ports."""
    found = [_HOST.fullmatch(host) for host in unquote(hosts).split(",")]
    split = [(host["host"].strip("[]"), host["port"] or "") for host in found if host]
    if len(split) != len(found):
        raise _not_understood()
    ports = [port for _, port in split]
    return {"host": ",".join(host for host, _ in split), "port": ",".join(ports) if any(ports) else ""}


def _arguments(query: str) -> Iterator[tuple[str, str]]:
    given = parse_qsl(query, keep_blank_values=True)
    mode = dict(given).get("ssl", "").lower()
    if mode in _SSL_MODES:
        yield "sslmode", _SSL_MODES[mode]
    yield from ((key, value) for key, value in given if key in _LIBPQ_KEYWORDS and key != "host")
    hosts = _all_of("host", given)
    if hosts:
        yield "host", ",".join(hosts)


def _all_of(wanted: str, given: Iterable[tuple[str, str]]) -> list[str]:
    return [value for key, value in given if key == wanted]


def _quote(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _not_understood() -> SourceFailed:
    return SourceFailed(
        Reason.FAILED,
        "the PostgreSQL DSN cannot be understood",
        hint=f"write {EXAMPLE}, special characters in the password percent-encoded",
    )

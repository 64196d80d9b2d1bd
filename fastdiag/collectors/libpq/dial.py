"""Opens a connection from a DSN, or says in whose words and for which reason there is none."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from fastdiag.collectors.libpq.dsn import EXAMPLE, libpq_dsn
from fastdiag.collectors.libpq.failure import Failure, from_answer, from_text, shorten
from fastdiag.collectors.libpq.startup_probe import Answer, Outcome, probe
from fastdiag.collectors.sink import Sink, SourceFailed
from fastdiag.model.signal import Reason
from fastdiag.model.target import Secret

if TYPE_CHECKING:
    import psycopg

DEFAULT_PORT: Final = "5432"
MIN_CONNECT_S: Final = 2  # libpq and psycopg take less as 2
PROBE_S: Final = 1.0

_SECRET_PARAMETERS: Final = (
    "password",
    "sslpassword",
    "oauth_client_secret",
    "scram_client_key",
    "scram_server_key",
)

Parameters = Mapping[str, str]
"""Connection parameters by libpq keyword."""


class ConnectError(Exception):
    """A failed attempt, in libpq's words, and the same with the secrets masked."""

    def __init__(self, text: str, told: str) -> None:
        super().__init__(told)
        self.text = text
        self.told = told


def parameters_of(dsn: Secret) -> dict[str, str]:
    """Return the connection parameters of a DSN. Raises SourceFailed, without a secret in it."""
    understood = libpq_dsn(dsn.reveal())
    try:
        import psycopg  # noqa: PLC0415 - costs 100 ms, needed only where there is a database
        from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415 - likewise
    except ImportError as error:
        raise SourceFailed(
            Reason.FAILED, f"psycopg cannot be loaded: {error}", hint='pip install "psycopg[binary]"'
        ) from None
    try:
        found = conninfo_to_dict(understood)
    except (psycopg.Error, ValueError):  # its text may quote any part of the DSN
        raise SourceFailed(
            Reason.FAILED,
            "libpq does not understand the PostgreSQL DSN",
            hint=f"write {EXAMPLE}, special characters in the password percent-encoded",
        ) from None
    return {key: str(value) for key, value in found.items() if value is not None}


def describe(parameters: Parameters) -> str:
    """Return `user@host:port/database`, as far as DSN and environment say it."""

    def of(keyword: str, variable: str, default: str) -> str:
        return parameters.get(keyword) or os.environ.get(variable) or default

    user = of("user", "PGUSER", "")
    host = of("host", "PGHOST", parameters.get("hostaddr", "local socket"))
    port = of("port", "PGPORT", DEFAULT_PORT)
    database = of("dbname", "PGDATABASE", user)
    return f"{user}@{host}:{port}/{database}" if user else f"{host}:{port}/{database}"


def dial(parameters: Parameters, within_s: float) -> psycopg.Connection[object]:
    """Open a connection in autocommit mode, within so many seconds for all its hosts.

    Raises ConnectError.
    """
    import psycopg  # noqa: PLC0415 - as above

    hosts = parameters.get("host", "").count(",") + 1
    common = {
        "target_session_attrs": "any",  # a standby is as good as a primary
        "connect_timeout": str(max(MIN_CONNECT_S, int(within_s / hosts))),
        "client_encoding": "UTF8",  # with SQL_ASCII names would arrive as bytes
    }
    keywords: dict[str, Any] = {**parameters, **common}  # psycopg types its own keywords, not those of libpq
    try:
        return psycopg.connect("", autocommit=True, prepare_threshold=None, **keywords)
    except (psycopg.Error, OSError, ValueError) as error:
        raise ConnectError(str(error), shorten(str(error), _secrets(parameters))) from None


def diagnose(error: ConnectError, parameters: Parameters, sink: Sink) -> tuple[Failure, str]:
    """Classify a failed attempt; where its text is unclear (translated, or a timeout), probe the server."""
    failure = from_text(error.text)
    if failure not in {Failure.OTHER, Failure.SILENT}:
        return failure, error.told
    answer = _probe(parameters, sink)
    found = from_answer(answer)
    is_asking = answer.outcome is Outcome.ADMITTED and not answer.is_session
    match failure:
        case Failure.SILENT if answer.outcome in {Outcome.SILENT, Outcome.UNREACHABLE}:
            return Failure.SILENT, answer.detail
        case Failure.SILENT if is_asking:
            return Failure.STALLED, error.told
        case Failure.OTHER if is_asking:
            return Failure.REFUSED, error.told
        case _:
            return (failure, error.told) if found is Failure.OTHER else (found, shorten(answer.detail, ()))


def _secrets(parameters: Parameters) -> Iterable[str]:
    return [parameters[key] for key in _SECRET_PARAMETERS if parameters.get(key)]


def _probe(parameters: Parameters, sink: Sink) -> Answer:
    """Probe the first host of the DSN."""

    def first(keyword: str, variable: str, default: str) -> str:
        return (parameters.get(keyword) or os.environ.get(variable) or default).split(",")[0] or default

    host = parameters.get("hostaddr") or first("host", "PGHOST", "localhost")
    port = first("port", "PGPORT", DEFAULT_PORT)
    user = first("user", "PGUSER", "postgres")
    database = first("dbname", "PGDATABASE", user)
    sink.requests += 1
    return probe(
        host.split(",")[0],
        int(port) if port.isdecimal() else 0,
        within_s=sink.remaining(PROBE_S),
        user=user,
        database=database,
    )

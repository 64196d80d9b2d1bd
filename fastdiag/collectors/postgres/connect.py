"""Opens the session: read-only, bounded, through a pooler if need be; or says exactly why it cannot."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from fastdiag.collectors.postgres.dsn import EXAMPLE, libpq_dsn
from fastdiag.collectors.postgres.failure import Failure, as_source_failed, from_answer, from_text, shorten
from fastdiag.collectors.postgres.session import APPLICATION_NAME, SETTINGS, Session
from fastdiag.collectors.postgres.startup_probe import Answer, Outcome, probe
from fastdiag.collectors.sink import Sink, SourceFailed
from fastdiag.model.signal import Reason
from fastdiag.model.target import Target

if TYPE_CHECKING:
    import psycopg

DEFAULT_PORT: Final = "5432"
MIN_CONNECT_S: Final = 2  # libpq and psycopg take less as 2
SAMPLES_S: Final = 1.0  # what the statements may take beside the gap between the samples
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


def connect(target: Target, sink: Sink) -> Session:
    """Open the session for the target's DSN, setting ``sink.target`` to what is asked.

    A server without a free slot is evidence: it is recorded as db.connections.refused. Raises SourceFailed,
    without a secret in it, when there is no session.
    """
    parameters = _parameters(target)
    sink.target = describe(parameters)
    try:
        return _dial(parameters, target, sink)
    except _ConnectError as error:
        failure, told = _diagnose(error, parameters, sink)
        if failure is Failure.FULL:
            sink.reading("db.connections.refused", 1)
        raise as_source_failed(failure, told) from None


def describe(parameters: Parameters) -> str:
    """Return `user@host:port/database`, as far as DSN and environment say it."""

    def of(keyword: str, variable: str, default: str) -> str:
        return parameters.get(keyword) or os.environ.get(variable) or default

    user = of("user", "PGUSER", "")
    host = of("host", "PGHOST", parameters.get("hostaddr", "local socket"))
    port = of("port", "PGPORT", DEFAULT_PORT)
    database = of("dbname", "PGDATABASE", user)
    return f"{user}@{host}:{port}/{database}" if user else f"{host}:{port}/{database}"


class _ConnectError(Exception):
    """A failed attempt, in libpq's words with the secrets masked."""

    def __init__(self, text: str, told: str) -> None:
        super().__init__(told)
        self.text = text
        self.told = told


def _parameters(target: Target) -> dict[str, str]:
    if target.postgres is None:
        raise SourceFailed(Reason.NOT_CONFIGURED, "no DSN is known", hint="--postgres DSN")
    dsn = libpq_dsn(target.postgres.reveal())
    try:
        import psycopg  # noqa: PLC0415 - costs 100 ms, needed only where there is a database
        from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415 - likewise
    except ImportError as error:
        raise SourceFailed(
            Reason.FAILED, f"psycopg cannot be loaded: {error}", hint='pip install "psycopg[binary]"'
        ) from None
    try:
        return {key: str(value) for key, value in conninfo_to_dict(dsn).items() if value is not None}
    except (psycopg.Error, ValueError):  # its text may quote any part of the DSN
        raise SourceFailed(
            Reason.FAILED,
            "libpq does not understand the PostgreSQL DSN",
            hint=f"write {EXAMPLE}, special characters in the password percent-encoded",
        ) from None


def _dial(parameters: Parameters, target: Target, sink: Sink) -> Session:
    """Connect with safe settings; without them where a pooler refuses them (it does so before it logs in)."""
    connect_s = _connect_timeout_s(parameters, target, sink)
    common = {
        **parameters,
        "target_session_attrs": "any",  # a standby is as good as a primary
        "connect_timeout": str(connect_s),
        "client_encoding": "UTF8",  # with SQL_ASCII names would arrive as bytes
    }
    own_options = parameters.get("options", "")
    options = " ".join([own_options, *(f"-c {name}={value}" for name, value in SETTINGS.items())]).strip()
    try:
        connection = _open({**common, "options": options, "application_name": APPLICATION_NAME})
    except _ConnectError as error:
        if from_text(error.text) is not Failure.NO_OPTIONS:
            raise
    else:
        return Session(connection=connection, sink=sink, is_pooled=False)
    connection = _open({key: value for key, value in common.items() if key != "application_name"})
    return Session(connection=connection, sink=sink, is_pooled=True)


def _connect_timeout_s(parameters: Parameters, target: Target, sink: Sink) -> int:
    """Return the whole seconds for each host, so that both samples still fit into what is left."""
    hosts = parameters.get("host", "").count(",") + 1
    return max(MIN_CONNECT_S, int((sink.remaining() - target.sample_gap_s - SAMPLES_S) / hosts))


def _open(parameters: Parameters) -> psycopg.Connection[object]:
    import psycopg  # noqa: PLC0415 - as above

    keywords: dict[str, Any] = dict(parameters)  # psycopg types its own keywords, not those of libpq
    try:
        return psycopg.connect("", autocommit=True, prepare_threshold=None, **keywords)
    except (psycopg.Error, OSError, ValueError) as error:
        secrets = _secrets(parameters)
        raise _ConnectError(str(error), shorten(str(error), secrets)) from None


def _secrets(parameters: Parameters) -> Iterable[str]:
    return [parameters[key] for key in _SECRET_PARAMETERS if parameters.get(key)]


def _diagnose(error: _ConnectError, parameters: Parameters, sink: Sink) -> tuple[Failure, str]:
    """Classify a failed attempt; where its text is unclear (translated, or a timeout), probe the server."""
    failure = from_text(error.text)
    if failure not in {Failure.OTHER, Failure.SILENT}:
        return failure, error.told
    answer = _probe(parameters, sink)
    found = from_answer(answer)
    if failure is Failure.SILENT and answer.outcome in {Outcome.SILENT, Outcome.UNREACHABLE}:
        return Failure.SILENT, answer.detail
    return (failure, error.told) if found is Failure.OTHER else (found, shorten(answer.detail, ()))


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

"""Opens the session: read-only, bounded, through a pooler if need be; or says exactly why it cannot."""

from __future__ import annotations

from typing import Final

from fastdiag.collectors.libpq.dial import ConnectError, Parameters, describe, diagnose, dial, parameters_of
from fastdiag.collectors.libpq.failure import Failure, as_source_failed, from_text, unreachable
from fastdiag.collectors.postgres.pooling import WAIT_TIMEOUT, Pooling
from fastdiag.collectors.postgres.session import APPLICATION_NAME, POOLED_FIRST_ANSWER_S, SETTINGS, Session
from fastdiag.collectors.sink import Sink, SourceFailed
from fastdiag.model.signal import Reason
from fastdiag.model.target import Target

NOT_KNOWN_OWN: Final = (
    "only fastdiag is known to look for the database there: neither the service's environment nor its"
    " connections name the same place"
)
SAMPLES_S: Final = 1.0  # what the statements may take beside the gap between the samples


def connect(target: Target, sink: Sink) -> Session:
    """Open the session for the target's DSN, setting ``sink.target`` to what is asked.

    A server without a free slot is evidence: it is recorded as db.connections.refused, and one that is not
    there for anybody as db.unreachable.

    Raises:
        SourceFailed: there is no session; nothing in it is secret.

    """
    if target.postgres is None:
        raise SourceFailed(Reason.NOT_CONFIGURED, "no DSN is known", hint="--postgres DSN")
    parameters = parameters_of(target.postgres)
    sink.target = describe(parameters)
    pooling = Pooling.of(parameters, target, sink)
    try:
        return _dial(parameters, target, pooling)
    except ConnectError as error:
        failure, told = diagnose(error, parameters, sink)
        if pooling.is_starved(failure, error.text):
            raise pooling.starved(told, is_told=WAIT_TIMEOUT in error.text) from None
        report_failure(failure, sink, is_own=target.is_own_database)
        raise as_source_failed(failure, told) from None


def report_failure(failure: Failure, sink: Sink, *, is_own: bool) -> None:
    """Write what a failed attempt says of the server: that it is full, or not there for anybody.

    ``is_own``: it is known that the service uses that server. Else that only we get no answer there, where
    perhaps nobody else asks, is no evidence.
    """
    if failure is Failure.FULL:
        sink.reading("db.connections.refused", 1)
    seen = unreachable(failure)
    if seen is None:
        return
    if is_own or seen.is_servers_word:
        sink.reading("db.unreachable", seen.value, bias=seen.bias)
    else:
        sink.missing("db.unreachable", Reason.FAILED, NOT_KNOWN_OWN)


def _dial(parameters: Parameters, target: Target, pooling: Pooling) -> Session:
    """Connect with safe settings; without them where a pooler refuses them (it does so before it logs in).

    Both samples still have to fit into what is left of the time.
    """
    sink = pooling.sink
    within_s = sink.remaining() - target.sample_gap_s - SAMPLES_S
    if pooling.is_pgbouncer:
        within_s = min(within_s, POOLED_FIRST_ANSWER_S)
    own_options = parameters.get("options", "")
    options = " ".join([own_options, *(f"-c {name}={value}" for name, value in SETTINGS.items())]).strip()
    try:
        connection = dial({**parameters, "options": options, "application_name": APPLICATION_NAME}, within_s)
    except ConnectError as error:
        if from_text(error.text) is not Failure.NO_OPTIONS:
            raise
    else:
        return Session(connection=connection, sink=sink, is_pooled=False, pooling=pooling)
    plain = {key: value for key, value in parameters.items() if key != "application_name"}
    return Session(connection=dial(plain, within_s), sink=sink, is_pooled=True, pooling=pooling)

"""Opens the session: read-only, bounded, through a pooler if need be; or says exactly why it cannot."""

from __future__ import annotations

from typing import Final

from fastdiag.collectors.libpq.dial import ConnectError, Parameters, describe, diagnose, dial, parameters_of
from fastdiag.collectors.libpq.failure import Failure, as_source_failed, from_text, unreachable
from fastdiag.collectors.postgres.session import APPLICATION_NAME, SETTINGS, Session
from fastdiag.collectors.sink import Sink, SourceFailed
from fastdiag.model.signal import Reason
from fastdiag.model.target import Target

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
    try:
        return _dial(parameters, target, sink)
    except ConnectError as error:
        failure, told = diagnose(error, parameters, sink)
        report_failure(failure, sink)
        raise as_source_failed(failure, told) from None


def report_failure(failure: Failure, sink: Sink) -> None:
    """Write what a failed attempt says of the server: that it is full, or not there for anybody."""
    if failure is Failure.FULL:
        sink.reading("db.connections.refused", 1)
    seen = unreachable(failure)
    if seen is not None:
        sink.reading("db.unreachable", seen[0], bias=seen[1])


def _dial(parameters: Parameters, target: Target, sink: Sink) -> Session:
    """Connect with safe settings; without them where a pooler refuses them (it does so before it logs in).

    Both samples still have to fit into what is left of the time.
    """
    within_s = sink.remaining() - target.sample_gap_s - SAMPLES_S
    own_options = parameters.get("options", "")
    options = " ".join([own_options, *(f"-c {name}={value}" for name, value in SETTINGS.items())]).strip()
    try:
        connection = dial({**parameters, "options": options, "application_name": APPLICATION_NAME}, within_s)
    except ConnectError as error:
        if from_text(error.text) is not Failure.NO_OPTIONS:
            raise
    else:
        return Session(connection=connection, sink=sink, is_pooled=False)
    plain = {key: value for key, value in parameters.items() if key != "application_name"}
    return Session(connection=dial(plain, within_s), sink=sink, is_pooled=True)

"""What people are told of a diagnosis: one line, a few for a chat, the whole screen for a mail."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import Final

from fastdiag.model.diagnosis import Diagnosis, RankedCause
from fastdiag.model.headroom import Headroom
from fastdiag.model.notify import Message, Why
from fastdiag.model.quantity import Unit, format_value
from fastdiag.model.rule import Kind
from fastdiag.redact import disarm
from fastdiag.render import json, markdown, terminal
from fastdiag.render.headline import headline
from fastdiag.render.headroom import words as headroom_words
from fastdiag.render.outline import contenders, outline, strongest
from fastdiag.render.words import filled, moment, sureness, unfulfilled

MAIL_WIDTH: Final = 76
"""Columns; mail programs break longer lines where they please."""
MAX_CAUSES: Final = 3
MAX_FACTS: Final = 2
MAX_SYMPTOMS: Final = 4


def notice(
    diagnosis: Diagnosis,
    *,
    why: Why,
    news: Sequence[str],
    host: str,
    headroom: Headroom | None = None,
) -> Message:
    """Return the message about a diagnosis. ``news`` are sentences that say why it is sent now."""
    said = tuple(map(disarm, news))
    lines = chain(said, _symptoms(diagnosis), _causes(diagnosis), _headroom(headroom), _foot(diagnosis, host))
    service = diagnosis.snapshot.service
    return Message(
        id=_id(service, host, diagnosis.snapshot.taken_at, why, said),
        why=why,
        service=service,
        status=diagnosis.status,
        subject=f"{diagnosis.status.upper()} {headline(diagnosis)}",
        news=said,
        text="\n".join(lines),
        screen=terminal.render(diagnosis, width=MAIL_WIDTH),
        markdown=markdown.render(diagnosis),
        document=json.render(diagnosis),
    )


def trial(service: str, host: str, moment_: str) -> Message:
    """Return a message that only says that it arrives."""
    said = f"fastdiag on {disarm(host)} can tell you news of {disarm(service)} here."
    return Message(
        id=_id(service, host, moment_, Why.TEST, ()),
        why=Why.TEST,
        service=service,
        status=None,
        subject=f"test message of fastdiag for {disarm(service)}",
        news=(),
        text=said,
        screen=f"{said}\n",
        markdown=f"{said}\n",
        document="",
    )


def _id(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode("utf-8", "backslashreplace")).hexdigest()[:32]


def _symptoms(diagnosis: Diagnosis) -> Iterator[str]:
    for symptom in diagnosis.symptoms[:MAX_SYMPTOMS]:
        numbers = f": {', '.join(symptom.evidence)}" if symptom.evidence else ""
        yield disarm(f"- {symptom.title}{numbers}")


def _causes(diagnosis: Diagnosis) -> Iterator[str]:
    """Yield the roots that are at least possible; only of those that the headline names what to do."""
    named = {branch.cause.id for branch in contenders(diagnosis)}
    roots = [branch.cause for branch in outline(diagnosis.causes) if branch.cause.kind is Kind.FAILURE]
    for number, cause in enumerate(roots[:MAX_CAUSES], start=1):
        yield disarm(f"{number}. {cause.title}: {cause.verdict.words}, {sureness(cause)}")
        if cause.id in named:
            yield from _detail(cause, diagnosis)


def _detail(cause: RankedCause, diagnosis: Diagnosis) -> Iterator[str]:
    parameters = diagnosis.snapshot.parameters
    for fact in strongest(cause.supports)[:MAX_FACTS]:
        because, said = unfulfilled(fact.because, fact.said)
        yield disarm(f"   {filled(because, parameters)}: {said}")
    if cause.fix:
        yield disarm(f"   fix now: {filled(cause.fix.now, parameters)}")


def _headroom(headroom: Headroom | None) -> Iterator[str]:
    if headroom is not None and headroom.tightest is not None:
        nameless = replace(
            headroom, snapshot=replace(headroom.snapshot, service="")
        )  # all of it is about one
        yield headroom_words.headline(nameless)


def _foot(diagnosis: Diagnosis, host: str) -> Iterator[str]:
    snapshot = diagnosis.snapshot
    when = f"{moment(snapshot.taken_at)}, " if snapshot.taken_at else ""
    over = format_value(snapshot.window_s, Unit.SECONDS)
    yield disarm(f"{when}over the last {over}; fastdiag {snapshot.fastdiag} on {host}".replace("  ", " "))

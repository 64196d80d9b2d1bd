"""Everything that goes out after a run: all at once, each in a thread of its own, with one deadline."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from fastdiag.channels import mail, pushgateway, slack, textfile, webhook
from fastdiag.channels.attempts import PATIENCE, Attempt, Patience, Tries, persist
from fastdiag.channels.failure import DeliveryError
from fastdiag.model.notify import Channel, Delivery, Mail, Message, Slack, Webhook, WebPlace
from fastdiag.model.target import Secret
from fastdiag.redact import Redactor

GRACE_S: Final = 0.5
"""What a thread gets after the deadline to say for itself that it was late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """Something to send somewhere; ``secrets`` are what must not turn up in a complaint about it."""

    name: str
    where: str
    attempt: Attempt
    secrets: tuple[Secret, ...] = field(default=(), repr=False)


def to_channel(channel: Channel, message: Message) -> Parcel:
    """Return a message as it goes to a channel."""
    match channel:
        case Slack(name=name, place=place):
            return _to_web(name, place, partial(slack.send, channel, message))
        case Webhook(name=name, place=place):
            return _to_web(name, place, partial(webhook.send, channel, message))
        case Mail(name=name, server=server):
            login = (server.login[1],) if server.login else ()
            where = f"{', '.join(channel.to)} by {server.host}:{server.port}"
            attempt = partial(mail.send, channel, message)
            return Parcel(name=name, where=where, attempt=attempt, secrets=login)


def to_pushgateway(place: WebPlace, text: str, group: Mapping[str, str]) -> Parcel:
    """Return metrics as they go to a Pushgateway."""
    return _to_web("pushgateway", place, partial(pushgateway.push, place, text, group))


def to_textfile(path: Path, text: str) -> Parcel:
    """Return metrics as they go to a file."""
    return Parcel(name="textfile", where=str(path), attempt=lambda _: textfile.write(path, text))


def trial_of_pushgateway(place: WebPlace, group: Mapping[str, str]) -> Parcel:
    """Return what finds out whether a Pushgateway takes metrics."""
    return _to_web("pushgateway", place, partial(pushgateway.check, place, group))


def trial_of_textfile(path: Path) -> Parcel:
    """Return what finds out whether a file could be written."""
    return Parcel(name="textfile", where=str(path), attempt=lambda _: textfile.check(path))


def _to_web(name: str, place: WebPlace, attempt: Callable[[float], None]) -> Parcel:
    return Parcel(name=name, where=place.where, attempt=attempt, secrets=place.secrets)


def send(parcels: Iterable[Parcel], patience: Patience = PATIENCE) -> tuple[Delivery, ...]:
    """Send all of them and return what became of each, in their order; raises nothing.

    Daemon threads: one that a receiver holds up beyond its time does not keep the process alive.
    """
    started = time.monotonic()
    sendings = [_Sending(parcel, patience, started) for parcel in parcels]
    threads = [threading.Thread(target=one.run, daemon=True) for one in sendings]
    for thread in threads:
        thread.start()
    _wait(threads, started + patience.limit_s + GRACE_S)
    return tuple(one.outcome() for one in sendings)


def _wait(threads: Sequence[threading.Thread], until: float) -> None:
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))


class _Sending:
    """One parcel on its way."""

    def __init__(self, parcel: Parcel, patience: Patience, started: float) -> None:
        self._parcel = parcel
        self._patience = patience
        self._started = started
        self._tries = Tries()
        self._done: Delivery | None = None

    def run(self) -> None:
        """Send it; whatever goes wrong is kept for ``outcome``."""
        try:
            persist(self._parcel.attempt, self._patience, self._started + self._patience.limit_s, self._tries)
        except DeliveryError as error:
            self._done = self._delivery(error.message, error.hint)
        except Exception as error:  # noqa: BLE001 - whatever a channel does, the result of the run stands
            self._done = self._delivery(f"{type(error).__name__}: {error}", "this is a defect of fastdiag")
        else:
            self._done = self._delivery(None, None)

    def outcome(self) -> Delivery:
        """Return what became of it; of one that is still on its way nobody knows."""
        late = f"not done within {self._patience.limit_s:.0f} s"
        return self._done or self._delivery(late, "it may have arrived all the same")

    def _delivery(self, error: str | None, hint: str | None) -> Delivery:
        mask = Redactor.of(self._parcel.secrets)
        return Delivery(
            name=self._parcel.name,
            where=mask.text(self._parcel.where),
            seconds=time.monotonic() - self._started,
            attempts=self._tries.number,
            error=None if error is None else mask.text(error),
            hint=None if hint is None else mask.text(hint),
        )

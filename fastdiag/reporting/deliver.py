"""Telling people of a report when there is news, and handing its metrics on.

Nothing of this changes the result of a run: what fails is told in the notes of ``Told``.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from fastdiag.channels.send import Parcel, send, to_channel, to_pushgateway, to_textfile
from fastdiag.engine.news import news
from fastdiag.model.notify import Delivery, Message, News, Notify, Told, Why
from fastdiag.model.report import Report
from fastdiag.model.rule import Rulebook
from fastdiag.reporting.debts import Debts

LATE: Final = "an earlier message did not get through"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who tells: the machine, and where it remembers which messages failed (None: nowhere)."""

    host: str
    memory: Path | None = None

    @classmethod
    def here(cls, memory: Path | None = None) -> Sender:
        """Return this machine."""
        return cls(host=socket.gethostname(), memory=memory)


def deliver(
    report: Report,
    to: Notify,
    *,
    rulebook: Rulebook | None = None,
    because: str | None = None,
    sender: Sender | None = None,
) -> Told:
    """Tell people what is new, and hand on the metrics of every run. Raises nothing.

    ``because`` is a sentence that makes it news by itself, such as the alert that fired. With ``rulebook``
    the metrics hold a 0 for every symptom that does not hold; without it these have no series.
    """
    if to.is_empty:
        return Told(news=News())
    sender = sender or Sender.here()
    found = news(report.past.runs, report.diagnosis, sender.host)
    if because:
        found = News(said=(because, *found.said))
    told, trouble = _tell(report, to, found, sender, is_asked=because is not None)
    metrics = send(_metrics(report, to, told, rulebook, sender))
    return Told(news=found, messages=told, metrics=metrics, trouble=trouble)


def _tell(
    report: Report, to: Notify, found: News, sender: Sender, *, is_asked: bool
) -> tuple[tuple[Delivery, ...], str | None]:
    """Send the message to whoever is to have it now, and remember whom it did not reach."""
    debts = Debts.of(sender.memory, report.diagnosis.snapshot.service, sender.host)
    owed = debts.read()
    due = found.said or to.is_always
    channels = [channel for channel in to.channels if due or channel.name in owed]
    if not channels:
        return (), None
    why = Why.ALERT if is_asked else Why.NEWS if found.said or not to.is_always else Why.ALWAYS
    message = _message(report, found, why, sender.host)
    late = _message(report, replace(found, said=(LATE, *found.said)), why, sender.host) if owed else message
    sent = send(to_channel(one, late if one.name in owed else message) for one in channels)
    return sent, debts.write({one.name for one in sent if one.error is not None})


def _message(report: Report, found: News, why: Why, host: str) -> Message:
    from fastdiag.render.notice import notice  # noqa: PLC0415 - most runs bring no news

    return notice(report.diagnosis, why=why, news=found.said, host=host, headroom=report.headroom)


def _metrics(
    report: Report, to: Notify, told: tuple[Delivery, ...], rulebook: Rulebook | None, sender: Sender
) -> Iterator[Parcel]:
    if to.textfile is None and to.pushgateway is None:
        return
    from fastdiag.render.prometheus import Extras, render  # noqa: PLC0415 - only for who wants metrics

    symptoms = tuple(symptom.id for symptom in rulebook.symptoms) if rulebook else ()
    text = render(report, Extras(symptoms=symptoms, deliveries=told, cpu_seconds=time.process_time()))
    if to.textfile is not None:
        yield to_textfile(to.textfile, text)
    if to.pushgateway is not None:
        service = report.diagnosis.snapshot.service or "unknown"
        yield to_pushgateway(to.pushgateway, text, {"service": service, "instance": sender.host})

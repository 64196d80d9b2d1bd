"""Telling people of a report: only of news, never twice, and a failure is made good by the next run."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from fastdiag.model.diagnosis import Diagnosis
from fastdiag.model.history import Past, Run
from fastdiag.model.notify import Notify, Slack, Told, Webhook, Why
from fastdiag.model.report import Report
from fastdiag.reporting.debts import MAX_AGE_S
from fastdiag.reporting.deliver import Sender, deliver
from tests.channels.receivers import Answer, Receiver, receiver
from tests.engine.test_news import run
from tests.render.diagnoses import HEALTHY, POOL_DRAINED
from tests.stack.ports import LOOPBACK

REFUSES = Answer(status=403)
"""Refused for good, so that no test waits for another try."""


def tell(  # noqa: PLR0913 - what a run knows
    server: Receiver,
    diagnosis: Diagnosis = POOL_DRAINED,
    past: Sequence[Run] = (),
    *,
    memory: Path | None = None,
    is_always: bool = False,
    because: str | None = None,
) -> Told:
    to = Notify(channels=(Webhook(name="webhook", place=server.place()),), is_always=is_always)
    report = Report(diagnosis=diagnosis, past=Past(runs=tuple(past)))
    return deliver(report, to, because=because, sender=Sender(host="web-1", memory=memory))


def test_news_is_sent_with_its_reason() -> None:
    with receiver() as server:
        told = tell(server, past=[run("o")])
    [arrived] = server.arrived
    assert arrived.document["news"][0] == "the status was ok and is critical"
    assert arrived.document["status"] == "critical"
    assert arrived.document["diagnosis"]["causes"][0]["id"] == "database-locks"
    assert list(told.notes) == [f"webhook ({LOOPBACK}:{server.port}): sent"]


def test_what_is_known_already_is_not_sent_again() -> None:
    with receiver() as server:
        told = tell(server, past=[run("c", "database-locks")])
    assert not server.arrived
    assert (told.news.otherwise, list(told.notes)) == ("still critical", [])


def test_recovery_is_news() -> None:
    with receiver() as server:
        tell(server, HEALTHY, past=[run("c")])
    assert server.arrived[0].document["news"] == ["the status was critical and is ok"]


def test_always_is_always() -> None:
    with receiver() as server:
        tell(server, HEALTHY, past=[run("o")], is_always=True)
    assert (server.arrived[0].document["why"], server.arrived[0].document["news"]) == (Why.ALWAYS, [])


def test_an_alert_is_reason_enough() -> None:
    with receiver() as server:
        tell(server, HEALTHY, past=[run("o")], because="the alert HighLatency fired")
    assert server.arrived[0].document["why"] == Why.ALERT
    assert server.arrived[0].document["news"] == ["the alert HighLatency fired"]


def test_a_message_that_failed_is_sent_by_the_next_run_though_nothing_is_new_then(tmp_path: Path) -> None:
    with receiver(REFUSES, Answer()) as server:
        failed = tell(server, past=[run("o")], memory=tmp_path)
        [note] = failed.notes
        assert note == (
            f"webhook ({LOOPBACK}:{server.port}) failed: access was refused (403) (check its URL,"
            " and its token or user)"
        )
        past = [run("c", "database-locks"), run("o")]
        tell(server, past=past, memory=tmp_path)
        tell(server, past=past, memory=tmp_path)
    assert [one.document["news"][0] for one in server.arrived] == [
        "the status was ok and is critical",
        "an earlier message did not get through",
    ]


def test_what_was_owed_a_day_ago_is_no_news(tmp_path: Path) -> None:
    with receiver(REFUSES) as server:
        tell(server, past=[run("o")], memory=tmp_path)
        [debt] = (tmp_path / "undelivered").iterdir()
        old = debt.stat().st_mtime - MAX_AGE_S - 60
        os.utime(debt, (old, old))
        tell(server, past=[run("c", "database-locks")], memory=tmp_path)
    assert len(server.arrived) == 1


def test_where_nothing_can_be_remembered_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with receiver(REFUSES) as server:
        told = tell(server, past=[run("o")], memory=tmp_path / "file")
    assert "that a message failed cannot be kept" in list(told.notes)[-1]


def test_one_channel_that_fails_is_told_apart_from_one_that_has_it(tmp_path: Path) -> None:
    with receiver(REFUSES) as broken, receiver() as works:
        to = Notify(
            channels=(Slack(name="slack", place=broken.place()), Webhook(name="webhook", place=works.place()))
        )
        report = Report(diagnosis=POOL_DRAINED, past=Past(runs=(run("o"),)))
        sender = Sender(host="web-1", memory=tmp_path)
        first = deliver(report, to, sender=sender)
        again = deliver(replace(report, past=Past(runs=(run("c", "database-locks"),))), to, sender=sender)
    assert [one.error is None for one in first.messages] == [False, True]
    assert [one.name for one in again.messages] == ["slack"]
    assert len(works.arrived) == 1


def test_metrics_of_every_run_say_whether_messages_arrived(tmp_path: Path) -> None:
    file = tmp_path / "fastdiag.prom"
    with receiver(REFUSES) as server, receiver() as gateway:
        to = Notify(
            channels=(Slack(name="slack", place=server.place()),),
            textfile=file,
            pushgateway=gateway.place(""),
        )
        told = deliver(Report(diagnosis=POOL_DRAINED), to, sender=Sender(host="web-1"))
        quiet = deliver(Report(diagnosis=HEALTHY), replace(to, channels=()), sender=Sender(host="web-1"))
    assert (
        'fastdiag_notify_delivered{channel="slack",service="shop-api"} 0.0'
        in gateway.arrived[0].body.decode()
    )
    assert (
        gateway.arrived[0].path
        == "/metrics/job/fastdiag/service@base64/c2hvcC1hcGk=/instance@base64/d2ViLTE="
    )
    assert 'fastdiag_status{service="shop-api",status="ok"} 1.0' in file.read_text(encoding="utf-8")
    assert [one.name for one in told.metrics] == ["textfile", "pushgateway"]
    assert list(quiet.notes) == []


def test_a_textfile_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    told = deliver(Report(diagnosis=HEALTHY), Notify(textfile=tmp_path / "nowhere" / "x.prom"))
    [note] = told.notes
    assert "cannot be written: No such file or directory" in note


def test_nobody_to_tell() -> None:
    assert deliver(Report(diagnosis=POOL_DRAINED), Notify()).messages == ()

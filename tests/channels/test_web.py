"""Webhooks over real HTTP: what arrives, and what is said when it does not."""

from __future__ import annotations

import time
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path

import pytest

from fastdiag.channels import slack, webhook
from fastdiag.channels.failure import DeliveryError
from fastdiag.model.diagnosis import Status
from fastdiag.model.notify import Slack, Webhook, WebPlace
from fastdiag.model.target import Access, Secret
from tests.channels.receivers import MESSAGE, Answer, receiver
from tests.collectors.hostile import self_signed
from tests.stack.ports import LOOPBACK, free_port


def post(place: WebPlace, within_s: float = 5.0) -> None:
    webhook.send(Webhook(name="webhook", place=place), MESSAGE, time.monotonic() + within_s)


def complaint(place: WebPlace, within_s: float = 5.0) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        post(place, within_s)
    return caught.value


def test_a_webhook_gets_the_message_and_the_whole_diagnosis() -> None:
    with receiver() as server:
        access = Access(headers=(("Authorization", Secret("Bearer t0ken")),))
        post(server.place("/hook?team=shop", access))
    [arrived] = server.arrived
    assert (arrived.method, arrived.path) == ("POST", "/hook?team=shop")
    assert arrived.headers["authorization"] == "Bearer t0ken"
    assert arrived.headers["content-type"] == "application/json"
    assert arrived.headers["idempotency-key"] == MESSAGE.id
    assert arrived.document["diagnosis"] == {"schema": 1}
    assert arrived.document["news"] == ["the status was ok and is critical"]
    assert arrived.document["schema"] == 1


def test_the_user_of_the_url_logs_in() -> None:
    with receiver() as server:
        post(WebPlace(url=Secret(server.url().replace("://", "://ops:p%40ss@"))))
    assert server.arrived[0].headers["authorization"] == "Basic b3BzOnBAc3M="


def test_slack_gets_a_line_and_a_coloured_text_in_which_nothing_is_markup() -> None:
    with receiver() as server:
        channel = Slack(name="slack", place=server.place())
        slack.send(channel, MESSAGE, time.monotonic() + 5)
    document = server.arrived[0].document
    assert document["text"] == MESSAGE.subject
    assert document["attachments"][0]["text"] == MESSAGE.text
    assert document["mrkdwn"] is False
    assert document["attachments"][0]["mrkdwn_in"] == []


def test_a_login_page_that_takes_everything_is_no_chat() -> None:
    with receiver(Answer(body=b"<!doctype html><title>Sign in</title>")) as server:
        channel = Slack(name="slack", place=server.place())
        with pytest.raises(DeliveryError, match="a web page answered"):
            slack.send(channel, MESSAGE, time.monotonic() + 5)


@pytest.mark.parametrize(
    ("hostile", "inert"),
    [
        ("<!channel> & <https://evil|here>", "&lt;!channel&gt; &amp; &lt;https://evil|here&gt;"),
        ("@all look", "@\u200ball look"),
        ("[free](https://evil)", "[free]\u200b(https://evil)"),
        ("postgresql://shop@db", "postgresql://shop@db"),
    ],
)
def test_what_a_source_says_pings_nobody_in_a_chat(hostile: str, inert: str) -> None:
    assert slack.inert(hostile) == inert


def test_a_long_text_is_cut_at_the_end_of_a_line() -> None:
    text = "\n".join(f"line {number} of many" for number in range(1000))
    cut = str(slack.payload(replace(MESSAGE, text=text, status=Status.CRITICAL))["attachments"])
    assert "line 100 of many" in cut
    assert "…" in cut
    assert len(cut) < 5000


@pytest.mark.parametrize(
    ("answer", "said", "is_passing"),
    [
        (Answer(status=401), "access was refused (401)", False),
        (Answer(status=404, body=b"no_team"), "nothing takes messages at this address (404)", False),
        (Answer(status=400, body=b"invalid_payload"), "the server refused it (400): invalid_payload", False),
        (Answer(status=413), "the server refused it (413): ok", False),
        (Answer(status=503, body=b"<html>down"), "the server does not take it now (503)", True),
        (Answer(status=500, body=b""), "the server does not take it now (500)", True),
    ],
)
def test_an_answer_that_takes_nothing_is_told_in_words(answer: Answer, said: str, is_passing: bool) -> None:
    with receiver(answer) as server:
        error = complaint(server.place())
    assert error.message == said
    assert error.is_passing is is_passing


@pytest.mark.parametrize(
    ("header", "least_s", "most_s"),
    [("7", 7, 7), (formatdate(time.time() + 7200), 3600, 7201)],
    ids=["in seconds", "as a date"],
)
def test_a_server_says_how_long_it_wants_to_be_left_alone(header: str, least_s: float, most_s: float) -> None:
    with receiver(Answer(status=429, headers={"retry-after": header})) as server:
        error = complaint(server.place())
    assert error.wait_s is not None
    assert least_s <= error.wait_s <= most_s


def test_no_redirect_is_followed_for_it_could_lead_the_token_elsewhere() -> None:
    with receiver() as other, receiver(Answer(status=307, headers={"location": other.url()})) as server:
        error = complaint(server.place(access=Access(headers=(("Authorization", Secret("Bearer t0ken")),))))
    assert error.message == "redirected to 127.0.0.1 (307)"
    assert not other.arrived


def test_nobody_listens() -> None:
    error = complaint(WebPlace(url=Secret(f"http://{LOOPBACK}:{free_port()}/services/T0/B0/s3cret")))
    assert error.message == "connection refused"
    assert error.is_passing
    assert "s3cret" not in str(error)


def test_a_server_that_says_nothing_is_left_in_time() -> None:
    with receiver(Answer(holds=True)) as server:
        error = complaint(server.place(), within_s=1)
    assert error.message.startswith("connected, but no complete answer")
    assert error.hint == "it may have arrived all the same"


def test_a_trickle_does_not_hold_it_up() -> None:
    with receiver(Answer(body=b"x" * 100_000, trickles=True)) as server:
        post(server.place(), within_s=0.5)
    assert len(server.arrived) == 1


def test_a_certificate_that_nobody_vouches_for_is_refused_and_one_of_ca_file_is_not(tmp_path: Path) -> None:
    certificate = self_signed(tmp_path)
    with receiver(certificate=certificate) as server:
        error = complaint(server.place())
        assert error.message.startswith("TLS failed: the certificate does not hold")
        assert not error.is_passing
        assert not server.arrived
        post(server.place(access=Access(ca_file=certificate)))
        assert len(server.arrived) == 1


def test_a_file_that_holds_no_certificates(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing", encoding="utf-8")
    with receiver() as server:
        error = complaint(server.place(access=Access(ca_file=tmp_path / "ca.pem")))
    assert "holds no certificates" in error.message


def test_plain_http_to_a_port_that_speaks_tls_and_the_other_way_round(tmp_path: Path) -> None:
    with receiver() as server:
        error = complaint(WebPlace(url=Secret(server.url().replace("http:", "https:"))))
    assert error.message.startswith("TLS failed: ")
    with receiver(certificate=self_signed(tmp_path)) as server:
        error = complaint(WebPlace(url=Secret(server.url().replace("https:", "http:"))))
    assert error.message.startswith(("no HTTP answer", "connection reset"))


def test_an_unknown_host_is_told_without_the_address() -> None:
    error = complaint(WebPlace(url=Secret("http://nowhere.invalid/services/s3cret")))
    assert error.message.startswith("the host is not known")
    assert "s3cret" not in str(error)

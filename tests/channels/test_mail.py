"""Mail by a real server: what arrives, and what is said when it does not."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from fastdiag.channels import mail
from fastdiag.channels.attempts import Patience
from fastdiag.channels.failure import DeliveryError
from fastdiag.channels.send import send, to_channel
from fastdiag.model.notify import Mail, MailServer, Message, Security
from fastdiag.model.target import Secret
from tests.channels.mailbox import LOGIN, mailbox
from tests.channels.receivers import MESSAGE
from tests.collectors.hostile import self_signed
from tests.stack.ports import LOOPBACK, free_port

PEOPLE = ("oncall@example.org", "shop@example.org")


def channel(server: MailServer, to: tuple[str, ...] = PEOPLE) -> Mail:
    return Mail(name="mail", server=server, sender="fastdiag@example.org", to=to)


def mailed(server: MailServer, message: Message = MESSAGE, to: tuple[str, ...] = PEOPLE) -> None:
    mail.send(channel(server, to), message, time.monotonic() + 5)


def complaint(server: MailServer, to: tuple[str, ...] = PEOPLE) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        mailed(server, to=to)
    return caught.value


def test_a_mail_is_the_screen_with_the_diagnosis_attached() -> None:
    with mailbox() as box:
        mailed(box.server())
    [arrived] = box.mails
    assert arrived["subject"] == MESSAGE.subject
    assert arrived["to"] == "oncall@example.org, shop@example.org"
    assert arrived["auto-submitted"] == "auto-generated"
    body = arrived.get_body()
    assert body is not None
    assert body.get_content().splitlines() == [*MESSAGE.news, "", *MESSAGE.screen.splitlines()]
    [attached] = arrived.iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == ("shop-api.json", b'{"schema": 1}')


def test_a_service_with_a_hostile_name_forges_no_header_and_no_path() -> None:
    with mailbox() as box:
        mailed(box.server(), replace(MESSAGE, service="../../x\r\nBcc: all@example.org", subject="ä" * 900))
    [arrived] = box.mails
    assert arrived["bcc"] is None
    assert len(arrived["subject"]) == mail.MAX_SUBJECT_CHARS
    assert next(arrived.iter_attachments()).get_filename() == "x-Bcc-all-example.org.json"


def test_starttls_and_a_login(tmp_path: Path) -> None:
    certificate = self_signed(tmp_path)
    with mailbox(certificate=certificate, needs_login=True) as box:
        mailed(box.server(Security.STARTTLS, login=LOGIN, ca_file=certificate))
        assert len(box.mails) == 1
        error = complaint(box.server(Security.STARTTLS, login=LOGIN))
        assert error.message.startswith("TLS failed: the certificate does not hold")
    assert len(box.mails) == 1


def test_tls_from_the_first_byte(tmp_path: Path) -> None:
    certificate = self_signed(tmp_path)
    with mailbox(certificate=certificate, at_once=True) as box:
        mailed(box.server(Security.TLS, ca_file=certificate))
    assert len(box.mails) == 1


def test_without_starttls_nothing_is_sent_where_it_is_required() -> None:
    with mailbox() as box:
        error = complaint(box.server(Security.STARTTLS, login=LOGIN))
    assert "does not offer what is asked of it" in error.message
    assert not box.mails


def test_a_wrong_password_is_not_shown(tmp_path: Path) -> None:
    certificate = self_signed(tmp_path)
    with mailbox(certificate=certificate, needs_login=True) as box:
        login = ("ops", Secret("wr0ngpass"))
        error = complaint(box.server(Security.STARTTLS, login=login, ca_file=certificate))
    assert error.message.startswith("the mail server refused user or password: 535")
    assert not error.is_passing
    assert "wr0ngpass" not in str(error)


def test_a_recipient_who_does_not_exist_is_named_and_the_others_have_it() -> None:
    with mailbox(unknown=frozenset(PEOPLE[1:])) as box:
        error = complaint(box.server())
        assert error.message == "the mail server refused some recipients: shop@example.org (550 no such user)"
        assert len(box.mails) == 1
        error = complaint(box.server(), to=PEOPLE[1:])
        assert error.message == "the mail server refused shop@example.org (550 no such user)"
    assert not error.is_passing


def test_a_server_that_is_busy_is_asked_again() -> None:
    with mailbox("451 try again later") as box:
        [done] = send([to_channel(channel(box.server()), MESSAGE)], Patience(pauses_s=(0.01,), limit_s=5))
    assert (done.error, done.attempts, len(box.mails)) == (None, 2, 1)
    assert done.where == f"{', '.join(PEOPLE)} by {LOOPBACK}:{box.port}"


def test_a_server_that_will_not_is_not() -> None:
    with mailbox("554 5.7.1 spam") as box:
        error = complaint(box.server())
    assert (error.message, error.is_passing) == ("the mail server refused: 554 5.7.1 spam", False)


def test_nobody_listens() -> None:
    error = complaint(MailServer(host=LOOPBACK, port=free_port(), security=Security.NONE))
    assert (error.message, error.is_passing) == ("connection refused", True)

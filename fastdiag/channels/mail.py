"""Mail: the diagnosis as plain text, with its JSON attached, which `fastdiag diagnose` shows again."""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Final

from fastdiag import __version__
from fastdiag.channels.failure import DeliveryError
from fastdiag.channels.web_faults import of_system
from fastdiag.model.notify import Mail, MailServer, Message, Security

ANSWER_LIMIT_S: Final = 10.0
LEAST_TIMEOUT_S: Final = 0.05
MAX_ATTACHED_BYTES: Final = 2_000_000
"""Of JSON; many servers refuse mail of more than 10 MB, and what is attached grows by a third."""
MAX_SUBJECT_CHARS: Final = 200
_PASSING: Final = range(400, 500)
"""Replies after which the same mail may be taken (RFC 5321, section 4.2.1)."""
_UNSAFE: Final = re.compile(r"[^\w.-]+")
_REFUSED: Final = "the mail server refused"


def send(channel: Mail, message: Message, deadline: float) -> None:
    """Hand a message to the mail server once.

    Raises:
        DeliveryError: it was not taken, or not for all of its recipients.

    """
    mail = compose(channel, message)
    try:
        with _session(channel.server, deadline) as session:
            refused = session.send_message(mail, channel.sender, channel.to)
    except (OSError, smtplib.SMTPException) as error:  # TLS faults are of the first kind
        raise _fault(error) from None
    if refused:
        raise DeliveryError(f"{_REFUSED} some recipients: {_of_each(refused)}", hint="the others have it")


def compose(channel: Mail, message: Message) -> EmailMessage:
    """Return the mail: no header of it can be forged by what a source said, for all of it is one line."""
    mail = EmailMessage()
    mail["From"] = channel.sender
    mail["To"] = ", ".join(channel.to)
    mail["Subject"] = message.subject[:MAX_SUBJECT_CHARS]
    mail["Date"] = formatdate(localtime=True)
    mail["Message-ID"] = make_msgid(message.id[:16], domain=channel.sender.rpartition("@")[2] or "fastdiag")
    mail["Auto-Submitted"] = "auto-generated"  # nobody's absence notice answers it (RFC 3834)
    mail["X-Mailer"] = f"fastdiag {__version__}"
    mail.set_content("\n".join((*message.news, *([""] if message.news else []), message.screen)))
    document = message.document.encode()
    if document and len(document) <= MAX_ATTACHED_BYTES:
        name = _UNSAFE.sub("-", message.service).strip("-.")[:60] or "fastdiag"
        mail.add_attachment(document, maintype="application", subtype="json", filename=f"{name}.json")
    return mail


@contextmanager
def _session(server: MailServer, deadline: float) -> Iterator[smtplib.SMTP]:
    """Connect and log in; every step has what is left of the time."""
    left_s = max(LEAST_TIMEOUT_S, min(ANSWER_LIMIT_S, deadline - time.monotonic()))
    own_name = socket.gethostname()  # the full one would be asked of a resolver
    session = (
        smtplib.SMTP_SSL(
            server.host, server.port, local_hostname=own_name, timeout=left_s, context=_trust(server)
        )
        if server.security is Security.TLS
        else smtplib.SMTP(server.host, server.port, local_hostname=own_name, timeout=left_s)
    )
    try:
        if server.security is Security.STARTTLS:
            session.starttls(context=_trust(server))
        if server.login:
            name, password = server.login
            session.login(name, password.reveal())
        yield session
    finally:
        with suppress(OSError, smtplib.SMTPException):  # what is delivered is, however they part
            session.quit()


def _trust(server: MailServer) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(server.ca_file) if server.ca_file else None)
    except (OSError, ssl.SSLError):
        said = f"{server.ca_file} holds no certificates"
        raise DeliveryError(said, hint="ca_file names a file in PEM") from None


def _fault(error: Exception) -> DeliveryError:
    match error:
        case smtplib.SMTPResponseException():
            return _of_reply(error)
        case smtplib.SMTPRecipientsRefused(recipients=refused):
            is_passing = all(code in _PASSING for code, _ in refused.values())
            return DeliveryError(f"{_REFUSED} {_of_each(refused)}", is_passing=is_passing)
        case smtplib.SMTPNotSupportedError():
            said = "the mail server does not offer what is asked of it: STARTTLS, or a way to log in"
            return DeliveryError(said, hint="smtps://HOST speaks TLS at once; `tls: never` does without")
        case smtplib.SMTPServerDisconnected():
            hint = "smtps:// where the port speaks TLS at once"
            return DeliveryError("the mail server hung up", hint=hint, is_passing=True)
        case smtplib.SMTPException():
            return DeliveryError(f"the mail server is not understood: {error}")
        case _:
            return of_system(error)


def _of_reply(error: smtplib.SMTPResponseException) -> DeliveryError:
    code, reply = error.smtp_code, _reply(error.smtp_code, error.smtp_error)
    is_passing = code in _PASSING or code < 0  # none came
    match error:
        case smtplib.SMTPAuthenticationError():
            return DeliveryError(f"{_REFUSED} user or password: {reply}", is_passing=is_passing)
        case smtplib.SMTPSenderRefused(sender=sender):
            said = f"{_REFUSED} the sender {sender}: {reply}"
            return DeliveryError(said, hint="`from` sets another one", is_passing=is_passing)
        case _:
            return DeliveryError(f"{_REFUSED}: {reply}", is_passing=is_passing)


def _of_each(refused: Mapping[str, tuple[int, bytes]]) -> str:
    return ", ".join(f"{to} ({_reply(*reply)})" for to, reply in refused.items())


def _reply(code: int, why: bytes | str) -> str:
    text = why.decode("utf-8", "replace") if isinstance(why, bytes) else why
    return f"{code} {' '.join(text.split())[:120]}"

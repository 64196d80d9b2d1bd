"""A real mail server on loopback that keeps what it takes."""

from __future__ import annotations

import email.policy
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from fastdiag.model.notify import MailServer, Security
from fastdiag.model.target import Secret
from tests.stack.ports import LOOPBACK, free_port

USER = "ops"
PASSWORD = "hunter22"  # noqa: S105 - guards a mailbox that lives for a second on loopback


@dataclass  # no slots: the library looks at all members, and Python 3.11.2 fails at that of weak references
class Mailbox:
    """A running server. ``replies`` are given in turn to what it is sent, and then it takes everything."""

    port: int
    replies: list[str] = field(default_factory=list)
    mails: list[EmailMessage] = field(default_factory=list)
    senders: list[str | None] = field(default_factory=list)
    unknown: frozenset[str] = frozenset()

    def server(self, security: Security = Security.NONE, **more: object) -> MailServer:
        return MailServer(host=LOOPBACK, port=self.port, security=security, **more)  # type: ignore[arg-type]

    async def handle_RCPT(  # noqa: N802 - the name is the library's
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.unknown:
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - likewise
        if self.replies:
            return self.replies.pop(0)
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        mail = BytesParser(EmailMessage, policy=email.policy.default).parsebytes(content)
        self.mails.append(mail)
        self.senders.append(envelope.mail_from)
        return "250 OK"


@contextmanager
def mailbox(
    *replies: str,
    certificate: Path | None = None,
    at_once: bool = False,
    needs_login: bool = False,
    unknown: frozenset[str] = frozenset(),
) -> Iterator[Mailbox]:
    """Serve until the block is left; with a certificate STARTTLS is needed, or TLS is spoken ``at_once``."""
    box = Mailbox(port=free_port(), replies=list(replies), unknown=unknown)
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
    controller = Controller(
        box,
        hostname=LOOPBACK,
        port=box.port,
        server_hostname="mail.test",
        ssl_context=context if at_once else None,
        tls_context=None if at_once else context,
        require_starttls=bool(context) and not at_once,
        auth_required=needs_login,
        authenticator=_authenticate if needs_login else None,
    )
    controller.start()
    try:
        yield box
    finally:
        controller.stop()


def _authenticate(*details: object) -> AuthResult:
    given = details[-1]
    is_known = given == LoginPassword(USER.encode(), PASSWORD.encode())
    return AuthResult(success=is_known, handled=is_known)


LOGIN = (USER, Secret(PASSWORD))

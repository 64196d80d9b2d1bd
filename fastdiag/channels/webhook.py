"""The generic webhook: the message and the whole diagnosis as one JSON document (`schema: 1`)."""

from __future__ import annotations

import json
from typing import Final

from fastdiag.channels.web import Request, ask
from fastdiag.model.notify import Message, Webhook

SCHEMA: Final = 1
MAX_DOCUMENT_BYTES: Final = 5_000_000
"""Of JSON; the diagnosis of a service with thousands of routes and workers has a tenth of this."""
IDEMPOTENCY_KEY: Final = "Idempotency-Key"
"""The same for every attempt at the same message: a timeout does not tell whether it has arrived."""


def send(channel: Webhook, message: Message, deadline: float) -> None:
    """Post a message once. Raise DeliveryError when it was not taken."""
    request = Request(
        place=channel.place,
        method="POST",
        content_type="application/json",
        body=json.dumps(payload(message)).encode(),
        headers={IDEMPOTENCY_KEY: message.id},
    )
    ask(request, deadline)


def payload(message: Message) -> dict[str, object]:
    """Return what is posted; keys may be added, never renamed.

    ``diagnosis`` is null in a test, and where it is too large to be sent.
    """
    is_sent = 0 < len(message.document) <= MAX_DOCUMENT_BYTES
    return {
        "schema": SCHEMA,
        "id": message.id,
        "why": message.why.value,
        "service": message.service,
        "status": message.status.value if message.status else None,
        "subject": message.subject,
        "news": list(message.news),
        "text": message.text,
        "markdown": message.markdown,
        "diagnosis": json.loads(message.document) if is_sent else None,
    }

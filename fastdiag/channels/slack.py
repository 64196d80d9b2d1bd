"""A message for webhooks that take what Slack's do: plain text in which nothing is a mention or a link.

Slack, Mattermost, Rocket.Chat and Discord (at .../slack) all know `text` and `attachments` and differ in all
that is newer. Each formats in its own way, and none has a sign that switches that off everywhere: so what
one of them would act on is broken up here.
"""

from __future__ import annotations

import json
import re
from typing import Final

from fastdiag.channels.failure import DeliveryError
from fastdiag.channels.web import Request, ask
from fastdiag.model.diagnosis import Status
from fastdiag.model.notify import Message, Slack

MAX_TEXT_CHARS: Final = 3500
"""Slack folds a message at 4,000 characters, Discord refuses an embed of more than 4,096."""
MAX_SUBJECT_CHARS: Final = 300
_COLORS: Final[dict[Status | None, str]] = {
    Status.CRITICAL: "#d0342c",
    Status.WARNING: "#e3a008",
    Status.OK: "#2e8540",
}
_OTHER_COLOR: Final = "#7a7a7a"
_ENTITIES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
"""What Slack asks for, and all that a link, a mention or a channel needs there."""
_ACTIVE: Final = re.compile(r"(?<!\w)@(?=\w)|\](?=\()")
"""How a mention (@all) and a link ([text](address)) begin in the others."""
_BREAK: Final = "\u200b"
"""A blank of no width."""


def send(channel: Slack, message: Message, deadline: float) -> None:
    """Post a message once. Raise DeliveryError when it was not taken."""
    body = json.dumps(payload(message)).encode()
    request = Request(place=channel.place, method="POST", content_type="application/json", body=body)
    if ask(request, deadline).lstrip().startswith(b"<"):  # chats answer `ok`, JSON or nothing
        hint = "a login page, or the address of the chat instead of its webhook?"
        raise DeliveryError("a web page answered, and no webhook of a chat", hint=hint)


def payload(message: Message) -> dict[str, object]:
    """Return what is posted."""
    subject = inert(_cut(message.subject, MAX_SUBJECT_CHARS))
    attachment = {
        "fallback": subject,
        "color": _COLORS.get(message.status, _OTHER_COLOR),
        "text": inert(_cut(message.text, MAX_TEXT_CHARS)),
        "mrkdwn_in": [],  # formatted nowhere
    }
    return {
        "text": subject,
        "mrkdwn": False,
        "parse": "none",
        "link_names": False,
        "unfurl_links": False,
        "unfurl_media": False,
        "attachments": [attachment],
    }


def inert(text: str) -> str:
    """Return a text on which no chat acts: foreign text is data."""
    return _ACTIVE.sub(lambda match: f"{match[0]}{_BREAK}", text).translate(_ENTITIES)


def _cut(text: str, limit: int) -> str:
    """Return as many whole lines as fit, or the beginning of the first one."""
    if len(text) <= limit:
        return text
    whole, newline, _ = text[: limit - 1].rpartition("\n")
    return f"{whole}\n…" if newline else f"{text[: limit - 1]}…"

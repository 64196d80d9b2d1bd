"""Calls that take as long as another service, or a clock, likes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import translate
from functools import cache
from typing import Final

_VERBS: Final = ("get", "options", "head", "post", "put", "patch", "delete", "request", "send", "stream")


@dataclass(frozen=True, slots=True, kw_only=True)
class Slow:
    """Such calls, and how a finding names them."""

    kind: str
    paths: tuple[str, ...]
    words: str


def _of(prefix: str, names: tuple[str, ...] = _VERBS) -> tuple[str, ...]:
    return tuple(f"{prefix}.{name}" for name in names)


SLOW: Final = (
    Slow(
        kind="external-call",
        paths=(
            *_of("requests"), *_of("requests.Session"),
            *_of("httpx"), *_of("httpx.Client"), *_of("httpx.AsyncClient"),
            *_of("aiohttp.ClientSession"), "urllib.request.urlopen", *_of("urllib3.PoolManager"),
            "openai.OpenAI.*.create", "openai.AsyncOpenAI.*.create", "anthropic.Anthropic.*.create",
            "anthropic.AsyncAnthropic.*.create", "stripe.*.create", "stripe.*.retrieve", "stripe.*.modify",
            "boto3.Client.*", "httpx_oauth.*.get_access_token", "httpx_oauth.*.refresh_token",
            "httpx_oauth.*.get_id_email", "httpx_oauth.*.get_profile", "authlib.*.fetch_token",
            "authlib.*.fetch_access_token", "authlib.*.authorize_access_token",
        ),
        words="another service answers",
    ),
    Slow(
        kind="email",
        paths=(
            "smtplib.SMTP", "smtplib.SMTP_SSL", "smtplib.SMTP.send_message", "smtplib.SMTP.sendmail",
            "aiosmtplib.send", "fastapi_mail.FastMail.send_message", "sendgrid.SendGridAPIClient.send",
        ),
        words="the mail server answers",
    ),
    Slow(kind="sleep", paths=("asyncio.sleep", "anyio.sleep", "time.sleep"), words="a sleep is over"),
)  # fmt: skip
"""What a request may wait for while it holds something that others need."""

KINDS: Final = tuple(slow.kind for slow in SLOW)
"""The worst first: of several waits that one is told."""


def slow_of(path: str) -> Slow | None:
    """Return the row of a dotted name, if it is a slow call."""
    return next((slow for slow, pattern in _patterns() if pattern.match(path)), None)


@cache
def _patterns() -> tuple[tuple[Slow, re.Pattern[str]], ...]:
    return tuple((slow, re.compile("|".join(map(translate, slow.paths)))) for slow in SLOW)

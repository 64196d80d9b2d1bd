"""How much the loss of a background task would hurt: the field guide's decision table over names and callees.

| what the task does      | in the process of the web worker |
| simple e-mail           | acceptable early                 |
| payment, webhook        | risky                            |
| long-running, retried   | not ideal, limited               |
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from fastdiag.audit.effects import HTTP, MAIL, PAYMENT, Effect, effects, matches
from fastdiag.audit.naming import words_of
from fastdiag.model.audit import Confidence, Severity
from fastdiag.source.model import Function
from fastdiag.source.project import Project


class Duty(StrEnum):
    """What a task does that somebody waits for."""

    PAYMENT = "payment"
    WEBHOOK = "webhook"
    EMAIL = "email"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """What a task does, what tells so, and how much its loss matters.

    because  what tells it: `calls stripe.Charge.create`, or `by its name`
    effect   the call that tells it, where one does
    """

    duty: Duty
    because: str
    confidence: Confidence
    severity: Severity
    effect: Effect | None = None


NEAR: Final = 3
"""Functions up to the call that tells a task's duty; one further away may be beside the point."""
_MONEY: Final = frozenset(
    {"payment", "payments", "refund", "refunds", "payout", "payouts", "charge", "charges"}
)
_PAYING: Final = frozenset({
    "charge", "refund", "payout", "capture", "process", "settle", "execute", "make", "collect", "submit",
    "create", "complete", "finalize", "retry",
})  # fmt: skip
_WHOM: Final = frozenset(
    {"card", "customer", "order", "user", "account", "subscription", "client", "booking"}
)
_PAYERS: Final = {"charge": _WHOM, "refund": _WHOM}
"""Whom one charges: with these a noun for money is not needed."""
_MAIL: Final = frozenset({"email", "mail", "newsletter"})
_SENDING: Final = frozenset({"send", "deliver", "dispatch", "notify", "resend"})
_FIRING: Final = _SENDING | {"fire", "trigger", "call", "post", "emit", "process", "handle", "publish", "run"}
_HOOK: Final = re.compile(r"/(web)?hooks?\b")
_ACTS: Final = frozenset({"create", "capture", "confirm", "charge", "refund", "pay"})
_VERBS: Final = frozenset({"get", "post", "put", "patch", "delete", "request", "send", "stream", "urlopen"})
_AWAITED_MAIL: Final = frozenset({
    "reset", "recovery", "verification", "verify", "confirm", "confirmation", "receipt", "invoice", "otp",
    "code", "invite", "invitation", "activation", "order", "password", "token", "login",
})  # fmt: skip
"""What an e-mail is about whose loss a user notices: it cannot be called simple and non-critical."""


def weigh(project: Project, target: Function) -> Weighed | None:
    """Tell what a task of the project does that must not be lost; None where nothing says so."""
    return _by_effect(list(effects(project, target)), words_of(target.name)) or _by_name(target)


def weigh_outside(path: str) -> Weighed | None:
    """Tell the same of a task that is a function of a library: `fastapi_mail.FastMail.send_message`."""
    for duty, patterns in ((Duty.PAYMENT, PAYMENT), (Duty.EMAIL, MAIL)):
        if matches(path, patterns):
            severity = _severity(duty, words_of(path))
            return Weighed(duty=duty, because=f"is {path}", confidence=Confidence.CERTAIN, severity=severity)
    return None


def weigh_named(names: Sequence[str]) -> Weighed | None:
    """Tell the same of a task of which only its names are known: mailer, send_welcome."""
    *owners, name = names or ("",)
    return _named((*words_of(name), *words_of("_".join(owners))))


def _by_effect(found: list[Effect], words: Iterable[str]) -> Weighed | None:
    for duty, patterns in ((Duty.PAYMENT, PAYMENT), (Duty.EMAIL, MAIL)):
        matching = [one for one in found if matches(one.path, patterns)]
        if matching:
            return _seen(duty, min(matching, key=_remoteness), words)
    effect = next((one for one in found if _is_request(one) and _is_webhook(one)), None)
    return _seen(Duty.WEBHOOK, effect, words) if effect else None


def _remoteness(effect: Effect) -> int:
    """Put the call that does it before other methods of the client, and these before its class."""
    name = effect.path.rpartition(".")[2]
    return 0 if "send" in name or name in _ACTS else 1 + name[:1].isupper()


def _is_request(effect: Effect) -> bool:
    return matches(effect.path, HTTP) and effect.path.rpartition(".")[2] in _VERBS


def _is_webhook(effect: Effect) -> bool:
    """Tell whether an HTTP call delivers a webhook, as its address or the functions that lead to it say."""
    texts = (node.value for node in ast.walk(effect.call.node) if isinstance(node, ast.Constant))
    is_addressed = any(isinstance(text, str) and _HOOK.search(text) for text in texts)
    return is_addressed or any("webhook" in words_of(function.qualname) for function in effect.via)


def _seen(duty: Duty, effect: Effect, words: Iterable[str]) -> Weighed:
    return Weighed(
        duty=duty,
        because=f"calls {effect.path}",
        confidence=Confidence.CERTAIN if effect.sure and len(effect.via) <= NEAR else Confidence.LIKELY,
        severity=_severity(duty, words),
        effect=effect,
    )


def _by_name(target: Function) -> Weighed | None:
    return _named(words_of(target.name))


def _named(words: tuple[str, ...]) -> Weighed | None:
    duty = _duty_named(words)
    if duty is None:
        return None
    severity = _severity(duty, words)
    return Weighed(duty=duty, because="by its name", confidence=Confidence.POSSIBLE, severity=severity)


def _duty_named(words: tuple[str, ...]) -> Duty | None:
    """Tell a duty by a verb and a noun; one alone is in too many names: `validate_email`, `charge_level`."""
    said = frozenset(words)
    if words and words[0] in _PAYING and frozenset(words[1:]) & (_MONEY | _PAYERS.get(words[0], frozenset())):
        return Duty.PAYMENT
    if "webhook" in said and said & _FIRING:
        return Duty.WEBHOOK
    if said & _MAIL and (said & _SENDING or words[0] in _MAIL):
        return Duty.EMAIL
    return None


def _severity(duty: Duty, words: Iterable[str]) -> Severity:
    match duty:
        case Duty.PAYMENT:
            return Severity.CRITICAL
        case Duty.WEBHOOK:
            return Severity.WARNING
        case Duty.EMAIL:
            return Severity.WARNING if _AWAITED_MAIL & set(words) else Severity.NOTE

"""Which alerting rules watch for timeouts, restarts and queues: told by the words of their expressions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from fastdiag.model.checklist import Evidence
from fastdiag.model.readiness import AlertRule, RuleSet
from fastdiag.render.words import listed

MAX_NAMED: Final = 3
MAX_RECORDED: Final = 50
"""Recording rules that are looked into for one alert."""
MAX_CHARS: Final = 20_000
"""Of an expression with those of its recording rules."""
_NAME: Final = re.compile(r"[a-zA-Z_:][\w:]*")


class Kind(StrEnum):
    """What somebody has to be told of."""

    TIMEOUTS = "timeout spikes"
    RESTARTS = "worker restarts"
    QUEUE = "queue build-up"


_WORDS: Final[Mapping[Kind, re.Pattern[str]]] = {
    Kind.TIMEOUTS: re.compile(
        r"time_?d?_?outs?|timedout|deadline_exceeded|\b(?:408|499|504)\b|hanging|stuck",
        re.IGNORECASE,
    ),
    Kind.RESTARTS: re.compile(
        r"restart|process_start_time|process_uptime|worker_?(?:deaths|exit|instab)|crash_?loop|instability",
        re.IGNORECASE,
    ),
    Kind.QUEUE: re.compile(
        r"queue|backlog|celery|dramatiq|rabbitmq|_messages_(?:ready|unacked)|consumer_?lag|\barq_|\brq_",
        re.IGNORECASE,
    ),
}
"""Words by which exporters of servers, Kubernetes and queues, and `fastdiag alerts`, name what they tell."""


def of_kind(rules: RuleSet, kind: Kind) -> Evidence:
    """Say which rules watch for this, and whether the server can evaluate them."""
    found = [rule for rule in rules.alerts if _watches(rule, rules, kind)]
    sound = [rule for rule in found if not rule.error]
    if sound:
        names = listed([rule.name for rule in sound], at_most=MAX_NAMED)
        return Evidence(source="prometheus", text=f"{kind}: {names}", speaks=True)
    if found:
        text = f"{kind}: {found[0].name} cannot be evaluated: {found[0].error}"
        return Evidence(source="prometheus", text=text, speaks=False)
    many = f"none of {len(rules.alerts)} alerting rules" if rules.alerts else "there are no alerting rules"
    return Evidence(source="prometheus", text=f"{kind}: {many} at {rules.url}", speaks=False)


def _watches(rule: AlertRule, rules: RuleSet, kind: Kind) -> bool:
    return any(_WORDS[kind].search(text) for text in (rule.name, _expanded(rule.query, rules.records)))


def _expanded(query: str, records: Mapping[str, str]) -> str:
    """Return an expression followed by those of the recorded series that it reads, and of what these read."""
    texts, known = [query], {query}
    for text in texts:  # it grows while it is read
        for name in _NAME.findall(text):
            recorded = records.get(name)
            if recorded is not None and recorded not in known and len(texts) < MAX_RECORDED:
                known.add(recorded)
                texts.append(recorded)
    return " ".join(texts)[:MAX_CHARS]

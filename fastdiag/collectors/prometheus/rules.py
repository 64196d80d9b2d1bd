"""The rules that a Prometheus server has in force: one bounded request that changes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Final

from fastdiag.collectors.prometheus.connected import address_of
from fastdiag.collectors.sink import SourceFailed
from fastdiag.model.readiness import AlertRule, RuleSet
from fastdiag.model.signal import Reason
from fastdiag.model.target import Target

PATH: Final = "/api/v1/rules"
MAX_RULES: Final = 5000
"""More than this no server is known to have; what is beyond is not read, and that is said."""
_BAD: Final = "the answer is not a list of rules"
_HINT: Final = "VictoriaMetrics has them on vmalert: give that URL; a proxy may close /api/v1/rules"


def read_rules(target: Target, until: float) -> RuleSet:
    """Return the rules in force; ``until`` is a monotonic time.

    Raises:
        SourceFailed: no server is known, or it does not give its rules.

    """
    address = address_of(target)
    from fastdiag.collectors.http_session import BoundedSession, Login  # noqa: PLC0415 - 0.1 s of imports

    with BoundedSession(until, target.prometheus_access.ca_file) as session:
        if target.prometheus_access.headers or address.credentials:
            session.auth = Login(target.prometheus_access, address.credentials)
        session.get(f"{address.url}{PATH}")
        body = session.last_body
    return parse_rules(body, address.url)


def parse_rules(body: bytes, url: str) -> RuleSet:
    """Return the rules of an answer. Raise SourceFailed when it is none."""
    try:
        groups = json.loads(body)["data"]["groups"]
        rules = [(str(group.get("name", "")), rule) for group in groups for rule in group.get("rules", ())]
        return _sorted(rules, url)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise SourceFailed(Reason.FAILED, _BAD, hint=_HINT) from error


def _sorted(rules: list[tuple[str, Mapping[str, object]]], url: str) -> RuleSet:
    if len(rules) > MAX_RULES:
        raise SourceFailed(Reason.FAILED, f"more than {MAX_RULES:,} rules: not read")
    records = {
        str(rule["name"]): str(rule.get("query", "")) for _, rule in rules if rule["type"] == "recording"
    }
    return RuleSet(url=url, alerts=tuple(_alerts(rules)), records=records)


def _alerts(rules: list[tuple[str, Mapping[str, object]]]) -> Iterator[AlertRule]:
    for group, rule in rules:
        if rule["type"] == "alerting":
            yield AlertRule(
                name=str(rule["name"]),
                group=group,
                query=str(rule.get("query", "")),
                error=str(rule.get("lastError") or ""),
            )

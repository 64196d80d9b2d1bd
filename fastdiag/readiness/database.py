"""Items on the database: pools, connections, transactions, lazy loading, slow queries."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from fastdiag.model.audit import Severity
from fastdiag.model.checklist import Evidence, Item
from fastdiag.model.quantity import Unit, format_value
from fastdiag.model.signal import Missing
from fastdiag.readiness import code, live, pools
from fastdiag.readiness.application import ORMS
from fastdiag.readiness.facts import Facts
from fastdiag.readiness.judging import Judged, is_true, only_told
from fastdiag.render.words import listed

LONG_TRANSACTION_S: Final = 30.0
"""The default of the parameter of that name."""
UNLIMITED: Final = "database-timeout"
"""A finding that nothing would end a long statement; that there are any, it does not say."""
SLOW_LOG: Final = "db.logging.slow_statements"
LOCK_LOG: Final = "db.logging.lock_waits"
LOCKS: Final = re.compile(r"(?<![bc])lock", re.IGNORECASE)
"""What rules on locks are about; a blocked event loop is another matter."""
STATEMENTS: Final = "db.queries.top.share"
"""Only a server that has pg_stat_statements tells it."""


def pool_size_configured(facts: Facts, item: Item) -> Judged:
    """Judge whether somebody chose the size of each pool, and whether all of them fit the database."""
    chosen = pools.of_settings(facts)
    fitting = pools.of_slots(facts)
    wrong = tuple(one for one in facts.findings_of(item) if one.severity is not Severity.NOTE)
    found = code.of_findings(facts, item, wrong) if wrong else ()
    others = live.of_sums(facts, "threads-against-pool", "pooler-against-slots")
    evidence = (*chosen, *found, *fitting, *others, *live.of_causes(facts, item))
    return Judged(evidence=evidence, enough=is_true(one for one in chosen if one.speaks is not None))


def transactions_short(facts: Facts, item: Item) -> Judged:
    """Judge by the oldest transaction that PostgreSQL knows, and by what the code does while one is open."""
    limit_s = facts.parameter("long_transaction", LONG_TRANSACTION_S)
    oldest = live.of_signal(
        facts, "db.transactions.longest", "oldest transaction", lambda value: value <= limit_s
    )
    idle = live.of_signal(facts, "db.service.idle_in_transaction", "connections idle in a transaction", None)
    findings = code.of_findings(
        facts, item, (one for one in facts.findings_of(item) if one.check != UNLIMITED)
    )
    return Judged(
        evidence=(*findings, oldest, idle, *live.of_causes(facts, item)),
        enough=oldest.speaks is True,
        fix=f"nothing should stay open for longer than {format_value(limit_s, Unit.SECONDS)}: {item.fix}",
    )


def no_lazy_loading(facts: Facts, item: Item) -> Judged:
    """Judge by the code, and by the number of statements of a request."""
    if facts.does_without(*ORMS):
        return Judged(
            evidence=(Evidence(source=code.CODE, text="the code imports no ORM", speaks=True),), enough=True
        )
    each = live.of_signal(facts, "db.queries.per_request", "statements of a request")
    evidence = (*code.of_findings(facts, item), each, *live.of_causes(facts, item))
    return Judged(evidence=evidence, enough=code.is_clean(facts, facts.findings_of(item)))


def slow_queries_monitored(facts: Facts, item: Item) -> Judged:
    """Judge whether one way shows slow statements, and one shows waits for locks."""
    ways = (
        *live.of_sight(facts, item),
        _statistics(facts),
        _log(facts, SLOW_LOG, "log_min_duration_statement"),
    )
    is_seen = any(one.speaks is True for one in ways)
    if is_seen:  # one way is enough
        ways = tuple(one for one in ways if one.speaks is not False)
    locks = _locks(facts)
    return Judged(
        evidence=(*ways, locks), enough=is_seen and locks.speaks is True, fix=live.what_to_add(facts, item)
    )


def _statistics(facts: Facts) -> Evidence:
    if facts.value(STATEMENTS) is None:
        return live.of_signal(facts, STATEMENTS, "statistics of statements (pg_stat_statements)")
    text = "pg_stat_statements tells which statements take the time"
    return Evidence(source="postgres", text=text, speaks=True, signal=STATEMENTS)


def _locks(facts: Facts) -> Evidence:
    """Say whether waits for locks are logged, or else an alert watches them."""
    logged = _log(facts, LOCK_LOG, "log_lock_waits")
    if logged.speaks is True or isinstance(facts.rules, Missing):
        return only_told((logged,), (logged,))[0]
    watching = [rule.name for rule in facts.rules.alerts if LOCKS.search(f"{rule.name} {rule.query}")]
    if watching:
        return Evidence(source="prometheus", text=f"locks: {listed(watching, at_most=3)}", speaks=True)
    return replace(logged, text=f"{logged.text}, and no alert watches locks")


def _log(facts: Facts, signal: str, setting: str) -> Evidence:
    """Say whether PostgreSQL writes something into its log."""
    told = live.of_signal(facts, signal, f"{setting} of PostgreSQL")
    value = facts.value(signal)
    if value is None:
        return told
    return replace(told, text=f"{setting} is {'on' if value else 'off'}", speaks=value > 0)

"""What only the log tells: the time of a request, or of a part of it, as a field of its records."""

from __future__ import annotations

import re
from typing import Final

from fastdiag.collectors.logs.facts import MIN_RECORDS, MIN_SHARE_WITH_ID
from fastdiag.coverage.facts import LOGS, Facts
from fastdiag.coverage.logging_item import BREAKDOWN, DURATIONS
from fastdiag.coverage.quality import Flaw, Remark
from fastdiag.coverage.verdict import Verdict
from fastdiag.coverage.wanted import EXTERNAL, LATENCY, QUERIES, WAIT
from fastdiag.model.checklist import Evidence, Sight

FIELDS: Final = {
    LATENCY: (DURATIONS, re.compile(r".+")),
    QUERIES: (BREAKDOWN, re.compile(r"(?:db|sql|database|query|queries|postgres)_.+")),
    EXTERNAL: (BREAKDOWN, re.compile(r"(?:upstream|external|http_client)_.+")),
    WAIT: (BREAKDOWN, re.compile(r"pool_.+")),
}
"""Of which kind an item's fields are, and how their names begin."""
ONLY_LOGGED: Final = "only the log has it: a percentile takes a query over its records, and no alert sees it"


def by_log(item: str, facts: Facts) -> Verdict | None:
    """Return that an item is visible by a field of the log; None where no field shows it."""
    logs = facts.logs
    if logs is None or logs.records < MIN_RECORDS or item not in FIELDS:
        return None
    kind, name = FIELDS[item]
    fields = tuple(field for field in logs.fields[kind] if name.fullmatch(field))
    share = logs.shares[kind]
    if not fields or share < MIN_SHARE_WITH_ID:
        return None
    text = f"{share:.0%} of {logs.records} records have {', '.join(fields)}"
    return Verdict(
        sight=Sight.VISIBLE,
        by=fields,
        age_s=logs.age_s,
        remarks=(Remark(text=ONLY_LOGGED, flaw=Flaw.LOGGED),),
        evidence=(Evidence(source=LOGS, text=text, speaks=True, signal=kind),),
    )

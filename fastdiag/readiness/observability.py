"""Items on observability: logs, latency, errors, traces, and whether somebody is told."""

from __future__ import annotations

from collections.abc import Iterator

from fastdiag.model.checklist import Evidence, Item
from fastdiag.model.signal import Missing
from fastdiag.readiness import alerting, background, code, live
from fastdiag.readiness.facts import Facts
from fastdiag.readiness.judging import Judged


def tracked(facts: Facts, item: Item) -> Judged:
    """Judge whether what the item needs is visible."""
    return Judged(
        evidence=(*live.of_sight(facts, item), *_remarks(facts, item)),
        enough=live.is_visible(facts, item),
        fix=live.what_to_add(facts, item),
    )


def _remarks(facts: Facts, item: Item) -> Iterator[Evidence]:
    """Return what the code says: what is visible on the running service counts, and this explains it."""
    for finding in facts.findings_of(item)[: code.MAX_FINDINGS]:
        yield Evidence(
            source=code.CODE, text=finding.message, speaks=None, place=finding.place, finding=finding
        )


def alerts_defined(facts: Facts, item: Item) -> Judged:
    """Judge by the rules that Prometheus has in force."""
    del item
    if isinstance(facts.rules, Missing):
        text = f"the alerting rules of Prometheus: {facts.rules}"
        return Judged(evidence=(Evidence(source="prometheus", text=text, speaks=None),), enough=False)
    evidence = tuple(_alerts(facts))
    return Judged(evidence=evidence, enough=all(one.speaks is True for one in evidence))


def _alerts(facts: Facts) -> Iterator[Evidence]:
    if isinstance(facts.rules, Missing):
        return
    has_queue = background.no_tasks(facts) is None or facts.value("queue.depth") is not None
    for kind in alerting.Kind:
        if kind is alerting.Kind.QUEUE and not has_queue:
            yield Evidence(source=code.CODE, text=f"{kind}: {background.NO_TASKS}", speaks=True)
        else:
            yield alerting.of_kind(facts.rules, kind)

"""The checklist, answered: each item by what was seen, by what could not be, and by how good it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from fastdiag.coverage.by_log import by_log
from fastdiag.coverage.doubts import ENDED, doubts_about
from fastdiag.coverage.evidence import could_not_look, denied, shown
from fastdiag.coverage.facts import PAGE, PROMETHEUS, Facts, Metric
from fastdiag.coverage.logging_item import judge_logging
from fastdiag.coverage.quality import (
    Flaw,
    Remark,
    of_age,
    of_bias,
    of_blindness,
    of_buckets,
    of_endpoints,
    of_inflation,
    of_size,
    of_statuses,
)
from fastdiag.coverage.recipes import mend, mended_by
from fastdiag.coverage.tracing_item import judge_tracing
from fastdiag.coverage.verdict import Verdict
from fastdiag.coverage.wanted import (
    BACKGROUND,
    BY_ITEM,
    ERRORS,
    EXTERNAL,
    LATENCY,
    LOGGING,
    QUEUES,
    REQUESTS,
    SELF_MADE,
    TRACES,
    Wanted,
    known_to,
)
from fastdiag.metrics.page import START_TIME
from fastdiag.model.checklist import Evidence, Item, Quality, Seen, Sight

OF_ANY_WORKER: Final = "each scrape shows the start of whichever worker answers, so no restart can be told"
QUEUE_LIBRARIES: Final = frozenset({"celery", "rq", "arq", "dramatiq", "taskiq", "huey", "procrastinate"})


def judge(items: Sequence[Item], facts: Facts) -> tuple[Seen, ...]:
    """Answer every item, in the order of the checklist. Pure: the same facts, the same answers."""
    return tuple(_seen(item, _verdict(item, facts), facts) for item in items)


def _verdict(item: Item, facts: Facts) -> Verdict:
    match item.id:
        case id_ if id_ == LOGGING:
            return judge_logging(facts)
        case id_ if id_ == TRACES:
            return judge_tracing(facts)
        case id_ if id_ == QUEUES:
            return _judge_queues(facts)
        case id_ if id_ in BY_ITEM:
            return _judge_metrics(BY_ITEM[id_], facts)
        case _:
            why = Evidence(source="fastdiag", text="nothing tells how to look for it", speaks=None)
            return Verdict(sight=Sight.CANNOT_TELL, evidence=(why,))


def _seen(item: Item, verdict: Verdict, facts: Facts) -> Seen:
    """Put the answer together, with the lines that add or mend what can be."""
    flaws = [remark for remark in verdict.remarks if remark.flaw]
    recipe = None
    if verdict.sight is Sight.NOT_VISIBLE or any(remark.flaw is Flaw.LOGGED for remark in flaws):
        recipe = mended_by(item.id, facts.uses, facts.slow_s)
    elif verdict.sight is Sight.VISIBLE:
        recipe = mend(item.id, flaws, facts.uses, facts.slow_s)
    return Seen(
        item=item,
        sight=verdict.sight,
        by=verdict.by,
        age_s=verdict.age_s,
        qualities=tuple(Quality(text=one.text, is_good=one.flaw is None) for one in verdict.remarks),
        evidence=verdict.evidence,
        add=recipe.lines if recipe else "",
        add_to=recipe.add_to if recipe else "",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """The metrics of one group of signals: those that show it, and those that might but do not."""

    group: tuple[str, ...]
    usable: tuple[Metric, ...]
    useless: tuple[Metric, ...]


def _judge_metrics(wanted: Wanted, facts: Facts) -> Verdict:
    found = [_find(group, wanted, facts) for group in known_to(facts.catalogue, wanted)]
    if found and all(one.usable for one in found):
        return _visible(wanted, found, facts)
    logged = by_log(wanted.item, facts)
    if logged is not None:
        return logged
    return _not_visible(wanted, found, facts)


def _find(group: tuple[str, ...], wanted: Wanted, facts: Facts) -> _Found:
    """Sort what there is; what a server keeps is not told again from the page."""
    kept: dict[tuple[str, str], Metric] = {}
    for metric in facts.metrics_of(*group):
        kept.setdefault((metric.signal, metric.name), metric)
    main = [metric for metric in kept.values() if not metric.is_detail]
    usable = tuple(metric for metric in main if why_useless(metric, wanted, facts) is None)
    details = tuple(
        metric for metric in kept.values() if metric.is_detail and metric.signal in {m.signal for m in usable}
    )
    useless = tuple(
        metric
        for metric in facts.metrics_of(*group)  # each source is told of, whoever else has it
        if not metric.is_detail and why_useless(metric, wanted, facts) is not None
    )
    return _Found(group=group, usable=(*usable, *details), useless=useless)


def why_useless(metric: Metric, wanted: Wanted, facts: Facts) -> str | None:
    """Return why a metric that exists does not show what the item asks for; None when it does."""
    if metric.name == START_TIME and _lottery(metric, facts):
        return OF_ANY_WORKER
    if metric.is_blind:
        return metric.blind_to
    if wanted.by_endpoint and not metric.columns.series:
        return ENDED
    if wanted.by_endpoint and metric.route_label is None:
        return "it does not tell endpoints apart"
    if wanted.item == ERRORS and metric.status_label is None:
        return "it does not tell statuses apart"
    return None


def _lottery(metric: Metric, facts: Facts) -> str:
    """Return that a metric is one worker's of several.

    A server whose connection stays open meets the same worker each time and cannot know: the page tells.
    """
    page = facts.shelf(PAGE)
    is_paged = page is not None and any(
        one.name == metric.name for one in page.metrics.get(metric.signal, ())
    )
    shelves = (facts.shelf(metric.source), page if is_paged else None)
    return next((shelf.lottery for shelf in shelves if shelf and shelf.lottery), "")


def _visible(wanted: Wanted, found: Sequence[_Found], facts: Facts) -> Verdict:
    metrics = [metric for one in found for metric in one.usable]
    named = {metric.name: metric for metric in metrics}
    remarks = [remark for metric in named.values() for remark in _remarks(wanted, metric, facts)]
    remarks += _lacking(wanted, facts)
    ages = [metric.columns.age_s for metric in metrics if metric.columns.age_s is not None]
    return Verdict(
        sight=Sight.VISIBLE,
        by=tuple(named),
        age_s=min(ages, default=None),
        remarks=tuple(dict.fromkeys(remarks)),
        evidence=tuple(shown(metric) for metric in named.values()),
    )


def _remarks(wanted: Wanted, metric: Metric, facts: Facts) -> list[Remark]:
    remarks = [*of_age(metric, facts.shelf(metric.source)), *of_size(metric)]
    if not (
        facts.is_instrumented and wanted.item in SELF_MADE
    ):  # its series say what those of others leave out
        remarks += of_bias(metric)
    if wanted.item == LATENCY:
        remarks += [*of_buckets(metric, facts.slow_s), *of_inflation(metric)]
    if wanted.by_endpoint or (wanted.item == LATENCY and metric.route_label):
        remarks += of_endpoints(metric)
    if wanted.item == ERRORS:
        remarks += of_statuses(metric)
        remarks += [one for other in facts.metrics_of("http.timeouts.ratio") for one in of_bias(other)]
    if wanted.item == EXTERNAL:
        remarks += [one for other in facts.metrics_of("external.timeouts") for one in of_blindness(other)]
    else:
        remarks += of_blindness(metric)
    if wanted.item == REQUESTS and (lottery := _lottery(metric, facts)):
        remarks.append(Remark(text=lottery, flaw=Flaw.LOTTERY))
    if metric.source == PAGE and facts.shelf(PROMETHEUS):
        text = f"{metric.name} is on the service's page, and Prometheus does not have it"
        remarks.append(Remark(text=text, flaw=Flaw.UNKEPT))
    return remarks


def _lacking(wanted: Wanted, facts: Facts) -> list[Remark]:
    """Say what would belong to an item and is not there, as far as the catalogue knows of it at all."""
    return [
        Remark(text=text, flaw=Flaw.LACKING)
        for group, text in wanted.also
        if any(name in facts.catalogue.signals for name in group)
        and not facts.metrics_of(*group)
        and not facts.is_instrumented  # what it counts has a series only when it has happened
    ]


def _not_visible(wanted: Wanted, found: Sequence[_Found], facts: Facts) -> Verdict:
    """Deny an item, or say why it cannot be denied."""
    evidence = {(one.source, one.text): one for one in _denials(wanted, found, facts)}
    blank = could_not_look(facts, PROMETHEUS, PAGE)
    useless = [metric for one in found for metric in one.useless]
    doubts = doubts_about(wanted, facts, useless)
    partial = tuple(shown(metric) for one in found for metric in one.usable)
    return Verdict(
        sight=Sight.NOT_VISIBLE if facts.shelves and not doubts else Sight.CANNOT_TELL,
        evidence=(
            *doubts,
            *partial,
            *evidence.values(),
            *(blank if doubts or not facts.shelves else ()),
        ),
    )


def _denials(wanted: Wanted, found: Sequence[_Found], facts: Facts) -> Iterator[Evidence]:
    def why(metric: Metric) -> str | None:
        return why_useless(metric, wanted, facts)

    for one in found:
        for shelf in facts.shelves if not one.usable else ():
            yield denied(shelf, facts, one.group, one.useless, why)


def _judge_queues(facts: Facts) -> Verdict:
    """Without a queue's library, the tasks inside the process are all there is."""
    wanted = BY_ITEM[QUEUES]
    by_metrics = _judge_metrics(wanted, facts)
    background = facts.metrics_of(*BACKGROUND)
    uses_queue = facts.packages is None or bool(QUEUE_LIBRARIES & facts.packages.keys())
    if by_metrics.sight is Sight.VISIBLE or (uses_queue and not background):
        return by_metrics
    if background and not (uses_queue and facts.packages):
        return _visible(wanted, [_find(BACKGROUND, wanted, facts)], facts)
    if facts.shelves and not uses_queue and not facts.is_instrumented:
        text = "no queue's library is installed, and no metric counts the tasks inside the process"
        why = Evidence(source="workers", text=text, speaks=False)
        return Verdict(sight=Sight.NOT_VISIBLE, evidence=(why,))
    return by_metrics

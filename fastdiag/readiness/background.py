"""Items on background tasks and queues."""

from __future__ import annotations

from typing import Final

from fastdiag.model.checklist import Evidence, Item
from fastdiag.readiness import code, live
from fastdiag.readiness.facts import Facts
from fastdiag.readiness.judging import Judged
from fastdiag.render.words import count, listed

QUEUE_TASK: Final = "queue task"
"""The kind of entry points that a queue worker calls."""
BEGUN: Final = "background."
"""How settings begin that are places where work is begun behind a request."""
MAX_NAMED: Final = 5
NO_TASKS: Final = "the code hands no work to background tasks or queues"
QUEUES: Final = (
    "celery",
    "arq",
    "rq",
    "dramatiq",
    "huey",
    "taskiq",
    "procrastinate",
    "faststream",
    "aio_pika",
)


def critical_tasks_identified(facts: Facts, item: Item) -> Judged:
    """List the tasks of the code; which of them are critical, only a person knows."""
    return _vouched_only(facts, item)


def tasks_idempotent(facts: Facts, item: Item) -> Judged:
    """Tell what the code says of repeated tasks; that repeating does no harm, only a person knows."""
    return _vouched_only(facts, item)


def long_jobs_queued(facts: Facts, item: Item) -> Judged:
    """Judge whether long or repeated work runs in the service's own processes."""
    on_loop = live.of_signal(
        facts, "loop.background.ratio", "share of samples in which the loop worked after an answer"
    )
    return _in_process(facts, item, on_loop)


def no_hidden_critical_work(facts: Facts, item: Item) -> Judged:
    """Judge whether work that must not be lost ends with its worker."""
    return _in_process(facts, item)


def failed_jobs_tracked(facts: Facts, item: Item) -> Judged:
    """Judge whether failures and depth of queues and tasks are visible."""
    nothing = no_tasks(facts)
    if nothing is not None:
        return Judged(evidence=(nothing,), enough=True)
    return Judged(
        evidence=live.of_sight(facts, item),
        enough=live.is_visible(facts, item),
        fix=live.what_to_add(facts, item),
    )


def tasks(facts: Facts) -> tuple[str, ...]:
    """Return the work behind requests that the code begins or defines, each with its place."""
    if facts.code is None:
        return ()
    begun = [f"{one.text} ({one.place})" for one in facts.code.settings if one.name.startswith(BEGUN)]
    queued = [f"{one.text} ({one.place})" for one in facts.code.roots if one.kind == QUEUE_TASK]
    return tuple(dict.fromkeys((*queued, *begun)))


def _vouched_only(facts: Facts, item: Item) -> Judged:
    nothing = no_tasks(facts)
    if nothing is not None:
        return Judged(evidence=(nothing,), enough=True)
    findings = facts.findings_of(item)
    found = code.of_findings(facts, item, findings) if findings or facts.code is None else ()
    return Judged(evidence=(*_listed(facts), *found), enough=False)


def _in_process(facts: Facts, item: Item, *more: Evidence) -> Judged:
    evidence = (*code.of_findings(facts, item), *more, *live.of_causes(facts, item))
    return Judged(evidence=evidence, enough=code.is_clean(facts, facts.findings_of(item)))


def no_tasks(facts: Facts) -> Evidence | None:
    """Return that there is nothing to ask about, where all of the code was read and says so."""
    if not facts.does_without(*QUEUES) or tasks(facts) or facts.value("queue.processes"):
        return None
    return Evidence(source=code.CODE, text=NO_TASKS, speaks=True)


def _listed(facts: Facts) -> tuple[Evidence, ...]:
    found = tasks(facts)
    if not found:
        queues = [name for name in QUEUES if facts.imports(name)]
        text = f"the code uses {listed(queues)}; its tasks are not told apart"
        return (Evidence(source=code.CODE, text=text, speaks=None),) if queues else ()
    names = listed(found, at_most=MAX_NAMED)
    return (Evidence(source=code.CODE, text=f"{count(len(found), 'task')}: {names}", speaks=None),)

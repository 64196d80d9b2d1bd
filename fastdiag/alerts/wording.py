"""What a rule says to people: names, templates of annotations, and the commands that help further."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Final

from fastdiag.alerts.conditions import Gap, record_name, signals_in
from fastdiag.alerts.look import NO_METRIC, Seen
from fastdiag.alerts.make import Level
from fastdiag.metrics.promql import quoted
from fastdiag.model.quantity import Unit
from fastdiag.model.rule import Rulebook
from fastdiag.model.signal import CollectorSource, LogSource, MetricSource, PromqlSource, Signal
from fastdiag.redact import disarm

MAX_SUSPECTS: Final = 3
MAX_LIBRARIES: Final = 4
_HUMAN: Final = {
    Unit.SECONDS: "humanizeDuration",
    Unit.RATIO: "humanizePercentage",
    Unit.BYTES: "humanize1024",
    Unit.COUNT: "humanize",
    Unit.PER_SECOND: "humanize",
}
_AFTER: Final = {Unit.BYTES: "B", Unit.PER_SECOND: "/s"}


def alert_name(alert_id: str) -> str:
    """Return the name of an alert: `LowCpuHighLatency`."""
    return "".join(part.capitalize() for part in alert_id.split("-"))


def literal(text: str) -> str:
    """Return a text that Prometheus' templates leave as it stands, in one line."""
    return disarm(" ".join(text.split())).replace("{{", '{{ "{{" }}')


def duration(seconds: float) -> str:
    """Return a time as Prometheus writes it."""
    whole = round(seconds)
    return f"{whole // 60}m" if whole and whole % 60 == 0 else f"{whole}s"


def annotations_of(level: Level, seen: Seen, rulebook: Rulebook) -> dict[str, str]:
    """Return what an alert tells: in a line, in full with the values of now, and what to run."""
    alert = level.alert
    suspects = [rulebook.cause(name).title for name in alert.suspects[:MAX_SUSPECTS]]
    first = f" First suspects: {'; '.join(suspects)}." if suspects else ""
    values = "; ".join(_value(name, rulebook) for name in signals_in(level.tellable))
    return {
        "summary": literal(f"{seen.service}: {alert.title}"),
        "description": f"{literal(f'{alert.means}{first}')} Now: {values}.",
        "runbook": literal(" && ".join(_commands(level, seen))),
    }


def _value(name: str, rulebook: Rulebook) -> str:
    """Return the template that asks for the value of a signal, so that the alert carries it."""
    unit = rulebook.catalogue.signals[name].unit
    asked = f'printf "{record_name(name)}{{service=%q}}" $labels.service | query'
    shown = f"{{{{ . | first | value | {_HUMAN[unit]} }}}}{_AFTER.get(unit, '')}"
    return f"{name} {{{{ with {asked} }}}}{shown}{{{{ else }}}}unknown{{{{ end }}}}"


def _commands(level: Level, seen: Seen) -> Iterator[str]:
    """Yield the commands that say why: on the machine of the service the first sees more."""
    where = "--service" if seen.selector == f"job={quoted(seen.service)}" else "--selector"
    which = seen.service if where == "--service" else seen.selector
    yield shlex.join(["fastdiag", "snapshot", "--prometheus", seen.url, where, which])
    alert = level.alert
    topic = alert.id if alert.symptom else next(iter(alert.suspects), None)
    if topic:
        yield shlex.join(["fastdiag", "explain", topic])


def needs(gap: Gap, rulebook: Rulebook) -> str:
    """Return why a comparison cannot be told, or what it would take."""
    signal = rulebook.catalogue.signals.get(gap.signal)
    if signal is None or gap.why.detail != NO_METRIC:
        return gap.why.detail
    return f"takes {takes(signal, rulebook)}"


def takes(signal: Signal, rulebook: Rulebook) -> str:
    """Return what it would take for Prometheus to show a signal."""
    if signal.formula:
        terms = (rulebook.catalogue.signals[name] for name in (signal.formula.left, signal.formula.right))
        return "; ".join(f"{term.id}: {takes(term, rulebook)}" for term in terms)
    libraries = dict.fromkeys(
        one.library for one in signal.sources if isinstance(one, MetricSource | PromqlSource)
    )
    if libraries:
        more = ", ..." if len(libraries) > MAX_LIBRARIES else ""
        return f"metrics of {', '.join([*libraries][:MAX_LIBRARIES])}{more}"
    own = [one.collector for one in signal.sources if isinstance(one, CollectorSource)]
    if not own and any(isinstance(one, LogSource) for one in signal.sources):
        own = ["logs"]
    return f"a look by fastdiag itself ({', '.join(own)})" if own else "nothing that fastdiag knows of"

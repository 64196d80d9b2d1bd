"""The rule file: recorded signals, alerts over them, and in comments what cannot be told."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Final

import yaml

from fastdiag import __version__
from fastdiag.alerts.conditions import expression, record_name
from fastdiag.alerts.make import Level, Made, Record, Untold
from fastdiag.alerts.wording import alert_name, annotations_of, duration, needs
from fastdiag.metrics.promql import quoted
from fastdiag.model.rule import Rulebook, Severity
from fastdiag.redact import disarm

WIDTH: Final = 110
LABEL: Final = "fastdiag"
"""Bears the id in the rule table, and tells these alerts from others (`matchers: [fastdiag!=""]`)."""
_UNBROKEN: Final = 1_000_000
"""Wider than any line: expressions are broken where they are made, or nowhere."""


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks."""

    def ignore_aliases(self, data: object) -> bool:
        """Write everything out: people read this."""
        del data
        return True


def _as_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _as_text)


def dump(document: object) -> str:
    """Return YAML in which every text is read as what it is."""
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_UNBROKEN)


def comment(text: str, indent: str = "", hanging: str = "") -> str:
    """Return a comment of one or several lines; whatever the text holds, it stays one."""
    start = text[: len(text) - len(text.lstrip())]
    lines = textwrap.wrap(
        disarm(" ".join(text.split())),
        WIDTH - len(indent),
        initial_indent=start,
        subsequent_indent=hanging,
        break_on_hyphens=False,
        break_long_words=False,
    )
    return "".join(f"{indent}# {line}\n" for line in lines)


def rule_file(made: Made, rulebook: Rulebook) -> str:
    """Return the file for `rule_files:` of Prometheus."""
    return "".join((*_head(made), *_rules(made, rulebook), *_foot(made, rulebook)))


def _head(made: Made) -> Iterator[str]:
    seen = made.seen
    yield comment(f"Alerts for {seen.service}, by fastdiag {__version__}.")
    yield comment(
        f"Made of its rule table and of the metrics that {seen.url} has of {{{seen.selector}}}: signals are "
        "recorded as `fastdiag snapshot` computes them, and the alerts are its symptoms. Values that rest on "
        "fewer than 20 requests are left out. Make the file again when metrics or rules have changed."
    )
    yield comment("The critical alert holds beside the warning; in Alertmanager, let one silence the other:")
    yield comment(
        "inhibit_rules: [{source_matchers: [severity=critical], target_matchers: [severity=warning], "
        "equal: [alertname, service]}]"
    )
    yield comment(
        'Their label tells them from others; a route for `fastdiag serve`: matchers: [fastdiag!=""]'
    )
    for note in seen.notes:
        yield comment(f"Note: {note}")


def _rules(made: Made, rulebook: Rulebook) -> Iterator[str]:
    if not made.records:
        yield "groups: []\n"
        return
    name = dump({"name": f"fastdiag {made.seen.service}"}).rstrip()
    yield f"\ngroups:\n  - {name}\n    rules:\n"
    for record in made.records:
        yield from _item(f"{record.title} ({record.told_by})", _recording(record, made.seen.service))
    for level in made.levels:
        alert = level.alert
        is_first = level.severity is Severity.WARNING
        yield from _item(alert.title if is_first else None, _alerting(level, made, rulebook))
        if level.left_out:
            gaps = "; ".join(f"{gap.text} ({needs(gap, rulebook)})" for gap in level.left_out)
            yield comment(f"Not seen here: {gaps}", "      ", "  ")


def _item(title: str | None, rule: Mapping[str, object]) -> Iterator[str]:
    yield "\n"
    if title:
        yield comment(title, "      ")
    yield textwrap.indent(dump([dict(rule)]), "      ", lambda line: bool(line.strip()))


def _recording(record: Record, service: str) -> dict[str, object]:
    labels = {"service": service}
    return {"record": record_name(record.signal), "expr": record.promql, "labels": labels}


def _alerting(level: Level, made: Made, rulebook: Rulebook) -> dict[str, object]:
    return {
        "alert": alert_name(level.alert.id),
        "expr": _condition(level, made.seen.service),
        "for": duration(level.for_s),
        "labels": {"severity": str(level.severity), LABEL: level.alert.id},
        "annotations": annotations_of(level, made.seen, rulebook),
    }


def _condition(level: Level, service: str) -> str:
    """Return what has to hold: the alert's own condition, while no more telling alert's does."""
    texts = [expression(one, service, 1) for one in (level.tellable, *level.unless)]
    own = expression(level.tellable, service)
    return "\nunless ".join(f"(\n  {text}\n)" for text in texts) if level.unless else own


def _foot(made: Made, rulebook: Rulebook) -> Iterator[str]:
    if not made.untold:
        return
    yield "\n"
    yield comment("What this Prometheus cannot tell, and what it would take:")
    for one in made.untold:
        yield "#\n"
        yield from _untold(one, rulebook)
    service, name = quoted(made.seen.service), alert_name(made.untold[0].alert.id)
    yield "#\n"
    yield comment(
        "What fastdiag itself sees, a regular `fastdiag report --textfile FILE` (or --pushgateway URL) tells "
        f"Prometheus; {name}, as an example, would then be: "
        f"fastdiag_symptom_active{{service={service}, symptom={quoted(made.untold[0].alert.id)}}} == 1"
    )


def _untold(one: Untold, rulebook: Rulebook) -> Iterator[str]:
    yield comment(f"{alert_name(one.alert.id)} ({one.severity}): {one.alert.title}", "", "  ")
    for gap in one.why:
        yield comment(f"  {gap.text}: {needs(gap, rulebook)}", "", "    ")

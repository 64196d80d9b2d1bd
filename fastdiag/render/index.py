"""The rule table at a glance, as Markdown: rules/README.md is written from it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from fastdiag.model.rule import Rulebook
from fastdiag.model.signal import Signal

HEAD: Final = """\
# The rule table

What fastdiag knows, as data. `symptoms.yaml` says what a person notices, each file in `causes/` all about one
cause, `signals/` what is measured and where it comes from, `parameters.yaml` the thresholds that are yours to
set. `fastdiag explain NAME` prints any of them; a folder of your own (`--rules DIR`) adds to and overrides
them by id.

This page is generated from the table; a test keeps the two together.
"""


def render(book: Rulebook) -> str:
    """Return the index of a table."""
    return "\n".join([HEAD, *_symptoms(book), "", *_causes(book), "", *_signals(book), ""])


def _symptoms(book: Rulebook) -> Iterable[str]:
    yield "## Symptoms\n"
    yield "| id | what one notices | suspects, in order |"
    yield "| --- | --- | --- |"
    for symptom in book.symptoms:
        yield f"| `{symptom.id}` | {symptom.title} | {', '.join(symptom.suspects)} |"


def _causes(book: Rulebook) -> Iterable[str]:
    yield "## Causes\n"
    yield "| id | cause | may be driven by | broken assumption | rows for / against | examples |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for cause in book.causes:
        rows = f"{len(cause.supports)} / {len(cause.contradicts)}"
        drivers = ", ".join(cause.driven_by) or "-"
        link = f"[`{cause.id}`](causes/{cause.id}.yaml)"
        yield f"| {link} | {cause.title} | {drivers} | {cause.assumption} | {rows} | {len(cause.examples)} |"


def _signals(book: Rulebook) -> Iterable[str]:
    yield "## Signals\n"
    yield "| id | unit | meaning | sources |"
    yield "| --- | --- | --- | --- |"
    for signal in sorted(book.catalogue.signals.values(), key=lambda signal: signal.id):
        yield f"| `{signal.id}` | {signal.unit} | {signal.title} | {_sources(signal)} |"


def _sources(signal: Signal) -> str:
    return f"`{signal.formula}`" if signal.formula else ", ".join(signal.collectors)

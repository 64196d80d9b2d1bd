"""The rule table at a glance, as Markdown: rules/README.md is written from it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Final

from fastdiag.model.headroom import Limit
from fastdiag.model.rule import Cause, Kind, Layer, Rulebook
from fastdiag.model.signal import Signal

HEAD: Final = """\
# The rule table

What fastdiag knows, as data. `symptoms.yaml` says what a person notices, each file in `causes/` all about one
cause, `limits.yaml` what a service can run into, `signals/` what is measured and where it comes from,
`parameters.yaml` the thresholds that are yours to set. `fastdiag explain NAME` prints any of them; a folder
of your own (`--rules DIR`) adds to and overrides them by id.

This page is generated from the table; a test keeps the two together.
"""


def render(book: Rulebook) -> str:
    """Return the index of a table."""
    parts = (
        _symptoms(book),
        _causes(book),
        _layers(book),
        _mechanisms(book),
        _assumptions(book),
        _limits(book),
        _signals(book),
    )
    return "\n".join([HEAD, *(line for part in parts for line in (*part, ""))])


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
        title = f"{cause.title} (visibility)" if cause.kind is Kind.VISIBILITY else cause.title
        columns = (_link(cause), title, drivers, cause.assumption, rows, str(len(cause.examples)))
        yield f"| {' | '.join(columns)} |"


def _layers(book: Rulebook) -> Iterable[str]:
    yield "## Layers\n"
    yield "Where in the stack each cause sits.\n"
    yield from _grouped(book, "layer", [str(layer) for layer in Layer], lambda cause: (str(cause.layer),))


def _mechanisms(book: Rulebook) -> Iterable[str]:
    yield "## Mechanisms\n"
    yield "The general ways in which such services break, and the causes that are cases of each.\n"
    named = dict.fromkeys(mechanism for cause in book.causes for mechanism in cause.mechanisms)
    yield from _grouped(book, "mechanism", sorted(named), lambda cause: cause.mechanisms)


def _assumptions(book: Rulebook) -> Iterable[str]:
    yield "## Assumptions\n"
    yield "What teams take for granted, and the causes that prove it wrong.\n"
    named = sorted({cause.assumption for cause in book.causes})
    yield from _grouped(book, "assumption", named, lambda cause: (cause.assumption,))


def _grouped(
    book: Rulebook, title: str, words: Iterable[str], words_of: Callable[[Cause], Collection[str]]
) -> Iterable[str]:
    yield f"| {title} | causes |"
    yield "| --- | --- |"
    for word in words:
        yield f"| {word} | {', '.join(_link(cause) for cause in book.causes if word in words_of(cause))} |"


def _link(cause: Cause) -> str:
    return f"[`{cause.id}`](causes/{cause.id}.yaml)"


def _limits(book: Rulebook) -> Iterable[str]:
    yield "## Limits\n"
    yield "What `fastdiag headroom` holds against what is used.\n"
    yield "| id | limit | of each | used, limit | becomes |"
    yield "| --- | --- | --- | --- | --- |"
    for limit in book.limits:
        becomes = _link(book.cause(limit.becomes)) if limit.becomes else "-"
        columns = (f"`{limit.id}`", limit.title, str(limit.per), _measure(limit), becomes)
        yield f"| {' | '.join(columns)} |"


def _measure(limit: Limit) -> str:
    best = limit.measures[0]
    return f"`{best.used}`, `{best.limit}`"


def _signals(book: Rulebook) -> Iterable[str]:
    yield "## Signals\n"
    yield "| id | unit | meaning | sources |"
    yield "| --- | --- | --- | --- |"
    for signal in sorted(book.catalogue.signals.values(), key=lambda signal: signal.id):
        yield f"| `{signal.id}` | {signal.unit} | {signal.title} | {_sources(signal)} |"


def _sources(signal: Signal) -> str:
    return f"`{signal.formula}`" if signal.formula else ", ".join(signal.collectors)

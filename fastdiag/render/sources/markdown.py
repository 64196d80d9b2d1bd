"""`fastdiag sources -f markdown`: the same as the screen, for a ticket or a wiki."""

from __future__ import annotations

from collections.abc import Iterator

from fastdiag.model.snapshot import SourceStatus
from fastdiag.model.survey import Stock, Survey
from fastdiag.render.markup import block, code, plain
from fastdiag.render.sources.words import SKIPPED_WHY, detail, ranked_steps, spent, summary, where
from fastdiag.render.words import count, duration

Lines = Iterator[str]


def render(survey: Survey) -> str:
    """Return the survey as Markdown (CommonMark, and what GitHub and GitLab make of it)."""
    lines = [f"# {plain(summary(survey))}", ""]
    if survey.config:
        lines += [f"Settings from {code(survey.config)}", ""]
    lines += map(_source, survey.sources)
    lines += _steps(survey)
    lines += _lacking(survey)
    lines += ["", f"{plain(spent(survey))}."]
    return "\n".join(lines) + "\n"


def _source(stock: Stock) -> str:
    state = stock.state
    head = f"- **{state.status}**: {plain(state.name)}"
    if state.status is SourceStatus.SKIPPED:
        return f"{head}: {plain(state.error or SKIPPED_WHY)}"
    seen = f"{len(stock.yields)} of {count(stock.owed, 'signal')}"
    cost = f"{duration(state.seconds)}, {count(state.requests, 'request')}"
    place = f", {code(where(stock))}" if where(stock) else ""
    return f"{head}, {seen}, {cost}{place}{f': {plain(state.error)}' if state.error else ''}"


def _steps(survey: Survey) -> Lines:
    steps = ranked_steps(survey)
    if steps:
        yield from ("", "## To see more", "")
    for name, step in steps:
        why = f": {plain(step.why)}" if step.why else ""
        shows = f"; shows {_codes(step.signals)}" if step.signals else ""
        yield f"- {plain(name)}{why}{shows}"
        yield block(step.do, "  ") if step.is_exact else f"  {plain(step.do)}"


def _lacking(survey: Survey) -> Lines:
    for stock in survey.sources:
        if not stock.lacks or stock.state.status is SourceStatus.SKIPPED:
            continue
        yield from ("", f"## {plain(stock.state.name)} lacks", "")
        for lack in stock.lacks:
            yield f"- {lack.reason}, {plain(detail(lack, stock))}: {_codes(lack.signals)}"


def _codes(texts: tuple[str, ...]) -> str:
    return ", ".join(map(code, texts))

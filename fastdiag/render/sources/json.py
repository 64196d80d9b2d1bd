"""`fastdiag sources -f json` (`schema: 1`): keys may be added, never renamed; every key is always there."""

from __future__ import annotations

from fastdiag.model.survey import Lack, Step, Stock, Survey
from fastdiag.render.json import SCHEMA, Json, dump


def render(survey: Survey) -> str:
    """Return a survey as JSON. The same survey yields the same bytes; no byte acts on a terminal."""
    return dump(
        {
            "schema": SCHEMA,
            "fastdiag": survey.fastdiag,
            "service": survey.service,
            "config": survey.config,
            "working": sum(1 for stock in survey.sources if stock.works),
            "seen": len(survey.seen),
            "signals": survey.signals,
            "sources": [_stock(stock) for stock in survey.sources],
            "notes": list(survey.notes),
        }
    )


def _stock(stock: Stock) -> Json:
    state = stock.state
    return {
        "name": state.name,
        "status": state.status.value,
        "target": state.target,
        "origin": stock.origin,
        "seconds": state.seconds,
        "requests": state.requests,
        "error": state.error,
        "hint": state.hint,
        "yields": list(stock.yields),
        "lacks": [_lack(lack) for lack in stock.lacks],
        "steps": [_step(step) for step in stock.steps],
    }


def _lack(lack: Lack) -> Json:
    return {"reason": lack.reason.value, "detail": lack.detail, "signals": list(lack.signals)}


def _step(step: Step) -> Json:
    return {"do": step.do, "exact": step.is_exact, "why": step.why, "signals": list(step.signals)}

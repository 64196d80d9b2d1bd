"""The evidence ledger of a cause: every row, with the numbers seen and what it counted."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from fastdiag.engine import belief as model
from fastdiag.engine.evaluate import Truth, describe
from fastdiag.engine.infer import Inference
from fastdiag.model.diagnosis import Fact
from fastdiag.model.rule import Cause, Evidence, signals_of
from fastdiag.model.signal import Missing


@dataclass(frozen=True, slots=True)
class Ledger:
    """Rows of a cause, sorted by what they say: for it, against it, nothing yet."""

    supports: tuple[Fact, ...]
    contradicts: tuple[Fact, ...]
    unknown: tuple[Fact, ...]


def ledger(cause: Cause, inference: Inference) -> Ledger:
    """Return the ledger of a cause, the heaviest rows first.

    A row for the cause that turned out false speaks against it ("not seen: ..."); a row against it that
    is false says nothing and is left out.
    """
    counted = weights(cause, inference)
    supports, contradicts, unknown = [], [], []
    for row in (*cause.supports, *cause.contradicts):
        truth = inference.truths[row.when.key]
        is_for = row in cause.supports
        fact = _fact(
            row, truth, counted.get(row.where, 0.0), inference, not_seen=is_for and truth.holds is False
        )
        if truth.holds is None:
            unknown.append(fact)
        elif truth.holds and is_for:
            supports.append(fact)
        elif truth.holds or (is_for and fact.log_odds < 0):
            contradicts.append(fact)
    return Ledger(_heaviest(supports), _heaviest(contradicts), tuple(unknown))


def weights(cause: Cause, inference: Inference) -> Mapping[str, float]:
    """Return what each counted row says for a cause (natural log odds), by its place in the file."""
    against = {
        row.where: -strength for row, _, strength in model.counted(cause.contradicts, inference.truths)
    }
    return {**_weights_for(cause, inference), **against}


def _weights_for(cause: Cause, inference: Inference) -> dict[str, float]:
    """Return ln P(fact | cause) / P(fact | nothing) of each counted row, by its place in the file."""
    weights = {}
    for row, truth, strength in model.counted(cause.supports, inference.truths):
        leak = inference.leak[row.when.key]
        spared = 1 - model.made_true(leak, strength)
        weights[row.where] = math.log(model.ratio(leak, spared) if truth.holds else spared)
    return weights


def _heaviest(facts: list[Fact]) -> tuple[Fact, ...]:
    return tuple(sorted(facts, key=lambda fact: -abs(fact.log_odds)))


def _fact(row: Evidence, truth: Truth, log_odds: float, inference: Inference, *, not_seen: bool) -> Fact:
    look = inference.look
    values: dict[str, float | None] = {}
    reasons: dict[str, str] = {}
    for signal in signals_of(row.when):
        reading = look.reading(signal)
        values[signal] = None if isinstance(reading, Missing) else reading.value
        if isinstance(reading, Missing):
            reasons[signal] = str(reading)
    return Fact(
        because=f"not seen: {row.because}" if not_seen else row.because,
        when=row.when.text,
        said=describe(row.when, look, truth),
        log_odds=log_odds,
        signals=values,
        reasons=reasons,
    )

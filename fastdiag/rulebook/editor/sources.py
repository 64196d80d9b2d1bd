"""The forms in which a signal's source can be given."""

from __future__ import annotations

from typing import Final

from fastdiag.located.fields import Shape
from fastdiag.model.signal import Beside, Bound, Combine, MetricKind
from fastdiag.rulebook import log_sources, metric_sources
from fastdiag.rulebook.editor import meanings
from fastdiag.rulebook.editor.atoms import NUMBER, TEXT, Json, mapping, words

MATCHERS: Final[Json] = {"type": "object", "additionalProperties": {"type": "string"}}
REASONED: Final[Json] = {
    "type": "object",
    "properties": {"where": MATCHERS, "because": TEXT},
    "required": ["where", "because"],
    "additionalProperties": False,
}
_PROPERTIES: Final[dict[str, Json]] = {
    **dict.fromkeys(("collector", "needs", "promql", "log", "library", "metric", "by", "heard"), TEXT),
    **dict.fromkeys(MetricKind, TEXT),
    **dict.fromkeys(("quantile", "scale"), NUMBER),
    **dict.fromkeys(("where", "requires"), MATCHERS),
    "each": words(["instance"]),
    "per": {"anyOf": [TEXT, mapping(metric_sources.PER, {"metric": TEXT, "where": MATCHERS}, {})]},
    "ignore": TEXT,
    "combine": words(Combine),
    "detail": {"type": "object"},
    "suffix": TEXT,
    "blind": REASONED,
    "bias": {"anyOf": [TEXT, REASONED]},
    "bound": words(Bound),
    "beside": words(Beside),
}


def source() -> Json:
    """Return the schema of one source: exactly one of its forms."""
    shapes = [*metric_sources.SHAPES.values(), metric_sources.PROMQL, metric_sources.COLLECTOR]
    return {"oneOf": [_form(shape) for shape in (*shapes, log_sources.SHAPE)]}


def _form(shape: Shape) -> Json:
    return mapping(shape, {key: _PROPERTIES[key] for key in shape.keys}, meanings.SOURCE)

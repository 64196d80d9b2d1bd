"""The `sources` of a signal: a collector's own word, a metric of a library, or a PromQL expression."""

from __future__ import annotations

import dataclasses
import re
from typing import Final

from fastdiag.located.fields import Fields, Shape
from fastdiag.located.located_yaml import Node, Scalar, Table
from fastdiag.located.problems import Problems
from fastdiag.located.readers import choices, read_entries, read_number, read_text
from fastdiag.model.signal import (
    CollectorSource,
    Combine,
    Matcher,
    MetricKind,
    MetricSource,
    PromqlSource,
    SignalSource,
)

_COLLECTOR: Final = Shape("a source with 'collector'", ("collector",), ("needs",))
_PROMQL: Final = Shape("a source with 'promql'", ("promql", "library"))
_PER: Final = Shape("'per'", ("metric",), ("where",))
_METRIC_KEYS: Final = ("by", "where", "ignore", "combine", "scale", "detail")
_SHAPES: Final = {
    MetricKind.HISTOGRAM: Shape("a histogram", ("histogram", "library", "quantile"), _METRIC_KEYS),
    MetricKind.COUNTER: Shape("a counter", ("counter", "library"), ("per", *_METRIC_KEYS)),
    MetricKind.GAUGE: Shape("a gauge", ("gauge", "library"), _METRIC_KEYS),
}
_DETAIL_KEYS: Final = ("library", "quantile", "where", "per", "ignore", "combine", "scale")
_FORMS: Final[tuple[str, ...]] = (*MetricKind, "promql", "collector")
_NOT_RE2: Final = re.compile(r"\(\?<?[=!]|\\[1-9]|\(\?P=")


def read_source(node: Node, problems: Problems) -> SignalSource | None:
    """Return one source; note what is wrong and return None or a stand-in."""
    form = _form(node, "a source", problems)
    match form:
        case None:
            return None
        case "collector":
            fields = Fields(node, _COLLECTOR, problems)
            return CollectorSource(collector=fields.text("collector"), needs=fields.text("needs") or None)
        case "promql":
            fields = Fields(node, _PROMQL, problems)
            return PromqlSource(promql=fields.text("promql"), library=fields.text("library"))
        case _:
            kind = MetricKind(form)
            return _metric(kind, Fields(node, _SHAPES[kind], problems))


def _form(node: Node, what: str, problems: Problems) -> str | None:
    """Return which of the forms a mapping has: the one key that says where the value comes from."""
    keys = [key.text for key, _ in read_entries(node, what, problems)]
    forms = [form for form in _FORMS if form in keys]
    if len(forms) == 1:
        return forms[0]
    if isinstance(node, Table):
        hint = choices(keys[0], _FORMS) if keys and not forms else None
        problems.note(node.place, f"{what} needs exactly one of {', '.join(_FORMS)}", hint)
    return None


def _metric(kind: MetricKind, fields: Fields, whole: MetricSource | None = None) -> MetricSource:
    """Return a metric; the breakdown of a ``whole`` has its library and quantile unless it says otherwise."""
    per, per_where = _per(fields)
    metric = MetricSource(
        kind=kind,
        metric=fields.text(kind),
        library=fields.text("library") or (whole.library if whole else ""),
        quantile=_quantile(fields) or (whole.quantile if whole else None),
        by=fields.text("by") or None,
        where=_matchers(fields),
        per=per,
        per_where=per_where,
        ignore=fields.read("ignore", read_regex),
        combine=Combine(fields.word("combine", list(Combine)) or Combine.SUM),
        scale=_scale(fields),
    )
    return _with_detail(metric, fields)


def _with_detail(metric: MetricSource, fields: Fields) -> MetricSource:
    detail = fields.get("detail")
    if metric.ignore and not metric.by and not detail:
        fields.problems.note(fields.node.place, "'ignore' drops values of 'by', and there is no 'by'")
    form = _form(detail, "'detail'", fields.problems) if detail else None
    if detail is None or form is None:
        return metric
    if form not in list(MetricKind):
        fields.problems.note(detail.place, "'detail' must be a metric", f"one of: {', '.join(MetricKind)}")
        return metric
    shape = Shape("'detail'", (form, "by"), _DETAIL_KEYS)
    return dataclasses.replace(
        metric, detail=_metric(MetricKind(form), Fields(detail, shape, fields.problems), metric)
    )


def _quantile(fields: Fields) -> float | None:
    value = fields.read("quantile", read_number)
    node = fields.get("quantile")
    if value is not None and node is not None and not 0 < value < 1:
        fields.problems.note(node.place, f"'quantile' must lie between 0 and 1, and is {value:g}", "0.95")
    return value


def _scale(fields: Fields) -> float:
    value = fields.read("scale", read_number)
    node = fields.get("scale")
    if value == 0 and node is not None:
        fields.problems.note(node.place, "'scale' multiplies the value, and 0 leaves nothing of it")
    return 1.0 if value is None else value


def _per(fields: Fields) -> tuple[str | None, tuple[Matcher, ...]]:
    """Read `per: NAME` or `per: {metric: NAME, where: {...}}`."""
    node = fields.get("per")
    if node is None:
        return None, ()
    if isinstance(node, Scalar):
        return fields.text("per"), ()
    per = Fields(node, _PER, fields.problems)
    return per.text("metric"), _matchers(per)


def _matchers(fields: Fields) -> tuple[Matcher, ...]:
    node = fields.get("where")
    if node is None:
        return ()
    return tuple(
        _matcher(label.text, value, fields.problems)
        for label, value in read_entries(node, "'where'", fields.problems)
    )


def _matcher(label: str, node: Node, problems: Problems) -> Matcher:
    """Read `label: REGEX` or `label: "!~REGEX"`."""
    written = read_text(node, repr(label), problems) or ""
    pattern = written.removeprefix("!~")
    _check_regex(pattern, node, repr(label), problems)
    return Matcher(label, pattern, negate=pattern != written)


def read_regex(node: Node, what: str, problems: Problems) -> str | None:
    """Return a regular expression that Prometheus and Python read alike."""
    pattern = read_text(node, what, problems)
    if pattern is not None:
        _check_regex(pattern, node, what, problems)
    return pattern


def _check_regex(pattern: str, node: Node, what: str, problems: Problems) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        problems.note(node.place, f"{what} is not a regular expression: {error}")
        return
    if _NOT_RE2.search(pattern):
        message = f"{what} uses look-around or a back reference, which Prometheus does not know"
        problems.note(node.place, message, 'a value that begins with "!~" matches what the rest does not')

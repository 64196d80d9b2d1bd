r"""The `sources` of a signal: a collector's own word, a metric of a library, or a PromQL expression.

    - {collector: NAME, needs: "the privilege or setting it takes"}
    - {counter | gauge | histogram: METRIC, library: NAME, ...}     a server and a page answer alike
    - {promql: EXPRESSION, library: NAME, ...}                      a server only
    - {log: REGEX, library: NAME, ...}                              lines of a log: see log_sources

The first source whose metric exists is used, so the telling ones come first. Keys of a metric:

    quantile      of a histogram: 0.95
    by            label that names the parts: the route, the queue
    each          `instance`: each instance (and worker, where a label `pid` tells) is a part of its own, so
                  that a formula of two such signals is worked out for each, and the worst decides;
                  of more than 20 a server tells those that stand out, and counts all
    where         {label: REGEX}, or {label: "!~REGEX"}; anchored, an absent label is the empty string
    per           of a counter: the metric that it is divided by; {metric: NAME, where: {...}}
    ignore        REGEX of `by` values that are no work of the service; `health-checks` stands for the usual
    combine       how series become one value: sum (default), max, min, avg
    scale         factor to the signal's unit: 0.001 for milliseconds
    detail        {histogram | counter | gauge: METRIC, by: LABEL}: the breakdown from another metric
    suffix        the name is OpenTelemetry's, with dots (`histogram: http.server.request.duration`, and
                  labels likewise); it stands for the spellings that exporters and backends make of it:
                  with this suffix, without, and both with dots kept. `_count`/`_sum` may end the name.
    requires      of a counter with `where`, {label: REGEX}: without a series that matches, the labels cannot
                  tell what is asked, and the signal is absent: {status: "[0-9]{3}"} where "5xx" hides the
                  504. Without it, each label of `where` has to appear at all (or its absence to match).
    blind         {where: {label: REGEX}, because: TEXT}: such series do not see what the signal is about;
                  the signal is absent for that reason when there are no others, biased when there are
    bias          why readings of this source are never fully trusted (demotes decisive evidence), or
                  {where: {label: REGEX}, because: TEXT} where this is so of some of its series
    bound         `at least` or `at most`: on which side of such a reading the true value lies. It is trusted
                  where that cannot change the answer: at least 7 is above 5.
    beside        the metric is not the service's own, but of a program beside it:
                  pod (cAdvisor, kube-state-metrics: same namespace and pod), host (node_exporter: same
                  host in `instance`), alone (the only instance on the server: a database's exporter;
                  carries a bias). Series that the service's own selector picks are preferred.

An expression may use $selector (matchers, no braces) and $window (`300s`), and has the keys `metric` (it is
used where this exists; the first that it reads, if not given), `by` (label of the parts), `combine` (of the
parts; max if not given), `bias`, `bound` and `beside`.
"""

from __future__ import annotations

import dataclasses
import re
from typing import Final

from fastdiag.located.fields import Fields, Shape
from fastdiag.located.located_yaml import Node, Scalar, Table
from fastdiag.located.problems import Problems
from fastdiag.located.readers import choices, read_entries, read_number, read_text
from fastdiag.model.signal import (
    Beside,
    Blind,
    Bound,
    CollectorSource,
    Combine,
    Matcher,
    MetricKind,
    MetricSource,
    PromqlSource,
    SignalSource,
)
from fastdiag.rulebook.log_sources import LOG, read_log_source
from fastdiag.rulebook.otel_names import spellings

HEALTH_CHECKS: Final = "health-checks"
HEALTH_ROUTES: Final = r"/(metrics(/.*)?|health.*|livez|readyz|ready|live|ping|openapi\.json|docs)"
"""Routes that probes and scrapers ask for: not the service's work."""

COLLECTOR: Final = Shape("a source with 'collector'", ("collector",), ("needs",))
PROMQL: Final = Shape(
    "a source with 'promql'", ("promql", "library"), ("metric", "by", "combine", "bias", "bound", "beside")
)
PER: Final = Shape("'per'", ("metric",), ("where",))
METRIC_KEYS: Final = (
    *("by", "each", "where", "ignore", "combine", "scale", "detail"),
    *("suffix", "blind", "bias", "bound", "beside"),
)
SHAPES: Final = {
    MetricKind.HISTOGRAM: Shape("a histogram", ("histogram", "library", "quantile"), METRIC_KEYS),
    MetricKind.COUNTER: Shape("a counter", ("counter", "library"), ("per", "requires", *METRIC_KEYS)),
    MetricKind.GAUGE: Shape("a gauge", ("gauge", "library"), METRIC_KEYS),
}
DETAIL_KEYS: Final = ("library", "quantile", "where", "per", "ignore", "combine", "scale")
_FORMS: Final[tuple[str, ...]] = (*MetricKind, "promql", "collector", LOG)
_NOT_RE2: Final = re.compile(r"\(\?<?[=!]|\\[1-9]|\(\?P=")


def read_sources(node: Node, problems: Problems) -> tuple[SignalSource, ...]:
    """Return one source, or one for each spelling of its name; note what is wrong."""
    form = _form(node, "a source", problems)
    match form:
        case None:
            return ()
        case "collector":
            fields = Fields(node, COLLECTOR, problems)
            return (CollectorSource(collector=fields.text("collector"), needs=fields.text("needs") or None),)
        case "log":
            return read_log_source(node, HEALTH_ROUTES, problems)
        case "promql":
            return (_promql(Fields(node, PROMQL, problems)),)
        case _:
            kind = MetricKind(form)
            fields = Fields(node, SHAPES[kind], problems)
            metric, suffix = _metric(kind, fields), fields.text("suffix")
            return spellings(metric, suffix) if suffix else (metric,)


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


def _promql(fields: Fields) -> PromqlSource:
    return PromqlSource(
        promql=fields.text("promql"),
        library=fields.text("library"),
        metric=fields.text("metric") or None,
        by=fields.text("by") or None,
        combine=Combine(fields.word("combine", list(Combine)) or Combine.MAX),
        bias=fields.text("bias") or None,
        bound=_bound(fields),
        beside=_beside(fields),
    )


def _metric(kind: MetricKind, fields: Fields, whole: MetricSource | None = None) -> MetricSource:
    """Return a metric; the breakdown of a ``whole`` has its library and quantile unless it says otherwise."""
    per, per_where = _per(fields)
    bias = _bias(fields)
    metric = MetricSource(
        kind=kind,
        metric=fields.text(kind),
        library=fields.text("library") or (whole.library if whole else ""),
        quantile=_quantile(fields) or (whole.quantile if whole else None),
        by=fields.text("by") or None,
        per_instance=fields.word("each", ["instance"]) == "instance",
        where=_matchers(fields),
        per=per,
        per_where=per_where,
        ignore=fields.read("ignore", _read_ignored),
        combine=Combine(fields.word("combine", list(Combine)) or Combine.SUM),
        scale=_scale(fields),
        requires=_matchers(fields, "requires"),
        blind=_reasoned(fields, "blind"),
        bias=bias.because if bias else None,
        bias_where=bias.where if bias else (),
        bound=_bound(fields),
        beside=_beside(fields),
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
    shape = Shape("'detail'", (form, "by"), DETAIL_KEYS)
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
    per = Fields(node, PER, fields.problems)
    return per.text("metric"), _matchers(per)


def _bias(fields: Fields) -> Blind | None:
    """Read `bias: TEXT` or `bias: {where: {...}, because: TEXT}`."""
    if isinstance(fields.get("bias"), Scalar):
        return Blind(where=(), because=fields.text("bias"))
    return _reasoned(fields, "bias")


def _bound(fields: Fields) -> Bound | None:
    word = fields.word("bound", list(Bound))
    node = fields.get("bound")
    if node is not None and fields.get("bias") is None:
        fields.problems.note(node.place, "'bound' says what a 'bias' leaves, and there is no 'bias'")
    return Bound(word) if word else None


def _reasoned(fields: Fields, key: str) -> Blind | None:
    node = fields.get(key)
    if node is None:
        return None
    reasoned = Fields(node, Shape(repr(key), ("where", "because")), fields.problems)
    return Blind(where=_matchers(reasoned), because=reasoned.text("because"))


def _beside(fields: Fields) -> Beside | None:
    word = fields.word("beside", list(Beside))
    return Beside(word) if word else None


def _matchers(fields: Fields, key: str = "where") -> tuple[Matcher, ...]:
    node = fields.get(key)
    if node is None:
        return ()
    return tuple(
        _matcher(label.text, value, fields.problems)
        for label, value in read_entries(node, repr(key), fields.problems)
    )


def _matcher(label: str, node: Node, problems: Problems) -> Matcher:
    """Read `label: REGEX` or `label: "!~REGEX"`."""
    written = read_text(node, repr(label), problems) or ""
    pattern = written.removeprefix("!~")
    _check_regex(pattern, node, repr(label), problems)
    return Matcher(label, pattern, negate=pattern != written)


def _read_ignored(node: Node, what: str, problems: Problems) -> str | None:
    pattern = read_regex(node, what, problems)
    return HEALTH_ROUTES if pattern == HEALTH_CHECKS else pattern


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

# ruff: noqa: E501 - an error is compared as users see it: one line
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from fastdiag.model.quantity import Unit
from fastdiag.model.signal import (
    Beside,
    Blind,
    Bound,
    CollectorSource,
    Combine,
    Formula,
    Matcher,
    MetricKind,
    MetricSource,
    Obtain,
    PromqlSource,
)
from fastdiag.rulebook.load import load_rulebook
from fastdiag.rulebook.metric_sources import HEALTH_ROUTES
from tests.rulebook.tables import SIGNAL_FILE, TABLE, changed, refusal, write

RICH = r"""
http.errors.ratio:
  unit: ratio
  title: share of answers that were 5xx
  sources:
    - counter: http_requests_total
      where: {status: "5(..|xx)"}
      per: {metric: http_requests_total, where: {handler: "!~none|/metrics"}}
      by: handler
      ignore: '/metrics|/health'
      library: prometheus-fastapi-instrumentator
    - {promql: 'sum(rate(x{$selector}[$window]))', library: ours}
    - {collector: probe, needs: a URL}
  obtain: {run: fastdiag snapshot --metrics-url URL, cost_s: 5}
http.latency.p99:
  unit: s
  title: 99th percentile of request latency
  sources:
    - histogram: http_server_duration_milliseconds
      quantile: 0.99
      scale: 0.001
      combine: max
      library: opentelemetry (old)
      detail: {histogram: http_request_duration_seconds, by: handler}
"""


def test_a_signal_says_where_its_value_comes_from(tmp_path: Path) -> None:
    book = load_rulebook(write(tmp_path, {**TABLE, "signals/rich.yaml": RICH}))

    errors = book.catalogue.signals["http.errors.ratio"]
    assert errors.unit is Unit.RATIO
    assert errors.where == "rules/signals/rich.yaml:2:1"
    assert errors.obtain == Obtain(run="fastdiag snapshot --metrics-url URL", cost_s=5.0)
    assert errors.sources == (
        MetricSource(
            kind=MetricKind.COUNTER,
            metric="http_requests_total",
            library="prometheus-fastapi-instrumentator",
            by="handler",
            where=(Matcher("status", "5(..|xx)"),),
            per="http_requests_total",
            per_where=(Matcher("handler", "none|/metrics", negate=True),),
            ignore="/metrics|/health",
        ),
        PromqlSource(promql="sum(rate(x{$selector}[$window]))", library="ours"),
        CollectorSource(collector="probe", needs="a URL"),
    )


def test_a_breakdown_has_the_quantile_and_library_of_the_whole(tmp_path: Path) -> None:
    book = load_rulebook(write(tmp_path, {**TABLE, "signals/rich.yaml": RICH}))

    (source,) = book.catalogue.signals["http.latency.p99"].sources
    assert isinstance(source, MetricSource)
    assert (source.scale, source.combine) == (0.001, Combine.MAX)
    assert source.detail == MetricSource(
        kind=MetricKind.HISTOGRAM,
        metric="http_request_duration_seconds",
        library="opentelemetry (old)",
        quantile=0.99,
        by="handler",
    )


def test_a_formula_names_two_signals(tmp_path: Path) -> None:
    book = load_rulebook(write(tmp_path))

    formula = book.catalogue.signals["db.pool.utilization"].formula
    assert formula == Formula(left="db.pool.in_use", operator="/", right="db.pool.size")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("  unit: s\n", "", snapshot("rules/signals/all.yaml:2:3: a signal needs 'unit'")),
        (
            "unit: s\n",
            "unit: seconds\n",
            snapshot("""\
rules/signals/all.yaml:2:9: 'unit' is 'seconds', which is not one of its words
  hint: one of: s, ratio, count, bytes, 1/s\
"""),
        ),
        (
            "service.cpu:",
            "Service CPU:",
            snapshot("""\
5 faults in the rules
  rules/causes/db-pool-exhaustion.yaml:16:13: unknown signal 'service.cpu'
  rules/causes/db-pool-exhaustion.yaml:19:13: unknown signal 'service.cpu'
  rules/causes/db-pool-exhaustion.yaml:22:13: unknown signal 'service.cpu'
  rules/signals/all.yaml:5:1: 'Service CPU' cannot be a signal
    hint: an id is like http.latency.p95
  rules/symptoms.yaml:3:17: unknown signal 'service.cpu'\
"""),
        ),
        (
            "collector: processes",
            "colector: processes",
            snapshot("""\
rules/signals/all.yaml:8:13: a source needs exactly one of histogram, counter, gauge, promql, collector, log
  hint: did you mean 'collector'?\
"""),
        ),
        (
            "collector: processes",
            "collector: processes, gauge: cpu, library: ours",
            snapshot(
                "rules/signals/all.yaml:8:13: a source needs exactly one of histogram, counter, gauge, promql, collector, log"
            ),
        ),
        ("quantile: 0.95, ", "", snapshot("rules/signals/all.yaml:4:13: a histogram needs 'quantile'")),
        (
            "quantile: 0.95",
            "quantile: 95",
            snapshot("""\
rules/signals/all.yaml:4:66: 'quantile' must lie between 0 and 1, and is 95
  hint: 0.95\
"""),
        ),
        (
            "quantile: 0.95",
            "quantile: 95%",
            snapshot(
                "rules/signals/all.yaml:4:66: 'quantile' must be a number, such as 5 or 0.95, and is '95%'"
            ),
        ),
        (
            "quantile: 0.95",
            "quantile: 0.95, scale: 0",
            snapshot("rules/signals/all.yaml:4:79: 'scale' multiplies the value, and 0 leaves nothing of it"),
        ),
        (
            "quantile: 0.95",
            "quantile: 0.95, per: x",
            snapshot("""\
rules/signals/all.yaml:4:72: a histogram has no key 'per'
  hint: one of: histogram, library, quantile, by, each, where, ignore, combine, scale, detail, suffix, blind, bias, bound, beside\
"""),
        ),
        (
            "quantile: 0.95",
            "quantile: 0.95, combine: mean",
            snapshot("""\
rules/signals/all.yaml:4:81: 'combine' is 'mean', which is not one of its words
  hint: one of: sum, max, min, avg\
"""),
        ),
        (
            "quantile: 0.95",
            "quantile: 0.95, ignore: /metrics",
            snapshot("rules/signals/all.yaml:4:13: 'ignore' drops values of 'by', and there is no 'by'"),
        ),
        (
            "quantile: 0.95",
            "quantile: 0.95, where: {status: '5(..'}",
            snapshot(
                "rules/signals/all.yaml:4:88: 'status' is not a regular expression: missing ), unterminated subpattern at position 1"
            ),
        ),
        (
            "quantile: 0.95",
            "quantile: 0.95, where: {status: '(?!2)..'}",
            snapshot("""\
rules/signals/all.yaml:4:88: 'status' uses look-around or a back reference, which Prometheus does not know
  hint: a value that begins with "!~" matches what the rest does not\
"""),
        ),
        (
            "quantile: 0.95",
            "quantile: 0.95, where: {cached: no}",
            snapshot("""\
rules/signals/all.yaml:4:88: 'cached' is no without quotes, which YAML reads as the truth value false
  hint: if the text is meant, write "no"\
"""),
        ),
        (
            "quantile: 0.95",
            "quantile: 0.95, detail: {collector: probe}",
            snapshot("""\
rules/signals/all.yaml:4:80: 'detail' must be a metric
  hint: one of: histogram, counter, gauge\
"""),
        ),
        (
            "db.pool.in_use / db.pool.size",
            "db.pool.in_use / db.pool.sise",
            snapshot("""\
rules/signals/all.yaml:20:29: unknown signal 'db.pool.sise'
  hint: did you mean 'db.pool.size'?\
"""),
        ),
        (
            "unit: ratio\n  title: pool",
            "unit: count\n  title: pool",
            snapshot("""\
5 faults in the rules
  rules/causes/db-pool-exhaustion.yaml:8:38: 95% does not fit db.pool.utilization, which is a count
    hint: write a bare number, such as 40
  rules/causes/db-pool-exhaustion.yaml:10:37: 70% does not fit db.pool.utilization, which is a count
    hint: write a bare number, such as 40
  rules/causes/db-pool-exhaustion.yaml:16:74: 100% does not fit db.pool.utilization, which is a count
    hint: write a bare number, such as 40
  rules/causes/db-pool-exhaustion.yaml:19:74: 45% does not fit db.pool.utilization, which is a count
    hint: write a bare number, such as 40
  rules/signals/all.yaml:20:12: db.pool.in_use / db.pool.size is a ratio, and db.pool.utilization is a count\
"""),
        ),
        (
            "quantile: 0.95",
            "quantile: [0.95]",
            snapshot("rules/signals/all.yaml:4:66: 'quantile' must be a single value, and is a list"),
        ),
        (
            "db.pool.in_use / db.pool.size",
            "db.pool.in_use",
            snapshot("""\
rules/signals/all.yaml:20:12: 'db.pool.in_use' is not a formula
  hint: two signals and + - * or /: `a / b`\
"""),
        ),
        (
            "db.pool.in_use / db.pool.size",
            "db.pool.in_use + db.pool.size",
            snapshot(
                "rules/signals/all.yaml:20:12: db.pool.in_use + db.pool.size adds a count and a count, and db.pool.utilization is a ratio"
            ),
        ),
        (
            "[{collector: processes}]",
            "{collector: processes}",
            snapshot("rules/signals/all.yaml:8:12: 'sources' must be a list, and is a mapping"),
        ),
    ],
)
def test_a_definition_that_makes_no_sense_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert refusal(tmp_path, changed(SIGNAL_FILE, old, new)) == said


@pytest.mark.parametrize("number", ["1:30", "010", "0x1F", ".inf", "yes", "1" + "0" * 400])
def test_a_number_is_one_that_people_read_as_yaml_does(tmp_path: Path, number: str) -> None:
    said = refusal(tmp_path, changed(SIGNAL_FILE, "quantile: 0.95", f"quantile: 0.95, scale: {number}"))

    assert said.startswith("rules/signals/all.yaml:4:79: 'scale' must be a number")


def test_one_signal_defined_in_two_files_is_refused(tmp_path: Path) -> None:
    files = {
        **TABLE,
        "signals/more.yaml": "service.cpu: {unit: ratio, title: CPU, sources: [{collector: mine}]}",
    }

    assert refusal(tmp_path, files) == snapshot(
        "rules/signals/more.yaml:1:1: service.cpu is already defined at rules/signals/all.yaml:5:1"
    )


def test_a_rule_is_not_blamed_for_the_signal_it_quotes(tmp_path: Path) -> None:
    said = refusal(tmp_path, changed(SIGNAL_FILE, "title: CPU used by the service", "titel: CPU"))

    assert "symptoms.yaml" not in said
    assert said == snapshot("""\
rules/signals/all.yaml:7:3: a signal has no key 'titel'
  hint: did you mean 'title'?\
""")


def sources_of(tmp_path: Path, source: str) -> tuple[MetricSource | PromqlSource, ...]:
    text = f"x.y:\n  unit: 1/s\n  title: t\n  sources:\n    - {source}\n"
    book = load_rulebook(write(tmp_path, {**TABLE, "signals/more.yaml": text}))
    return tuple(s for s in book.catalogue.signals["x.y"].sources if not isinstance(s, CollectorSource))


def test_a_name_of_opentelemetry_stands_for_its_four_spellings(tmp_path: Path) -> None:
    written = (
        "{counter: http.server.request.duration_count, suffix: seconds, per: http.server.request.duration_count,"
        ' where: {error.type: ".+"}, requires: {http.route: ".+"}, by: http.route, library: opentelemetry}'
    )
    found = [source for source in sources_of(tmp_path, written) if isinstance(source, MetricSource)]
    assert [source.metric for source in found] == [
        "http_server_request_duration_seconds_count",
        "http_server_request_duration_count",
        "http.server.request.duration_seconds_count",
        "http.server.request.duration_count",
    ]
    assert [source.per for source in found] == [source.metric for source in found]
    assert [source.by for source in found] == ["http_route", "http_route", "http.route", "http.route"]
    assert [source.where[0].label for source in found] == ["error_type"] * 2 + ["error.type"] * 2
    assert [source.requires[0].label for source in found] == ["http_route"] * 2 + ["http.route"] * 2


def test_what_a_source_cannot_see_and_where_it_stands(tmp_path: Path) -> None:
    written = (
        '{counter: calls, library: any, each: instance, beside: host, blind: {where: {by: ".*x"}, because: unseen},'
        ' bias: {where: {by: "y"}, because: perhaps}, bound: at most}'
    )
    (source,) = sources_of(tmp_path, written)
    assert isinstance(source, MetricSource)
    assert source.per_instance
    assert source.beside is Beside.HOST
    assert source.blind == Blind(where=(Matcher("by", ".*x"),), because="unseen")
    assert (source.bias, source.bias_where) == ("perhaps", (Matcher("by", "y"),))
    assert source.bound is Bound.AT_MOST


def test_the_usual_health_checks_have_a_name(tmp_path: Path) -> None:
    (source,) = sources_of(tmp_path, "{counter: calls, library: any, by: path, ignore: health-checks}")
    assert isinstance(source, MetricSource)
    assert source.ignore == HEALTH_ROUTES


def test_an_expression_says_how_its_parts_make_a_whole(tmp_path: Path) -> None:
    written = "{promql: 'sum by (q) (x{$selector})', library: any, metric: x, by: q, combine: sum, beside: alone, bias: late, bound: at least}"
    assert sources_of(tmp_path, written) == (
        PromqlSource(
            promql="sum by (q) (x{$selector})",
            library="any",
            metric="x",
            by="q",
            combine=Combine.SUM,
            beside=Beside.ALONE,
            bias="late",
            bound=Bound.AT_LEAST,
        ),
    )

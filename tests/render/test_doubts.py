"""Doubts about the metrics: under the headline where they matter, folded where they do not, kept in files."""

from dataclasses import replace

from fastdiag.model.doubt import Doubt
from fastdiag.model.signal import Bound
from fastdiag.redact import redact
from fastdiag.render import json, markdown, snapshot_file, terminal
from tests.metrics.catalogue import shipped
from tests.render.diagnoses import POOL_DRAINED

READING = POOL_DRAINED.snapshot.readings["http.latency.p95"]
USED = Doubt(
    id="hanging-unmeasured",
    says="88 requests hang in no histogram",
    signals=("http.latency.p95", "http.latency.p99"),
    sources=(READING.source,),
    mend="alert on requests in flight",
    bound=Bound.AT_LEAST,
)
UNUSED = Doubt(id="not-a-number", says="a gauge holds NaN", signals=("queue.depth",), sources=("scrape",))
BIASED = replace(READING, bias=USED.says, bound=USED.bound)
SNAPSHOT = replace(
    POOL_DRAINED.snapshot,
    readings={**POOL_DRAINED.snapshot.readings, "http.latency.p95": BIASED},
    doubts=(USED, UNUSED),
)
DOUBTED = replace(POOL_DRAINED, snapshot=SNAPSHOT)


def test_what_the_verdict_rests_on_is_doubted_before_it_is_told() -> None:
    screen = terminal.render(DOUBTED)
    place = screen.index("Metrics that cannot be trusted")
    assert place < screen.index("Symptoms") < screen.index("Causes")
    assert "!  88 requests hang in no histogram." in screen
    assert "may be higher" in " ".join(screen.split())
    assert "alert on requests in flight" in screen


def test_a_doubt_is_told_once() -> None:
    assert terminal.render(DOUBTED).count("88 requests hang") == 1
    assert markdown.render(DOUBTED).count("88 requests hang") == 1


def test_a_doubt_about_what_nobody_used_is_folded() -> None:
    screen = terminal.render(DOUBTED)
    assert "a gauge holds NaN" not in screen
    assert "and 1 doubt about what was not used; -v tells" in screen
    assert "a gauge holds NaN" in terminal.render(DOUBTED, verbose=True)


def test_without_doubts_nothing_is_said_of_them() -> None:
    assert "trusted" not in terminal.render(POOL_DRAINED)
    assert "trusted" not in markdown.render(POOL_DRAINED)


def test_a_saved_snapshot_keeps_its_doubts() -> None:
    again = snapshot_file.decode(json.render_snapshot(SNAPSHOT), shipped(), "s.json")
    assert again.doubts == SNAPSHOT.doubts
    assert again.readings["http.latency.p95"].bias == USED.says


def test_a_snapshot_of_an_older_version_has_none() -> None:
    text = '{"schema": 1, "signals": {"http.latency.p95": {"value": "4s"}}}'
    assert snapshot_file.decode(text, shipped(), "s.json").doubts == ()


def test_what_a_doubt_quotes_is_disarmed() -> None:
    hostile = replace(SNAPSHOT, doubts=(replace(USED, says="\x1b[2J http://u:s3cret@host"),))
    says = redact(hostile, ()).doubts[0].says
    assert "\x1b" not in says
    assert "s3cret" not in says

"""The contract for scripts: keys that stay, exact values, the same bytes."""

from __future__ import annotations

import json as stdlib_json
from dataclasses import replace

from hypothesis import given

from fastdiag.model.quantity import Unit
from fastdiag.model.signal import Catalogue, Part, Range
from fastdiag.model.snapshot import Snapshot
from fastdiag.render import json, snapshot_file
from tests.render.diagnoses import HEALTHY, LOCKS, POOL_DRAINED, by_signal, reading
from tests.render.snapshots import snapshots


@given(snapshots)
def test_what_is_saved_is_read_back_equal(snapshot: Snapshot) -> None:
    assert snapshot_file.decode(json.render_snapshot(snapshot), Catalogue(), "s.json") == snapshot


@given(snapshots)
def test_a_diagnosis_replays_like_the_snapshot_in_it(snapshot: Snapshot) -> None:
    written = json.render(replace(HEALTHY, snapshot=snapshot))
    assert snapshot_file.decode(written, Catalogue(), "d.json") == snapshot


@given(snapshots)
def test_saving_again_yields_the_same_bytes(snapshot: Snapshot) -> None:
    written = json.render_snapshot(snapshot)
    assert json.render_snapshot(snapshot_file.decode(written, Catalogue(), "s.json")) == written


def test_the_order_in_which_sources_answered_does_not_show() -> None:
    snapshot = POOL_DRAINED.snapshot
    turned = replace(
        snapshot,
        readings=dict(reversed(list(snapshot.readings.items()))),
        missing=dict(reversed(list(snapshot.missing.items()))),
        parameters=dict(reversed(list(snapshot.parameters.items()))),
    )
    assert json.render_snapshot(turned) == json.render_snapshot(snapshot)


def test_the_keys_of_the_contract() -> None:
    document = stdlib_json.loads(json.render(POOL_DRAINED))
    assert document.keys() >= {
        *("schema", "fastdiag", "service", "taken_at", "window_s", "status", "conclusive", "parameters"),
        *("sources", "symptoms", "causes", "next_checks", "signals", "missing"),
    }
    assert document["sources"][0].keys() >= {"name", "status", "readings", "seconds", "error", "hint"}
    assert document["symptoms"][0].keys() >= {"id", "severity", "title", "evidence"}
    assert document["causes"][0].keys() >= {
        *("rank", "id", "kind", "title", "probability", "root", "range", "verdict", "explains", "driven_by"),
        *("for", "against", "unknown", "check", "fix"),
    }
    assert document["causes"][0]["for"][0].keys() >= {"because", "when", "log_odds", "signals"}
    assert document["causes"][0]["fix"].keys() == {"now", "then", "avoid"}
    assert document["next_checks"][0].keys() >= {"signal", "run", "gain_bits", "cost_s"}
    assert document["signals"]["http.latency.p95"].keys() >= {"value", "unit", "source", "before", "by"}
    assert document["signals"]["http.latency.p95"]["by"][0].keys() >= {"labels", "value"}
    assert document["missing"]["db.pool.wait.p95"] == "absent: no library exposes it"


def test_derived_numbers_have_four_digits_and_measured_ones_all() -> None:
    cause = replace(LOCKS, probability=0.123456789, root=0.987654321)
    readings = by_signal(reading("http.latency.p95", Unit.SECONDS, 0.1 + 0.2))
    diagnosis = replace(
        POOL_DRAINED, causes=(cause,), snapshot=replace(POOL_DRAINED.snapshot, readings=readings)
    )
    document = stdlib_json.loads(json.render(diagnosis))
    assert document["causes"][0]["probability"] == 0.1235
    assert document["causes"][0]["root"] == 0.9877
    assert document["signals"]["http.latency.p95"]["value"] == 0.1 + 0.2


def test_what_is_not_a_finite_number_is_unknown_never_invalid_json() -> None:
    inf, nan = float("inf"), float("nan")
    bad = reading(
        "http.rps",
        Unit.PER_SECOND,
        nan,
        before=inf,
        by=(Part(labels=(), value=nan), Part(labels=(), value=1.0, count=inf)),
        window=Range(lowest=-inf, highest=1.0, samples=2),
    )
    ruled_out = replace(LOCKS.contradicts[0], log_odds=-inf)
    diagnosis = replace(
        POOL_DRAINED,
        causes=(replace(LOCKS, contradicts=(ruled_out,)),),
        snapshot=replace(POOL_DRAINED.snapshot, readings=by_signal(bad)),
    )

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    document = stdlib_json.loads(json.render(diagnosis), parse_constant=refuse)
    assert document["causes"][0]["against"][0]["log_odds"] is None
    assert document["signals"]["http.rps"]["value"] is None
    assert document["signals"]["http.rps"]["window"] is None
    assert document["signals"]["http.rps"]["by"] == [
        {"labels": {}, "value": 1.0, "before": None, "count": None}
    ]


def test_it_ends_with_one_new_line() -> None:
    written = json.render(POOL_DRAINED)
    assert written.endswith("}\n")
    assert not written.endswith("\n\n")

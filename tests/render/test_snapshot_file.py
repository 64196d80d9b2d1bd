"""Reading snapshots: by hand, from a file, and everything that may be wrong with one."""

from __future__ import annotations

from pathlib import Path

import pytest
from inline_snapshot import snapshot as expected

from fastdiag import __version__
from fastdiag.errors import SnapshotError
from fastdiag.model.quantity import Unit
from fastdiag.model.signal import Bound, Catalogue, Missing, Reading, Reason, Signal
from fastdiag.model.snapshot import Snapshot, SourceState, SourceStatus
from fastdiag.render import json, snapshot_file
from tests.render.diagnoses import POOL_DRAINED

CATALOGUE = Catalogue(
    {
        "http.latency.p95": Signal(id="http.latency.p95", unit=Unit.SECONDS, title="latency"),
        "db.pool.utilization": Signal(id="db.pool.utilization", unit=Unit.RATIO, title="pool"),
    }
)


def read(text: str) -> Snapshot:
    return snapshot_file.decode(text, CATALOGUE, "s.json")


def complaint(text: str) -> str:
    with pytest.raises(SnapshotError) as caught:
        read(text)
    return str(caught.value)


def signal(body: str) -> str:
    return f'{{"schema": 1, "signals": {{"http.latency.p95": {body}}}}}'


def test_the_smallest_snapshot_written_by_hand() -> None:
    assert read(signal('{"value": 4.2}')) == Snapshot(
        service="unknown",
        taken_at="",
        window_s=300.0,
        readings={
            "http.latency.p95": Reading(
                signal="http.latency.p95", unit=Unit.SECONDS, source="given", value=4.2
            )
        },
        missing={},
        fastdiag=__version__,
    )


@pytest.mark.parametrize(("written", "value"), [('"4s"', 4.0), ('"250ms"', 0.25), ('"4"', 4.0), ("4", 4.0)])
def test_a_value_may_have_a_unit(written: str, value: float) -> None:
    assert read(signal(f'{{"value": {written}, "before": {written}}}')).readings[
        "http.latency.p95"
    ] == Reading(signal="http.latency.p95", unit=Unit.SECONDS, source="given", value=value, before=value)


def test_a_breakdown_may_have_units_too() -> None:
    text = signal('{"by": [{"labels": {"handler": "/pay"}, "value": "6s", "count": 30}]}')
    reading = read(text).readings["http.latency.p95"]
    assert reading.value is None
    assert [(part.labels, part.value, part.count) for part in reading.by] == [
        ((("handler", "/pay"),), 6.0, 30.0)
    ]


def test_what_a_value_in_doubt_bounds_is_kept() -> None:
    text = signal('{"value": 4.0, "bias": "no answer: at least that long", "bound": "at least"}')
    again = read(json.render_snapshot(read(text)))
    assert again.readings["http.latency.p95"].bound is Bound.AT_LEAST
    assert complaint(text.replace('at least"}', 'around"}')).startswith("s.json")


def test_a_missing_signal_keeps_its_reason() -> None:
    text = '{"schema": 1, "signals": {}, "missing": {"db.pool.utilization": "timed out: 10 s: no answer"}}'
    assert read(text).missing == {"db.pool.utilization": Missing(Reason.TIMED_OUT, "10 s: no answer")}


def test_a_source_needs_but_a_name_and_a_status() -> None:
    text = '{"schema": 1, "signals": {}, "sources": [{"name": "probe", "status": "ok"}]}'
    assert read(text).sources == (SourceState(name="probe", status=SourceStatus.OK),)


def test_a_saved_signal_that_no_rule_file_defines_any_more_is_kept() -> None:
    text = '{"schema": 1, "signals": {"old.signal": {"value": 1, "unit": "count", "source": "scrape"}}}'
    assert read(text).readings["old.signal"].unit is Unit.COUNT


def test_keys_of_a_later_version_are_passed_over() -> None:
    later = '{"schema": 1, "mood": "good", "signals": {"http.latency.p95": {"value": 1, "colour": "red"}}}'
    assert read(later).readings["http.latency.p95"].value == 1.0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "s.json: the file is empty"),
        ("pool is full", "s.json:1:1: not JSON: expecting value"),
        ('{"schema": 1,\n "signals" 2}', "s.json:2:12: not JSON: expecting ':' delimiter"),
        ("[" * 100_000, "s.json: not a snapshot: nested too deeply"),
        ('{"schema": 1, "schema": 1}', 's.json: the key "schema" stands twice in one object'),
        ('{"schema": 1, "window_s": NaN}', "s.json: NaN is not a number: leave an unknown value out"),
        ("1" * 5000, "s.json: a number has too many digits"),
        (signal('{"value": 1e999}'), "s.json: signals.http.latency.p95.value: the number is too large"),
        (
            signal(f'{{"value": 1{"0" * 400}}}'),
            "s.json: signals.http.latency.p95.value: the number is too large",
        ),
        (signal('{"value": true}'), "s.json: signals.http.latency.p95.value: expected a number, found true"),
        (
            signal('{"value": "80%"}'),
            "s.json: signals.http.latency.p95.value: 80% does not fit a signal in s",
        ),
        (
            signal('{"value": 1, "by": [{"labels": {}, "value": 1}, {"labels": {"a": 1}, "value": 1}]}'),
            "s.json: signals.http.latency.p95.by[1].labels.a: expected a text, found 1",
        ),
        (
            signal('{"by": [{"labels": {}}]}'),
            "s.json: signals.http.latency.p95.by[0].value: expected a number, found null",
        ),
        (signal('{"value": 1, "by": {}}'), "s.json: signals.http.latency.p95.by: expected a list, found {}"),
        (
            signal('{"value": 1, "unit": "ms"}'),
            's.json: signals.http.latency.p95.unit: expected one of s, ratio, count, bytes, 1/s, found "ms"',
        ),
        (
            signal('{"value": 1, "unit": "count"}'),
            "s.json: signals.http.latency.p95.unit: count does not fit: the rules have this signal in s",
        ),
        (
            signal('{"value": 1, "window": {"lowest": 1, "highest": 2, "samples": 1.5}}'),
            "s.json: signals.http.latency.p95.window.samples: expected a whole number from 0 up, found 1.5",
        ),
        (
            signal('{"value": 1, "by": [3]}'),
            "s.json: signals.http.latency.p95.by[0]: expected an object, found 3",
        ),
        ('{"schema": 1, "signals": []}', "s.json: signals: expected an object, found []"),
        (
            '{"schema": 1, "signals": {}, "sources": [{"name": "probe", "status": "fine"}]}',
            's.json: sources[0].status: expected one of ok, partial, failed, skipped, found "fine"',
        ),
        (
            '{"schema": 1, "signals": {}, "sources": [{}]}',
            "s.json: sources[0].name: expected a text, found null",
        ),
        ('{"schema": 1, "signals": {}, "observed": "x"}', 's.json: observed: expected a list, found "x"'),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text: str, said: str) -> None:
    assert complaint(text).splitlines()[0] == said


def test_a_unit_that_is_none_is_told_with_the_path() -> None:
    said = complaint(signal('{"value": "4 pears"}'))
    assert said.startswith("s.json: signals.http.latency.p95.value: 'pears' in '4 pears' is not a unit")


def test_a_file_that_was_cut_off_is_recognised() -> None:
    whole = json.render(POOL_DRAINED)
    for end in range(1, len(whole) - 2, 97):
        assert "the file seems to be cut off: save it again" in complaint(whole[:end])


def test_hints_offer_the_nearest_right_word() -> None:
    assert [
        complaint('{"schema": 1, "signals": {"http.latncy.p95": {"value": 1}}}'),
        complaint('{"schema": 1, "signals": {"mood": {"value": 1}}}'),
        complaint(signal('{"vlaue": 1}')),
        complaint(signal("4.2")),
        complaint('{"schema": 1, "signal": {}}'),
        complaint('{"schema": 1}'),
        complaint('{"signals": {}}'),
        complaint('{"schema": 2, "signals": {}}'),
        complaint("[]"),
        complaint('{"schema": 1, "signals": {}, "missing": {"a": "denied"}}'),
    ] == expected(
        [
            """\
s.json: signals.http.latncy.p95: no such signal
  hint: did you mean 'http.latency.p95'?\
""",
            """\
s.json: signals.mood: no such signal
  hint: `fastdiag signals` lists them\
""",
            """\
s.json: signals.http.latency.p95: neither a value nor a breakdown
  hint: did you mean 'value'?\
""",
            """\
s.json: signals.http.latency.p95: expected an object, found 4.2
  hint: write {"schema": 1, "signals": {"http.latency.p95": {"value": "4s"}}}\
""",
            """\
s.json: signal: no such key
  hint: did you mean 'signals'?\
""",
            """\
s.json: no signals: nothing to diagnose
  hint: the smallest snapshot is {"schema": 1, "signals": {"http.latency.p95": {"value": "4s"}}}\
""",
            """\
s.json: not a snapshot: it has no schema
  hint: write "schema": 1 first\
""",
            """\
s.json: schema: expected 1, found 2
  hint: fastdiag 0.1.0 reads no other; use the version that saved the file\
""",
            """\
s.json: not a snapshot: the file must hold an object
  hint: the smallest one is {"schema": 1, "signals": {"http.latency.p95": {"value": "4s"}}}\
""",
            """\
s.json: missing.a: expected a reason and a detail
  hint: reasons are denied, failed, timed out, absent, not configured; write `absent: why`\
""",
        ]
    )


def test_a_hostile_name_in_a_complaint_is_disarmed_and_short() -> None:
    said = complaint('{"schema": 1, "signals": {"\\u001b[31m' + "x" * 500 + '": 3}}')
    assert "\x1b" not in said
    assert len(said.splitlines()[0]) < 150


def test_a_file_is_loaded_and_its_name_is_in_the_complaint(tmp_path: Path) -> None:
    file = tmp_path / "night.json"
    file.write_text("\ufeff" + signal('{"value": 4}'), encoding="utf-8")
    assert snapshot_file.load(file, CATALOGUE).readings["http.latency.p95"].value == 4.0
    file.write_bytes(b'{"schema": 1, "service": "\xff"}')
    with pytest.raises(SnapshotError, match=r"night.json: not UTF-8 text: byte 26"):
        snapshot_file.load(file, CATALOGUE)


def test_a_file_that_is_not_there_or_no_file(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="cannot be read: No such file"):
        snapshot_file.load(tmp_path / "none.json", CATALOGUE)
    with pytest.raises(SnapshotError, match="cannot be read: Is a directory"):
        snapshot_file.load(tmp_path, CATALOGUE)


def test_a_huge_file_is_refused_before_it_is_parsed(tmp_path: Path) -> None:
    file = tmp_path / "huge.json"
    with file.open("wb") as stream:
        stream.truncate(snapshot_file.MAX_BYTES + 1)
    with pytest.raises(SnapshotError, match="larger than 8 MiB"):
        snapshot_file.load(file, CATALOGUE)

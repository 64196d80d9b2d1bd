"""What is kept of an alert: a whole snapshot, why it was taken, and nothing that anybody could not read."""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from fastdiag.errors import FastdiagError, SnapshotError
from fastdiag.model.diagnosis import Diagnosis
from fastdiag.model.history import Occasion
from fastdiag.model.record_limits import Limits
from fastdiag.model.signal import Catalogue
from fastdiag.recorder import Declined, Recorder, Recording, Refusal, Trigger
from fastdiag.recorder.shelf import PARTIAL
from fastdiag.render.snapshot_file import load
from tests.recorder.moments import NIGHT, alert, diagnosis, night
from tests.stack.waiting import wait_until

SPAWN = multiprocessing.get_context("spawn")
NO_SIGNALS = Catalogue(signals={})


def recorded(outcome: Recording | Declined) -> Recording:
    assert isinstance(outcome, Recording), outcome
    return outcome


def declined(outcome: Recording | Declined) -> Declined:
    assert isinstance(outcome, Declined), outcome
    return outcome


def test_the_snapshot_can_be_read_again(tmp_path: Path) -> None:
    recording = recorded(night(tmp_path).fires("HighLatency"))
    assert recording.file.name == "20261123T031400Z-alert-HighLatency.json"
    assert load(recording.file, NO_SIGNALS) == diagnosis(NIGHT).snapshot
    assert recording.troubles == ()


def test_only_the_owner_can_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "recordings"
    recording = recorded(night(folder).fires("HighLatency"))
    modes = {path.name: path.stat().st_mode & 0o077 for path in (folder, *folder.iterdir())}
    assert recording.file.name in modes
    assert set(modes.values()) == {0}, modes


def test_the_index_says_what_was_taken_and_why(tmp_path: Path) -> None:
    one = night(tmp_path)
    one.fires("HighLatency")
    (line,) = (tmp_path / "index.jsonl").read_text().splitlines()
    said = json.loads(line)
    assert len(said.pop("keys")) == 1
    assert said == {
        "at": "2026-11-23T03:14:00Z",
        "occasion": "alert",
        "name": "HighLatency",
        "why": "HighLatency: it is slow",
        "file": "20261123T031400Z-alert-HighLatency.json",
        "service": "shop-api",
        "status": "critical",
        "cause": "database-locks",
        "probability": 0.91,
        "failed": None,
    }


def test_a_symptom_is_a_trigger_as_well(tmp_path: Path) -> None:
    trigger = Trigger.symptom("hanging-requests", "Requests hang without clear errors")
    recording = recorded(Recorder(tmp_path).consider(trigger, lambda: diagnosis(NIGHT)))
    assert recording.file.name.endswith("Z-symptom-hanging-requests.json")


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("../../etc/cron.d/x", "etc-cron-d-x"),
        ("\x1b[31m\u202ered", "31m-red"),
        ("", "unnamed"),
        ("высокая задержка", "unnamed"),
        ("a" * 300, "a" * 48),
        ("x\0y.json", "x-y-json"),
    ],
)
def test_a_hostile_name_makes_a_harmless_file(name: str, word: str, tmp_path: Path) -> None:
    trigger = Trigger(occasion=Occasion.ALERT, name=name, keys=(name,), why=name)
    recording = recorded(Recorder(tmp_path).consider(trigger, lambda: diagnosis(NIGHT)))
    assert recording.file.name.partition("Z-alert-")[2] == f"{word}.json"
    assert recording.file.parent == tmp_path
    assert (tmp_path / "index.jsonl").read_bytes().isascii()


def test_a_secret_in_an_alert_is_not_kept(tmp_path: Path) -> None:
    trigger = Trigger(
        occasion=Occasion.ALERT,
        name="PoolFull",
        keys=("postgresql://app:hunter22@db/shop",),
        why="PoolFull: postgresql://app:hunter22@db/shop is full",
    )
    Recorder(tmp_path).consider(trigger, lambda: diagnosis(NIGHT))
    assert not [path for path in tmp_path.iterdir() if b"hunter22" in path.read_bytes()]


def test_two_in_the_same_second_have_names_of_their_own(tmp_path: Path) -> None:
    one = night(tmp_path, Limits(gap_s=0, repeat_s=0))
    names = {recorded(one.fires("HighLatency")).file.name for _ in range(3)}
    assert len(names) == 3
    assert len(one.recorder.stored()) == 3


def test_what_cannot_be_taken_is_told_and_not_tried_again_at_once(tmp_path: Path) -> None:
    one = night(tmp_path)

    def fail() -> Diagnosis:
        raise SnapshotError("no source is to be asked")

    first = declined(one.recorder.consider(alert("HighLatency"), fail))
    one.passes(10)
    second = declined(one.fires("HighLatency"))
    one.passes(60)
    assert (first.refusal, first.said) == (Refusal.FAILED, "no source is to be asked")
    assert (second.refusal, one.looks) == (Refusal.FAILED, 0)
    recorded(one.fires("HighLatency"))  # a failure is no snapshot of this alert


def test_a_channel_that_fails_hides_nothing(tmp_path: Path) -> None:
    def send(_recording: Recording) -> Sequence[str]:
        raise FastdiagError("slack: 404", hint="is the webhook still there?")

    recording = recorded(Recorder(tmp_path, send=send).consider(alert("X"), lambda: diagnosis(NIGHT)))
    assert recording.file.exists()
    assert recording.troubles == ("slack: 404\n  hint: is the webhook still there?",)


def test_a_recording_is_sent_after_it_is_kept_and_holds_nobody_up(tmp_path: Path) -> None:
    seen: list[object] = []

    def send(recording: Recording) -> Sequence[str]:
        seen.append(recording.file.exists())
        other = Recorder(tmp_path, Limits(gap_s=0)).consider(alert("Other"), lambda: diagnosis(NIGHT))
        seen.append(type(other))
        return ("the history is full",)

    recording = recorded(Recorder(tmp_path, send=send).consider(alert("X"), lambda: diagnosis(NIGHT)))
    assert seen == [True, Recording]
    assert recording.troubles == ("the history is full",)


@pytest.mark.parametrize(
    "damage",
    [b'{"at": "2026-11-23T03:', b"\xff\xfe\x00", b"[]\n{}\n17\nnull\n", b"[" * 100_000, b'{"at": 5}\n'],
)
def test_a_damaged_index_is_passed_over(damage: bytes, tmp_path: Path) -> None:
    one = night(tmp_path)
    one.fires("HighLatency")
    with (tmp_path / "index.jsonl").open("ab") as index:
        index.write(damage)
    one.passes(61)
    assert declined(one.fires("HighLatency")).refusal is Refusal.REPEATED
    one.fires("ManyErrors")
    assert [entry.name for entry in one.recorder.entries()] == ["HighLatency", "ManyErrors"]


def test_the_index_forgets_what_is_gone(tmp_path: Path) -> None:
    one = night(tmp_path, Limits(snapshots=2, per_hour=100))
    for number in range(8):
        one.fires(f"Alert{number}")
        one.passes(1800)
    assert [entry.name for entry in one.recorder.entries()] == ["Alert5", "Alert6", "Alert7"]


def test_a_lost_index_loses_no_snapshot_and_no_bound(tmp_path: Path) -> None:
    one = night(tmp_path, Limits(snapshots=2, per_hour=100))
    for number in range(4):
        one.fires(f"Alert{number}")
        (tmp_path / "index.jsonl").unlink()
        one.passes(60)
    assert [name.rpartition("-")[2] for name in one.files()] == ["Alert2.json", "Alert3.json"]


def test_a_directory_that_is_removed_comes_back(tmp_path: Path) -> None:
    one = night(tmp_path / "recordings")
    (tmp_path / "recordings").rmdir()
    assert recorded(one.fires("HighLatency")).file.exists()


def test_a_file_in_the_place_of_the_directory_is_told(tmp_path: Path) -> None:
    (tmp_path / "recordings").write_text("")
    with pytest.raises(FastdiagError, match="cannot be made"):
        Recorder(tmp_path / "recordings")


def test_a_full_disk_is_told_and_the_limits_still_hold(tmp_path: Path) -> None:
    assert _in_a_process(_record_on_a_full_disk, tmp_path) == 0
    assert [path.name for path in tmp_path.iterdir() if path.stat().st_size] == []


def test_one_process_takes_and_the_others_are_covered(tmp_path: Path) -> None:
    others = [SPAWN.Process(target=_record_slowly, args=(tmp_path,)) for _ in range(3)]
    for other in others:
        other.start()
    for other in others:
        other.join(20)
    assert sorted(other.exitcode or 0 for other in others) == [0, 3, 3]
    assert len(Recorder(tmp_path).stored()) == 1


def test_a_recorder_that_is_killed_leaves_nothing_half_written(tmp_path: Path) -> None:
    victim = SPAWN.Process(target=_record_and_hang, args=(tmp_path,))
    victim.start()
    wait_until(lambda: _partial(tmp_path) != [], what="it writes", within_s=20)
    assert Recorder(tmp_path).consider(alert("Other"), lambda: diagnosis(NIGHT)).__class__ is Declined
    os.kill(victim.pid or 0, signal.SIGKILL)
    victim.join(10)
    one = night(tmp_path)
    assert one.recorder.stored() == ()
    recorded(one.fires("HighLatency"))
    assert _partial(tmp_path) == []


def _partial(folder: Path) -> list[Path]:
    return list(folder.glob(f"{PARTIAL}*"))


def _in_a_process(target: Callable[[Path], None], folder: Path) -> int | None:
    process = SPAWN.Process(target=target, args=(folder,))
    process.start()
    process.join(20)
    return process.exitcode


def _record_slowly(folder: Path) -> None:
    def look() -> Diagnosis:
        time.sleep(0.5)
        return diagnosis(time.time())

    outcome = Recorder(folder).consider(alert("HighLatency"), look)
    is_covered = isinstance(outcome, Declined) and outcome.refusal.is_covered
    raise SystemExit(3 if is_covered else 0)


def _record_and_hang(folder: Path) -> None:
    from fastdiag.recorder import shelf  # noqa: PLC0415 - in the process that is to be killed

    def hang(_descriptor: int) -> None:
        time.sleep(60)

    shelf.os.fsync = hang  # type: ignore[attr-defined]  # a disk that does not answer
    Recorder(folder).consider(alert("HighLatency"), lambda: diagnosis(NIGHT))


def _record_on_a_full_disk(folder: Path) -> None:
    recorder = Recorder(folder)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    looks = []

    def look() -> Diagnosis:
        looks.append(1)
        return diagnosis(time.time())

    first = declined(recorder.consider(alert("HighLatency"), look))
    second = declined(recorder.consider(alert("HighLatency"), look))
    is_told = "cannot be written: File too large" in first.said and "failed" in second.said
    raise SystemExit(0 if is_told and len(looks) == 1 else 1)

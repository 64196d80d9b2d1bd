"""How often a snapshot is taken, and how much is kept, whatever fires."""

from __future__ import annotations

from pathlib import Path

from fastdiag.model.record_limits import DAY_S, Limits
from fastdiag.recorder import Declined, Recording, Refusal
from tests.recorder.moments import night


def refusal(outcome: Recording | Declined) -> Refusal | None:
    return outcome.refusal if isinstance(outcome, Declined) else None


def test_an_alert_right_after_a_snapshot_is_covered_by_it(tmp_path: Path) -> None:
    one = night(tmp_path)
    first = one.fires("HighLatency")
    one.passes(20)
    second = one.fires("ManyErrors")
    assert isinstance(first, Recording)
    assert isinstance(second, Declined)
    assert (second.refusal, second.again_s, one.looks) == (Refusal.RECENT, 40.0, 1)
    assert second.said == "20261123T031400Z-alert-HighLatency.json was taken 20 s ago and covers it"


def test_the_same_alert_has_its_snapshot_for_a_while(tmp_path: Path) -> None:
    one = night(tmp_path, Limits(repeat_s=900))
    one.fires("HighLatency")
    one.passes(300)
    assert refusal(one.fires("HighLatency")) is Refusal.REPEATED
    one.passes(600)
    assert refusal(one.fires("HighLatency")) is None
    assert one.looks == 2


def test_one_new_alert_in_a_group_is_news_and_fewer_are_not(tmp_path: Path) -> None:
    one = night(tmp_path)
    one.fires("HighLatency")
    one.passes(120)
    assert refusal(one.fires("HighLatency", "ManyErrors")) is None
    one.passes(120)
    assert refusal(one.fires("ManyErrors")) is Refusal.REPEATED


def test_a_storm_of_different_alerts_takes_so_many_an_hour(tmp_path: Path) -> None:
    one = night(tmp_path, Limits(per_hour=3, gap_s=60))
    outcomes = []
    for number in range(50):
        outcomes.append(refusal(one.fires(f"Alert{number}")))
        one.passes(61)
    assert outcomes[:3] == [None] * 3
    assert set(outcomes[3:]) == {Refusal.BUDGET}
    one.passes(3600)
    assert refusal(one.fires("TheMorningAfter")) is None


def test_limits_hold_across_restarts_and_for_several_recorders(tmp_path: Path) -> None:
    night(tmp_path).fires("HighLatency")
    restarted = night(tmp_path)
    restarted.passes(120)
    assert refusal(restarted.fires("HighLatency")) is Refusal.REPEATED
    assert restarted.looks == 0


def test_a_clock_that_was_set_back_does_not_stop_the_recorder(tmp_path: Path) -> None:
    one = night(tmp_path)
    one.fires("HighLatency")
    one.passes(-7200)
    assert refusal(one.fires("HighLatency")) is None


def test_the_oldest_go_when_there_are_too_many(tmp_path: Path) -> None:
    one = night(tmp_path, Limits(snapshots=3, per_hour=100))
    for number in range(5):
        one.fires(f"Alert{number}")
        one.passes(60)
    assert [name.rpartition("-")[2] for name in one.files()] == ["Alert2.json", "Alert3.json", "Alert4.json"]


def test_all_of_them_never_take_more_than_their_room(tmp_path: Path) -> None:
    one = night(tmp_path)
    first = one.fires("Alert")
    assert isinstance(first, Recording)
    size = first.file.stat().st_size
    one = night(tmp_path, Limits(bytes=size * 5 // 2, per_hour=100))
    for number in range(4):
        one.passes(60)
        one.fires(f"Alert{number}")
        assert sum((tmp_path / name).stat().st_size for name in one.files()) <= size * 5 // 2
    assert len(one.files()) == 2


def test_a_snapshot_larger_than_all_the_room_is_refused_and_the_others_stay(tmp_path: Path) -> None:
    night(tmp_path).fires("Alert")
    cramped = night(tmp_path, Limits(bytes=100))
    cramped.passes(60)
    outcome = cramped.fires("Other")
    assert isinstance(outcome, Declined)
    assert outcome.refusal is Refusal.FAILED
    assert "all of them may have 100 B" in outcome.said
    assert cramped.files() == ["20261123T031400Z-alert-Alert.json"]


def test_age_removes_all_but_the_newest(tmp_path: Path) -> None:
    one = night(tmp_path, Limits(age_s=DAY_S))
    for name in ("Monday", "Tuesday"):
        one.fires(name)
        one.passes(3600)
    one.passes(2 * DAY_S)
    assert one.recorder.tidy() == 1
    assert [name.rpartition("-")[2] for name in one.files()] == ["Tuesday.json"]


def test_what_people_put_there_stays(tmp_path: Path) -> None:
    theirs = ("notes.json", "20261123-alert-X.json", "20261123T031400Z-alert-.json")
    for name in theirs:
        (tmp_path / name).write_text("{}")
    (tmp_path / "20200101T000000Z-alert-Folder.json").mkdir()
    one = night(tmp_path, Limits(snapshots=1, per_hour=100))
    for number in range(3):
        one.fires(f"Alert{number}")
        one.passes(60)
    assert {path.name for path in tmp_path.glob("*.json")} >= {*theirs, "20200101T000000Z-alert-Folder.json"}
    assert len(one.recorder.stored()) == 1

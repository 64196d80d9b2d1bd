"""rules/alerts.yaml: read with places, added to and replaced by folders of users."""

from __future__ import annotations

from pathlib import Path

import pytest

from fastdiag.alerts.make import alerts_of
from fastdiag.errors import RuleError
from fastdiag.rulebook.load import builtin_rules, load_rulebook

ROW = """\
- id: {id}
  title: Carts are left
  when: "{when}"
  for: {time}
  means: Somebody pays late.
  suspects: [{cause}]
"""


def folder(place: Path, **changes: str) -> Path:
    given = {"id": "carts-left", "when": "http.rps < 1/s", "time": "5m", "cause": "slow-queries", **changes}
    (place / "alerts.yaml").write_text(ROW.format(**given), encoding="utf-8")
    return place


def test_the_shipped_alerts_are_read_beside_the_symptoms() -> None:
    found = {alert.id: alert for alert in alerts_of(load_rulebook(builtin_rules()))}
    assert found["low-cpu-high-latency"].symptom
    assert found["pool-saturation"].for_s == 120
    assert "inconsistent-responses" not in found  # no metric could ever tell it


def test_a_users_row_is_added_and_replaces_a_symptoms_alert(tmp_path: Path) -> None:
    book = load_rulebook(builtin_rules(), [folder(tmp_path, id="error-spike")])
    (found,) = [alert for alert in alerts_of(book) if alert.id == "error-spike"]
    assert (found.title, found.for_s, str(found.when)) == ("Carts are left", 300, "http.rps < 1/s")


def test_all_faults_of_a_row_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(RuleError) as caught:
        load_rulebook(
            builtin_rules(), [folder(tmp_path, when="http.rsp < 1/s", time="5%", cause="slow-querys")]
        )
    told = str(caught.value)
    assert all(text in told for text in ("'http.rps'", "5% is not a time", "'slow-queries'"))


@pytest.mark.parametrize(
    ("changes", "place", "said"),
    [
        ({"cause": "slow-querys"}, ":6:", "did you mean 'slow-queries'?"),
        ({"time": "5%"}, ":4:8", "5% is not a time"),
        ({"time": "1:30"}, ":4:8", "'for'"),
        ({"when": "http.rsp < 1/s"}, ":3:", "did you mean 'http.rps'?"),
        ({"id": "Carts Left"}, ":1:", "cannot be an id"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(
    tmp_path: Path, changes: dict[str, str], place: str, said: str
) -> None:
    with pytest.raises(RuleError) as caught:
        load_rulebook(builtin_rules(), [folder(tmp_path, **changes)])
    assert f"alerts.yaml{place}" in str(caught.value)
    assert said in str(caught.value)

"""Who may ask for a snapshot, and what is answered: the application, without the server around it."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from fastdiag.errors import FastdiagError
from fastdiag.model.diagnosis import Diagnosis
from fastdiag.model.record_limits import Limits
from fastdiag.model.target import Secret
from fastdiag.recorder import Declined, Recording
from fastdiag.recorder.desk import Desk
from fastdiag.recorder.guard import is_allowed
from fastdiag.recorder.receiver import MAX_BODY_BYTES, Receiver
from fastdiag.recorder.tally import Tally
from tests.recorder.moments import NIGHT, diagnosis
from tests.recorder.payloads import SECRET, an_alert, firing, notification
from tests.stack.processes import MissingServerError
from tests.stack.prometheus import INSTALL_HINT
from tests.stack.waiting import wait_until

BEARER = {"Authorization": f"Bearer {SECRET}"}


@dataclass
class Bench:
    """A receiver whose snapshots last as long as the test wants."""

    folder: Path
    limits: Limits = field(default_factory=Limits)
    go_on: threading.Event = field(default_factory=threading.Event)
    outcomes: list[Recording | Declined] = field(default_factory=list)
    failure: Exception | None = None

    def __post_init__(self) -> None:
        self.tally = Tally()
        self.desk = Desk(self.folder, self.limits, take=self._take, send=lambda _: (), told=self._told)
        app = Receiver(self.desk, Secret(SECRET), self.tally)
        self.client = httpx.Client(transport=httpx.WSGITransport(app=app), base_url="http://receiver")

    def post(self, body: bytes, headers: dict[str, str] | None = None) -> httpx.Response:
        """Post to /alerts, with the secret unless other headers are given."""
        return self.client.post("/alerts", content=body, headers=BEARER if headers is None else headers)

    def done(self, count: int) -> None:
        """Wait until so many triggers have had their outcome."""
        self.go_on.set()
        wait_until(lambda: len(self.outcomes) >= count, what=f"{count} outcomes", within_s=10)

    def metrics(self) -> dict[str, float]:
        """Return the metrics that are not zero, as `name{label}`."""
        page = self.client.get("/metrics", headers=BEARER).text
        return {
            f"{one.name}{{{','.join(one.labels.values())}}}": one.value
            for family in text_string_to_metric_families(page)
            for one in family.samples
            if one.value
        }

    def _take(self) -> Diagnosis:
        assert self.go_on.wait(10)
        if self.failure:
            raise self.failure
        return diagnosis(NIGHT)

    def _told(self, outcome: Recording | Declined) -> None:
        self.tally.came(outcome)
        self.outcomes.append(outcome)


@pytest.fixture
def bench_of(tmp_path: Path) -> Iterator[Callable[..., Bench]]:
    made: list[Bench] = []

    def make(limits: Limits | None = None) -> Bench:
        made.append(Bench(tmp_path, limits or Limits()))
        return made[-1]

    yield make
    for bench in made:
        bench.go_on.set()
        assert bench.desk.close(10)
        bench.client.close()


def test_a_firing_alert_is_accepted_at_once_and_recorded_then(bench_of: Callable[..., Bench]) -> None:
    bench = bench_of()
    answer = bench.post(firing("HighLatency"))
    assert (answer.status_code, answer.json()["outcome"]) == (202, "accepted")
    assert bench.desk.recorder.stored() == ()
    bench.done(1)
    (recording,) = bench.outcomes
    assert isinstance(recording, Recording)
    assert recording.file.exists()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": f"Bearer {SECRET}x"},
        {"Authorization": f"Bearer {SECRET[:-1]}"},
        {"Authorization": SECRET},
        {"Authorization": f"Digest {SECRET}"},
        {"Authorization": "Basic !!!"},
        {"Authorization": "Basic " + "b3Blbi1zZXNhbWUtb3Blbi1zZXNhbWU6"},  # the secret as user name
    ],
)
def test_whoever_does_not_know_the_secret_is_sent_away(
    headers: dict[str, str], bench_of: Callable[..., Bench]
) -> None:
    bench = bench_of()
    answer = bench.post(firing("HighLatency"), headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Basic ")
    assert SECRET not in answer.text
    assert "credentials_file under http_config" in answer.json()["said"], "nothing of the advice is masked"
    assert bench.outcomes == []
    assert bench.client.get("/metrics", headers=headers).status_code == 401


@pytest.mark.parametrize("header", ["Bearer \xff\xfe", "Bearer \u2603", "Basic \xff", "Basic /w==", "Basic"])
def test_bytes_that_are_no_text_are_no_secret(header: str) -> None:
    assert not is_allowed(header, Secret(SECRET))


def test_the_secret_may_be_a_password(bench_of: Callable[..., Bench]) -> None:
    bench = bench_of()
    login = httpx.BasicAuth("alertmanager", SECRET)
    answer = bench.client.post("/alerts", content=firing("HighLatency"), auth=login)
    assert answer.status_code == 202


def test_while_one_is_taken_the_next_alert_is_covered(bench_of: Callable[..., Bench]) -> None:
    bench = bench_of()
    assert bench.post(firing("HighLatency")).status_code == 202
    answer = bench.post(firing("ManyErrors"))
    assert (answer.status_code, answer.json()["outcome"]) == (200, "busy")
    bench.done(2)
    assert len(bench.desk.recorder.stored()) == 1


def test_of_many_at_once_one_is_taken(bench_of: Callable[..., Bench]) -> None:
    bench = bench_of()
    bodies = [firing(f"Alert{number}") for number in range(24)]
    with ThreadPoolExecutor(8) as pool:
        codes = sorted(answer.status_code for answer in pool.map(bench.post, bodies))
    assert codes == [200] * 23 + [202]
    bench.done(24)
    assert len(bench.desk.recorder.stored()) == 1


def test_an_alert_that_has_its_snapshot_is_fine(bench_of: Callable[..., Bench]) -> None:
    bench = bench_of(Limits(gap_s=0))
    bench.post(firing("HighLatency"))
    bench.done(1)
    answer = bench.post(firing("HighLatency"))
    assert (answer.status_code, answer.json()["outcome"]) == (200, "repeated")


def test_beyond_the_hours_budget_the_sender_is_told_when_to_come_again(
    bench_of: Callable[..., Bench],
) -> None:
    bench = bench_of(Limits(gap_s=0, per_hour=1))
    bench.post(firing("HighLatency"))
    bench.done(1)
    answer = bench.post(firing("ManyErrors"))
    assert (answer.status_code, answer.json()["outcome"]) == (429, "budget")
    assert 3500 < int(answer.headers["retry-after"]) <= 3600


def test_resolved_alerts_take_nothing(bench_of: Callable[..., Bench]) -> None:
    bench = bench_of()
    answer = bench.post(notification(an_alert("HighLatency", "resolved")))
    assert (answer.status_code, answer.json()["outcome"]) == (200, "ignored")
    assert bench.outcomes == []


def test_what_is_no_notification_is_told_with_its_place(bench_of: Callable[..., Bench]) -> None:
    answer = bench_of().post(notification(an_alert("X", labels={"a": 1})))
    assert answer.status_code == 400
    assert answer.json()["said"] == "the notification: alerts[0].labels.a: expected a text, found 1"


def test_a_notification_that_is_too_large_is_refused(bench_of: Callable[..., Bench]) -> None:
    assert bench_of().post(b" " * (MAX_BODY_BYTES + 1)).status_code == 413


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/alerts", 405), ("POST", "/health", 405), ("GET", "/", 404), ("GET", "/alerts/../x", 404)],
)
def test_everything_else_is_unknown(
    method: str, path: str, status: int, bench_of: Callable[..., Bench]
) -> None:
    bench = bench_of()
    assert bench.client.request(method, path, headers=BEARER).status_code == status


def test_health_needs_no_secret_and_tells_why_nothing_can_be_kept(
    bench_of: Callable[..., Bench], tmp_path: Path
) -> None:
    bench = bench_of()
    assert bench.client.get("/health").json() == {"outcome": "ok", "said": "ready"}
    wait_until((tmp_path / ".lock").exists, what="its first tidying", within_s=10)
    (tmp_path / ".lock").unlink()
    tmp_path.rmdir()
    tmp_path.write_text("")
    answer = bench.client.get("/health")
    assert (answer.status_code, answer.json()["outcome"]) == (503, "failed")
    assert "cannot be made" in answer.json()["said"]
    tmp_path.unlink()
    tmp_path.mkdir()


def test_metrics_tell_what_became_of_everything(bench_of: Callable[..., Bench]) -> None:
    bench = bench_of(Limits(gap_s=0))
    bench.post(firing("HighLatency"))
    bench.done(1)
    bench.post(firing("HighLatency"))
    bench.post(b"{}")
    bench.client.get("/wp-login.php?a=1")
    size = bench.desk.recorder.stored()[0].bytes
    seen = bench.metrics()
    assert seen.pop("fastdiag_recorder_last_snapshot_timestamp_seconds{}") > NIGHT
    assert seen == {
        "fastdiag_recorder_answers_total{202,/alerts}": 1,
        "fastdiag_recorder_answers_total{200,/alerts}": 1,
        "fastdiag_recorder_answers_total{400,/alerts}": 1,
        "fastdiag_recorder_answers_total{404,other}": 1,
        "fastdiag_recorder_triggers_total{recorded}": 1,
        "fastdiag_recorder_triggers_total{repeated}": 1,
        "fastdiag_recorder_snapshots{}": 1,
        "fastdiag_recorder_snapshots_bytes{}": size,
    }


def test_promtool_has_nothing_to_say_about_the_metrics(bench_of: Callable[..., Bench]) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        raise MissingServerError(INSTALL_HINT)
    bench = bench_of()
    bench.post(b"{}")
    page = bench.client.get("/metrics", headers=BEARER).content
    checked = subprocess.run([promtool, "check", "metrics"], input=page, capture_output=True, check=False)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, b"")


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (FastdiagError("no source"), "no source"),
        (ZeroDivisionError("x"), "internal error: ZeroDivisionError: x"),
    ],
)
def test_a_snapshot_that_fails_does_not_end_the_receiver(
    failure: Exception, said: str, bench_of: Callable[..., Bench]
) -> None:
    bench = bench_of(Limits(gap_s=0))
    bench.failure = failure
    bench.post(firing("HighLatency"))
    bench.done(1)
    (outcome,) = bench.outcomes
    assert isinstance(outcome, Declined)
    assert outcome.said == said
    bench.failure = None
    assert bench.post(firing("HighLatency")).status_code == 202


def test_what_is_under_way_is_finished_before_the_end(bench_of: Callable[..., Bench]) -> None:
    bench = bench_of()
    bench.post(firing("HighLatency"))
    assert not bench.desk.close(0.01)
    assert bench.post(firing("ManyErrors")).status_code == 503
    bench.go_on.set()
    assert bench.desk.close(10)
    assert len(bench.desk.recorder.stored()) == 1

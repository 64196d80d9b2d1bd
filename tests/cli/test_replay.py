"""A saved snapshot yields what it yielded when it was taken: the same bytes, offline, in every format."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.cli.command import DRAINED, SLOWISH, fastdiag, written
from tests.cli.conftest import Here
from tests.stack.ports import LOOPBACK


class Answering(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it has in the base class
        del format, args


@contextmanager
def service() -> Iterator[str]:
    server = ThreadingHTTPServer((LOOPBACK, 0), Answering)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://{LOOPBACK}:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("form", ["json", "markdown", "terminal"])
def test_a_live_snapshot_replays_to_the_same_bytes(form: str, here: Here) -> None:
    with service() as url:
        options = ("--only", "probe", "--app-url", url, "--service", "shop", "--deadline", "1s")
        options += ("--symptom", "restart-fixes-temporarily")
        live = here.run("snapshot", *options, "-f", form, "--save", "saved.json")
    assert live.code == 0
    saved = json.loads((here.folder / "saved.json").read_text())
    assert "probe.latency" in saved["signals"]
    assert saved["observed"] == ["restart-fixes-temporarily"]
    replayed = here.run("diagnose", "saved.json", "-f", form)
    assert (replayed.code, replayed.out, replayed.err) == (0, live.out, "")
    if form == "json":
        by_pipe = fastdiag("diagnose", "-", "-f", "json", stdin=live.out, cwd=here.folder)
        assert by_pipe == replayed


def test_the_smallest_snapshot_is_diagnosed_and_its_outcome_replays(tmp_path: Path) -> None:
    smallest = '{"schema": 1, "signals": {"http.latency.p95": {"value": 4.2}}}'
    first = fastdiag("diagnose", "-", "-f", "json", stdin=smallest, cwd=tmp_path)
    assert first.code == 0
    assert first.document["signals"]["http.latency.p95"]["value"] == 4.2
    assert first.document["parameters"]["slow"] == "1s"
    assert fastdiag("diagnose", "-", "-f", "json", stdin=first.out, cwd=tmp_path) == first


def test_the_parameters_of_a_snapshot_win_over_those_of_today(tmp_path: Path) -> None:
    written(tmp_path, "parameters: {slow: 5s}", "fastdiag.yaml")
    taken = fastdiag("diagnose", "-", "-f", "json", stdin=SLOWISH, cwd=tmp_path)
    assert taken.document["symptoms"] == []
    assert taken.document["parameters"]["slow"] == "5s"
    elsewhere = written(tmp_path, taken.out)
    replayed = fastdiag("diagnose", elsewhere, "-f", "json", cwd=tmp_path.parent)
    assert replayed.out == taken.out
    assert replayed.err == "note: slow is 5s as in the snapshot, not 1s as in the rules of today\n"


def test_what_the_rules_do_not_have_any_more_does_no_harm(tmp_path: Path) -> None:
    snapshot = json.loads(DRAINED)
    plain = fastdiag("diagnose", "-", "-f", "json", stdin=DRAINED, cwd=tmp_path).document
    snapshot |= {"parameters": {"gone": "3 furlongs"}, "observed": ["gone-too"]}
    ran = fastdiag("diagnose", "-", "-f", "json", stdin=json.dumps(snapshot), cwd=tmp_path)
    assert (ran.code, ran.document["causes"]) == (0, plain["causes"])
    assert ran.document["parameters"]["gone"] == "3 furlongs"
    assert ran.err == "note: the snapshot reports 'gone-too', a symptom that the rules do not have\n"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("fast", "the snapshot's parameter 'slow': 'fast' is not a number with a unit"),
        ("5%", "the snapshot's 5% does not fit parameter 'slow', which is in seconds"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_refused(value: str, said: str, tmp_path: Path) -> None:
    snapshot = json.dumps({**json.loads(DRAINED), "parameters": {"slow": value}})
    ran = fastdiag("diagnose", "-", stdin=snapshot, cwd=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"error: {said}")


def test_what_a_person_saw_is_a_symptom_without_any_metric(tmp_path: Path) -> None:
    reported = {**json.loads(SLOWISH), "observed": ["restart-fixes-temporarily"]}
    ran = fastdiag("diagnose", "-", "-f", "json", stdin=json.dumps(reported), cwd=tmp_path)
    found = {symptom["id"]: symptom["observed"] for symptom in ran.document["symptoms"]}
    assert found == {"low-cpu-high-latency": False, "restart-fixes-temporarily": True}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", " "),
        (DRAINED.encode()[:-20], ""),
        (b"[]", " not a snapshot: the file must hold an object"),
        (b"{}", " not a snapshot: it has no schema"),
        (b'{"schema": 7}', " schema: "),
        (b"# HELP http_requests_total\n", ""),
        (b"\x7fELF\x00\xff", " not UTF-8 text: byte 5"),
        (b"\x1f\x8b\x08", " not UTF-8 text: byte 1"),
    ],
    ids=["empty", "cut off", "list", "no schema", "other schema", "no JSON", "binary", "gzip"],
)
def test_what_is_no_snapshot_is_told_in_a_sentence(content: bytes, said: str, here: Here) -> None:
    (here.folder / "x.json").write_bytes(content)
    ran = here.run("diagnose", "x.json")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"error: x.json:{said}")


def test_a_snapshot_larger_than_memory_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "huge.json").open("wb") as huge:
        huge.truncate(10 * 2**40)
    ran = fastdiag("diagnose", "huge.json", cwd=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "error: huge.json: larger than 8 MiB: not a snapshot\n"

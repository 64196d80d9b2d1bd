"""Whatever is typed wrong is answered with one sentence and what to do, on stderr, and exit code 2."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.command import fastdiag
from tests.cli.conftest import Here

WRONG = {
    "snapshto": (
        "no such command 'snapshto'\n  hint: did you mean 'snapshot'? `fastdiag --help` shows how it is used"
    ),
    "zzz": "no such command 'zzz'\n  hint: `fastdiag --help` shows how it is used",
    "-x": "no such option: -x\n  hint: `fastdiag --help` shows how it is used",
    "snapshot --promethus x": (
        "no such option: --promethus\n"
        "  hint: did you mean '--prometheus'? `fastdiag snapshot --help` shows how it is used"
    ),
    "snapshot --prometheus": (
        "option '--prometheus' requires an argument\n  hint: `fastdiag snapshot --help` shows how it is used"
    ),
    "snapshot --verbose=3": (
        "option '--verbose' does not take a value\n  hint: `fastdiag snapshot --help` shows how it is used"
    ),
    "snapshot now": (
        "got unexpected extra argument(s) (now)\n  hint: `fastdiag snapshot --help` shows how it is used"
    ),
    "diagnose": "missing argument 'SNAPSHOT'\n  hint: `fastdiag diagnose --help` shows how it is used",
    "explain": "missing argument 'CAUSE|SYMPTOM'\n  hint: `fastdiag explain --help` shows how it is used",
    "snapshot --only postgress": "--only: there is no source 'postgress'\n  hint: did you mean 'postgres'?",
    "snapshot --skip xyz": (
        "--skip: there is no source 'xyz'\n"
        "  hint: there are prometheus, scrape, postgres, pgbouncer, processes, stacks, host, workers, queue,"
        " cache, probe, logs"
    ),
    "snapshot --only postgres,probe": (
        "--only: there is no source 'postgres,probe'\n  hint: repeat the option: --only postgres --only probe"
    ),
    "snapshot --only probe --skip probe": (
        "--only and --skip together leave no source\n  hint: drop one of the two"
    ),
    "snapshot --symptom restart-fixes-temporarly": (
        "--symptom: there is no symptom 'restart-fixes-temporarly'\n"
        "  hint: did you mean 'restart-fixes-temporarily'?"
    ),
    "snapshot --at yesterday": (
        "--at must be a moment, and is 'yesterday'\n"
        "  hint: write 2026-11-22T03:10:00Z, '2026-11-22 03:10' (local time), 2h ago or -2h"
    ),
    "snapshot --at -2h --skip prometheus": (
        "--at: only Prometheus, Loki and the journal keep the past, and none of them is to be asked\n"
        "  hint: drop --at, or name one: --log journal:UNIT"
    ),
    "snapshot --queue broker:6379": (
        "--queue must be a redis://, amqp:// or http:// URL (RabbitMQ's management or Flower):"
        " it does not start with one of them\n"
        "  hint: did you mean 'redis://broker:6379'?"
    ),
    "snapshot --postgres foo": (
        "--postgres must be a PostgreSQL DSN: it is neither postgresql://... nor key=value\n"
        "  hint: such as postgresql://USER@HOST:PORT/DATABASE"
    ),
    "sources --pgbouncer http://db:6432": (
        "--pgbouncer must be a PostgreSQL DSN: it is neither postgresql://... nor key=value\n"
        "  hint: such as postgresql://USER@HOST:PORT/DATABASE"
    ),
    "init --queue foo": (
        "--queue must be a redis://, amqp:// or http:// URL (RabbitMQ's management or Flower):"
        " it does not start with one of them\n"
        "  hint: did you mean 'redis://foo'?"
    ),
    "headroom --cache foo": (
        "--cache must be a redis:// URL: it does not start with one of them\n"
        "  hint: did you mean 'redis://foo'?"
    ),
    "sources --cache http://cache": (
        "--cache must be a redis:// URL: it does not start with one of them\n"
        "  hint: such as redis://HOST:PORT"
    ),
    "sources --deadline 10ms": (
        "--deadline must be 1 s to 10 min, and is '10ms'\n  hint: write a duration such as 10s, 5m or 1h"
    ),
    "sources --fail-on critical": (
        "no such option: --fail-on\n  hint: `fastdiag sources --help` shows how it is used"
    ),
    "init -o nowhere/fastdiag.yaml": (
        "--output nowhere/fastdiag.yaml cannot be written: there is no folder nowhere\n"
        "  hint: choose another place"
    ),
    "init -o .": (
        ". exists already\n"
        "  hint: --force replaces it; `fastdiag init --output -` only shows what would stand there"
    ),
    "init --force -o .": "--output . cannot be written: it is a folder\n  hint: choose another place",
    "snapshot -f jsn": (
        "--format must be one of auto, terminal, json, markdown, html, and is 'jsn'\n"
        "  hint: did you mean 'json'?"
    ),
    "snapshot --fail-on crit": (
        "--fail-on must be one of warning, critical, and is 'crit'\n  hint: did you mean 'critical'?"
    ),
    "snapshot --deadline 1:30": (
        "--deadline must be a duration, and is '1:30'\n  hint: write a duration such as 10s, 5m or 1h"
    ),
    "snapshot --deadline 95%": (
        "--deadline must be a duration, and is '95%'\n  hint: write a duration such as 10s, 5m or 1h"
    ),
    "snapshot --deadline 10ms": (
        "--deadline must be 1 s to 10 min, and is '10ms'\n  hint: write a duration such as 10s, 5m or 1h"
    ),
    "snapshot --deadline 1e99h": (
        "--deadline must be 1 s to 10 min, and is '1e99h'\n  hint: write a duration such as 10s, 5m or 1h"
    ),
    "snapshot --window 0": (
        "--window must be 1 s to 24 h, and is '0'\n  hint: write a duration such as 10s, 5m or 1h"
    ),
    "snapshot --before yesterday": (
        "--before must be a duration, and is 'yesterday'\n  hint: write a duration such as 10s, 5m or 1h"
    ),
    "snapshot --pid gunicorn": (
        "--pid must be a process id, and is 'gunicorn'\n"
        "  hint: the id of the server's process, as ps or systemctl status shows it"
    ),
    "snapshot --pid -1": (
        "--pid must be a process id, and is '-1'\n"
        "  hint: the id of the server's process, as ps or systemctl status shows it"
    ),
    "snapshot --app-url localhost:8000": (
        "--app-url must be an http:// or https:// URL: it does not start with one of them\n"
        "  hint: did you mean 'http://localhost:8000'?"
    ),
    "snapshot --prometheus prom": (
        "--prometheus must be an http:// or https:// URL: it does not start with one of them\n"
        "  hint: did you mean 'http://prom'?"
    ),
    "snapshot --app-url http://shop:80000": (
        "--app-url must be an http:// or https:// URL: its port is no port\n  hint: such as http://HOST:PORT"
    ),
    "snapshot --app-url http://[::1": (
        "--app-url must be an http:// or https:// URL: the host in [ ] is no address\n"
        "  hint: such as http://HOST:PORT"
    ),
    "snapshot --metrics-url http://": (
        "--metrics-url must be an http:// or https:// URL: it names no host\n  hint: such as http://HOST:PORT"
    ),
    "snapshot --prometheus=": "--prometheus is empty\n  hint: leave it out, or say what it is",
    "snapshot --rules nowhere": (
        "--rules nowhere: there is no such folder\n"
        "  hint: name the folder that holds causes/ and symptoms.yaml"
    ),
    "snapshot -c nowhere.yaml": "nowhere.yaml: the file cannot be read: No such file or directory",
    "snapshot -o nowhere/report.md": (
        "--output nowhere/report.md cannot be written: there is no folder nowhere\n"
        "  hint: choose another place"
    ),
    "snapshot --save .": "--save . cannot be written: it is a folder\n  hint: choose another place",
    "snapshot --save -": "--save needs the name of a file\n  hint: stdout is for the result: -f json",
    "headroom --save -": "--save needs the name of a file\n  hint: stdout is for the result: -f json",
    "diagnose nowhere.json": "nowhere.json: cannot be read: No such file or directory",
    "diagnose .": ".: cannot be read: Is a directory",
    "explain db-poo": (
        "the rules have no cause, symptom, limit, signal or check 'db-poo'\n"
        "  hint: did you mean db-pool-exhaustion or db-pool?"
    ),
    "explain event_loop": (
        "the rules have no cause, symptom, limit, signal or check 'event_loop'\n"
        "  hint: did you mean event-loop-blocking or event-loop?"
    ),
    "explain hanging-request-s": (
        "the rules have no cause, symptom, limit, signal or check 'hanging-request-s'\n"
        "  hint: did you mean 'hanging-requests'?"
    ),
    "explain http.latency.p98": (
        "the rules have no cause, symptom, limit, signal or check 'http.latency.p98'\n"
        "  hint: did you mean 'http.latency.p99'?"
    ),
    "demo poool": "there is no incident 'poool'\n  hint: did you mean 'pool'?",
}


@pytest.mark.parametrize("line", WRONG)
def test_one_sentence_and_what_to_do(line: str, here: Here) -> None:
    ran = here.run(*line.split())
    assert (ran.code, ran.out, ran.err) == (2, "", f"error: {WRONG[line]}\n")
    assert list(here.folder.iterdir()) == []


def test_the_real_command_answers_alike() -> None:
    ran = fastdiag("snapshot", "--promethus", "x")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == f"error: {WRONG['snapshot --promethus x']}\n"


def test_without_a_command_the_help_is_on_stderr() -> None:
    ran = fastdiag()
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("Usage: fastdiag [OPTIONS] COMMAND [ARGS]...\n")


def test_a_hostile_word_cannot_repaint_the_terminal() -> None:
    ran = fastdiag("explain", "\x1b]0;owned\x07\x1b[2J")
    assert ran.code == 2
    assert "\x1b" not in ran.err
    assert "\x07" not in ran.err


def test_an_output_that_vanishes_meanwhile_is_told_after_the_result_is_shown(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this platform has no /dev/full")
    place = tmp_path / "shop.json"
    place.symlink_to(full)
    ran = fastdiag("snapshot", "--only", "workers", "--deadline", "1s", "--save", place, cwd=tmp_path)
    assert ran.code == 2
    assert "took" in ran.out
    assert ran.err.endswith(
        f"error: {place} cannot be written: No space left on device\n  hint: choose another place\n"
    )

"""However the demo ends, at whatever moment: no process, no file and no port outlives it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from fastdiag.demo.troupe import wait_until
from tests.demo.staged import alive

LIMIT_S = 20.0

# A background job of a shell ignores SIGINT, and so would its children: ask for Python's own handler.
SCRIPT = """
import signal, sys, tempfile, time
signal.signal(signal.SIGINT, signal.default_int_handler)
tempfile.tempdir = sys.argv[1]
from fastdiag.demo import Stage, find_incident
with Stage(find_incident("pool"), progress=lambda text: print(text, flush=True)) as scene:
    print("ready", flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize(
    ("sent", "moment"),
    [
        (signal.SIGKILL, "starting"),
        (signal.SIGKILL, "the shop runs"),
        (signal.SIGKILL, "clients use"),
        (signal.SIGKILL, "ready"),
        (signal.SIGINT, "starting"),
        (signal.SIGINT, "clients use"),
        (signal.SIGTERM, "the shop runs"),
        (signal.SIGTERM, "ready"),
    ],
)
def test_nothing_outlives_an_interrupted_demo(sent: signal.Signals, moment: str, tmp_path: Path) -> None:
    demo = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert demo.stdout
    with demo, demo.stdout:
        for line in demo.stdout:
            if moment in line:
                break
        time.sleep(0.1)  # into what follows the announcement
        players = psutil.Process(demo.pid).children(recursive=True)
        assert players
        assert list(tmp_path.iterdir())
        demo.send_signal(sent)
        demo.wait(timeout=20)
    assert demo.returncode != 0
    assert wait_until(lambda: not [player for player in players if alive(player)], LIMIT_S)
    assert wait_until(lambda: not list(tmp_path.iterdir()), LIMIT_S)

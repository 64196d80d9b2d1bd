"""The real screen in a real terminal: what a person sees, and in which state the terminal is left."""

from __future__ import annotations

import json
import re
import shutil
import signal
from pathlib import Path

import pytest

from fastdiag.model.diagnosis import Status
from tests.cli.command import fastdiag
from tests.collectors.pages import serving
from tests.stack.processes import script
from tests.watch.person import at_a_terminal

Options = tuple[str, ...]
STATUSES = tuple(status.upper() for status in Status)
LEFT = b"\x1b[?7h\x1b[?25h\x1b[?1049l"
"""Lines wrap again, the cursor shows, and the screen from before is back."""
PAGE = "# TYPE http_requests_total counter\nhttp_requests_total 1\n"


def test_a_person_watches_pauses_saves_and_leaves(options: Options, tmp_path: Path) -> None:
    with at_a_terminal(*options, f"--save-to={tmp_path}") as person:
        before = person.modes
        seen = person.sees("Signals", "probe.latency", "of a core (at most 100%)", "Sources", "? help")
        assert seen.startswith(STATUSES), seen
        assert "processes" in seen
        person.types("p")
        person.sees("PAUSED")
        person.types("s")
        person.sees("saved as")
        person.types("?")
        person.sees("Keys", "Ctrl-Z")
        person.types("\x1b")
        person.sees("Signals", "PAUSED")
        person.types(" q")
        assert person.leaves() == 0
        assert person.raw.count(LEFT) == 1
        assert person.modes == before
    (saved,) = tmp_path.iterdir()
    assert re.fullmatch(r"shop-app-\d{8}T\d{6}Z\.json", saved.name)
    assert json.loads(saved.read_text(encoding="utf-8"))["schema"] == 1
    assert fastdiag("diagnose", saved).code == 0


def test_the_screen_follows_a_resize_down_to_80_columns_and_below(options: Options) -> None:
    with at_a_terminal(*options, columns=132, lines=43) as person:
        person.sees("Signals")
        assert person.text.splitlines()[42].startswith("q quit")
        for columns, lines in ((80, 24), (46, 12)):
            person.resizes(columns, lines)
            shown = person.sees("q quit", "Cost").splitlines()
            assert shown[lines - 1].startswith("q quit")
            assert person.text.count("q quit") == 1
            assert shown[0].startswith(STATUSES)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_the_terminal_as_it_was(options: Options, number: signal.Signals) -> None:
    with at_a_terminal(*options) as person:
        before = person.modes
        person.sees("Signals")
        person.command.send_signal(number)
        assert person.leaves() == 0
        assert person.raw.count(LEFT) == 1
        assert person.modes == before


@pytest.mark.skipif(not shutil.which("setsid") or not shutil.which("bash"), reason="needs setsid and bash")
def test_a_shell_stops_continues_and_interrupts_it(options: Options) -> None:
    words = " ".join((script("fastdiag"), *options))
    job = f"{words}; echo 'the shell again'; stty -a | grep -o -- '-\\?icanon'; fg; echo ended with $?"
    shell = ("setsid", "--ctty", "--wait", "bash", "-mc", job)
    with at_a_terminal(command=shell) as person:
        person.sees("Signals")
        person.types("\x1a")  # Ctrl-Z
        person.waits(lambda: b"the shell again\r\nicanon" in person.raw, "the shell has the terminal")
        assert person.raw.count(LEFT) == 1
        person.waits(lambda: person.raw.count(b"\x1b[?1049h") >= 2, "it is back on the screen")
        person.sees("Signals")
        person.types("\x03")  # Ctrl-C
        person.waits(lambda: b"ended with 0" in person.raw, "the shell tells the exit code")
        assert person.raw.count(LEFT) == 2


def test_a_source_that_goes_and_comes_back_is_shown_with_its_gap() -> None:
    with serving() as pages:
        pages.serve([PAGE])
        scrape = ("watch", f"--metrics-url={pages.url}", "--only=scrape", "--every=1s", "--max-cpu=100%")
        with at_a_terminal(*scrape) as person:
            person.sees("scrape ok")
            pages.serve([PAGE], then=500)
            person.sees("scrape failed", "500")
            pages.serve([PAGE])
            person.sees("scrape ok")
            person.types("q")
            assert person.leaves() == 0


def test_what_does_not_exist_is_told_in_the_terminal_as_it_was() -> None:
    with at_a_terminal("watch", "--pid=4194999") as person:
        before = person.modes
        assert person.leaves() == 2
        assert "error:" in person.text
        assert person.raw.count(LEFT) == 1
        assert person.modes == before

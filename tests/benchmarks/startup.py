"""What the command line costs before it does anything: `python -m tests.benchmarks.startup`.

Processor time as a multiple of `import typer`, since machines differ. The runs take turns, so that whatever
else the machine does falls on all alike. Promised: --version at most 1.3 x, --help at most 2.5 x.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Final

from tests.benchmarks.figures import Sheet

ROUNDS: Final = 25
BASELINE: Final = "import typer"
FIRST_SOURCE: Final = """\
import os, sys, threading
threading.Thread.start = lambda _: os._exit(0)
from fastdiag.__main__ import main
sys.argv = ["fastdiag", "snapshot"]
main()
"""
COMMANDS: Final = {
    BASELINE: ("-c", "import typer"),
    "fastdiag --version": ("-m", "fastdiag", "--version"),
    "fastdiag --help": ("-m", "fastdiag", "--help"),
    "fastdiag snapshot --help": ("-m", "fastdiag", "snapshot", "--help"),
    "fastdiag snapshot, until its first source is asked": ("-c", FIRST_SOURCE),
    "fastdiag explain db-pool-exhaustion": ("-m", "fastdiag", "explain", "db-pool-exhaustion"),
}
PROMISED: Final = {"fastdiag --version": 1.3, "fastdiag --help": 2.5}


def cpu_seconds(arguments: tuple[str, ...]) -> float:
    """Run Python with these arguments and return the processor time that it used."""
    child = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"python {' '.join(arguments)} ended with {child.returncode}")
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Print the table."""
    sheet = Sheet("Processor time of starting up, as a multiple of `python -c 'import typer'`")
    for arguments in COMMANDS.values():
        cpu_seconds(arguments)  # compiles what is not compiled yet
    seen: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(ROUNDS):
        for name, arguments in COMMANDS.items():
            seen[name].append(cpu_seconds(arguments))
    sheet.figure(BASELINE, [seconds * 1000 for seconds in seen[BASELINE]], "ms")
    for name in list(COMMANDS)[1:]:
        ratios = [own / base for own, base in zip(seen[name], seen[BASELINE], strict=True)]
        if name in PROMISED:
            sheet.promise(name, ratios, "x", at_most=PROMISED[name])
        else:
            sheet.figure(name, ratios, "x")
    sheet.finish()


if __name__ == "__main__":
    main()

"""What the command line costs before it does anything: `python -m tests.benchmarks.startup`.

Prints the least processor time and each as a multiple of `import typer`, since machines differ. The
runs take turns, so that whatever else the machine does falls on all alike. Aims: --version 1.3, --help 2.5.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Final

RUNS: Final = 25
BASELINE: Final = "import typer"
COMMANDS: Final = {
    BASELINE: ("-c", "import typer"),
    "fastdiag --version": ("-m", "fastdiag", "--version"),
    "fastdiag --help": ("-m", "fastdiag", "--help"),
    "fastdiag snapshot --help": ("-m", "fastdiag", "snapshot", "--help"),
    "fastdiag explain db-pool-exhaustion": ("-m", "fastdiag", "explain", "db-pool-exhaustion"),
}


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
    for arguments in COMMANDS.values():
        cpu_seconds(arguments)  # compiles what is not compiled yet
    seen: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(RUNS):
        for name, arguments in COMMANDS.items():
            seen[name].append(cpu_seconds(arguments))
    base = min(seen[BASELINE])
    for name, seconds in seen.items():
        print(f"{name:<38} {min(seconds) * 1000:6.0f} ms  {min(seconds) / base:5.2f} x")  # noqa: T201 - its only output


if __name__ == "__main__":
    main()

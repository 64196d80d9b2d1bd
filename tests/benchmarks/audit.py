"""What `fastdiag audit` takes for 100,000 lines: `python -m tests.benchmarks.audit [FOLDER]`.

Without a folder, it reads copies of our own code and of the small services of our tests, 100,000 lines of
them. Each run is a process of its own. Promised: at most 10 s the first time; the second time, nothing of an
unchanged tree is analysed again.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from itertools import count
from pathlib import Path
from typing import Final

from tests.benchmarks.figures import Sheet

ROUNDS: Final = 3
LINES: Final = 100_000
PROMISED_S: Final = 10
REPOSITORY: Final = Path(__file__).resolve().parents[2]
COPIED: Final = ("fastdiag", "tests/incidents", "tests/stack", "fastdiag/demo/apps")


def build(folder: Path) -> None:
    """Copy Python files into numbered folders until there are enough lines."""
    lines = 0
    for number in count():
        for name in COPIED:
            for path in sorted((REPOSITORY / name).rglob("*.py")):
                target = (
                    folder
                    / f"copy{number}"
                    / name.replace("tests", "services")
                    / path.relative_to(REPOSITORY / name)
                )
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
                lines += path.read_bytes().count(b"\n")
                if lines >= LINES:
                    return


def seconds(folder: Path, cache: Path, *options: str) -> tuple[float, dict[str, object]]:
    """Audit a folder in a process of its own; return how long it took, and what it says."""
    result = cache / "audit.json"
    command = [
        sys.executable,
        "-m",
        "fastdiag",
        "audit",
        str(folder),
        "-f",
        "json",
        "-o",
        str(result),
        *options,
    ]
    started = time.monotonic()
    subprocess.run(
        command, check=True, env={**os.environ, "FASTDIAG_CACHE_DIR": str(cache)}, stderr=subprocess.DEVNULL
    )
    took = time.monotonic() - started
    said: dict[str, object] = json.loads(result.read_bytes())
    return took, said


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as scratch:
        folder, cache = Path(scratch, "tree"), Path(scratch, "cache")
        cache.mkdir()
        if len(sys.argv) > 1:
            folder = Path(sys.argv[1])
        else:
            build(folder)
        cold = [seconds(folder, cache, "--no-cache") for _ in range(ROUNDS)]
        seconds(folder, cache)
        warm = [seconds(folder, cache) for _ in range(ROUNDS)]
    said = cold[0][1]
    thousands = int(str(said["lines"])) / 1000
    sheet = Sheet(f"fastdiag audit: {said['files']} files, {thousands:,.0f} thousand lines")
    sheet.promise(
        "100,000 lines, the first time", [took * 100 / thousands for took, _ in cold], "s", at_most=PROMISED_S
    )
    sheet.figure("all of it, the first time", [took for took, _ in cold], "s")
    sheet.figure("all of it, unchanged", [took for took, _ in warm], "s")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    sheet.fact("memory of the largest process", f"{peak:.0f} MB")
    sheet.finish()


if __name__ == "__main__":
    main()

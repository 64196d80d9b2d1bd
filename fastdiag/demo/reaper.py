"""Ends the demo's processes and removes its directory once the parent is gone, however it went.

``python -m fastdiag.demo.reaper DIRECTORY`` leads the process group that all the demo's processes join,
and reads its standard input: the pipe ends when the parent closes it or dies, even by SIGKILL. As long as
the leader lives, its group's number cannot pass to anybody else, so that no stranger is ever hit. Unlike
PR_SET_PDEATHSIG this also works on macOS, and does not depend on the thread that started the demo.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import Final

_REMOVAL_ATTEMPTS: Final = 20
_REMOVAL_PAUSE_S: Final = 0.05


def main() -> None:
    """Wait for the parent's end, then end everything."""
    if os.getpgrp() != os.getpid():
        raise SystemExit("the reaper ends its process group and therefore must lead one of its own")
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1):
        signal.signal(ignored, signal.SIG_IGN)
    sys.stdin.buffer.read()
    # SIGUSR1 ends whoever does not handle it: every process of the demo, at once, except this one.
    os.killpg(os.getpgrp(), signal.SIGUSR1)
    _remove(Path(sys.argv[1]))
    os.killpg(os.getpgrp(), signal.SIGKILL)


def _remove(directory: Path) -> None:
    """Remove the directory, again if a dying process has just written to it."""
    for _ in range(_REMOVAL_ATTEMPTS):
        shutil.rmtree(directory, ignore_errors=True)
        if not directory.exists():
            return
        time.sleep(_REMOVAL_PAUSE_S)


if __name__ == "__main__":
    main()

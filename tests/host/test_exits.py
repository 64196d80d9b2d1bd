"""How processes ended, of real ones."""

import os
import signal
import subprocess
import sys

import pytest

from fastdiag.host.exits import Exits
from fastdiag.host.unreadable import Unreadable

pytestmark = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs pidfd_open of Linux")
ENDED_PID = 2**22 + 1  # beyond the largest pid that Linux hands out


def test_an_exit_is_told_after_the_parent_has_collected_it() -> None:
    program = [sys.executable, "-c", "import sys; sys.exit(int(sys.stdin.read()))"]
    children = [subprocess.Popen(program, stdin=subprocess.PIPE, text=True) for _ in range(3)]
    told, aborted, alive = children
    with Exits(child.pid for child in (told, aborted, alive)) as exits:
        exits.watch([ENDED_PID, told.pid])
        told.communicate("3")
        aborted.send_signal(signal.SIGABRT)
        aborted.communicate()
        ended, living = exits.ended(), exits.living()
        alive.communicate("0")

    assert ended.keys() == {told.pid, aborted.pid}
    assert living == {alive.pid}
    assert exits.refusal is None
    codes = {ended[told.pid], ended[aborted.pid]}
    if any(isinstance(code, Unreadable) for code in codes):
        pytest.skip("this kernel does not tell how a process ended")
    assert codes == {3, -signal.SIGABRT}

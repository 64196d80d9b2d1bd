"""Threads that wait for a lock, in a planted /proc: with the right to trace them, and without."""

import time
from pathlib import Path

import pytest

from fastdiag.collectors.processes.threads import ThreadWatch
from fastdiag.collectors.sink import Sink
from fastdiag.host.proc import Proc
from fastdiag.model.signal import Reason
from fastdiag.model.target import Local
from tests.metrics.catalogue import shipped

WORKER = 41
IN_CALL, IDLE, POOLED = 42, 43, 44
FUTEX = "202 0x7f 0x189 0x0 {limit} 0x0 0xffffffff 0x7ffe 0x7f\n"


def plant(root: Path, tid: int, channel: str, syscall: str | None) -> None:
    task = root / str(WORKER) / "task" / str(tid)
    task.mkdir(parents=True)
    (task / "wchan").write_text(channel)
    (root / str(tid)).mkdir(exist_ok=True)
    (root / str(tid) / "comm").write_text("uvicorn\n")
    if syscall is not None:
        (task / "syscall").write_text(syscall)


def watched(root: Path, *, may_trace: bool) -> Sink:
    idle, pooled = FUTEX.format(limit="0x0"), FUTEX.format(limit="0x7f11")
    plant(root, WORKER, "ep_poll", None)
    plant(root, IN_CALL, "wait_woken", None)
    plant(root, IDLE, "futex_wait_queue", idle if may_trace else None)
    plant(root, POOLED, "futex_wait_queue", pooled if may_trace else None)
    local = Local(kind="gunicorn", app=None, master=None, workers=(WORKER,), ports=())
    watch = ThreadWatch(Proc(root), local)
    watch.sample()
    sink = Sink("processes", shipped(), time.monotonic() + 5)
    watch.report(sink, [WORKER], no_loop=None)
    return sink


@pytest.mark.parametrize("may_trace", [True, False])
def test_threads_in_a_lock_are_told_apart_or_unknown(tmp_path: Path, *, may_trace: bool) -> None:
    readings, missing = watched(tmp_path, may_trace=may_trace).close()
    busy = readings["threads.limiter.busy"]

    if may_trace:
        assert (readings["threads.locked"].value, busy.value, busy.bias) == (1, 2, None)
        return
    assert missing["threads.locked"].reason is Reason.DENIED  # and not zero, which would rule causes out
    assert busy.value == 1
    assert "at least that" in (busy.bias or "")

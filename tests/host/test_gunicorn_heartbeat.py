"""The heartbeat of gunicorn's workers, by the files that they touch: real ones, and older gunicorns'."""

import functools
import os
import tempfile
import time
from pathlib import Path

import pytest

from fastdiag.host.gunicorn_heartbeat import heartbeat_age_s
from fastdiag.host.proc import Proc
from fastdiag.host.unreadable import Reason, Unreadable
from tests.host.conftest import Started
from tests.host.test_servers import found
from tests.stack.waiting import wait_until


def test_workers_show_that_they_live(proc: Proc, gunicorn_pair: Started) -> None:
    for worker in found(proc, gunicorn_pair).workers:
        has_reported = functools.partial(_has_reported, proc, worker)
        wait_until(has_reported, what="its application is loaded", within_s=10)
        age_s = heartbeat_age_s(proc, worker)

        assert not isinstance(age_s, Unreadable)
        assert 0 <= age_s < 60


def _has_reported(proc: Proc, worker: int) -> bool:
    return not isinstance(heartbeat_age_s(proc, worker), Unreadable)


@pytest.mark.parametrize(
    ("stamp", "age_s"),
    [
        (lambda: time.monotonic() - 0.2, 0.2),
        (lambda: time.monotonic() + 0.5, 0.0),  # of a file system that rounds
        (lambda: time.time() - 0.2, None),  # made, and never touched yet
        (lambda: time.time() - 120, None),  # gunicorn before 22 never touches it
        (lambda: time.time() + 3600, None),  # made before the clock was set back
    ],
)
def test_a_stamp_of_the_monotonic_clock_is_a_heartbeat_and_one_of_the_wall_clock_is_none(
    proc: Proc, tmp_path: Path, stamp: object, age_s: float | None
) -> None:
    with tempfile.NamedTemporaryFile(dir=tmp_path, prefix="wgunicorn-") as file:
        assert callable(stamp)
        os.utime(file.fileno(), (stamp(), stamp()))
        told = heartbeat_age_s(proc, os.getpid())

    if age_s is None:
        assert isinstance(told, Unreadable)
        assert told.reason is Reason.ABSENT
    else:
        assert not isinstance(told, Unreadable)
        assert age_s <= told < age_s + 10


def test_a_process_without_such_a_file_has_no_heartbeat(proc: Proc) -> None:
    told = heartbeat_age_s(proc, os.getpid())

    assert isinstance(told, Unreadable)
    assert told.reason is Reason.ABSENT

"""What one process that takes jobs was doing, line by line of the table."""

from dataclasses import replace
from typing import Final

import pytest

from fastdiag.collectors.processes.job_states import Doing, Observed, judge

ASLEEP: Final = Observed(
    is_alive=True, is_stopped=False, used_cpu=False, has_job=None, slept_through=None, called_through=None
)

TABLE: Final = {
    "it has ended": ({"is_alive": False, "has_job": True}, Doing.GONE),
    "stopped in the middle of a job": (
        {"is_stopped": True, "has_job": True, "slept_through": True},
        Doing.STOPPED,
    ),
    "computing in its job": ({"used_cpu": True, "has_job": True, "slept_through": False}, Doing.WORKING),
    "a job, and not one wake-up": ({"has_job": True, "slept_through": True}, Doing.HELD),
    "from call to call": ({"has_job": True, "slept_through": False}, Doing.WORKING),
    "no job in any look": ({"has_job": False, "slept_through": False}, Doing.IDLE),
    "a job that began while we looked": ({"slept_through": True}, Doing.WORKING),
    "a call that is older than the window": ({"called_through": True}, Doing.HELD),
    "a call that has just begun": ({"called_through": False}, Doing.WORKING),
    "its threads do not tell, and no call is under way": ({}, Doing.UNCLEAR),
}


@pytest.mark.parametrize("line", TABLE)
def test_what_a_process_did(line: str) -> None:
    change, doing = TABLE[line]
    assert judge(replace(ASLEEP, **change)) is doing

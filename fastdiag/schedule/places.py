"""Where things lie on a machine, and in a pod, that runs fastdiag regularly."""

from __future__ import annotations

from typing import Final

from fastdiag.model.schedule import Job

UNITS: Final = "/etc/systemd/system"
CONFIGURATION: Final = "/etc/fastdiag"
STATE: Final = "/var/lib/fastdiag"
"""Of all schedules of a machine, because they share one history: systemd makes it of StateDirectory=fastdiag.
In a pod its volume is there.
"""


def environment_file(job: Job) -> str:
    """Return the file in which an administrator keeps the secrets of a job."""
    return f"{CONFIGURATION}/{job.name}.env"

"""Where fastdiag keeps what outlives a run: the state directory of this user or of this systemd unit."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

FOLDER: Final = "fastdiag"
FILE_NAME: Final = "history.sqlite"
SYSTEMD_VARIABLE: Final = "STATE_DIRECTORY"
"""Set by systemd for a unit with StateDirectory=; several directories are separated by colons."""
WITHOUT_HOME: Final = Path("/var/lib") / FOLDER
"""Of a user who has no home, as in a container: where services keep their state."""


def state_directory() -> Path:
    """Return the directory, an absolute path; nothing says that it exists already or can be written."""
    given = os.environ.get(SYSTEMD_VARIABLE, "").partition(":")[0]
    if Path(given).is_absolute():
        return Path(given)
    from platformdirs import user_state_path  # noqa: PLC0415 - needed only where no path is given

    own = user_state_path(FOLDER)
    return own if own.is_absolute() else WITHOUT_HOME


def default_path() -> Path:
    """Return where history is kept when nobody says otherwise."""
    return state_directory() / FILE_NAME

"""What a hypercorn configuration file in TOML says."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

from fastdiag.host.gunicorn_config import COMPUTED, MAX_CONFIG_BYTES, NO_CONFIG_FILE, Literal
from fastdiag.host.unreadable import Reason, Unreadable, from_os_error


def read_hypercorn_config(path: Path) -> Mapping[str, Literal | Unreadable] | Unreadable:
    """Return the keys at the top level with their values; tables and lists set nothing that is asked for."""
    try:
        if not path.is_file():  # a named pipe would block
            return NO_CONFIG_FILE
        with path.open("rb") as file:
            found = tomllib.loads(file.read(MAX_CONFIG_BYTES).decode())
    except OSError as error:
        return from_os_error(error, "config file")
    except (ValueError, RecursionError):
        return Unreadable(reason=Reason.FAILED, detail="config file: not readable as TOML")
    return {
        name: value if value is None or isinstance(value, int | float | str) else COMPUTED
        for name, value in found.items()
    }

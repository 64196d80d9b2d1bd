"""When a file was made: what no line of a log can be older than. Python tells it from 3.15 on (os.statx)."""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from typing import Final

_BTIME: Final = 0x800
_EMPTY_PATH: Final = 0x1000
"""STATX_BTIME and AT_EMPTY_PATH of statx(2)."""
_BYTES: Final = 256
_MASK_AT: Final = 0
_BTIME_AT: Final = 80
NANOSECONDS_PER_S: Final = 1e9


def born_at(fd: int) -> float | None:
    """Return when the file behind a descriptor was made, in seconds since the epoch.

    None where the file system does not keep that (tmpfs before Linux 6.6, NFS), or the C library does not
    ask for it.
    """
    if not sys.platform.startswith("linux"):
        made: float | None = getattr(os.fstat(fd), "st_birthtime", None)
        return made
    try:
        statx = ctypes.CDLL(None).statx
    except (OSError, AttributeError):
        return None
    found = ctypes.create_string_buffer(_BYTES)
    if statx(fd, b"", _EMPTY_PATH, _BTIME, found):
        return None
    (mask,) = struct.unpack_from("=I", found, _MASK_AT)
    seconds, nanoseconds = struct.unpack_from("=qI", found, _BTIME_AT)
    return float(seconds + nanoseconds / NANOSECONDS_PER_S) if mask & _BTIME else None

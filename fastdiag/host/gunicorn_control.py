"""The control socket of gunicorn 25.1 and later, of which only ``show`` commands are used.

A message is 4 bytes of length, most significant first, and JSON: {"id", "command", "args"} there,
{"id", "status", "data" or "error"} back. Only the user who runs gunicorn, and root, may connect.
"""

import json
import os
import pwd
import socket
import struct
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fastdiag.host.gunicorn_heartbeat import CLOCK_RESOLUTION_S
from fastdiag.host.option_tables import OPTIONS
from fastdiag.host.proc import Proc
from fastdiag.host.programs import ServerKind, option_values, recognise
from fastdiag.host.servers import Server
from fastdiag.host.settings import Origin, Setting
from fastdiag.host.unreadable import Reason, Unreadable, from_os_error

TIMEOUT_S: Final = 0.5
MAX_REPLY_BYTES: Final = 1 << 20

_SHOWN: Final = ("stats", "workers", "config")
_LENGTH = struct.Struct(">I")
_SOCKET_NAME: Final = "gunicorn.ctl"
_NOT_GUNICORN: Final = Unreadable(reason=Reason.ABSENT, detail="not a gunicorn master")
_SWITCHED_OFF: Final = Unreadable(reason=Reason.ABSENT, detail="the control socket is switched off")
_NO_SOCKET: Final = Unreadable(
    reason=Reason.ABSENT, detail="no control socket (gunicorn has one from 25.1 on)"
)
_ANOTHER: Final = Unreadable(reason=Reason.ABSENT, detail="the control socket belongs to another gunicorn")
_TIMED_OUT: Final = Unreadable(reason=Reason.FAILED, detail="control socket: timed out")
_DAMAGED: Final = Unreadable(reason=Reason.FAILED, detail="control socket: damaged reply")


@dataclass(frozen=True, slots=True, kw_only=True)
class GunicornWorker:
    """A worker as its master sees it.

    ``last_heartbeat_s`` is the age of its last sign of life; None as long as it has not given any.
    """

    pid: int
    last_heartbeat_s: float | None
    aborted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GunicornStatus:
    """What a master tells of itself. Totals count since it started, ``uptime_s`` ago.

    Pids are those of the master's own namespace. ``settings`` hold what is in force now, whatever set it.
    """

    workers: tuple[GunicornWorker, ...]
    workers_wanted: int
    workers_spawned: int
    workers_killed: int
    reloads: int
    uptime_s: float | None
    settings: Mapping[str, Setting]


def gunicorn_status(proc: Proc, server: Server, timeout_s: float = TIMEOUT_S) -> GunicornStatus | Unreadable:
    """Ask a gunicorn master for its status, within ``timeout_s`` and 1 MiB a reply."""
    if server.kind is not ServerKind.GUNICORN or server.master_pid is None:
        return _NOT_GUNICORN
    path = control_socket_path(proc, server)
    if isinstance(path, Unreadable):
        return path
    try:
        stats, workers, config = _show(path, time.monotonic() + timeout_s)
        # All gunicorns of one user share the default path; the last one started has it.
        is_ours = stats["pid"] == _own_pid(proc, server.master_pid)
        return _status(stats, workers, config) if is_ours else _ANOTHER
    except OSError as error:
        return _refused(error)
    except (ValueError, KeyError, TypeError, RecursionError):
        return _DAMAGED


def control_socket_path(proc: Proc, server: Server) -> Path | Unreadable:
    """Return where a gunicorn's options and environment put its control socket, through its own root."""
    program = recognise(server.cmdline)
    arguments = (program.arguments or ()) if program else ()
    if "--no-control-socket" in arguments:
        return _SWITCHED_OFF
    given = list(option_values(arguments, ("--control-socket",)))
    environ = proc.environ(server.main_pid)
    location = given[-1] if given else _default_location(proc, server.main_pid, environ)
    if isinstance(location, Unreadable):
        return location
    base = proc.root / str(server.main_pid)
    return base / "root" / location.lstrip("/") if location.startswith("/") else base / "cwd" / location


def _refused(error: OSError) -> Unreadable:
    if isinstance(error, FileNotFoundError):
        return _NO_SOCKET
    return _TIMED_OUT if isinstance(error, TimeoutError) else from_os_error(error, "control socket")


def _default_location(proc: Proc, pid: int, environ: Mapping[str, str] | Unreadable) -> str | Unreadable:
    if isinstance(environ, Unreadable):
        return environ
    runtime = environ.get("XDG_RUNTIME_DIR")
    if runtime and (proc.root / str(pid) / "root" / runtime.lstrip("/")).is_dir():
        return f"{runtime}/{_SOCKET_NAME}"
    home = environ.get("HOME") or _home_of(proc, pid)
    return _NO_SOCKET if home is None else f"{home}/.gunicorn/{_SOCKET_NAME}"


def _home_of(proc: Proc, pid: int) -> str | None:
    status = proc.status(pid)
    try:
        return None if isinstance(status, Unreadable) else pwd.getpwuid(status.uid).pw_dir
    except KeyError:
        return None


def _own_pid(proc: Proc, pid: int) -> int:
    status = proc.status(pid)
    return pid if isinstance(status, Unreadable) else status.namespace_pid


def _show(path: Path, deadline: float) -> list[Mapping[str, object]]:
    """Return the data of each ``show`` command. Raises OSError; ValueError, KeyError for a damaged reply."""
    folder = os.open(path.parent, os.O_PATH | os.O_CLOEXEC)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(_left_s(deadline))
            # A socket's address holds 107 bytes, which the way through /proc/PID/root may exceed.
            connection.connect(f"/proc/self/fd/{folder}/{path.name}")
            return [_ask(connection, number, what, deadline) for number, what in enumerate(_SHOWN, start=1)]
    finally:
        os.close(folder)


def _ask(connection: socket.socket, number: int, what: str, deadline: float) -> Mapping[str, object]:
    request = json.dumps({"id": number, "command": f"show {what}", "args": []}).encode()
    connection.settimeout(_left_s(deadline))
    connection.sendall(_LENGTH.pack(len(request)) + request)
    (length,) = _LENGTH.unpack(_receive(connection, _LENGTH.size, deadline))
    if length > MAX_REPLY_BYTES:
        raise ValueError("reply too long")
    reply = json.loads(_receive(connection, length, deadline))
    if reply["id"] != number or reply["status"] != "ok" or not isinstance(reply["data"], dict):
        raise ValueError("not a reply to this command")
    return reply["data"]


def _receive(connection: socket.socket, count: int, deadline: float) -> bytes:
    received = bytearray()
    while len(received) < count:
        connection.settimeout(_left_s(deadline))
        chunk = connection.recv(count - len(received))
        if not chunk:
            raise ValueError("closed in the middle of a reply")
        received += chunk
    return bytes(received)


def _left_s(deadline: float) -> float:
    left_s = deadline - time.monotonic()
    if left_s <= 0:
        raise TimeoutError
    return left_s


def _status(
    stats: Mapping[str, object], workers: Mapping[str, object], config: Mapping[str, object]
) -> GunicornStatus:
    rows = workers["workers"]
    if not isinstance(rows, list):
        raise TypeError
    uptime = stats.get("uptime")
    return GunicornStatus(
        workers=tuple(_worker(row) for row in rows),
        workers_wanted=_count(stats["workers_target"]),
        workers_spawned=_count(stats["workers_spawned"]),
        workers_killed=_count(stats["workers_killed"]),
        reloads=_count(stats["reloads"]),
        uptime_s=None if uptime is None else _number(uptime),
        settings={
            option.name: Setting(value=_value(config[option.name]), origin=Origin.CONTROL_SOCKET)
            for option in OPTIONS[ServerKind.GUNICORN]
            if option.name in config
        },
    )


def _worker(row: Mapping[str, object]) -> GunicornWorker:
    heartbeat = row.get("last_heartbeat")
    return GunicornWorker(
        pid=_count(row["pid"]),
        last_heartbeat_s=None if heartbeat is None else _age(_number(heartbeat)),
        aborted=row.get("aborted") is True,
    )


def _age(told_s: float) -> float | None:
    """Return the age of a heartbeat; None where its stamp lies ahead of the monotonic clock.

    A worker stamps its file with that clock, which no one can set. Until its first heartbeat the stamp is
    that of the file's making, by the wall clock: the master then tells the difference of two clocks, some
    minus 50 years.
    """
    return max(0.0, told_s) if told_s >= -CLOCK_RESOLUTION_S else None


def _count(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError
    return value


def _number(value: object) -> float:
    if not isinstance(value, int | float):
        raise TypeError
    return value


def _value(value: object) -> float | str | None:
    if isinstance(value, str):
        return value.removeprefix("<class '").removesuffix(
            "'>"
        )  # how it writes a worker class that is loaded
    if value is None or isinstance(value, int | float):
        return value
    raise TypeError

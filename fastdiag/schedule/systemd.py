"""A service unit and a timer unit; see systemd.exec(5), systemd.timer(5) and systemd.syntax(7)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from fastdiag.model.schedule import DAY_MIN, Job, ScheduleFile
from fastdiag.schedule.places import STATE, UNITS, environment_file
from fastdiag.schedule.rhythm import calendar

DYNAMIC_USER: Final = "fastdiag"
NICENESS: Final = 5
"""Below the service, but not so far that a busy machine starves the very look at why it is busy."""
MEMORY_MAX: Final = "512M"
TASKS_MAX: Final = 64
MAX_DELAY_S: Final = 300
_MINUTE_S: Final = 60
_HOMES: Final = ("/home", "/root", "/run/user")
_TEMPORARY: Final = ("/tmp", "/var/tmp")  # noqa: S108 - nothing is written there: it is asked what lies there
_ROOTS_RIGHTS: Final = "CAP_SYS_PTRACE CAP_DAC_READ_SEARCH"
"""What remains of root: to read the sockets, threads and environment of other users' processes."""

_PLAIN: Final = re.compile(r"[\w./:=,@+-]+", re.ASCII)
_SANDBOX: Final = (
    "NoNewPrivileges=yes",
    "ProtectSystem=strict",
    "PrivateDevices=yes",
    "ProtectClock=yes",
    "ProtectControlGroups=yes",
    "ProtectHostname=yes",
    "ProtectKernelLogs=yes",
    "ProtectKernelModules=yes",
    "ProtectKernelTunables=yes",
    "RestrictNamespaces=yes",
    "RestrictRealtime=yes",
    "RestrictSUIDSGID=yes",
    "LockPersonality=yes",
    "SystemCallArchitectures=native",
    "SystemCallErrorNumber=EPERM",
    # Netlink: sock_diag tells the queues of listening sockets.
    "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK",
)
"""It looks at other processes, so neither ProtectProc= nor PrivateUsers=; and uses the network."""


def units(job: Job) -> tuple[ScheduleFile, ScheduleFile]:
    """Return the service and its timer."""
    return (
        ScheduleFile(name=f"{job.name}.service", text=_lines(_service(job))),
        ScheduleFile(name=f"{job.name}.timer", text=_lines(_timer(job))),
    )


def install(job: Job) -> str:
    """Return the commands that put the units to work once they lie in their place."""
    return f"systemctl daemon-reload && systemctl enable --now {job.name}.timer"


def _service(job: Job) -> Iterator[str]:
    yield f"# {UNITS}/{job.name}.service"
    yield f"# Try it with: systemctl start {job.name}.service; journalctl -u {job.name}.service"
    yield from ("", "[Unit]", f"Description=Health report of {_literal(job.about)}, by fastdiag")
    yield from ("Wants=network-online.target", "After=network-online.target")
    yield from ("", "[Service]", "Type=oneshot")
    yield f"ExecStart={_command((*job.program, *job.arguments))}"
    yield from _environment(job)
    yield from _identity(job)
    yield from ("", "# A run that hangs is ended; the next one finds nothing half-written.")
    yield from (f"TimeoutStartSec={job.limit_s}", "TimeoutStopSec=10")
    yield from (f"Nice={NICENESS}", f"MemoryMax={MEMORY_MAX}", f"TasksMax={TASKS_MAX}")
    yield from ("", "# It only looks: nothing but its state can be written.", *_SANDBOX, *_reach(job))


def _timer(job: Job) -> Iterator[str]:
    yield f"# {UNITS}/{job.name}.timer"
    yield f"# Start it with: {install(job)}"
    yield from ("", "[Unit]", f"Description=Regular health report of {_literal(job.about)}, by fastdiag")
    yield from ("", "[Timer]", f"OnCalendar={calendar(job.rhythm)}")
    if not job.rhythm.is_fixed:
        delay_s = min(job.rhythm.every_min * _MINUTE_S // 10, MAX_DELAY_S)
        yield "# Each machine has its own delay, so that many do not ask one Prometheus at the same moment."
        yield from (f"RandomizedDelaySec={delay_s}", "FixedRandomDelay=yes")
    if job.rhythm.every_min >= DAY_MIN:
        yield from ("# Made up for if the machine was off.", "Persistent=yes")
    yield from ("", "[Install]", "WantedBy=timers.target")


def _environment(job: Job) -> Iterator[str]:
    yield from (f"Environment={_quoted(f'{one.name}={one.value}')}" for one in job.plain)
    if job.secret:
        yield "# To be written by you, for root only (chmod 600), a line NAME='value' for each of"
        yield f"# {', '.join(job.secret)}"
        yield f"EnvironmentFile={_literal(environment_file(job))}"


def _identity(job: Job) -> Iterator[str]:
    yield ""
    if job.user is None:
        yield "# A user without rights. The service's own (--user) would see its threads and sockets, too."
        yield from ("DynamicUser=yes", f"User={DYNAMIC_USER}")
    else:
        yield f"User={_literal(job.user)}"
    if job.journal:
        yield "SupplementaryGroups=systemd-journal"
    yield from (f"StateDirectory={Path(STATE).name}", "StateDirectoryMode=0700")


def _reach(job: Job) -> Iterator[str]:
    """Yield what depends on who runs it, and on where its files lie."""
    paths = (*map(Path, job.program[:1]), *job.reads, *job.writes)
    yield f"CapabilityBoundingSet={_ROOTS_RIGHTS if job.user == 'root' else ''}"
    yield f"ProtectHome={'read-only' if _is_any_below(paths, _HOMES) else 'yes'}"
    yield f"PrivateTmp={'no' if _is_any_below(paths, _TEMPORARY) else 'yes'}"
    # The service's own user may read its stacks, for which py-spy stops its threads.
    yield f"SystemCallFilter=@system-service{'' if job.user is None else ' ptrace'}"
    outside = [path for path in job.writes if not path.is_relative_to(STATE)]
    yield f"UMask={'0022' if outside else '0077'}"
    if outside:
        yield f"ReadWritePaths={' '.join(_quoted(str(path)) for path in outside)}"


def _is_any_below(paths: Iterable[Path], folders: Iterable[str]) -> bool:
    return any(path.is_relative_to(folder) for path in paths for folder in folders)


def _lines(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _literal(text: str) -> str:
    """Return a text in which nothing is a specifier. Job holds printable text only, hence no line break."""
    return text.replace("%", "%%")


def _quoted(text: str) -> str:
    """Return a text as one word, whatever it holds."""
    escaped = _literal(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _command(words: Sequence[str]) -> str:
    """Return a command line. In its first word, the program, no variable is expanded: $ stays."""
    program, *arguments = words
    return " ".join((_word(program), *(_word(word.replace("$", "$$")) for word in arguments)))


def _word(text: str) -> str:
    """Return a text as one word: as it is where nothing in it means anything to systemd."""
    return text if _PLAIN.fullmatch(text) else _quoted(text)

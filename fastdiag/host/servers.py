"""ASGI servers on this machine and their process trees."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from fastdiag.host.proc import Proc, ProcessStat
from fastdiag.host.programs import (
    GENERIC,
    Program,
    ServerKind,
    ServerRow,
    WorkersAre,
    is_python,
    is_spawned_worker,
    may_be_server,
    option_values,
    recognise,
)
from fastdiag.host.sockets import SocketTable, tcp_sockets
from fastdiag.host.tcp import Endpoint, TcpState
from fastdiag.host.unreadable import Reason, Unreadable

__all__ = ["Server", "ServerKind", "find_servers", "server_of"]

_LISTENING: Final = frozenset({TcpState.LISTEN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """One running server.

    ``app`` is as the command line names it ("shop.main:app", "main.py"), None where it does not.
    ``master_pid`` supervises and does not serve; None where one process is all, which is its own worker then.
    ``workers`` serve, in order of pid. ``listening`` needs the right to see the processes' descriptors.
    ``started_at`` is when the main process started, in seconds since the epoch. ``cmdline`` is foreign text
    that may hold secrets; a process title may have replaced it.
    """

    kind: ServerKind
    app: str | None
    master_pid: int | None
    workers: tuple[int, ...]
    listening: tuple[Endpoint, ...] | Unreadable
    started_at: float
    cmdline: tuple[str, ...]

    @property
    def pids(self) -> tuple[int, ...]:
        """All its processes, the master first."""
        return self.workers if self.master_pid is None else (self.master_pid, *self.workers)

    @property
    def main_pid(self) -> int:
        """The process that was started by hand or by the service manager: its settings are the server's."""
        return self.pids[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Process:
    pid: int
    cmdline: tuple[str, ...]
    stat: ProcessStat
    program: Program | None


def find_servers(proc: Proc) -> tuple[Server, ...] | Unreadable:
    """Find all recognised servers whose processes this user can see, in order of pid.

    Where `Proc.hides_processes`, an empty answer is no evidence.
    """
    candidates = proc.scan(may_be_server)
    if isinstance(candidates, Unreadable):
        return candidates
    read = {pid: process for pid in sorted(candidates) if (process := _read(proc, pid))}
    roots = list(_roots(read))
    ours = tcp_sockets(proc, states=_LISTENING) if roots else None
    return tuple(_located(proc, _assemble(proc, *root, read.values()), ours) for root in roots)


def server_of(proc: Proc, pid: int) -> Server | Unreadable:
    """Return the server that a process is master or worker of; any other Python process is its own server."""
    servers = find_servers(proc)
    if isinstance(servers, Unreadable):
        return servers
    for server in servers:
        if pid in server.pids:
            return server
    stat, cmdline = proc.stat(pid), proc.cmdline(pid)
    if isinstance(stat, Unreadable):
        return stat
    if isinstance(cmdline, Unreadable):
        return cmdline
    if not is_python(cmdline):
        return Unreadable(reason=Reason.ABSENT, detail="neither a known server nor a Python process")
    program = Program(row=GENERIC, arguments=cmdline[1:], app=None)
    return _located(proc, _server(program, cmdline, master=None, workers=(pid,), started_at=stat.started_at))


def _read(proc: Proc, pid: int) -> _Process | None:
    """Read one candidate; None for other programs, what ended meanwhile, and zombies, which serve nothing."""
    cmdline = proc.cmdline(pid)
    if isinstance(cmdline, Unreadable):
        return None
    program = recognise(cmdline)
    if program is None and not is_spawned_worker(cmdline):
        return None
    stat = proc.stat(pid)
    if isinstance(stat, Unreadable) or stat.is_zombie:
        return None
    return _Process(pid=pid, cmdline=cmdline, stat=stat, program=program)


def _roots(read: Mapping[int, _Process]) -> Iterator[tuple[_Process, Program]]:
    """Yield the server processes below none of their own kind: forks repeat their parent's command line."""
    for process in read.values():
        parent = read.get(process.stat.parent_pid)
        above = parent.program.row if parent and parent.program else None
        if process.program and process.program.row is not above:
            yield process, process.program


def _assemble(proc: Proc, root: _Process, program: Program, processes: Iterable[_Process]) -> Server:
    children = [process for process in processes if process.stat.parent_pid == root.pid]
    workers = tuple(child.pid for child in children if _is_worker(child, program))
    if not _supervises(proc, root.pid, program, has_children=bool(workers)):
        return _server(
            program, root.cmdline, master=None, workers=(root.pid,), started_at=root.stat.started_at
        )
    return _server(program, root.cmdline, master=root.pid, workers=workers, started_at=root.stat.started_at)


def _is_worker(child: _Process, program: Program) -> bool:
    match program.row.workers_are:
        case WorkersAre.SAME_PROGRAM:
            title = child.cmdline[0] if len(child.cmdline) == 1 else ""
            return child.program is not None and child.program.row is program.row and "dirty" not in title
        case WorkersAre.SPAWNED:
            return is_spawned_worker(child.cmdline)
        case WorkersAre.ITSELF:
            return False


def _supervises(proc: Proc, pid: int, program: Program, *, has_children: bool) -> bool:
    """Whether a server that can do both runs workers: an application may spawn processes of its own, too."""
    row = program.row
    if program.arguments is None:
        return has_children or row.always_has_master
    if row.supervising_flags & set(program.arguments):
        return True
    given = list(option_values(program.arguments, row.workers_flags))
    if given:
        return given[-1] not in row.serves_itself_with
    return row.always_has_master or (has_children and _is_told_to(proc, pid, row))


def _is_told_to(proc: Proc, pid: int, row: ServerRow) -> bool:
    """Whether the environment asks for workers; taken for granted where it cannot be read."""
    environ = proc.environ(pid)
    if isinstance(environ, Unreadable):
        return True
    prefix = row.kind.value.upper()
    counts = (environ.get(f"{prefix}_WORKERS"), environ.get("WEB_CONCURRENCY"))
    return f"{prefix}_RELOAD" in environ or any(count not in {None, "1"} for count in counts)


def _server(
    program: Program,
    cmdline: tuple[str, ...],
    *,
    master: int | None,
    workers: tuple[int, ...],
    started_at: float,
) -> Server:
    return Server(
        kind=program.row.kind,
        app=program.app,
        master_pid=master,
        workers=workers,
        listening=(),
        started_at=started_at,
        cmdline=cmdline,
    )


def _located(proc: Proc, server: Server, ours: SocketTable | Unreadable | None = None) -> Server:
    """Add where the server listens; ``ours`` is our own namespace's table, if it was read already."""
    shares = ours is not None and proc.shares_network(server.main_pid) is True
    table = ours if ours is not None and shares else tcp_sockets(proc, server.main_pid, _LISTENING)
    return replace(server, listening=_listening(proc, server, table))


def _listening(
    proc: Proc, server: Server, table: SocketTable | Unreadable
) -> tuple[Endpoint, ...] | Unreadable:
    """Match the listeners of the server's network namespace with the descriptors of its processes."""
    if isinstance(table, Unreadable):
        return table
    readings = [proc.socket_inodes(pid) for pid in server.pids]
    inodes = {
        inode for reading in readings if not isinstance(reading, Unreadable) for inode in reading.values()
    }
    refusals = [reading for reading in readings if isinstance(reading, Unreadable)]
    if refusals and not inodes:
        return refusals[0]
    return _endpoints(table, inodes)


def _endpoints(table: SocketTable, inodes: set[int]) -> tuple[Endpoint, ...]:
    listeners = (row for row in table.sockets if row.inode in inodes)
    return tuple(
        sorted({row.local for row in listeners}, key=lambda endpoint: (endpoint.port, endpoint.host))
    )

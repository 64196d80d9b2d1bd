"""Network tables under /proc/PID/net: for other namespaces, and where netlink is refused."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fastdiag.host.proc import Proc
from fastdiag.host.tcp import Endpoint, TcpSocket, TcpState
from fastdiag.host.unreadable import Reason, Unreadable


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenDrops:
    """Totals of a network namespace: ``overflows`` met a full accept queue; ``drops`` counts every reason."""

    overflows: int
    drops: int


def read_tcp_tables(proc: Proc, pid: int | None) -> tuple[TcpSocket, ...] | Unreadable:
    """Return the sockets of a process's network namespace (None: ours), without what only netlink tells."""
    return _tables(proc, pid, "tcp")


def read_udp_tables(proc: Proc, pid: int | None) -> tuple[TcpSocket, ...] | Unreadable:
    """Return the UDP sockets of a process's network namespace: the kernel lists them in the same form.

    A connected one is ESTABLISHED, any other CLOSED.
    """
    return _tables(proc, pid, "udp")


def _tables(proc: Proc, pid: int | None, protocol: str) -> tuple[TcpSocket, ...] | Unreadable:
    first = proc.net(pid, protocol)
    if isinstance(first, Unreadable):
        return first
    second = proc.net(pid, f"{protocol}6")
    texts = [first] if isinstance(second, Unreadable) else [first, second]  # IPv6 may be switched off
    try:
        return tuple(socket for text in texts for socket in _sockets(text))
    except (ValueError, IndexError):
        return Unreadable(reason=Reason.FAILED, detail=f"net/{protocol}: not in the expected form")


def listen_drops(proc: Proc, pid: int | None = None) -> ListenDrops | Unreadable:
    """Return how many connections a process's network namespace (None: ours) turned away at its listeners."""
    counts = _counters(proc, pid, "netstat", "TcpExt:", ("ListenOverflows", "ListenDrops"))
    if isinstance(counts, Unreadable):
        return counts
    overflows, drops = counts
    return ListenDrops(overflows=overflows, drops=drops)


def failed_connects(proc: Proc, pid: int | None = None) -> int | Unreadable:
    """Return how many TCP connections of a process's network namespace (None: ours) came to nothing so far.

    RFC 4022, tcpAttemptFails: refused or never answered; those that others gave up half-way count as well.
    """
    counts = _counters(proc, pid, "snmp", "Tcp:", ("AttemptFails",))
    return counts if isinstance(counts, Unreadable) else counts[0]


def _counters(
    proc: Proc, pid: int | None, table: str, protocol: str, names: Sequence[str]
) -> list[int] | Unreadable:
    """Return counters of one protocol: one line has their names, the next their values."""
    text = proc.net(pid, table)
    if isinstance(text, Unreadable):
        return text
    lines = [line.split() for line in text.splitlines() if line.startswith(protocol)]
    try:
        fields = dict(zip(*lines, strict=True))
        return [int(fields[name]) for name in names]
    except (KeyError, ValueError, TypeError):
        return Unreadable(reason=Reason.FAILED, detail=f"net/{table}: not in the expected form")


def _sockets(text: str) -> Iterator[TcpSocket]:
    for line in text.splitlines()[1:]:
        fields = line.split()
        state = TcpState(int(fields[3], 16))
        send_queue, recv_queue = fields[4].split(":")
        yield TcpSocket(
            local=_endpoint(fields[1]),
            remote=_endpoint(fields[2]),
            state=state,
            recv_queue=int(recv_queue, 16),
            send_queue=None if state is TcpState.LISTEN else int(send_queue, 16),
            uid=int(fields[7]),
            inode=int(fields[9]),
        )


def _endpoint(text: str) -> Endpoint:
    """Decode "0100007F:1F90": 32-bit words in the machine's byte order, and the port as a number."""
    address, port = text.split(":")
    words = (address[start : start + 8] for start in range(0, len(address), 8))
    packed = b"".join(int(word, 16).to_bytes(4, sys.byteorder) for word in words)
    return Endpoint.from_packed(packed, int(port, 16))

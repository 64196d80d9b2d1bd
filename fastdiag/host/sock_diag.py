"""All TCP sockets of this network namespace in one netlink dump per address family, without privilege.

Formats: sock_diag(7), netlink(7), linux/inet_diag.h, linux/tcp.h.
"""

import os
import socket
import struct
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from fastdiag.host.tcp import Endpoint, LastData, TcpSocket, TcpState, last_data_of, with_mirrors
from fastdiag.host.unreadable import NEEDS_LINUX, Unreadable, from_os_error

MAX_SOCKETS: Final = 200_000
MILLISECONDS_PER_S: Final = 1000
RECEIVE_BUFFER_BYTES: Final = 1 << 16  # the kernel fills at most 32 KiB a message

_NETLINK_SOCK_DIAG: Final = 4
_SOCK_DIAG_BY_FAMILY: Final = 20
_REQUEST_DUMP: Final = 0x1 | 0x300  # NLM_F_REQUEST | NLM_F_DUMP
_DUMP_INTERRUPTED: Final = 0x10
_NLMSG_ERROR: Final = 2
_NLMSG_DONE: Final = 3
_INET_DIAG_INFO: Final = 2

_MESSAGE = struct.Struct("=IHHII")  # length, type, flags, sequence, port
_REQUEST = struct.Struct("=BBBxI48x")  # family, protocol, extensions, states, no socket id
_SOCKET = struct.Struct("=BBxx2s2s16s16s12x4xIIII")  # family, state, ports, addresses, queues, uid, inode
_ATTRIBUTE = struct.Struct("=HH")  # length, type
_TCP_INFO = struct.Struct(
    "=xxB41xI4xII60xQQ16xII"
)  # retransmits; last data sent, received, last ack; bytes acknowledged, received; data segments in, out
_ERRNO = struct.Struct("=i")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dump:
    """The sockets of one dump. ``incomplete`` says why some may be missing; None when none is."""

    sockets: tuple[TcpSocket, ...]
    incomplete: str | None


def dump_tcp(states: Collection[TcpState], timeout_s: float) -> Dump | Unreadable:
    """Dump the sockets in these states within ``timeout_s``; a dump that breaks off keeps what it got."""
    family = getattr(socket, "AF_NETLINK", None)
    if family is None:
        return NEEDS_LINUX
    reader = _Reader(states=sum(1 << state.value for state in states), deadline=time.monotonic() + timeout_s)
    try:
        with socket.socket(family, socket.SOCK_RAW | socket.SOCK_CLOEXEC, _NETLINK_SOCK_DIAG) as netlink:
            for number, address_family in enumerate((socket.AF_INET, socket.AF_INET6), start=1):
                reader.read(netlink, number, address_family)
    except OSError as error:
        if not reader.sockets:
            return from_os_error(error, "socket dump")
        reader.incomplete = "the dump timed out" if isinstance(error, TimeoutError) else "the dump broke off"
    return Dump(sockets=with_mirrors(reader.sockets), incomplete=reader.incomplete)


class _Reader:
    """One dump in progress: what it found, and what went wrong."""

    def __init__(self, states: int, deadline: float) -> None:
        self.states = states
        self.deadline = deadline
        self.sockets: list[TcpSocket] = []
        self.incomplete: str | None = None
        self._endpoints: dict[tuple[bytes, bytes], Endpoint] = {}

    def read(self, netlink: socket.socket, sequence: int, family: int) -> None:
        body = _REQUEST.pack(family, socket.IPPROTO_TCP, 1 << (_INET_DIAG_INFO - 1), self.states)
        header = _MESSAGE.pack(_MESSAGE.size + len(body), _SOCK_DIAG_BY_FAMILY, _REQUEST_DUMP, sequence, 0)
        netlink.send(header + body)
        while self._take(self._receive(netlink)):
            if len(self.sockets) >= MAX_SOCKETS:
                self.incomplete = f"only the first {MAX_SOCKETS} sockets were read"
                return

    def _receive(self, netlink: socket.socket) -> bytes:
        left_s = self.deadline - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        netlink.settimeout(left_s)
        buffer, _, flags, _ = netlink.recvmsg(RECEIVE_BUFFER_BYTES)
        if flags & socket.MSG_TRUNC:
            self.incomplete = "a message of the dump was cut off"
        return buffer

    def _take(self, buffer: bytes) -> bool:
        """Add the sockets of one buffer; return whether more is to come."""
        for kind, flags, start, end in _messages(buffer):
            if flags & _DUMP_INTERRUPTED:
                self.incomplete = "sockets changed during the dump"
            if kind in {_NLMSG_DONE, _NLMSG_ERROR}:
                _raise_if_error(buffer, start, end)
                return False
            self.sockets.append(self._socket(buffer, start, end))
        return True

    def _socket(self, buffer: bytes, start: int, end: int) -> TcpSocket:
        family, state, local_port, remote_port, local, remote, recv_queue, send_queue, uid, inode = (
            _SOCKET.unpack_from(buffer, start)
        )
        width = 4 if family == socket.AF_INET else 16
        tcp_state = TcpState(state)
        listens = tcp_state is TcpState.LISTEN
        info = None if listens else _tcp_info(buffer, start + _SOCKET.size, end)
        retransmits, sent_ms, received_ms, ack_ms, bytes_out, bytes_in, data_in, data_out = info or (0,) * 8
        # Before any payload, the kernel keeps the time of the handshake in these fields.
        last_sent_s = sent_ms / MILLISECONDS_PER_S if data_out else None
        last_received_s = received_ms / MILLISECONDS_PER_S if data_in else None
        last_data = last_data_of(last_received_s, last_sent_s, ack_ms / MILLISECONDS_PER_S)
        return TcpSocket(
            local=self._endpoint(local[:width], local_port),
            remote=self._endpoint(remote[:width], remote_port),
            state=tcp_state,
            recv_queue=recv_queue,
            send_queue=send_queue,
            inode=inode,
            uid=uid,
            last_sent_s=last_sent_s,
            last_received_s=last_received_s,
            bytes_acknowledged=bytes_out if info else None,
            bytes_received=bytes_in if info else None,
            data_segments_in=data_in if info else None,
            data_segments_out=data_out if info else None,
            retransmits=retransmits if info else None,
            last_data=last_data if info else LastData.UNCLEAR,
        )

    def _endpoint(self, address: bytes, port: bytes) -> Endpoint:
        key = address, port
        if key not in self._endpoints:
            self._endpoints[key] = Endpoint.from_packed(address, int.from_bytes(port, "big"))
        return self._endpoints[key]


def _messages(buffer: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Yield kind, flags, and where the body starts and ends."""
    offset = 0
    while offset + _MESSAGE.size <= len(buffer):
        length, kind, flags, _, _ = _MESSAGE.unpack_from(buffer, offset)
        end = offset + length
        if length < _MESSAGE.size or end > len(buffer):
            raise OSError("damaged netlink message")
        yield kind, flags, offset + _MESSAGE.size, end
        offset += (length + 3) & ~3


def _raise_if_error(buffer: bytes, start: int, end: int) -> None:
    code = -_ERRNO.unpack_from(buffer, start)[0] if end - start >= _ERRNO.size else 0
    if code > 0:
        raise OSError(code, os.strerror(code))


def _tcp_info(buffer: bytes, start: int, end: int) -> tuple[int, ...] | None:
    """Find struct tcp_info among the attributes; None for TIME_WAIT and kernels older than 4.6."""
    while start + _ATTRIBUTE.size <= end:
        length, kind = _ATTRIBUTE.unpack_from(buffer, start)
        if kind == _INET_DIAG_INFO and length >= _ATTRIBUTE.size + _TCP_INFO.size:
            return _TCP_INFO.unpack_from(buffer, start + _ATTRIBUTE.size)
        start += max(length + 3 & ~3, _ATTRIBUTE.size)
    return None

"""TCP sockets as plain values."""

import socket
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum, StrEnum
from typing import Final

# A peer acknowledges data that it does not answer at once within 40-200 ms (TCP_DELACK_MIN, TCP_DELACK_MAX).
# Later lone acknowledgements answer keep-alive probes, sent a second after the last data at the soonest.
DELAYED_ACK_LIMIT_S: Final = 0.3
IPV6_BYTES: Final = 16
_IPV4_MAPPED: Final = bytes(10) + b"\xff\xff"


class TcpState(Enum):
    """The states of RFC 9293, numbered as in the kernel's tcp_states.h."""

    ESTABLISHED = 1
    SYN_SENT = 2
    SYN_RECEIVED = 3
    FIN_WAIT_1 = 4
    FIN_WAIT_2 = 5
    TIME_WAIT = 6
    CLOSED = 7
    CLOSE_WAIT = 8
    LAST_ACK = 9
    LISTEN = 10
    CLOSING = 11
    NEW_SYN_RECEIVED = 12


class LastData(StrEnum):
    """Which way the last payload went; the party that got it is the one whose turn it is."""

    RECEIVED = "received"
    SENT = "sent"
    NONE = "none"  # connected, and no payload ever
    UNCLEAR = "unclear"  # both within one clock tick, or the source has no times


_MIRRORED: Final = {LastData.RECEIVED: LastData.SENT, LastData.SENT: LastData.RECEIVED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An address in its usual notation (IPv4-mapped IPv6 shown as IPv4) and a port."""

    host: str
    port: int

    @classmethod
    def from_packed(cls, address: bytes, port: int) -> "Endpoint":
        """Build from 4 or 16 address bytes in network order."""
        if len(address) == IPV6_BYTES and address.startswith(_IPV4_MAPPED):
            address = address[len(_IPV4_MAPPED) :]
        family = socket.AF_INET6 if len(address) == IPV6_BYTES else socket.AF_INET
        return cls(host=socket.inet_ntop(family, address), port=port)

    @property
    def is_loopback(self) -> bool:
        """Whether it never leaves this machine."""
        return self.host == "::1" or self.host.startswith("127.")

    @property
    def is_wildcard(self) -> bool:
        """Whether a listener on it takes connections to any address."""
        return self.host in {"0.0.0.0", "::"}  # noqa: S104 - compared, not bound

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpSocket:
    """One socket of a network namespace.

    ``recv_queue``: of a listener, established connections that wait to be accepted; else bytes not read yet.
    ``send_queue``: of a listener, the limit of that queue (None: unknown); else bytes not acknowledged yet.
    ``inode`` is 0 for what no process holds: TIME_WAIT, and connections that still wait to be accepted.

    The rest comes from struct tcp_info; it is None for listeners, TIME_WAIT, and what /proc/net/tcp gave.
    ``last_sent_s`` and ``last_received_s`` are the ages of the last payload, None too where there never was
    any, good to one clock tick of the kernel (1-10 ms). Handshakes and bare acknowledgements are not payload.
    Resends are: ``last_sent_s`` starts anew with each of the ``retransmits`` in a row that the peer left
    unacknowledged. ``last_data`` says which of the two came later, as far as that can be told.
    """

    local: Endpoint
    remote: Endpoint
    state: TcpState
    recv_queue: int
    send_queue: int | None
    inode: int
    uid: int
    last_sent_s: float | None = None
    last_received_s: float | None = None
    bytes_acknowledged: int | None = None
    bytes_received: int | None = None
    data_segments_in: int | None = None
    data_segments_out: int | None = None
    retransmits: int | None = None
    last_data: LastData = LastData.UNCLEAR

    @property
    def awaiting_us(self) -> bool:
        """Whether the peer's last payload is unread or unanswered, for ``last_received_s`` so far.

        On a server's connection that is a request in hand; on a client's it is an idle connection.
        """
        if self.state is not TcpState.ESTABLISHED:
            return False
        return self.recv_queue > 0 or self.last_data is LastData.RECEIVED

    @property
    def awaiting_peer(self) -> bool:
        """Whether our last payload has no reply yet, for ``last_sent_s`` so far.

        On a client's connection that is a call in flight; on a server's it is an idle keep-alive connection.
        """
        if self.state is not TcpState.ESTABLISHED or self.recv_queue > 0:
            return False
        return self.last_data is LastData.SENT


def last_data_of(last_received_s: float | None, last_sent_s: float | None, last_ack_s: float) -> LastData:
    """Tell which way the last payload went, from the ages of both and of the last acknowledgement got.

    When both fall into one clock tick, an acknowledgement that came later by itself shows that our payload
    was the last. Otherwise it is unclear: an answer acknowledged at once looks just like the next request.
    """
    match last_received_s, last_sent_s:
        case None, None:
            return LastData.NONE
        case None, _:
            return LastData.SENT
        case _, None:
            return LastData.RECEIVED
        case received, sent if received != sent:
            return LastData.RECEIVED if received < sent else LastData.SENT
        case _, sent:
            acknowledged_alone = 0 < sent - last_ack_s <= DELAYED_ACK_LIMIT_S
            return LastData.SENT if acknowledged_alone else LastData.UNCLEAR


def with_mirrors(sockets: Sequence[TcpSocket]) -> tuple[TcpSocket, ...]:
    """Settle unclear sockets whose other end is in the table too: what one end sent last, the other received.

    That covers a proxy or a load generator on the same machine, where answers within a clock tick are common.
    """
    connected = [row for row in sockets if row.state is TcpState.ESTABLISHED]
    unclear = {(row.remote, row.local) for row in connected if row.last_data is LastData.UNCLEAR}
    if not unclear:
        return tuple(sockets)
    others = {
        (row.remote, row.local): _MIRRORED[row.last_data]
        for row in connected
        if row.last_data in _MIRRORED and (row.local, row.remote) in unclear
    }
    return tuple(_settled(row, others.get((row.local, row.remote))) for row in sockets)


def _settled(row: TcpSocket, last_data: LastData | None) -> TcpSocket:
    if last_data is None or row.last_data is not LastData.UNCLEAR:
        return row
    return replace(row, last_data=last_data)

"""What one TCP connection says of the request or the call on it: whose turn it is, and for how long.

Whoever got the last payload has to speak next. That holds for HTTP/1 and for database protocols. It does
not for a connection on which either side speaks when it likes (WebSocket, HTTP/2, publish/subscribe):
`traffic` sorts those out by other means as far as it can.
"""

from __future__ import annotations

import math
from typing import Final

from fastdiag.host.sockets import LastData, TcpSocket, TcpState

ONE_WAY_SEGMENTS: Final = 20
"""A connection that sent so much and never got a byte ships logs or metrics; nobody waits for an answer."""
LONGEST_REQUEST_S: Final = 60.0
"""nginx, AWS and Google load balancers give up after 60 s, browsers and clients seldom later: what has been
open for longer may be a stream (a WebSocket on which the client spoke last)."""
SILENT_S: Final = 30.0
"""SQLAlchemy's and psycopg's pools give up waiting after 30 s, so does gunicorn's default worker timeout."""
FRAME_BYTES: Final = 40
FRAMES: Final = 8
"""A WebSocket pong or short message takes 6 to 40 bytes, TLS included; a request with its headers takes more.
After so many segments the average tells the two apart."""
PROMPT_S: Final = 0.5
FIRST_SYN_RETRY_S: Final = 1.0
FIRST_RETRY_S: Final = 0.2
LONGEST_RETRY_S: Final = 120.0
"""TCP_TIMEOUT_INIT, TCP_RTO_MIN, TCP_RTO_MAX of Linux: each retry waits twice as long as the one before."""


def request_age_s(row: TcpSocket) -> float | None:
    """Return how long the service has had a request on one of its own connections; None: it has none.

    Time since the last data of the request, so that a slow upload does not count as a slow service.
    """
    if not row.awaiting_us or is_stream(row) or _is_old(row):
        return None
    return row.last_received_s or 0.0


def is_stream(row: TcpSocket) -> bool:
    """Whether the client talks on it as it likes, so that its last word asks for no answer."""
    segments, received = row.data_segments_in or 0, row.bytes_received or 0
    return segments >= FRAMES and received < FRAME_BYTES * segments


def may_be_stream(row: TcpSocket) -> bool:
    """Whether it looks like a young WebSocket, too few of whose pongs have come for `is_stream`.

    The client answered our last word at once. So does one that has its next request ready.
    """
    if row.last_sent_s is None or row.last_received_s is None or row.recv_queue:
        return False
    is_prompt = row.last_sent_s - row.last_received_s < PROMPT_S
    return is_prompt and 1 < (row.data_segments_in or 0) < FRAMES


def _is_old(row: TcpSocket) -> bool:
    """Whether hardly any client would still wait for its answer, and it may be no request at all.

    What the service has not read, or has never answered with a word, is no stream: it hangs.
    """
    has_spoken = row.last_sent_s is not None and not row.recv_queue
    return has_spoken and (row.last_received_s or 0.0) > LONGEST_REQUEST_S


def call_age_s(row: TcpSocket) -> float | None:
    """Return how long the service has waited for the peer at least; None: it does not wait.

    Waiting for the connection itself counts. Resends renew the kernel's time of the last data; the waits
    between them are added back.
    """
    if row.state is TcpState.SYN_SENT:
        return _retried_s(row, FIRST_SYN_RETRY_S)
    if not row.awaiting_peer or _is_one_way(row):
        return None
    return (row.last_sent_s or 0.0) + _retried_s(row, FIRST_RETRY_S)


def is_unclear(row: TcpSocket) -> bool:
    """Whether a connection may have a request in hand or none.

    Both sides spoke within one tick of the kernel's clock, or the client has waited for very long.
    """
    if row.state is not TcpState.ESTABLISHED or row.last_received_s is None or is_stream(row):
        return False
    return (row.last_data is LastData.UNCLEAR and not row.recv_queue) or (row.awaiting_us and _is_old(row))


def silent_s(row: TcpSocket) -> float:
    """Return how long ago data last came or went; 0 where none ever did."""
    return min((age for age in (row.last_sent_s, row.last_received_s) if age is not None), default=0.0)


def is_patient(row: TcpSocket) -> bool:
    """Whether a client of the service may have been served for longer than requests take.

    It has asked for nothing since, so that its answer may go on as a stream, or it is a WebSocket.
    """
    return is_stream(row) or (row.last_received_s or 0.0) >= SILENT_S


def was_answered(row: TcpSocket) -> bool:
    """Whether the peer ever sent anything."""
    return row.last_received_s is not None


def _is_one_way(row: TcpSocket) -> bool:
    return row.data_segments_in == 0 and (row.data_segments_out or 0) > ONE_WAY_SEGMENTS


def _retried_s(row: TcpSocket, first_s: float) -> float:
    """Return how long so many retries in a row take at least."""
    waits = (min(math.ldexp(first_s, number), LONGEST_RETRY_S) for number in range(row.retransmits or 0))
    return sum(waits)

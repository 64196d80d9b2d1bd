"""Whose turn it is on a connection: requests told from streams by what the kernel counts."""

from fastdiag.collectors.processes.turns import request_age_s
from fastdiag.host.sockets import Endpoint, LastData, TcpSocket, TcpState


def connection(*, age_s: float, segments: int, received: int) -> TcpSocket:
    """Return a connection to the service on which the client spoke last."""
    return TcpSocket(
        local=Endpoint(host="127.0.0.1", port=8000),
        remote=Endpoint(host="127.0.0.1", port=50000),
        state=TcpState.ESTABLISHED,
        recv_queue=0,
        send_queue=0,
        inode=1,
        uid=0,
        last_sent_s=age_s + 1,
        last_received_s=age_s,
        bytes_received=received,
        data_segments_in=segments,
        data_segments_out=segments,
        retransmits=0,
        last_data=LastData.RECEIVED,
    )


def test_a_request_without_an_answer_is_in_hand() -> None:
    assert request_age_s(connection(age_s=4.0, segments=1, received=90)) == 4.0


def test_the_twentieth_request_of_a_kept_connection_is_one_too() -> None:
    assert request_age_s(connection(age_s=4.0, segments=20, received=20 * 120)) == 4.0


def test_the_pongs_of_an_idle_websocket_ask_for_no_answer() -> None:
    assert request_age_s(connection(age_s=12.0, segments=15, received=400 + 14 * 6)) is None


def test_what_no_client_would_wait_for_is_a_stream() -> None:
    assert request_age_s(connection(age_s=300.0, segments=2, received=500)) is None

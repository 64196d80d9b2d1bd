"""The state of real TCP connections, and the two sources held against each other."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from fastdiag.host import sock_diag
from fastdiag.host.net_tcp import ListenDrops, failed_connects, listen_drops, read_tcp_tables
from fastdiag.host.proc import Proc
from fastdiag.host.sockets import SocketSource, SocketTable, tcp_sockets
from fastdiag.host.tcp import Endpoint, LastData, TcpSocket, TcpState, last_data_of
from fastdiag.host.unreadable import NEEDS_LINUX, Reason, Unreadable
from tests.stack.ports import LOOPBACK, free_port
from tests.stack.waiting import wait_until

HOLD_S = 0.3


class Pair:
    """A TCP connection within this process."""

    def __init__(self, proc: Proc, family: int = socket.AF_INET) -> None:
        host = "127.0.0.1" if family == socket.AF_INET else "::1"
        with socket.create_server((host, 0), family=family) as listener:
            self.client = socket.create_connection(listener.getsockname()[:2])
            self.server, _ = listener.accept()
        self.proc = proc

    def ask(self) -> None:
        self.client.sendall(b"request")
        assert self.server.recv(100) == b"request"

    def answer(self) -> None:
        self.server.sendall(b"answer")
        assert self.client.recv(100) == b"answer"

    @property
    def server_side(self) -> TcpSocket:
        return row_of(self.proc, self.server)

    @property
    def client_side(self) -> TcpSocket:
        return row_of(self.proc, self.client)

    def close(self) -> None:
        self.client.close()
        self.server.close()


@pytest.fixture
def pair(proc: Proc) -> Iterator[Pair]:
    with closing(Pair(proc)) as opened:
        yield opened


def table(proc: Proc) -> SocketTable:
    found = tcp_sockets(proc)
    assert isinstance(found, SocketTable)
    return found


def row_of(proc: Proc, connection: socket.socket) -> TcpSocket:
    inode = os.fstat(connection.fileno()).st_ino
    return next(row for row in table(proc).sockets if row.inode == inode)


def test_a_request_unanswered_for_300_ms_awaits_us_and_its_peer_awaits_us_too(pair: Pair) -> None:
    pair.ask()
    time.sleep(HOLD_S)

    held, asking = pair.server_side, pair.client_side
    assert held.awaiting_us
    assert not held.awaiting_peer
    assert held.last_received_s is not None
    assert held.last_received_s >= HOLD_S - 0.02
    assert held.last_sent_s is None
    assert (held.data_segments_in, held.data_segments_out) == (1, 0)
    assert asking.awaiting_peer
    assert not asking.awaiting_us
    assert asking.last_sent_s is not None


def test_an_answered_request_awaits_the_peer_on_the_server_and_nobody_on_the_client(pair: Pair) -> None:
    pair.ask()
    time.sleep(0.05)
    pair.answer()

    assert not pair.server_side.awaiting_us
    assert pair.server_side.last_data is LastData.SENT
    assert not pair.client_side.awaiting_peer
    assert pair.client_side.last_data is LastData.RECEIVED


def test_a_second_request_in_the_clock_tick_of_the_first_answer_is_still_seen(pair: Pair) -> None:
    for _ in range(20):  # an interactive connection, whose kernel delays its acknowledgements
        pair.ask()
        pair.answer()
    pair.ask()
    time.sleep(HOLD_S)

    assert pair.client_side.awaiting_peer
    assert pair.server_side.awaiting_us


def test_answers_within_the_clock_tick_of_their_request_are_never_taken_for_unanswered(pair: Pair) -> None:
    for _ in range(20):
        pair.ask()
        pair.answer()
    time.sleep(HOLD_S)

    assert not pair.server_side.awaiting_us
    assert not pair.client_side.awaiting_peer


def test_bare_acknowledgements_and_handshakes_are_no_payload(pair: Pair) -> None:
    assert pair.server_side.last_data is LastData.NONE
    pair.ask()
    time.sleep(0.25)  # the server's kernel has acknowledged by now

    assert pair.server_side.last_sent_s is None
    assert pair.client_side.last_received_s is None
    assert pair.client_side.send_queue == 0


def test_what_nobody_has_read_awaits_us_even_after_a_later_answer(pair: Pair) -> None:
    pair.client.sendall(b"12345")
    time.sleep(0.05)
    pair.server.sendall(b"early")

    wait_until(lambda: pair.server_side.recv_queue == 5, what="5 bytes unread", within_s=5)
    assert pair.server_side.awaiting_us
    assert not pair.server_side.awaiting_peer


def test_a_connection_that_the_peer_closed_awaits_nobody(pair: Pair) -> None:
    pair.ask()
    pair.client.close()

    wait_until(lambda: pair.server_side.state is TcpState.CLOSE_WAIT, what="close wait", within_s=5)
    assert not pair.server_side.awaiting_us


def test_a_listener_that_does_not_accept_shows_its_queue_and_the_limit(proc: Proc) -> None:
    with ExitStack() as opened:
        listener = opened.enter_context(socket.create_server(("127.0.0.1", 0), backlog=50))
        address = listener.getsockname()
        for _ in range(13):
            opened.enter_context(socket.create_connection(address)).sendall(b"GET / HTTP/1.1\r\n\r\n")

        row = row_of(proc, listener)
        waiting = [row for row in table(proc).sockets if row.local.port == address[1] and row.awaiting_us]

    assert row.state is TcpState.LISTEN
    assert (row.recv_queue, row.send_queue) == (13, 50)
    assert [(row.inode, row.recv_queue) for row in waiting] == [(0, 18)] * 13


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_both_sources_tell_the_same_endpoints_states_and_owners(proc: Proc, family: int) -> None:
    with closing(Pair(proc, family)) as pair:
        inode = os.fstat(pair.server.fileno()).st_ino
        tables = read_tcp_tables(proc, None)
        assert not isinstance(tables, Unreadable)
        plain, rich = next(row for row in tables if row.inode == inode), pair.server_side
        host, port = pair.server.getpeername()[:2]

    assert table(proc).source is SocketSource.NETLINK
    assert rich.remote == Endpoint(host=host, port=port)
    assert (plain.local, plain.remote, plain.state, plain.uid) == (
        rich.local,
        rich.remote,
        rich.state,
        rich.uid,
    )
    assert plain.last_data is LastData.UNCLEAR
    assert (plain.last_sent_s, plain.data_segments_in) == (None, None)


def test_an_ipv4_client_of_an_ipv6_listener_reads_as_ipv4(proc: Proc) -> None:
    with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as listener:
        port = listener.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)), listener.accept()[0] as accepted:
            row = row_of(proc, accepted)

    assert row.local == Endpoint(host="127.0.0.1", port=port)
    assert str(row.local) == f"127.0.0.1:{port}"
    assert row.remote.is_loopback


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a network namespace here")
def test_another_network_namespace_is_read_from_proc(proc: Proc) -> None:
    program = (
        "import socket, time; s = socket.create_server(('0.0.0.0', 4321)); print(flush=True); time.sleep(60)"
    )
    command = ["unshare", "--net", "python3", "-c", program]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as other:
        try:
            assert other.stdout is not None
            if not other.stdout.readline():
                pytest.skip("this machine refuses network namespaces")
            shares, found = proc.shares_network(other.pid), tcp_sockets(proc, other.pid)
        finally:
            other.kill()

    assert shares is False
    assert isinstance(found, SocketTable)
    assert found.source is SocketSource.PROC_NET
    assert [row.local for row in found.sockets] == [Endpoint(host="0.0.0.0", port=4321)]  # noqa: S104 - read back
    assert found.sockets[0].send_queue is None


def test_states_can_be_chosen(proc: Proc, pair: Pair) -> None:
    pair.ask()
    listening = tcp_sockets(proc, states={TcpState.LISTEN})

    assert isinstance(listening, SocketTable)
    assert {row.state for row in listening.sockets} <= {TcpState.LISTEN}


def test_a_dump_that_is_too_long_says_that_it_is_incomplete(
    proc: Proc, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sock_diag, "MAX_SOCKETS", 1)
    pair.ask()

    assert table(proc).incomplete == "only the first 1 sockets were read"


def test_no_time_for_a_dump_falls_back_instead_of_claiming_no_sockets(proc: Proc, pair: Pair) -> None:
    pair.ask()
    dump = sock_diag.dump_tcp(frozenset(TcpState), timeout_s=0)
    found = tcp_sockets(proc, timeout_s=0)

    assert isinstance(dump, Unreadable)
    assert dump.reason is Reason.FAILED
    assert isinstance(found, SocketTable)
    assert found.source is SocketSource.PROC_NET


def test_without_linux_sockets_are_absent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delattr(socket, "AF_NETLINK")

    assert sock_diag.dump_tcp(frozenset(TcpState), timeout_s=1) == NEEDS_LINUX
    assert tcp_sockets(Proc(tmp_path / "no-proc-here")) == NEEDS_LINUX


@pytest.mark.parametrize(
    ("received", "sent", "acknowledged", "expected"),
    [
        (None, None, 9.0, LastData.NONE),
        (2.0, 5.0, 2.0, LastData.RECEIVED),
        (5.0, 2.0, 2.0, LastData.SENT),
        (2.0, 2.0, 2.0, LastData.UNCLEAR),
        (2.0, 2.0, 1.96, LastData.SENT),
        (20.0, 20.0, 5.0, LastData.UNCLEAR),  # the answer to a keep-alive probe
    ],
)
def test_the_order_of_payloads_is_told_from_three_ages(
    received: float | None, sent: float | None, acknowledged: float, expected: LastData
) -> None:
    assert last_data_of(received, sent, acknowledged) is expected


def test_turned_away_connections_are_counted_by_column_name(tmp_path: Path, proc: Proc) -> None:
    (tmp_path / "5" / "net").mkdir(parents=True)
    (tmp_path / "5" / "net" / "netstat").write_text(
        "TcpExt: SyncookiesSent ListenOverflows ListenDrops\nTcpExt: 1 31 37\nIpExt: InNoRoutes\nIpExt: 4\n"
    )

    assert listen_drops(Proc(tmp_path), 5) == ListenDrops(overflows=31, drops=37)
    assert isinstance(listen_drops(proc), ListenDrops)


def test_connections_that_came_to_nothing_are_counted(proc: Proc) -> None:
    before, nobody = failed_connects(proc), (LOOPBACK, free_port())
    for _ in range(3):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(nobody)
    after = failed_connects(proc)

    assert isinstance(before, int)
    assert isinstance(after, int)
    assert after >= before + 3

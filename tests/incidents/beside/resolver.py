"""A name server on loopback, which the service asks instead of the machine's: its resolv.conf says so.

The service is started in a mount namespace of its own, where a file of ours lies over /etc/resolv.conf; the
machine's file stays as it is. That takes root.
"""

import ctypes
import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from tests import stack
from tests.incidents.companions import Companion, Surroundings
from tests.incidents.stage import Stage
from tests.stack.processes import ServerProcess, running

CLONE_NEWNS: Final = 0x00020000  # linux/sched.h; os.unshare comes with Python 3.12
PARTNER: Final = "carrier.internal.example"
PROGRAM: Final = Path(stack.__file__).with_name("resolver_process.py")
MARK: Final = b"\x00\x01\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x04mark\x00\x00\x01\x00\x01"
"""A query for the address of `mark`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolver:
    """The name server, which listens at this address."""

    server: ServerProcess
    host: str

    def answers(self, within_s: float = 0.5) -> bool:
        """Say whether it answers a query, asked directly."""
        with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as client:
            client.settimeout(within_s)
            try:
                client.sendto(MARK, (self.host, 53))
                return bool(client.recv(512))
            except OSError:
                return False


@contextmanager
def resolver_beside(around: Surroundings) -> Iterator[Companion]:
    """Start the name server, and let the service call its partner by name."""
    host = f"127.{53 + secrets.randbelow(100)}.{secrets.randbelow(256)}.53"
    settings = around.directory / "resolv.conf"
    settings.write_text(f"nameserver {host}\n", encoding="utf-8")
    partner = urlsplit(around.environment["CARRIER_URL"])
    log = around.directory / "resolver.log"
    with running([sys.executable, str(PROGRAM), host], name="resolver", log=log) as server:
        resolver = Resolver(server=server, host=host)
        server.wait_ready(resolver.answers)
        with _instead_of_etc_resolv_conf(settings):
            yield Companion(handle=resolver, environment={"CARRIER_URL": f"http://{PARTNER}:{partner.port}"})


@contextmanager
def resolver_silent(stage: Stage) -> Iterator[None]:
    """Let the name server take queries and answer none."""
    resolver = stage.companion(Resolver)
    os.kill(resolver.server.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(resolver.server.pid, signal.SIGCONT)


@contextmanager
def _instead_of_etc_resolv_conf(file: Path) -> Iterator[None]:
    """Let this thread, and what it starts, see the file there."""
    with Path("/proc/thread-self/ns/mnt").open("rb") as home:
        _call("unshare", CLONE_NEWNS)
        try:
            # Otherwise the mount would be seen outside, too.
            subprocess.run(["mount", "--make-rprivate", "/"], check=True)
            subprocess.run(["mount", "--bind", str(file), "/etc/resolv.conf"], check=True)
            yield
        finally:
            _call("setns", home.fileno(), CLONE_NEWNS)


def _call(function: str, *arguments: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, function)(*arguments):
        raise OSError(ctypes.get_errno(), f"{function}: {os.strerror(ctypes.get_errno())}")

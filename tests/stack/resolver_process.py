"""The process behind `tests/incidents/beside/resolver.py`: a name server that knows every name as 127.0.0.1.

Usage: resolver_process.py HOST.
"""

import socket
import struct
import sys

A: int = 1
HEADER_BYTES: int = 12
FOUND: bytes = b"\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00"
NO_SUCH_RECORD: bytes = b"\x81\x80\x00\x01\x00\x00\x00\x00\x00\x00"


def answer(query: bytes) -> bytes:
    """Return the answer to a query: the loopback address for type A, no record for any other type."""
    end = HEADER_BYTES
    while query[end]:
        end += query[end] + 1
    (kind,) = struct.unpack(">H", query[end + 1 : end + 3])
    question = query[HEADER_BYTES : end + 5]
    if kind != A:
        return query[:2] + NO_SUCH_RECORD + question
    record = b"\xc0\x0c" + struct.pack(">HHIH", A, 1, 1, 4) + socket.inet_aton("127.0.0.1")
    return query[:2] + FOUND + question + record


if __name__ == "__main__":
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((sys.argv[1], 53))
        while True:
            query, client = server.recvfrom(2048)
            server.sendto(answer(query), client)

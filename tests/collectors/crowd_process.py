"""Clients that each send one request on a connection of their own and keep it open.

Usage: crowd_process.py HOST PORT PATH COUNT. Tells on stdout when all have sent, and when all were answered.
"""

import selectors
import socket
import sys
import time

LONGEST_S = 60.0


def main() -> None:
    host, port, path, count = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    waiting = selectors.DefaultSelector()
    crowd = []
    for _ in range(count):
        client = socket.create_connection((host, port), timeout=10)
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        client.settimeout(0)
        waiting.register(client, selectors.EVENT_READ)
        crowd.append(client)
    sys.stdout.write("sent\n")
    sys.stdout.flush()
    ends = time.monotonic() + LONGEST_S
    while waiting.get_map() and time.monotonic() < ends:
        for key, _ in waiting.select(timeout=1):
            if path != "/big":  # whoever does not read a download keeps the server waiting
                key.fileobj.recv(1 << 16)
            waiting.unregister(key.fileobj)
    sys.stdout.write("answered\n")
    sys.stdout.flush()
    time.sleep(max(0.0, ends - time.monotonic()))


main()

"""Both ends of WebSockets that only exchange pings. Usage: heartbeats.py serve|call PORT [COUNT BEATS]."""

import asyncio
import sys

UPGRADE = b"GET /chat HTTP/1.1\r\nHost: depot\r\nUpgrade: websocket\r\nCookie: " + 200 * b"c" + b"\r\n\r\n"
SWITCHING = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
PING = b"\x89\x04ping"
PONG = b"\x8a\x84\0\0\0\0ping"
ROUND_TRIP_S = 0.01
port = int(sys.argv[2])


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(SWITCHING)
    while await reader.read(1) == b"!":  # the client asks for each ping, which spares the test the waiting
        writer.write(PING)
        await reader.readexactly(len(PONG))


async def call(beats: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(UPGRADE)
    await reader.readuntil(b"\r\n\r\n")
    for _ in range(beats):
        writer.write(b"!")
        await reader.readexactly(len(PING))
        await asyncio.sleep(ROUND_TRIP_S)
        writer.write(PONG)
    await asyncio.sleep(60)


async def main() -> None:
    if sys.argv[1] == "serve":
        await asyncio.start_server(serve, "127.0.0.1", port)
        await asyncio.sleep(60)
    beats = [int(beats) for beats in sys.argv[3:]]
    await asyncio.gather(*(call(each) for each in beats))


asyncio.run(main())

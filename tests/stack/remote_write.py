"""Native histograms for a Prometheus, written as another server would push them.

No text format carries them, and no Python client makes them: the few messages of the remote-write protocol
(protobuf in a snappy block) are put together here.
"""

import struct
from collections.abc import Mapping, Sequence
from typing import Final

import httpx

FLAGS: Final = ("--web.enable-remote-write-receiver", "--enable-feature=native-histograms")
"""What a Prometheus 2 has to be started with."""
_LITERAL_BYTES: Final = 60_000


def push(url: str, series: Mapping[tuple[tuple[str, str], ...], Sequence[tuple[float, int]]]) -> None:
    """Write time (seconds since the epoch) and a number of observations for each set of labels.

    Half of the observations lie in (0.0625 s, 0.125 s], the other half in (0.5 s, 1 s].
    """
    body = b"".join(_field(1, _series(labels, points)) for labels, points in series.items())
    headers = {"Content-Encoding": "snappy", "Content-Type": "application/x-protobuf"}
    httpx.post(f"{url}/api/v1/write", content=_snappy(body), headers=headers).raise_for_status()


def _series(labels: tuple[tuple[str, str], ...], points: Sequence[tuple[float, int]]) -> bytes:
    named = (_field(1, name.encode()) + _field(2, value.encode()) for name, value in sorted(labels))
    own = b"".join(_field(1, label) for label in named)
    return own + b"".join(_field(4, _histogram(at, count // 2)) for at, count in points)


def _histogram(at: float, half: int) -> bytes:
    """Return two buckets of equal counts: indices -3 and 0 of schema 0, whose bounds are powers of two.

    The sum is that of observations in the middle of each.
    """
    spans = _field(11, _number(1, _zigzag(-3)) + _number(2, 1)) + _field(
        11, _number(1, _zigzag(2)) + _number(2, 1)
    )
    deltas = _field(12, _varint(_zigzag(half)) + _varint(0))
    head = _number(1, 2 * half) + _double(3, 0.85 * half) + _number(4, 0) + _double(5, 1e-9) + _number(6, 0)
    return head + spans + deltas + _number(15, round(at * 1000))


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def _zigzag(number: int) -> int:
    return number * 2 if number >= 0 else -number * 2 - 1


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _number(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _double(number: int, value: float) -> bytes:
    return _varint(number << 3 | 1) + struct.pack("<d", value)


def _snappy(content: bytes) -> bytes:
    """Return a block that is not compressed at all: literals of up to 60 kB."""
    block = bytearray(_varint(len(content)))
    for start in range(0, len(content), _LITERAL_BYTES):
        piece = content[start : start + _LITERAL_BYTES]
        block += bytes([61 << 2]) + struct.pack("<H", len(piece) - 1) + piece
    return bytes(block)

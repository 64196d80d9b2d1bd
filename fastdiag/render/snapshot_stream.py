"""Several snapshots in one stream, one after the other, as `ssh HOST fastdiag snapshot -f json` adds them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import BinaryIO, Final

from fastdiag.errors import SnapshotError

MAX_STREAM_BYTES: Final = 64 * 2**20
"""A fleet of 200 at 300 kB each; whoever has more has files."""
_BYTE_ORDER_MARK: Final = "\ufeff"
"""Where files were joined, it may stand in the middle."""


def read_documents(stream: BinaryIO, name: str) -> tuple[str, ...]:
    """Return the JSON documents of a stream; what is no JSON ends as one document with all that is left.

    Raise SnapshotError when the stream is too long or no text.
    """
    content = stream.read(MAX_STREAM_BYTES + 1)
    if len(content) > MAX_STREAM_BYTES:
        hint = "give the snapshots as files: fastdiag diagnose host*.json"
        raise SnapshotError(f"larger than {MAX_STREAM_BYTES // 2**20} MiB", where=name, hint=hint)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SnapshotError(f"not UTF-8 text: byte {error.start}", where=name) from None
    return tuple(_documents(text))


def _documents(text: str) -> Iterator[str]:
    decoder, start = json.JSONDecoder(), 0
    while True:
        start = _skip_blanks(text, start)
        try:
            _, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            yield text[start:]
            return
        yield text[start:end]
        start = end
        if not text[start:].strip():
            return


def _skip_blanks(text: str, start: int) -> int:
    while start < len(text) and (text[start].isspace() or text[start] == _BYTE_ORDER_MARK):
        start += 1
    return start

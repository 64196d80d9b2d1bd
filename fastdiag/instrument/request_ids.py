"""Whether a request id from outside can be taken over, and where a new one comes from."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from typing import Final

# What tracing systems and proxies send; nothing that a log, a header or a page could misread.
_SANE: Final = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._:+=/-]{0,127}")
# https://www.w3.org/TR/trace-context/#traceparent-header: version, trace id, parent id, flags.
_TRACEPARENT: Final = re.compile(
    rb"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?"
)
TRACEPARENT: Final = b"traceparent"
_ID_BYTES: Final = 16


def id_for(headers: Iterable[tuple[bytes, bytes]], header: bytes) -> str:
    """Return the id under which a request is known: that of its header, of its trace, or a new one.

    Of several values of a header the first counts. ``header`` is in lower case, as in ASGI.
    """
    given = trace = None
    for name, value in headers:
        if name == header and given is None:
            given = value
        elif name == TRACEPARENT and trace is None:
            trace = value
    if given and _SANE.fullmatch(given):
        return given.decode("ascii")
    if trace and (match := _TRACEPARENT.fullmatch(trace)):
        return match[1].decode("ascii")
    return secrets.token_hex(_ID_BYTES)

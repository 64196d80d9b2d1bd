"""Lines that a Grafana Loki server keeps, by its HTTP API: one query, the newest lines."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import requests

from fastdiag.collectors.http_address import Address
from fastdiag.collectors.http_faults import LOKI
from fastdiag.collectors.http_session import BoundedSession, Login
from fastdiag.collectors.logs.lines import Batch, Line, line_of
from fastdiag.collectors.sink import SourceFailed
from fastdiag.model.signal import Reason
from fastdiag.model.target import Access

PATH: Final = "/loki/api/v1/query_range"
LIMIT: Final = 5000
"""Lines of one answer: what a server allows unless it is told otherwise (max_entries_limit_per_query)."""
FEW: Final = 500
"""Asked for instead when so many are too large: lines of 16,000 characters fit."""
NANOSECONDS_PER_S: Final = 1_000_000_000
MAX_QUOTED_CHARS: Final = 200
_LOWER_LIMIT: Final = re.compile(r"max_entries_limit\w* \(\d+ > (?P<limit>[1-9]\d{0,4})\)")
_HINT: Final = 'logcli query shows what it finds; such as {app="shop"} |= "ERROR"'
_NO_LOKI: Final = "check host, port and base path; a proxy in between may cut answers off"


@dataclass(slots=True, kw_only=True)
class LokiLog:
    """Asks for the lines that a query in LogQL finds between two moments, in seconds since the epoch.

    deadline  point of ``time.monotonic()`` at which it gives up
    """

    address: Address
    access: Access
    query: str
    since: float
    until: float
    deadline: float

    @property
    def name(self) -> str:
        """The server and the query: several may ask the same one."""
        return f"{self.address.url} {self.query}"

    def first(self) -> Batch:
        """Return the newest lines. Raise SourceFailed when the server does not give them."""
        with BoundedSession(self.deadline, self.access.ca_file, LOKI) as session:
            if self.access.headers or self.address.credentials:
                session.auth = Login(self.access, self.address.credentials)
            body, limit = self._newest(session)
        found = _parsed(body)
        if not found and "|" not in self.query:  # a filter that lets nothing through is another matter
            hint = f"`logcli series '{self.query}'` shows whether there are such streams"
            raise SourceFailed(Reason.ABSENT, "it has no line of these streams in this time", hint=hint)
        lines = tuple(sorted(found, key=lambda line: line.at or 0.0))
        return Batch(lines=lines, since=self.since, until=self.until, is_cut=len(found) >= limit)

    def more(self) -> None:
        """Return nothing: what was added reaches a Loki seconds later, and each line has its time anyway."""

    def close(self) -> None:
        """Nothing is open."""

    def _newest(self, session: BoundedSession) -> tuple[bytes, int]:
        """Return the answer, and how many lines it may hold: fewer where the server, or we, ask for that."""
        limit = LIMIT
        try:
            response = self._get(session, limit)
        except SourceFailed as failure:
            if failure.hint != LOKI.less:
                raise
            limit = FEW
            response = self._get(session, limit)
        lower = (
            _LOWER_LIMIT.search(response.text) if response.status_code == requests.codes.bad_request else None
        )
        if lower:
            limit = int(lower["limit"])
            response = self._get(session, limit)
        if not response.ok:
            said = line_of(response.content.strip()).text[:MAX_QUOTED_CHARS]
            raise SourceFailed(Reason.FAILED, f"Loki says: {said or response.status_code}", hint=_HINT)
        return response.content, limit

    def _get(self, session: BoundedSession, limit: int) -> requests.Response:
        asked = {
            "query": self.query,
            "start": str(int(self.since * NANOSECONDS_PER_S)),
            "end": str(int(self.until * NANOSECONDS_PER_S)),
            "limit": str(limit),
            "direction": "backward",
        }
        return session.get(f"{self.address.url}{PATH}", params=asked)


def _parsed(body: bytes) -> list[Line]:
    """Read an answer: streams, each with its labels and pairs of nanoseconds and text."""
    try:
        data = json.loads(body)["data"]
        kind = data["resultType"]
        if kind == "streams":
            return [line for stream in data["result"] for line in _of_stream(stream)]
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise SourceFailed(
            Reason.FAILED, "the answer is cut off or not from a Loki API", hint=_NO_LOKI
        ) from error
    raise SourceFailed(
        Reason.FAILED,
        "the query finds numbers, not lines",
        hint="leave out rate(), count_over_time() and sum()",
    )


def _of_stream(stream: Mapping[str, list[tuple[str, str]]]) -> Iterator[Line]:
    for value in stream["values"]:
        at, text = value[0], value[1]  # labels of the single line may follow
        yield from (
            line_of(piece, int(at) / NANOSECONDS_PER_S) for piece in str(text).splitlines() if piece.strip()
        )

"""One bounded GET of a /metrics page, and what it holds."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fastdiag.collectors.sink import SourceFailed
from fastdiag.metrics.matching import pick
from fastdiag.metrics.page import Page, birth
from fastdiag.model.signal import Labels, Reason

if TYPE_CHECKING:
    import httpx
    from prometheus_client.metrics_core import Metric

MAX_BODY_BYTES: Final = 16_000_000
MAX_REDIRECTS: Final = 3
CONNECT_LIMIT_S: Final = 2.0
_CHECK_EVERY: Final = 1000
_ACCEPT: Final = "text/plain;version=0.0.4;q=1,*/*;q=0.1"
_OPENMETRICS: Final = "application/openmetrics-text"
_COUNTER: Final = re.compile(r"^# TYPE (\S+) counter\s*$", re.MULTILINE)
_TOTAL: Final = "_total"
_PROBABLE_PATHS: Final = "the usual path is /metrics"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scrape:
    """A page, when it was taken and what it cost.

    at          when the answer began to arrive, in seconds of ``time.monotonic()``
    taken_at    the same by the wall clock, in seconds since the epoch
    seconds     from the request to the last byte
    """

    page: Page
    at: float
    taken_at: float
    seconds: float
    size_bytes: int

    @property
    def worker(self) -> float | None:
        """What tells the process that answered from its siblings; None when the page does not say."""
        return birth(self.page)


class MetricsPage:
    """A page behind one URL. Every scrape uses a fresh connection, so that any worker may answer it."""

    def __init__(self, url: str, deadline: float) -> None:
        import httpx  # noqa: PLC0415 - 0.2 s of imports

        try:
            self._url = httpx.URL(url if "://" in url else f"http://{url}")
        except httpx.InvalidURL:
            self._url = httpx.URL("")
        if not self._url.host or self._url.scheme not in {"http", "https"}:
            raise SourceFailed(
                Reason.FAILED,
                "the URL of the metrics page is not valid",
                hint="such as http://HOST:8000/metrics",
            )
        auth = (self._url.username, self._url.password) if self._url.userinfo else None
        self._url = self._url.copy_with(userinfo=b"", fragment=None)
        self._deadline = deadline
        self._client = httpx.Client(
            auth=auth,
            headers={"Accept": _ACCEPT, "Accept-Encoding": "identity", "User-Agent": "fastdiag"},
            limits=httpx.Limits(max_keepalive_connections=0),
        )
        self.requests = 0

    @property
    def shown(self) -> str:
        """The URL without credentials and query, for people."""
        return str(self._url.copy_with(query=None))

    @property
    def port(self) -> int:
        """The port that answers."""
        return self._url.port or (443 if self._url.scheme == "https" else 80)

    def close(self) -> None:
        """Let go of what connections there are."""
        self._client.close()

    def scrape(self) -> Scrape:
        """Fetch and parse the page. Raise SourceFailed with the reason if there is none."""
        import httpx  # noqa: PLC0415 - as above

        began = time.monotonic()
        left = max(0.01, self._deadline - began)
        try:
            kind, body, at = self._get(httpx.Timeout(left, connect=min(CONNECT_LIMIT_S, left)))
        except httpx.HTTPError as error:
            raise _fault(error, left) from error
        done = time.monotonic()
        page = parse(kind, body, self._deadline)
        wall = time.time() - (time.monotonic() - at)
        return Scrape(page=page, at=at, taken_at=wall, seconds=done - began, size_bytes=len(body))

    def _get(self, timeout: httpx.Timeout) -> tuple[str, bytes, float]:
        """Return content type, body and the moment the answer began.

        Redirects are followed on the same server, and remembered: a mounted page is at /metrics/.
        """
        for _ in range(MAX_REDIRECTS):
            self.requests += 1
            with self._client.stream("GET", self._url, timeout=timeout) as response:
                at = time.monotonic()
                if response.next_request is None:
                    _refuse_failure(response.status_code)
                    refuse_packed(response.headers.get("content-encoding", ""))
                    return response.headers.get("content-type", ""), self._read(response.iter_bytes()), at
                target = response.next_request.url
            if (target.scheme, target.netloc) != (self._url.scheme, self._url.netloc):
                raise SourceFailed(
                    Reason.FAILED,
                    f"redirected to another server, {target.host}",
                    hint="give the page's final URL with --metrics-url",
                )
            self._url = target.copy_with(userinfo=b"")
        raise SourceFailed(Reason.FAILED, "redirected again and again", hint=_PROBABLE_PATHS)

    def _read(self, chunks: Iterator[bytes]) -> bytes:
        import httpx  # noqa: PLC0415 - as above

        body = bytearray()
        for chunk in chunks:
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                raise SourceFailed(
                    Reason.FAILED,
                    f"the page is larger than {MAX_BODY_BYTES // 10**6} MB",
                    hint="a label with countless values? ask Prometheus instead: --prometheus URL",
                )
            if time.monotonic() > self._deadline:
                raise httpx.ReadTimeout("the page trickles")
        return bytes(body)


def parse(content_type: str, body: bytes, deadline: float) -> Page:
    """Read the text formats of Prometheus and OpenMetrics. Raise SourceFailed for anything else."""
    text = body.decode("utf-8", errors="replace")
    if content_type.startswith("text/html") or text.lstrip()[:1] == "<":
        raise SourceFailed(Reason.FAILED, "a web page answered, not a metrics page", hint=_PROBABLE_PATHS)
    try:
        return _samples(_parser(content_type)(text), _bare_counters(content_type, text), deadline)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise SourceFailed(
            Reason.FAILED, "what answered is not in the text format of Prometheus", hint=_PROBABLE_PATHS
        ) from error


def _parser(content_type: str) -> Callable[[str], Iterable[Metric]]:
    if content_type.startswith(_OPENMETRICS):
        from prometheus_client.openmetrics import parser as openmetrics  # noqa: PLC0415 - rarely needed

        return openmetrics.text_string_to_metric_families
    from prometheus_client import parser  # noqa: PLC0415 - 0.1 s of imports

    return parser.text_string_to_metric_families


def _bare_counters(content_type: str, text: str) -> frozenset[str]:
    """Return the counters whose names do not end in _total (Granian's): the parser adds that to them."""
    if content_type.startswith(_OPENMETRICS):
        return frozenset()  # there it belongs to the samples, and not to the name
    return frozenset(name for name in _COUNTER.findall(text) if not name.endswith(_TOTAL))


def _samples(families: Iterable[Metric], bare: Collection[str], deadline: float) -> Page:
    page: dict[str, dict[Labels, float]] = {}
    number = 0
    for family in families:
        for sample in family.samples:
            number += 1
            if number % _CHECK_EVERY == 0 and time.monotonic() > deadline:
                raise SourceFailed(Reason.TIMED_OUT, "the page is too long to be read in time")
            labels = pick(sample.labels, sample.labels)
            own = sample.name.removesuffix(_TOTAL)
            page.setdefault(own if own in bare else sample.name, {})[labels] = float(sample.value)
    return page


def _refuse_failure(status: int) -> None:
    if status in {401, 403}:
        raise SourceFailed(
            Reason.DENIED,
            f"the page refused access ({status})",
            hint="give credentials in the URL: http://USER:PASSWORD@HOST/metrics",
        )
    if status == 404:  # noqa: PLR2004 - the best known of all
        raise SourceFailed(Reason.ABSENT, "there is no metrics page at this path (404)", hint=_PROBABLE_PATHS)
    if status != 200:  # noqa: PLR2004 - likewise
        raise SourceFailed(
            Reason.FAILED, f"the page answered {status}", hint="its handler fails: see the service's log"
        )


def refuse_packed(encoding: str) -> None:
    """Refuse what was not asked for: a packed answer can be a thousand times larger than what arrives."""
    if encoding not in {"", "identity"}:
        raise SourceFailed(
            Reason.FAILED, "the answer came packed, unasked", hint="ask the server itself, past the proxy"
        )


def _fault(error: httpx.HTTPError, limit_s: float) -> SourceFailed:
    import httpx  # noqa: PLC0415 - as above

    match error:
        case httpx.ConnectTimeout():
            return SourceFailed(
                Reason.TIMED_OUT, "no connection in time", hint="check host, port and firewall"
            )
        case httpx.TimeoutException():
            return SourceFailed(
                Reason.TIMED_OUT,
                f"the port accepts connections, but the page did not come within {limit_s:.1f} s",
                hint="its event loop may be blocked, or all workers are busy: fastdiag snapshot --pid PID",
            )
        case httpx.ConnectError() if "certificate" in str(error).lower():
            return SourceFailed(
                Reason.FAILED,
                f"TLS failed: {error}",
                hint="is it your own authority's? SSL_CERT_FILE=FILE names a file with its certificate",
            )
        case httpx.ConnectError():
            return SourceFailed(
                Reason.FAILED,
                f"cannot connect: {error}",
                hint="is the service running, and is this its port?",
            )
        case _:
            return SourceFailed(
                Reason.FAILED,
                f"the connection broke off: {str(error) or type(error).__name__}",
                hint="did the service restart just now?",
            )

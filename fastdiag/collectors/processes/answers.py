"""How large the answers are, from the kernel's counts of what each client's connection carried.

A request without a body, as most are, is one segment of payload. So the bytes that a client has got, divided
by the segments that it has sent, are the mean size of its answers; no instrumentation is needed, and a
service that is too busy to be scraped cannot hide it. Requests with long bodies are several segments: among
them the figure is too low, never too high.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final

from fastdiag.collectors.processes.figures import Unseen, say_missing
from fastdiag.collectors.processes.sample import Carried, Sample
from fastdiag.collectors.sink import Sink
from fastdiag.model.signal import Bound, Reason

SIZE: Final = "http.response.bytes"
BIAS: Final = "bytes to clients over segments from them: with headers, and too low where requests have bodies"
NO_ANSWER: Final = "no client that kept its connection got an answer in these seconds"


def report(sink: Sink, samples: Sequence[Sample], *, unseen: Unseen | None) -> None:
    """Write the mean size of the answers that went out between the samples."""
    if unseen:
        say_missing(sink, unseen, SIZE)
        return
    sent = list(_answered(samples))
    requests = sum(segments for _, segments in sent)
    if not requests:
        sink.missing(SIZE, Reason.ABSENT, NO_ANSWER)
        return
    mean = sum(size for size, _ in sent) / requests
    sink.reading(SIZE, mean, bias=BIAS, bound=Bound.AT_LEAST)


def _answered(samples: Sequence[Sample]) -> Iterable[tuple[int, int]]:
    """Yield bytes and requests of each connection that got any.

    The request of an answer may have come before the first sample: there is at least one for each connection.
    """
    sums: dict[str, tuple[int, int]] = {}
    for before, after in pairwise(samples):
        for remote, now in after.carried.items():
            was = before.carried.get(remote, Carried(bytes_out=0, segments_in=0))
            if now.bytes_out < was.bytes_out or now.segments_in < was.segments_in:
                was = Carried(bytes_out=0, segments_in=0)  # another connection from the same port
            size, segments = sums.get(remote, (0, 0))
            sums[remote] = size + now.bytes_out - was.bytes_out, segments + now.segments_in - was.segments_in
    return ((size, max(1, segments)) for size, segments in sums.values() if size)

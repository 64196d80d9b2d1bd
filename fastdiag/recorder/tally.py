"""What the receiver has done since it was started, as metrics for Prometheus."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fastdiag.recorder.recording import Declined, Recording

if TYPE_CHECKING:
    from fastdiag.recorder.recorder import Recorder

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
RECORDED: Final = "recorded"


class Tally:
    """Counters of answers and outcomes; what lies in the directory is counted when somebody asks."""

    def __init__(self) -> None:
        from prometheus_client import (  # noqa: PLC0415 - slow to import
            CollectorRegistry,
            Counter,
            Gauge,
            disable_created_metrics,
        )

        # A gauge beside each counter that nobody asks for.
        disable_created_metrics()  # type: ignore[no-untyped-call]  # it has no annotations
        self._registry = CollectorRegistry()
        self._answers = Counter(
            "fastdiag_recorder_answers_total",
            "HTTP answers of the receiver by path and status code.",
            ("path", "code"),
            registry=self._registry,
        )
        self._outcomes = Counter(
            "fastdiag_recorder_triggers_total",
            "What became of triggers: recorded, or why they have no snapshot of their own.",
            ("outcome",),
            registry=self._registry,
        )
        self._troubles = Counter(
            "fastdiag_recorder_troubles_total",
            "What went wrong after a snapshot was kept: channels, history, index.",
            registry=self._registry,
        )
        self._files = Gauge(
            "fastdiag_recorder_snapshots", "Snapshots in the directory.", registry=self._registry
        )
        self._bytes = Gauge(
            "fastdiag_recorder_snapshots_bytes", "Size of them together.", registry=self._registry
        )
        self._last = Gauge(
            "fastdiag_recorder_last_snapshot_timestamp_seconds",
            "When the newest of them was taken; 0 when there is none.",
            registry=self._registry,
        )

    def answered(self, path: str, code: int) -> None:
        """Count an answer. ``path`` is one of ours: callers must not make as many series as they like."""
        self._answers.labels(path=path, code=str(code)).inc()

    def came(self, outcome: Recording | Declined) -> None:
        """Count what became of a trigger."""
        if isinstance(outcome, Recording):
            self._outcomes.labels(outcome=RECORDED).inc()
            self._troubles.inc(len(outcome.troubles))
        else:
            self._outcomes.labels(outcome=outcome.refusal.value).inc()

    def page(self, recorder: Recorder) -> bytes:
        """Return the metrics page."""
        from prometheus_client import generate_latest  # noqa: PLC0415 - slow to import

        stored = recorder.stored()
        self._files.set(len(stored))
        self._bytes.set(sum(one.bytes for one in stored))
        self._last.set(stored[-1].at if stored else 0.0)
        return generate_latest(self._registry)

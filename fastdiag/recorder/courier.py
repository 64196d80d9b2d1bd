"""What follows a recording: it is kept in the history, and whoever is to know is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from fastdiag.engine.headroom import headroom
from fastdiag.model.history_place import HistoryPlace
from fastdiag.model.notify import Notify
from fastdiag.model.report import Report
from fastdiag.model.rule import Rulebook
from fastdiag.recorder.recording import Recording
from fastdiag.redact import Redactor
from fastdiag.reporting.deliver import Sender, deliver
from fastdiag.reporting.past import Present, join


@dataclass(frozen=True, slots=True, kw_only=True)
class Courier:
    """Keeps and tells; a ``Send`` of the recorder.

    history  where diagnoses are kept; None for nowhere
    """

    notify: Notify
    history: HistoryPlace | None
    rulebook: Rulebook
    sender: Sender = field(default_factory=Sender.here)

    def __call__(self, recording: Recording) -> tuple[str, ...]:
        """Keep a recording and tell of it. Return what did not work, in sentences."""
        return tuple(self._troubles(recording))

    def _troubles(self, recording: Recording) -> Iterator[str]:
        diagnosis = recording.diagnosis
        present = Present(diagnosis=diagnosis, host=self.sender.host, occasion=recording.trigger.occasion)
        joined = join(self.history, present)
        yield from joined.trouble
        report = Report(
            diagnosis=diagnosis, headroom=headroom(diagnosis.snapshot, self.rulebook), past=joined.past
        )
        said = f"{recording.trigger.occasion} {recording.trigger.why}; kept as {recording.file}"
        told = deliver(
            report,
            self.notify,
            rulebook=self.rulebook,
            because=Redactor.of(()).text(said),
            sender=self.sender,
        )
        yield from (str(one) for one in (*told.messages, *told.metrics) if one.error is not None)
        if told.trouble:
            yield told.trouble

"""How the service logs: one look at the end of each of its logs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

from fastdiag.collectors.logs.facts import MAX_RECORDS, SIGNALS, fields_of, write_facts
from fastdiag.collectors.logs.opening import look_first, open_logs
from fastdiag.collectors.logs.records import Record, records_of
from fastdiag.collectors.sink import Sink
from fastdiag.coverage.facts import LogSight
from fastdiag.model.target import Target

NO_RECORDS: Final = "the log is empty"


def look(target: Target, sink: Sink) -> LogSight:
    """Read the newest records.

    Raises SourceSkipped where no log is known, SourceFailed where none can be read.
    """
    with open_logs(target, sink) as logs:
        looks = look_first(logs, sink)
    records = [record for look in looks for record in records_of(look.batch.lines)][-MAX_RECORDS:]
    write_facts(records, sink)
    if not records:
        sink.problem(NO_RECORDS)
    return LogSight(
        records=len(records),
        shares={name: sum(map(holds, records)) / max(1, len(records)) for name, holds in SIGNALS.items()},
        fields=fields_of(records),
        age_s=_age(records),
    )


def _age(records: Sequence[Record]) -> float | None:
    """Return how old the newest record is; a time without its zone tells nothing to another machine."""
    stamps = (record.stamp for record in records)
    own = [stamp.seconds for stamp in stamps if stamp and not stamp.is_local]
    times = [*own, *(record.at for record in records if record.at is not None)]
    return max(0.0, time.time() - max(times)) if times else None

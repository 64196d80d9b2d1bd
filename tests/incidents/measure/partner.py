"""What a partner counts while one looks: the service has no part in it."""

import time
from dataclasses import dataclass

from tests.incidents.stage import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerView:
    """Two seconds of the upstream, and the CPU cores that the service used meanwhile."""

    calls_per_s: float
    turned_away_ratio: float
    service_cores: float

    def __str__(self) -> str:
        return (
            f"the partner counts {self.calls_per_s:.0f} calls a second, turns {self.turned_away_ratio:.0%} "
            f"away; {self.service_cores:.2f} cores busy"
        )


def watch_partner(stage: Stage) -> PartnerView:
    """Look for two seconds."""
    started, before = time.monotonic(), stage.upstream.counts()
    cores = stage.service_cores()
    seconds, after = time.monotonic() - started, stage.upstream.counts()
    calls = after.calls - before.calls
    return PartnerView(
        calls_per_s=calls / seconds,
        turned_away_ratio=(after.turned_away - before.turned_away) / max(1, calls),
        service_cores=cores,
    )

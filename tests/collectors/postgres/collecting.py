"""Runs the collector as `fastdiag snapshot` does, and reads what it brought home."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from fastdiag.collectors.gather import gather
from fastdiag.collectors.postgres import collect
from fastdiag.model.quantity import Unit
from fastdiag.model.signal import Catalogue, CollectorSource, Missing, Part, Reading, Signal
from fastdiag.model.snapshot import SourceState
from fastdiag.model.target import Secret, Target

DEADLINE_S: Final = 3.0  # the gap between the samples is 40 % of it
DEFINITIONS: Final = Path(__file__).parents[3] / "rules" / "signals"

FILES: Final = ("database.yaml", "pool.yaml", "pgbouncer.yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What the collector brought home."""

    state: SourceState
    readings: Mapping[str, Reading]
    missing: Mapping[str, Missing]

    def value(self, signal: str) -> float | None:
        """Return the value of a signal that must have been read."""
        assert signal in self.readings, f"{signal} is {self.missing.get(signal)}"
        return self.readings[signal].value

    def parts(self, signal: str, **labels: str) -> list[Part]:
        """Return the parts of a reading that carry these labels."""
        return [part for part in self.readings[signal].by if labels.items() <= dict(part.labels).items()]

    def everything_said(self) -> str:
        """Return all words that could reach a user."""
        return f"{self.state} {self.readings} {self.missing}"


def collected(  # noqa: PLR0913 - one parameter a field of Target
    dsn: str | None,
    *,
    deadline_s: float = DEADLINE_S,
    endpoints: tuple[tuple[str, int], ...] = (),
    slow_s: float = 1.0,
    is_own: bool = True,
    poolers: tuple[tuple[str, int], ...] = (),
) -> Brought:
    """Look at a database through its DSN, or at an endpoint without one; ``is_own``: it is the service's."""
    target = Target(
        postgres=None if dsn is None else Secret(dsn),
        database_endpoints=endpoints,
        is_own_database=is_own,
        poolers=poolers,
        deadline_s=deadline_s,
        slow_s=slow_s,
    )
    (found,) = gather(target, catalogue(), {"postgres": collect})
    return Brought(state=found.state, readings=found.readings, missing=found.missing)


def catalogue() -> Catalogue:
    """Return the definitions of the database signals, as far as the collector needs them."""
    files = [yaml.safe_load((DEFINITIONS / name).read_text(encoding="utf-8")) for name in FILES]
    definitions = {name: fields for file in files for name, fields in file.items()}
    return Catalogue({name: _signal(name, fields) for name, fields in definitions.items()})


def _signal(name: str, fields: Mapping[str, object]) -> Signal:
    sources = fields.get("sources") or []
    assert isinstance(sources, list)
    collectors = [source["collector"] for source in sources if "collector" in source]
    return Signal(
        id=name,
        unit=Unit(str(fields["unit"])),
        title=str(fields["title"]),
        sources=tuple(CollectorSource(collector=collector) for collector in collectors),
    )

"""An invented table with examples: two causes, of which one row each is tested badly."""

from pathlib import Path
from typing import Final

from fastdiag.model.rule import Rulebook
from tests.engine.tables import book

POOL: Final = """
driven_by: [locks]
evidence:
  for:
    - {when: "x.queue >= 1", weight: decisive, because: requests queue}
    - {when: {any: ["x.size >= 5", "x.rate > 900/s"]}, weight: weak, because: much of it}
  against:
    - {when: "x.cpu > 90%", weight: decisive, because: it computes}
examples:
  - {name: a queue, given: {x.latency: 4s, x.queue: 3}, expect: {rank: 1, at_least: likely}}
  - {name: no queue, given: {x.latency: 4s, x.queue: 0}, expect: {at_most: unlikely}}
"""
LOCKS: Final = """
evidence:
  for:
    - {when: "x.lag > 1s", weight: decisive, because: something holds a lock}
    - {when: "x.rate > 5/s", weight: weak, because: many come}
  against:
    - {when: "x.lag < 10ms", weight: decisive, because: nothing waits for a lock}
examples:
  - {name: a lock, given: {x.latency: 4s, x.lag: 9s, x.rate: 9/s}, expect: {rank: 1, at_least: possible}}
  - {name: no lock, given: {x.latency: 4s, x.lag: 1ms, x.rate: 1/s}, expect: ruled out}
"""


def table(folder: Path) -> Rulebook:
    return book(folder, pool=POOL, locks=LOCKS)

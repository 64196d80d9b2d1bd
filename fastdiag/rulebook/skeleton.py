"""Rule files to start from: valid as they stand, with a comment at everything that is to be filled in."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from fastdiag.rulebook.rows import ID as CAUSE_ID
from fastdiag.rulebook.signals import ID as SIGNAL_ID


class Part(StrEnum):
    """What of the table a skeleton adds."""

    CAUSE = "cause"
    SIGNAL = "signal"
    SCENARIO = "scenario"


CAUSE: Final = """\
# yaml-language-server: $schema=../schema/causes.json
# All about one cause, in the order in which an on-call engineer reads it. The file bears its name.
# `fastdiag rules lint --rules {folder}` checks it, `fastdiag explain {id} --rules {folder}` prints it.
schema: 1
id: {id}
# replaces: old-id                                   # takes its place; the old id stays known
title: "Say in one sentence what is broken"          # as it stands in the headline
kind: failure                                        # or visibility: it only keeps people from seeing why
explains: [high-latency]                             # symptoms that it brings about: `fastdiag rules list`
# driven_by: [database-locks]                        # causes of which this one is a real consequence
# distorts: [http.latency.p95]                       # signals that it falsifies
layer: application                                   # application, orm session, database, infrastructure
assumption: defaults are production-safe             # what teams take for granted, and this disproves
why: >
  The mechanism, in two or three sentences: what waits for what, and why it does not show.
evidence:
  # A condition compares a signal with a value: `fastdiag signals` lists them. all, any and not combine.
  # weight: weak, moderate, strong or decisive (a decisive row against it rules the cause out).
  for:
    - {{when: "http.latency.p95 > $slow", weight: weak, because: requests are slow}}
  against:
    - {{when: "http.latency.p95 < 50ms", weight: strong, because: requests are fast}}
check:
  - run: "fastdiag snapshot"                         # read-only, and can be pasted
    look_for: what one would see
fix:
  now: What stops the bleeding.
  then: What removes the cause.
  avoid: What makes it worse, although it is the first idea.
references: []                                       # links that prove what stands above
examples:                                            # `fastdiag rules test {id} --rules {folder}` runs them
  - name: the situation that the cause is made for
    given: {{http.latency.p95: 4s}}
    expect: {{at_most: likely}}
  - name: its closest rival is at work
    given: {{http.latency.p95: 20ms}}
    expect: {{at_most: unlikely}}
  - name: little is seen
    given: {{service.cpu: 20%}}
    expect: {{at_most: possible}}
"""
SIGNAL: Final = """\
# yaml-language-server: $schema=../schema/signals.json
# A quantity with a unit, and where it comes from. The first source that yields it is taken.
schema: 1
{id}:
  unit: count                                        # s, ratio, count, bytes or 1/s
  title: what it means, in one phrase
  sources:
    - {{gauge: my_metric_name, library: ours}}         # its latest value, summed over the instances
    # - {{counter: my_events_total, library: ours}}    # per second, over the window
    # - {{histogram: my_duration_seconds, quantile: 0.95, by: route, library: ours}}
    # - {{promql: 'sum(my_metric{{$selector}})', library: ours}}
    # - {{log: "text of a line", library: ours}}       # how often it was written in the window
  obtain: {{run: "curl -s http://localhost:8000/metrics | grep my_metric", cost_s: 1}}
  # replaces: old.name                               # takes its place; the old name stays known
"""
SCENARIO: Final = """\
# yaml-language-server: $schema=../schema/scenarios.json
# Whole situations, and the ranking that the table must make of each: one file holds several.
# `fastdiag rules test --rules {folder}` runs them.
- name: "{id}"
  # snapshot: {id}.json                              # of `fastdiag snapshot --save`, beside this file; or:
  given: {{service.cpu: 20%, http.latency.p95: 4s, db.pool.utilization: 100%, db.pool.waiting: 14}}
  # observed: [hanging-requests]                     # symptoms that a person reported
  expect:
    status: critical                                 # ok, warning, critical or inconclusive
    ranking:                                         # who comes first, in this order
      - {{cause: db-pool-exhaustion, at_least: likely}}
    causes:                                          # what else must become of single causes
      event-loop-blocking: {{at_most: unlikely}}       # unlikely, possible, likely, very likely; or ruled out
"""


def skeleton(part: Part, name: str, folder: str) -> str:
    """Return the text of a new file for ``folder``."""
    texts = {Part.CAUSE: CAUSE, Part.SIGNAL: SIGNAL, Part.SCENARIO: SCENARIO}
    return texts[part].format(id=name, folder=folder)


def place(part: Part, name: str) -> str:
    """Return where in a folder of rules the file belongs."""
    return f"{part}s/{name}.yaml"


def is_name(part: Part, name: str) -> bool:
    """Whether something may be called so."""
    return bool((SIGNAL_ID if part is Part.SIGNAL else CAUSE_ID).fullmatch(name))

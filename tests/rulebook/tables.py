"""A small table that is right; each test writes it with the one change that its story is about."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from fastdiag.errors import RuleError
from fastdiag.located.located_yaml import Node, compose
from fastdiag.located.problems import Problems
from fastdiag.model.quantity import Quantity, Unit, parse_quantity
from fastdiag.rulebook.load import load_rulebook
from fastdiag.rulebook.vocabulary import Vocabulary

PARAMETERS: Final = """\
slow: 1s
errors: 2%
many: 5
"""
SIGNALS: Final = """\
http.latency.p95:
  unit: s
  title: 95th percentile of request latency
  sources: [{histogram: http_request_duration_seconds, quantile: 0.95, library: starlette_exporter}]
service.cpu:
  unit: ratio
  title: CPU used by the service
  sources: [{collector: processes}]
db.pool.in_use:
  unit: count
  title: connections checked out of the pool
  sources: [{gauge: db_client_connections_usage, library: opentelemetry}]
db.pool.size:
  unit: count
  title: connections the pool may open
  sources: [{gauge: db_client_connection_max, library: opentelemetry}]
db.pool.utilization:
  unit: ratio
  title: pool connections that are checked out
  formula: db.pool.in_use / db.pool.size
"""
SYMPTOMS: Final = """\
- id: low-cpu-high-latency
  title: CPU is low, but latency is high
  when: {all: ["service.cpu < 50%", "http.latency.p95 > $slow"]}
  means: Requests are waiting for something, not computing.
  suspects: [db-pool-exhaustion]
"""
CAUSE: Final = """\
id: db-pool-exhaustion
title: The database connection pool is exhausted
explains: [low-cpu-high-latency]
assumption: databases scale linearly
why: Requests queue for a connection.
evidence:
  for:
    - {when: "db.pool.utilization >= 95%", weight: strong, because: almost every connection is checked out}
  against:
    - {when: "db.pool.utilization < 70%", weight: decisive, because: the pool still has free connections}
check:
  - {run: fastdiag snapshot, look_for: a full pool}
fix: {now: find what holds the connections, then: size the pool on purpose, avoid: adding workers}
examples:
  - name: full pool
    given: {service.cpu: 20%, http.latency.p95: 4s, db.pool.utilization: 100%}
    expect: {rank: 1, at_least: likely}
  - name: half-empty pool
    given: {service.cpu: 20%, http.latency.p95: 4s, db.pool.utilization: 45%}
    expect: ruled out
  - name: the pool is not seen
    given: {service.cpu: 20%, http.latency.p95: 4s, db.pool.utilization: missing}
    expect: possible
layer: orm session
"""
TABLE: Final[Mapping[str, str]] = {
    "parameters.yaml": PARAMETERS,
    "symptoms.yaml": SYMPTOMS,
    "signals/all.yaml": SIGNALS,
    "causes/db-pool-exhaustion.yaml": CAUSE,
}
CAUSE_FILE: Final = "causes/db-pool-exhaustion.yaml"
SIGNAL_FILE: Final = "signals/all.yaml"

WORDS: Final = Vocabulary(
    units={
        "db.pool.in_use": Unit.COUNT,
        "db.pool.size": Unit.COUNT,
        "db.pool.utilization": Unit.RATIO,
        "http.latency.p95": Unit.SECONDS,
        "http.rps": Unit.PER_SECOND,
        "process.rss": Unit.BYTES,
        "service.cpu": Unit.RATIO,
        "workers.cpu.max": Unit.RATIO,
    },
    parameters={"slow": parse_quantity("1s"), "errors": parse_quantity("2%"), "many": Quantity(5, None, "5")},
)


def write(folder: Path, files: Mapping[str, str] = TABLE) -> Path:
    """Write rule files and return their folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def changed(file: str, old: str, new: str) -> dict[str, str]:
    """Return the table with one text replaced."""
    text = TABLE[file]
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
    return {**TABLE, file: text.replace(old, new)}


def refusal(folder: Path, files: Mapping[str, str]) -> str:
    """Return the error text with which a table is refused."""
    with pytest.raises(RuleError) as caught:
        load_rulebook(write(folder / "rules", files))
    return str(caught.value)


def tree(text: str) -> Node:
    """Return the tree of a YAML text that is right."""
    problems = Problems()
    node = compose(text, "x.yaml", problems)
    assert node is not None
    assert problems.found == []
    return node


def faults(problems: Problems) -> str:
    """Return what was noted, as users see it."""
    return "\n".join(map(str, problems.found))

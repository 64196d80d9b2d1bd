"""A process that keeps runs in a history and says so: `python -m tests.history.writer PLACE RUNS PADDING`."""

from __future__ import annotations

import sys
from pathlib import Path

from fastdiag.history.open import open_store
from fastdiag.history.store import HistoryPlace, Keep
from fastdiag.model.target import Secret
from tests.history.runs import run


def main() -> None:
    """Print the id of each run as soon as it is kept."""
    where, number, padding = sys.argv[1:]
    store = Secret(where) if where.startswith("postgresql://") else Path(where)
    history = open_store(HistoryPlace(store=store, keep=Keep(age_s=1e9)))
    for step in range(int(number)):
        print(history.add(run(step), f'"{step} {"x" * int(padding)}"'), flush=True)  # noqa: T201 - that is its use


if __name__ == "__main__":
    main()

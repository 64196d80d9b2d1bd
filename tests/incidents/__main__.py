"""`python -m tests.incidents`: run incidents, print the table of results, write it to RESULTS.md.

--list names them; NAME... runs only those (RESULTS.md then stays as it is); --save DIR keeps the snapshots;
--confirm brings the faults about and confirms them without asking fastdiag.
"""

import argparse
import sys
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from tests.incidents.bench import manifest, run
from tests.incidents.model import Incident
from tests.incidents.registry import every_incident
from tests.incidents.report import markdown
from tests.stack.postgres import Cluster, postgres

T = TypeVar("T")

RESULTS: Final = Path(__file__).with_name("RESULTS.md")


def main() -> None:
    """Translate the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.incidents", description="Run live incidents.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these incidents")
    parser.add_argument("--list", action="store_true", help="name the incidents and end")
    parser.add_argument("--confirm", action="store_true", help="only bring the faults about and confirm them")
    parser.add_argument("--save", type=Path, metavar="DIR", help="keep the snapshots there")
    options = parser.parse_args()
    known = {incident.name: incident for incident in every_incident()}
    if unknown := sorted(set(options.names) - known.keys()):
        parser.error(f"no such incident: {', '.join(unknown)} (there are: {', '.join(known)})")
    chosen = [known[name] for name in options.names or known]
    if options.list:
        _print("\n".join(f"{incident.name}: {incident.story}" for incident in chosen))
    elif options.confirm:
        _confirm_all(chosen)
    else:
        _run_all(chosen, save=options.save, write=not options.names)


def _confirm_all(chosen: list[Incident]) -> None:
    def confirm(incident: Incident, cluster: Cluster) -> str:
        with manifest(incident, cluster) as (_, confirmed, seconds):
            return f"after {seconds:.0f} s: {confirmed.measured}"

    with postgres() as cluster:
        for incident in chosen:
            _print(f"{incident.name}: {_attempt(partial(confirm, incident, cluster)) or 'not confirmed'}")


def _run_all(chosen: list[Incident], *, save: Path | None, write: bool) -> None:
    if save is not None:
        save.mkdir(parents=True, exist_ok=True)
    with postgres() as cluster:
        attempts = [_attempt(partial(run, incident, cluster, save=save)) for incident in chosen]
    outcomes = [outcome for outcome in attempts if outcome is not None]
    missed = [one.name for one, outcome in zip(chosen, attempts, strict=True) if outcome is None]
    table = markdown(outcomes, missed)
    _print(table)
    if write and outcomes:
        RESULTS.write_text(table, encoding="utf-8")
    if missed:
        sys.exit(f"{len(missed)} of {len(chosen)} incidents could not be judged (see above)")


def _attempt(work: Callable[[], T]) -> T | None:
    """Let one incident fail without taking the others with it."""
    try:
        return work()
    except AssertionError as failure:
        sys.stderr.write("".join(traceback.format_exception_only(failure)))
        return None


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

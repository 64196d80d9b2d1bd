"""`python -m tests.incidents`: bring live incidents about, ask fastdiag, and say how right it is.

--list names them; NAME... runs only those; --record keeps the snapshots in tests/incidents/recorded, which
`python -m tests.incidents.score` counts; --save DIR keeps them elsewhere; --confirm brings the faults about
and confirms them without asking fastdiag. --instrumented adds `fastdiag.instrument` to each service: then
--record keeps the snapshots in tests/incidents/recorded/instrumented.
"""

import argparse
import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from tests.incidents.bench import manifest, run
from tests.incidents.beside.statements import PRELOADED
from tests.incidents.instrumented import INSTRUMENTED, instrumented
from tests.incidents.judge import shortcomings
from tests.incidents.model import Incident, Outcome
from tests.incidents.recorded import FOLDER, Record, digest, keep, snapshot_file
from tests.incidents.registry import every_incident
from tests.incidents.score.judged import judged_outcome
from tests.incidents.views import View
from tests.stack.postgres import Cluster, postgres

SHOWN = (View.ALL, View.MACHINE_AND_POSTGRES, View.MACHINE)


def main() -> None:
    """Translate the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.incidents", description="Run live incidents.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these incidents")
    parser.add_argument("--list", action="store_true", help="name the incidents and end")
    parser.add_argument("--confirm", action="store_true", help="only bring the faults about and confirm them")
    parser.add_argument("--instrumented", action="store_true", help="with fastdiag.instrument in the service")
    keeping = parser.add_mutually_exclusive_group()
    keeping.add_argument("--record", action="store_true", help="keep the snapshots as the recorded set")
    keeping.add_argument("--save", type=Path, metavar="DIR", help="keep the snapshots there")
    options = parser.parse_args()
    known = {incident.name: incident for incident in every_incident()}
    if unknown := sorted(set(options.names) - known.keys()):
        parser.error(f"no such incident: {', '.join(unknown)} (there are: {', '.join(known)})")
    chosen = [known[name] for name in options.names or known]
    recorded = FOLDER
    if options.instrumented:
        chosen, recorded = [instrumented(incident) for incident in chosen], INSTRUMENTED
    if options.list:
        _print("\n".join(f"{incident.name}: {incident.story}" for incident in chosen))
    elif options.confirm:
        _each(chosen, _confirm)
    else:
        _run_all(chosen, recorded if options.record else options.save, note=options.record)


def _run_all(chosen: Sequence[Incident], folder: Path | None, *, note: bool) -> None:
    with ExitStack() as leave:
        kept = folder or Path(leave.enter_context(tempfile.TemporaryDirectory(prefix="fastdiag-incidents-")))
        kept.mkdir(parents=True, exist_ok=True)
        _each(chosen, partial(_run, folder=kept, note=note))


def _run(incident: Incident, cluster: Cluster, *, folder: Path, note: bool) -> str:
    outcome = run(incident, cluster, snapshot_file(incident.name, folder))
    if note:
        keep(incident.name, _record(outcome), folder)
    lines = [f"after {outcome.manifested_after_s:.0f} s: {outcome.confirmed.measured}"]
    for view in SHOWN:
        judged = judged_outcome(outcome, view)
        wrong = shortcomings(judged)
        lines.append(f"  {view.words}: {judged}" + (f"; falls short: {'; '.join(wrong)}" if wrong else ""))
    return "\n".join(lines)


def _record(outcome: Outcome) -> Record:
    return Record(
        measured=outcome.confirmed.measured,
        confirmed_s=round(outcome.manifested_after_s, 1),
        answered_s=round(outcome.answered_s, 1),
        sha256=digest(outcome.snapshot),
    )


def _confirm(incident: Incident, cluster: Cluster) -> str:
    with manifest(incident, cluster) as (_, confirmed, seconds):
        return f"after {seconds:.0f} s: {confirmed.measured}"


def _each(chosen: Sequence[Incident], work: Callable[[Incident, Cluster], str]) -> None:
    """Bring each incident about, one at a time; one that fails does not take the others with it."""
    missed = []
    with postgres(settings=PRELOADED) as cluster:
        for place, incident in enumerate(chosen, start=1):
            unmet = ", ".join(need.value for need in incident.unmet)
            told = f"needs {unmet}" if unmet else _attempt(partial(work, incident, cluster))
            if unmet or told is None:
                missed.append(incident.name)
            _print(f"[{place}/{len(chosen)}] {incident.name}: {told or 'did not come about (see above)'}")
    if missed:
        sys.exit(f"{len(missed)} of {len(chosen)} incidents did not come about: {', '.join(missed)}")


def _attempt(work: Callable[[], str]) -> str | None:
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

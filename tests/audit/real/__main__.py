"""Measure the audit on real applications: `python -m tests.audit.real FOLDER [--fetch] [--tools DIR]`.

FOLDER holds the five applications, each in a folder of its name; --fetch clones those that are not there, at
the commits that are measured. The other tools are installed into a virtual environment in the user's cache
unless --tools names the folder of their commands; flake8-async takes minutes. With --keep their alerts are
those of the last record, for they do not change with our checks.

Figures go to measured.json and MEASURED.md beside this file; without FOLDER only the page is written anew.
Ends with 1 when a finding of the sample has no verdict, an alert of another tool no explanation, or a drawn
route was not read.
"""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path

from platformdirs import user_cache_path

from tests.audit.real import record, sheets
from tests.audit.real.applications import APPLICATIONS
from tests.audit.real.measure import measure
from tests.audit.real.page import PATH, Sheets, page, unexplained
from tests.audit.real.routes import draw_routes, routes
from tests.audit.real.sample import draw
from tests.audit.real.tools import Alert, alerts, install, versions
from tests.audit.real.verdicts import unread


def main() -> int:
    """Measure, and write the page; without a folder only the page, from the last record."""
    options = _options()
    if options.folder is not None:
        last = record.read() if options.keep else None
        record.write(_measured(options.folder, options.tools, last))
    kept = record.read()
    read = Sheets(readings=sheets.readings(), others=sheets.others(), routes=sheets.read_routes())
    PATH.write_text(page(kept, read), encoding="utf-8")
    return _complain(kept, read)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.audit.real", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="without it, only the page is written anew")
    parser.add_argument("--fetch", action="store_true", help="clone what is not there")
    parser.add_argument("--keep", action="store_true", help="the other tools' alerts are those of last time")
    parser.add_argument("--tools", type=Path, help="folder of the commands ruff, flake8 and ty-async")
    options = parser.parse_args()
    if options.folder is not None and options.fetch:
        for application in APPLICATIONS:
            application.fetch(options.folder)
    if options.folder is not None and options.tools is None and not options.keep:
        options.tools = install(user_cache_path("fastdiag-measure") / "tools")
    return options


def _measured(folder: Path, tools: Path | None, last: record.Record | None) -> record.Record:
    bench = tools.resolve() if tools else Path()
    kept = {one.application: [told.alert for told in one.theirs] for one in last.applications} if last else {}
    both = []
    for application in APPLICATIONS:
        print(f"{application.name} ...", file=sys.stderr, flush=True)  # noqa: T201 - progress of a benchmark
        others = partial(_again, kept[application.name]) if last else partial(alerts, bench)
        both.append(measure(application, folder, others))
    return record.Record(
        versions=last.versions if last else versions(bench),
        applications=tuple(summary for summary, _ in both),
        sample=tuple(draw(finding for _, findings in both for finding in findings)),
        routes=tuple(draw_routes(routes(one.name, folder / one.name) for one in APPLICATIONS)),
    )


def _again(kept: list[Alert], _tree: Path) -> list[Alert]:
    return kept


def _complain(kept: record.Record, read: Sheets) -> int:
    """Say what nobody has read, and which verdicts are about findings that are no longer drawn."""
    faults = [
        f"no verdict: {one.application} {one.path}:{one.line} {one.check} {one.fingerprint}"
        for one in unread(kept, read.readings)
    ]
    faults += [f"not explained: {where}" for where in unexplained(kept, read.others)]
    known = {(one.application, one.path, one.function) for one in read.routes}
    faults += [
        f"route not read: {one.application} {one.path}:{one.line} {one.function}"
        for one in kept.routes
        if (one.application, one.path, one.function) not in known
    ]
    drawn = {(one.application, one.fingerprint) for one in kept.sample}
    gone = [one for one in read.readings if (one.application, one.fingerprint) not in drawn]
    notes = [
        f"no longer drawn: {one.application} {one.path}:{one.line} {one.check} {one.fingerprint}"
        for one in gone
    ]
    print(*faults, *notes, sep="\n")  # noqa: T201 - a benchmark prints
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

"""`fastdiag coverage`: the observability checklist, answered for a running service."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final

import typer

from fastdiag.cli import complete
from fastdiag.cli.options import Format, OutputOption, Presentation, TextFormatOption
from fastdiag.cli.takes import takes
from fastdiag.cli.target_options import Config, Rules, Targets
from fastdiag.errors import FastdiagError, nearest

if TYPE_CHECKING:
    from fastdiag.cli.stdout import Screen
    from fastdiag.config.flags import Flags
    from fastdiag.model.checklist import Coverage

HELP: Final = """Answer the observability checklist: what can be seen of a service before it fails.

Twelve items, each visible, not visible or cannot tell, from Prometheus, the metrics page, logs and a
trivial request: which metric, log field or header shows it, how fresh and how good it is (buckets that tell
your objective, the parameter `slow`; endpoints by template; statuses one by one), and the few lines that
add what is missing for the libraries that the service uses.

\b
Examples:
  fastdiag coverage
  fastdiag coverage --prometheus http://prom:9090 --service shop
  fastdiag coverage --app-url http://127.0.0.1:8000 --log app.log -v
  fastdiag coverage --fail-under 9
  fastdiag coverage --fail-under 75% -f markdown -o coverage.md
"""
EXIT_CODES: Final = """\b
Exit codes:
  0  answered, however little is visible
  1  fewer items are visible than --fail-under
  2  wrong use, configuration or rules
  3  nothing could be looked at
  4  internal error; FASTDIAG_DEBUG=1 shows where
"""
SOURCES: Final = ("prometheus", "scrape", "logs", "probe", "workers")
"""Those that show a service to the people who run it."""
TOO_FEW: Final = 1
NOTHING_SEEN: Final = 3
_HINT: Final = "a number of items, such as 9, or a share, such as 75%"


@dataclass(frozen=True, slots=True)
class Least:
    """How many items have to be visible: a number, or a share of them."""

    value: float
    is_share: bool

    def is_met(self, coverage: Coverage) -> bool:
        """Whether enough are."""
        least = self.value * len(coverage.items) if self.is_share else self.value
        return coverage.visible >= least


def parse_least(text: str) -> Least:
    """Return `9` or `75%`. Raise FastdiagError for what is neither."""
    digits = text.strip().removesuffix("%")
    is_share = digits != text.strip()
    if not digits.isdecimal() or not digits.isascii():
        raise FastdiagError(f"--fail-under is {text!r}", hint=_HINT)
    number = int(digits[:9])
    if is_share and number > 100:  # noqa: PLR2004 - per cent
        raise FastdiagError(f"--fail-under is {text!r}, and no share is more than 100%", hint=_HINT)
    return Least(number / 100 if is_share else float(number), is_share)


def complete_source(incomplete: str) -> Iterable[str]:
    """Complete --only and --skip."""
    return complete.matching(SOURCES, incomplete)


FailUnderOption = Annotated[
    Least | None,
    typer.Option(
        "--fail-under",
        metavar="NUMBER",
        parser=parse_least,
        help="Exit with 1 when fewer items are visible: a number, or a share such as 75%.",
    ),
]
VerboseCoverageOption = Annotated[
    bool,
    typer.Option("--verbose", "-v", help="Say of every item why it matters and all that was looked for."),
]


class Limits:
    """Which sources are asked, and how long an answer may take."""

    only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SOURCE",
            autocompletion=complete_source,
            help="Ask only prometheus, scrape, logs, probe or workers; repeatable.",
        ),
    ]
    skip: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SOURCE", autocompletion=complete_source, help="Do not ask this source; repeatable."
        ),
    ]
    deadline: Annotated[
        str | None, typer.Option(metavar="TIME", help="Answer after so long at most. [default: 10s]")
    ]


@takes(Config, Targets, Limits, Rules)
def coverage(
    *,
    flags: Flags,
    format_: TextFormatOption = Format.AUTO,
    output: OutputOption = None,
    fail_under: FailUnderOption = None,
    verbose: VerboseCoverageOption = False,
) -> int:
    """Translate the options, and run; the help is ``HELP``."""
    return _run(flags, Presentation(format=format_, output=output, verbose=verbose), fail_under)


def _run(flags: Flags, how: Presentation, least: Least | None) -> int:
    from fastdiag.cli.files import check_writable  # noqa: PLC0415 - --help must not load the whole program
    from fastdiag.cli.progress import note, progress  # noqa: PLC0415 - likewise
    from fastdiag.config.settings import load_settings  # noqa: PLC0415 - likewise
    from fastdiag.coverage.look import look  # noqa: PLC0415 - likewise

    _check_sources(flags)
    settings = load_settings(flags)
    check_writable("--output", how.output)
    with progress() as report:
        found = look(settings, report)
    for text in found.notes:
        note(text)
    from fastdiag.cli.show import deliver  # noqa: PLC0415 - not before the sources are asked

    deliver(how, lambda form, on: _text(found, form, on, verbose=how.verbose))
    return _exit_code(found, least)


def _check_sources(flags: Flags) -> None:
    """Refuse the sources of a snapshot that say nothing of what people can see."""
    for name in (*flags.only, *flags.skip):
        if name not in SOURCES:
            hint = nearest(name, SOURCES) or f"there are {', '.join(SOURCES)}"
            raise FastdiagError(f"the checklist is not answered by {name!r}", hint=hint)


def _exit_code(found: Coverage, least: Least | None) -> int:
    if not any(how.startswith(("ok", "partial")) for how in found.sources.values()):
        return NOTHING_SEEN
    return 0 if least is None or least.is_met(found) else TOO_FEW


def _text(found: Coverage, form: Format, on: Screen, *, verbose: bool) -> str:
    match form:
        case Format.JSON:
            from fastdiag.render.coverage import json as coverage_json  # noqa: PLC0415 - only what is asked for

            return coverage_json.render(found)
        case Format.MARKDOWN:
            from fastdiag.render.coverage import markdown as coverage_markdown  # noqa: PLC0415 - likewise

            return coverage_markdown.render(found)
        case Format.TERMINAL | Format.AUTO | Format.HTML:  # the options refuse html
            from fastdiag.render.coverage import terminal as screen  # noqa: PLC0415 - likewise

            return screen.render(found, width=on.width, color=on.color, encoding=on.encoding, verbose=verbose)

"""`fastdiag sources`: what can be seen from here, and what it would take to see more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fastdiag.cli.options import Format, OutputOption, Presentation, TextFormatOption, VerboseSourcesOption
from fastdiag.cli.takes import takes
from fastdiag.cli.target_options import Asking, Config, Targets

if TYPE_CHECKING:
    from fastdiag.cli.stdout import Screen
    from fastdiag.config.flags import Flags
    from fastdiag.model.survey import Survey

NOTHING_WORKS: Final = 3
HELP: Final = """Test every source, and say what it yields, what it lacks, and what to grant or set.

Asks as `snapshot` does, with the same deadline, and changes nothing: each source with what it was pointed
at and where that came from, how many of its signals it yields, what it cost. "To see more" lists exact SQL
and options, what shows most first.

\b
Examples:
  fastdiag sources
  fastdiag sources --postgres postgresql://fastdiag@db/shop
  fastdiag sources --only prometheus -v
  fastdiag sources -f json | jq '.sources[] | {name, status}'
"""
EXIT_CODES: Final = """\b
Exit codes:
  0  at least one source works
  2  wrong use or configuration
  3  none does
  4  internal error; FASTDIAG_DEBUG=1 shows where
"""


@takes(Config, Targets, Asking)
def sources(
    *,
    flags: Flags,
    format_: TextFormatOption = Format.AUTO,
    output: OutputOption = None,
    verbose: VerboseSourcesOption = False,
) -> int:
    """Translate the options, and run; the help is ``HELP``."""
    return _run(flags, Presentation(format=format_, output=output, verbose=verbose))


def _run(flags: Flags, how: Presentation) -> int:
    from fastdiag import pipeline  # noqa: PLC0415 - --help must not load the whole program
    from fastdiag.cli.files import check_writable  # noqa: PLC0415 - likewise
    from fastdiag.cli.progress import note, progress  # noqa: PLC0415 - likewise
    from fastdiag.config.settings import load_settings  # noqa: PLC0415 - likewise

    settings = load_settings(flags)
    check_writable("--output", how.output)
    with progress() as report:
        survey = pipeline.survey(settings, report)
    for text in survey.notes:
        note(text)
    from fastdiag.cli.show import deliver  # noqa: PLC0415 - not before the sources are asked

    deliver(how, lambda form, on: _text(survey, form, on, verbose=how.verbose))
    return 0 if any(stock.works for stock in survey.sources) else NOTHING_WORKS


def _text(survey: Survey, form: Format, on: Screen, *, verbose: bool) -> str:
    match form:
        case Format.JSON:
            from fastdiag.render.sources import json as sources_json  # noqa: PLC0415 - only what is asked for is loaded

            return sources_json.render(survey)
        case Format.MARKDOWN:
            from fastdiag.render.sources import markdown as sources_markdown  # noqa: PLC0415 - likewise

            return sources_markdown.render(survey)
        case Format.TERMINAL | Format.AUTO | Format.HTML:  # the options refuse html
            from fastdiag.render.sources import terminal as screen  # noqa: PLC0415 - likewise

            return screen.render(
                survey, width=on.width, color=on.color, encoding=on.encoding, verbose=verbose
            )

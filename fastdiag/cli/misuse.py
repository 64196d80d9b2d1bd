"""What Typer says of a wrong command line, as one sentence and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import typer
from typer.exceptions import TyperException

from fastdiag.errors import FastdiagError, nearest

_NO_COMMAND: Final = "No such command"


def complaint(error: TyperException, arguments: Sequence[str]) -> FastdiagError:
    """Return the error that a user sees: what is wrong, the nearest right word, where to read on."""
    context: typer.Context | None = getattr(error, "ctx", None)
    hints = [*_nearest_option(error, context), *_nearest_command(error), _see(context, arguments)]
    return FastdiagError(_sentence(error), hint=" ".join(hints))


def _sentence(error: TyperException) -> str:
    # A bad value's message does not name the option; of an unknown option it is all that there is to say.
    text = error.format_message() if isinstance(error, typer.BadParameter) else error.message
    text = text.partition(". Did you mean")[0].rstrip(".")
    return text[:1].lower() + text[1:]


def _nearest_option(error: TyperException, context: typer.Context | None) -> Iterator[str]:
    given = getattr(error, "option_name", None)
    params = context.command.get_params(context) if context else ()
    known = [name for option in params for name in option.opts]
    if isinstance(given, str) and given not in known and (hint := nearest(given, known)):
        yield hint


def _nearest_command(error: TyperException) -> Iterator[str]:
    _, found, rest = error.message.partition(". Did you mean ")
    if error.message.startswith(_NO_COMMAND) and found:
        yield f"did you mean {rest}"


def _see(context: typer.Context | None, arguments: Sequence[str]) -> str:
    # The parser of options does not say which command it was at; it is the first word.
    path = context.command_path if context else f"fastdiag {arguments[0]}"
    return f"`{path} --help` shows how it is used"

"""The classes of all commands: what was typed becomes values here, and not in Typer.

Typer builds a model of Pydantic for every option, used or not: to import that and to build them takes
0.1 s of processor time, as much as all else that fastdiag does before it asks its first source. Our options
are texts, paths, flags, and words with a parser of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final, get_args

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

Option = TyperOption | TyperArgument
Reader = Callable[[Any], object]
_READERS: Final[dict[object, Reader]] = {str: str, Path: Path, bool: bool}


class Command(TyperCommand):
    """A command that reads its options itself."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]  # Typer hides the base
        """Read the command line into ``ctx.params``."""
        _take_over(self.get_params(ctx))
        return super().parse_args(ctx, args)


class Group(TyperGroup):
    """What stands before a command: --version, and the options of completion."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]  # likewise
        """Read the command line up to the command."""
        _take_over(self.get_params(ctx))
        return super().parse_args(ctx, args)


def _take_over(options: Iterable[object]) -> None:
    """Let these options read their values themselves, but for those of which Typer knows more than we do.

    What an option is to become stands in attributes that Typer does not document. A Typer without them reads
    its options as it does for everybody, only later than we would.
    """
    for option in options:
        if isinstance(option, TyperOption | TyperArgument):
            with suppress(AttributeError):
                reader = _reader(option)
                if reader is not None:
                    option.process_value = partial(_value, option, reader)  # type: ignore[method-assign]


def _reader(option: Option) -> Reader | None:
    """Return what reads one value; None where one must be there, and for a kind that Typer has to read."""
    kind = option.type_descriptor
    elements = get_args(kind.annotation) or (kind.annotation,)
    if option.required or len(elements) > 1:
        return None
    reader: Reader | None = kind.parameter_info.parser or _READERS.get(elements[0])
    return reader


def _value(option: Option, reader: Reader, context: typer.Context, typed: Any) -> object:  # noqa: ANN401 - whatever it is
    value = _read(typed, reader)
    return option.callback(context, option, value) if option.callback else value


def _read(typed: Any, reader: Reader) -> object:  # noqa: ANN401 - likewise
    if typed is None:
        return None
    return [reader(one) for one in typed] if isinstance(typed, list | tuple) else reader(typed)

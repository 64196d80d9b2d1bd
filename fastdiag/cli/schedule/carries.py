"""A command that takes the options of `fastdiag report`, to write them down for later."""

from __future__ import annotations

import copy
import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from inspect import Parameter, Signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, get_type_hints

from typer.models import OptionInfo

from fastdiag.cli.report import report

if TYPE_CHECKING:
    from fastdiag.config.flags import Flags
    from fastdiag.config.later.secrets import Typed

Function = Callable[..., int]
CARRIED: Final = "carried"
"""The parameter of a command in whose place the options of the report stand."""
UNFIT: Final = ("pid", "at", "mark")
"""A process id and a moment do not last, and an event happens once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What was typed of the report's options: as it was typed, and as settings are made of it."""

    typed: tuple[Typed, ...]
    flags: Flags


def carries(command: Function) -> Function:
    """Give a command the options of the report where it has the parameter ``carried``, but for UNFIT."""
    options = [_as_text(one) for one in inspect.signature(report).parameters.values() if _is_carried(one)]

    @functools.wraps(command)
    def translated(**typed: object) -> int:
        given = {one.name: typed.pop(one.name) for one in options}
        return command(carried=_carried(options, given), **typed)

    parameters = list(_parameters(command, options))
    translated.__annotations__ = {one.name: one.annotation for one in parameters}
    vars(translated)["__signature__"] = Signature(parameters)
    return translated


def _is_carried(parameter: Parameter) -> bool:
    return parameter.name not in UNFIT and _info(parameter) is not None


def _as_text(parameter: Parameter) -> Parameter:
    """Return an option whose value is read, hence checked, but kept as it was typed."""
    info = _info(parameter)
    if info is None or info.parser is None:
        return parameter
    read, kept = info.parser, copy.copy(info)

    def checked(text: str) -> str:
        read(text)
        return text

    kept.parser = checked
    kind = parameter.annotation.__origin__
    return parameter.replace(annotation=Annotated[kind, kept])


def _info(parameter: Parameter) -> OptionInfo | None:
    """Return what Typer is told of an option; None of an argument."""
    told = getattr(parameter.annotation, "__metadata__", ())
    return next((one for one in told if isinstance(one, OptionInfo)), None)


def _parameters(command: Function, options: list[Parameter]) -> Iterator[Parameter]:
    """Yield what Typer is to see: first the command's own options, then those of the report."""
    hints = get_type_hints(command, localns={"Carried": object}, include_extras=True)
    for name, own in inspect.signature(command).parameters.items():
        if name == CARRIED:
            yield from options
        else:
            yield own.replace(kind=Parameter.KEYWORD_ONLY, annotation=hints[name])


def _carried(options: list[Parameter], given: Mapping[str, object]) -> Carried:
    from fastdiag.config.flags import Flags  # noqa: PLC0415 - --help must not load the whole program

    fields: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in given.items()
        if value is not None and name in Flags.__dataclass_fields__
    }
    typed = tuple(one for option in options for one in _typed(option, given[option.name]))
    return Carried(typed=typed, flags=Flags(**fields))


def _typed(parameter: Parameter, value: object) -> Iterator[Typed]:
    """Yield an option as it would be typed again; what has its default need not be."""
    from fastdiag.config.later.secrets import Typed  # noqa: PLC0415 - likewise

    if value is None or value == parameter.default:
        return
    on, off = _spellings(parameter)
    for one in value if isinstance(value, list | tuple) else (value,):
        if isinstance(one, bool):
            yield Typed(name=parameter.name, option=on if one else off)
        else:
            text = one if isinstance(one, Path) else str(one)
            yield Typed(name=parameter.name, option=on, value=text)


def _spellings(parameter: Parameter) -> tuple[str, str]:
    """Return how an option is written out, and, of a switch, its opposite."""
    info = _info(parameter)
    # Beside a type, Typer takes the first word of an option's names for its default.
    names = (info.default, *(info.param_decls or ())) if info else ()
    words = [name for name in names if isinstance(name, str) and name.startswith("--")]
    on, _, off = (words[0] if words else f"--{parameter.name.replace('_', '-')}").partition("/")
    return on, off or f"--no-{on.removeprefix('--')}"

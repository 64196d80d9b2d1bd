"""From groups of options to the one record of what was typed, for every command alike."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Any, Final, get_type_hints

if TYPE_CHECKING:
    from fastdiag.config.flags import Flags

Function = Callable[..., int]
FLAGS: Final = "flags"
"""The parameter of a command in whose place the options of its groups stand."""


def takes(*groups: type) -> Callable[[Function], Function]:
    """Give a command the options of these groups where it has the parameter ``flags``.

    Typer sees each of them; the command gets all of them as one ``Flags``, whose fields bear their names.
    """
    options = [_option(*entry) for group in groups for entry in _annotations(group).items()]

    def decorate(command: Function) -> Function:
        parameters = list(_parameters(command, options))

        @functools.wraps(command)
        def translated(**typed: object) -> int:
            return command(flags=_flags({one.name: typed.pop(one.name) for one in options}), **typed)

        translated.__annotations__ = {one.name: one.annotation for one in parameters}
        vars(translated)["__signature__"] = Signature(parameters)
        return translated

    return decorate


def _annotations(group: type) -> Mapping[str, object]:
    """Return the options of a group, its own before those that it inherits."""
    groups = (inspect.get_annotations(one, eval_str=True) for one in group.__mro__)
    return {name: annotation for own in groups for name, annotation in own.items()}


def _option(name: str, annotation: object) -> Parameter:
    return Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


def _parameters(command: Function, options: list[Parameter]) -> Iterator[Parameter]:
    """Yield what Typer is to see, each with its annotation itself and not its text."""
    # Flags is not imported for --help; its name means nothing to Typer.
    hints = get_type_hints(command, localns={"Flags": object}, include_extras=True)
    for name, own in inspect.signature(command).parameters.items():
        if name == FLAGS:
            yield from options
        else:
            yield own.replace(kind=Parameter.KEYWORD_ONLY, annotation=hints[name])


def _flags(typed: Mapping[str, object]) -> Flags:
    """Return what was typed; what was not has the default of its field."""
    from fastdiag.config.flags import Flags  # noqa: PLC0415 - --help must not load the whole program

    given: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in typed.items()
        if value is not None
    }
    return Flags(**given)

"""rules/parameters.yaml: the thresholds that users set to their own objectives."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from fastdiag.errors import ConfigError, nearest
from fastdiag.located.problems import Problems
from fastdiag.located.readers import read_entries, read_quantity
from fastdiag.model.quantity import Quantity, parse_quantity
from fastdiag.rulebook.folders import Folder
from fastdiag.rulebook.vocabulary import Misfit, fit

_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")


def read_parameters(folders: Iterable[Folder], problems: Problems) -> dict[str, Quantity | None]:
    """Return the parameters by name, later folders before earlier ones; None for one whose value is wrong."""
    parameters: dict[str, Quantity | None] = {}
    for folder in folders:
        for document in folder.parameters:
            for key, node in read_entries(document.tree, "parameters.yaml", problems):
                if not _NAME.fullmatch(key.text):
                    hint = "small letters, digits and _, a letter first"
                    problems.note(key.place, f"{key.text!r} cannot be the name of a parameter", hint)
                parameters[key.text] = read_quantity(node, repr(key.text), problems)
    return parameters


def override(parameters: Mapping[str, Quantity], overrides: Mapping[str, str]) -> dict[str, Quantity]:
    """Return the parameters with the user's values. Raise ConfigError for one that does not fit."""
    return {**parameters, **{name: _value(parameters, name, text) for name, text in overrides.items()}}


def _value(parameters: Mapping[str, Quantity], name: str, text: str) -> Quantity:
    if name not in parameters:
        raise ConfigError(f"unknown parameter {name!r}", hint=nearest(name, parameters))
    default = parameters[name]
    try:
        value = parse_quantity(text)
    except ValueError as error:
        raise ConfigError(f"parameter {name!r}: {error}", hint=f"its default is {default}") from None
    if default.unit is None:
        return _bare(name, value, default)
    try:
        return fit(value, default.unit, f"parameter {name!r}")
    except Misfit as misfit:
        raise ConfigError(str(misfit), hint=misfit.hint) from None


def _bare(name: str, value: Quantity, default: Quantity) -> Quantity:
    if value.unit is not None:
        message = f"{value} does not fit parameter {name!r}, which is a bare number"
        raise ConfigError(message, hint=f"its default is {default}")
    return value

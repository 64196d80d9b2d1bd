"""What was typed and is secret: it goes into a variable, whose name is all that a schedule holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from fastdiag.config import notify
from fastdiag.config.access import PROMETHEUS
from fastdiag.config.addresses import CACHE_VARIABLES, QUEUE_VARIABLES
from fastdiag.config.checks import is_postgres_url
from fastdiag.config.file import ConfigFile
from fastdiag.config.history import VARIABLE as HISTORY
from fastdiag.config.later.variables import holds_secret
from fastdiag.errors import ConfigError

CARRIERS: Final = {
    "prometheus": PROMETHEUS.url,
    "postgres": "DATABASE_URL",
    "pgbouncer": "PGBOUNCER_URL",
    "queue": QUEUE_VARIABLES[0],
    "cache": CACHE_VARIABLES[0],
    "history": HISTORY,
}
"""Options that may hold a password, and the variable that says the same where nobody else reads it."""
_HINT: Final = "keep it in fastdiag.yaml as ${NAME}: `fastdiag init` writes it so"


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """One option as it was typed: its name here, on the command line, and a value; None for a switch."""

    name: str
    option: str
    value: str | Path | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """The options that may be shown, and the variables that say what the others said."""

    options: tuple[Typed, ...]
    variables: tuple[str, ...]


def hide(typed: Iterable[Typed], file: ConfigFile) -> Hidden:
    """Return the options without their secrets.

    Raises:
        ConfigError: no variable can carry one of them.

    """
    options: list[Typed] = []
    variables: list[str] = []
    for one in typed:
        variable = _carrier(one, file)
        if variable in notify.VARIABLES.values():
            if variable in variables:  # which would have to hold two addresses
                raise _refused(one)
            options.append(replace(one, value=_kind(str(one.value))))
        elif variable is None:
            options.append(one)
        if variable is not None:
            variables.append(variable)
    hidden = {name for name, variable in CARRIERS.items() if variable in variables}
    return Hidden(  # of an option that is repeated, one variable holds all
        options=tuple(one for one in options if one.name not in hidden),
        variables=tuple(dict.fromkeys(variables)),
    )


def _carrier(one: Typed, file: ConfigFile) -> str | None:
    """Return the variable that is to hold an option's value; None where the value may be shown."""
    if not isinstance(one.value, str):
        return None
    if one.name == "notify" and "://" in one.value:  # who knows the address of a webhook may write there
        return _of_webhook(one, file)
    if not holds_secret(one.value):
        return None
    is_in_file = one.name in file.texts or one.name in file.lists  # which would win over a variable
    is_kept = one.name == "history" and file.history.store is not None
    is_unfit = one.name == "postgres" and not is_postgres_url(one.value)
    if one.name not in CARRIERS or is_in_file or is_kept or is_unfit:
        raise _refused(one)
    return CARRIERS[one.name]


def _of_webhook(one: Typed, file: ConfigFile) -> str:
    kind = _kind(str(one.value))
    if file.notify.slack if kind == "slack" else file.notify.webhook:  # the word would mean those
        raise _refused(one)
    return notify.VARIABLES[kind]


def _kind(address: str) -> str:
    is_slack = address.lower().startswith("slack+") or urlsplit(address).hostname in notify.SLACK_HOSTS
    return "slack" if is_slack else "webhook"


def _refused(one: Typed) -> ConfigError:
    return ConfigError(f"{one.option} holds a secret, and a schedule is no place for it", hint=_HINT)

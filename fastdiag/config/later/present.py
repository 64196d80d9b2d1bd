"""The present configuration, for a run that another program starts: elsewhere, with another environment.

What is in force here is carried: the options that were typed, fastdiag.yaml, the variables in use. A secret
is carried by the name of a variable alone. What does not last (a process id, a moment) is not.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from fastdiag.config.file import ConfigFile
from fastdiag.config.flags import Flags
from fastdiag.config.history_file import HistoryFile
from fastdiag.config.later.secrets import Typed, hide
from fastdiag.config.later.variables import referred, variables
from fastdiag.config.logs import STDIN
from fastdiag.config.notify import SMTP_VARIABLE, VARIABLES, load_notify
from fastdiag.config.places import find_config
from fastdiag.config.references import without_references
from fastdiag.config.settings import Settings, load_settings
from fastdiag.config.written import Written
from fastdiag.errors import ConfigError
from fastdiag.model.schedule import Variable

ANYWHERE: Final = dict.fromkeys(VARIABLES.values(), "https://localhost/")
"""Stands for the addresses that a schedule takes from variables, which need not be set here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """What is in force.

    file       fastdiag.yaml; without a path when there is none
    settings   of what is set here: a reference to a variable that is not set leaves its setting out
    options    those that were typed and hold no secret
    variables  what the environment has to say, each once
    notes      for a person to read
    """

    file: ConfigFile
    settings: Settings
    options: tuple[Typed, ...]
    variables: tuple[Variable, ...]
    notes: tuple[str, ...]


def presently(flags: Flags, typed: Sequence[Typed], environ: Mapping[str, str] | None = None) -> Present:
    """Return what is in force now. No secret needs to be there.

    Raises:
        ConfigError: an option or fastdiag.yaml is wrong, or a secret was typed that no variable can carry.

    """
    environ = os.environ if environ is None else environ
    _check(typed)
    file, notes = find_config(flags.config, environ)
    known = _without_unset(file, environ)
    settings = load_settings(flags, environ, known)
    if known is file:
        load_notify(flags, {**ANYWHERE, **environ}, file)
    hidden = hide(typed, file)
    secret = (*hidden.variables, *_of_notify(flags, file, environ))
    return Present(
        file=file,
        settings=settings,
        options=hidden.options,
        variables=variables(settings, file, secret, environ),
        notes=(*notes, *settings.notes),
    )


def _of_notify(flags: Flags, file: ConfigFile, environ: Mapping[str, str]) -> Iterable[str]:
    """Yield the variables in which the words of --notify, and mail, look for their addresses."""
    if "slack" in flags.notify and not file.notify.slack:
        yield VARIABLES["slack"]
    if "webhook" in flags.notify and not file.notify.webhook:
        yield VARIABLES["webhook"]
    if (
        any(one.startswith("mailto:") for one in flags.notify)
        and not file.notify.mail
        and SMTP_VARIABLE in environ
    ):
        yield SMTP_VARIABLE


def check_printable(name: str, text: str) -> None:
    """Refuse a text that no line of a file can hold. Raise ConfigError."""
    if not text.isprintable():
        raise ConfigError(
            f"{name} holds a line break or a control character", hint="no schedule can be written with it"
        )


def _check(typed: Iterable[Typed]) -> None:
    for one in typed:
        check_printable(one.option, str(one.value))
        if one.name == "log" and one.value == STDIN:
            raise ConfigError(
                "--log -: a scheduled run has no standard input", hint="name a file, journal:UNIT or Loki"
            )


def _without_unset(file: ConfigFile, environ: Mapping[str, str]) -> ConfigFile:
    """Return the file without what refers to variables that are not set here, where it may not run at all."""
    if all(environ.get(name) for name in referred(file)):
        return file
    store = file.history.store
    return ConfigFile(
        path=file.path,
        texts={name: one for name, one in file.texts.items() if _is_bare(one)},
        lists={
            name: bare for name, several in file.lists.items() if (bare := tuple(filter(_is_bare, several)))
        },
        stacks=file.stacks,
        is_gentle=file.is_gentle,
        rules=file.rules,
        parameters={name: one for name, one in file.parameters.items() if _is_bare(one)},
        history=HistoryFile() if store and not _is_bare(store) else file.history,
    )


def _is_bare(written: Written) -> bool:
    return without_references(written.text) == written.text

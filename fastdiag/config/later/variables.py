"""Which environment variables a later run needs, and which of them may be shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from fastdiag.config.access import LOKI, PROMETHEUS, Api
from fastdiag.config.file import ConfigFile
from fastdiag.config.history import VARIABLE as HISTORY
from fastdiag.config.references import names_in
from fastdiag.config.settings import Settings
from fastdiag.located.files import read_yaml
from fastdiag.located.located_yaml import Listing, Node, Scalar, Table
from fastdiag.located.problems import Problems
from fastdiag.model.schedule import Variable
from fastdiag.redact import Redactor

LIBPQ: Final = (
    *("PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE", "PGUSER", "PGPASSWORD", "PGPASSFILE"),
    *("PGSERVICE", "PGSERVICEFILE", "PGREQUIREAUTH", "PGCHANNELBINDING", "PGTARGETSESSIONATTRS"),
    *("PGSSLMODE", "PGSSLNEGOTIATION", "PGSSLCERT", "PGSSLKEY", "PGSSLROOTCERT", "PGSSLCRL"),
    *("PGGSSENCMODE", "PGKRBSRVNAME", "PGREQUIREPEER", "PGOPTIONS"),
)
"""Of libpq's variables those that say where the server is and how to log in."""
_SECRET_ENDINGS: Final = ("PASSWORD", "TOKEN", "HEADERS")
_FILE_ENDINGS: Final = ("_FILE", "_PATH", "PGPASSFILE", "PGSERVICEFILE", "PGSSLCERT", "PGSSLKEY", "ROOTCERT")


def holds_secret(text: str) -> bool:
    """Whether a password or token stands in a text, as far as one can see."""
    return Redactor.of(()).text(text) != text


def variables(
    settings: Settings, file: ConfigFile, secret: Iterable[str], environ: Mapping[str, str]
) -> tuple[Variable, ...]:
    """Return those that the file refers to, those in use here, and the ``secret`` ones, each once."""
    found = {name: Variable(name=name) for name in (*secret, *referred(file))}
    store = settings.history.store if settings.history else None
    environ = {**environ, **({HISTORY: str(store)} if isinstance(store, Path) and HISTORY in environ else {})}
    for name in _in_use(settings, file, environ):
        if name not in found and (value := environ.get(name)):
            found[name] = Variable(name=name, value=_open_value(name, value))
    return tuple(found.values())


def _open_value(name: str, value: str) -> str | None:
    """Return what may be shown of a variable: its value, or nothing."""
    if name.endswith(_SECRET_ENDINGS) or holds_secret(value) or not value.isprintable():
        return None
    return str(Path(value).expanduser().absolute()) if name.endswith(_FILE_ENDINGS) else value


def _in_use(settings: Settings, file: ConfigFile, environ: Mapping[str, str]) -> Iterator[str]:
    """Yield the variables that say something that neither an option nor the file says."""
    for name, origin in settings.origin.items():
        if name not in file.texts and name not in file.lists:
            yield from (word for word in origin.split(", ") if word in environ)
    if settings.prometheus or PROMETHEUS.name in file.texts:
        yield from _access(PROMETHEUS)
    if settings.loki or LOKI.name in file.texts:
        yield from () if LOKI.name in file.texts else (LOKI.url,)
        yield from _access(LOKI)
    if settings.postgres or "postgres" in file.texts:
        yield from LIBPQ
    if file.history.store is None:
        yield HISTORY


def _access(api: Api) -> Iterator[str]:
    yield from (*api.access.values(), api.headers, *filter(None, (api.tenant,)))


def referred(file: ConfigFile) -> Iterator[str]:
    """Yield the variables to which the file refers, whatever key they stand under."""
    if file.path is None:
        return
    tree = read_yaml(file.path, str(file.path), Problems())  # it has been read before: it has no fault
    for scalar in _scalars(tree):
        yield from names_in(scalar.text)


def _scalars(node: Node | None) -> Iterator[Scalar]:
    match node:
        case Scalar():
            yield node
        case Listing():
            for item in node.items:
                yield from _scalars(item)
        case Table():
            for _, value in node.entries:
                yield from _scalars(value)
        case None:
            return

"""fastdiag.yaml: what a team keeps about its service, so that nobody types it at 3 a.m."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from fastdiag.config.attest import ATTEST, read_attestations
from fastdiag.config.audit_file import AUDIT, AuditFile, read_audit
from fastdiag.config.history_file import HistoryFile, read_history
from fastdiag.config.notify_file import OUTLETS, NotifyFile, read_notify
from fastdiag.config.record_file import SECTIONS, RecordFile, read_record
from fastdiag.config.references import without_references
from fastdiag.config.server_file import KEYS, ServerAccess, read_access, read_mapping, read_written
from fastdiag.config.written import Written, written
from fastdiag.errors import ConfigError
from fastdiag.located.fields import Fields, Shape
from fastdiag.located.files import MAX_FILE_BYTES, read_yaml
from fastdiag.located.located_yaml import Listing, Node, Table
from fastdiag.located.problems import Place, Problems
from fastdiag.located.readers import read_flag, read_texts, read_word
from fastdiag.model.checklist import Attestation
from fastdiag.model.target import Stacks

__all__ = ["ConfigFile", "Written", "read_config_file"]

TEXTS: Final = (
    "service",
    "prometheus",
    "selector",
    "postgres",
    "pgbouncer",
    "app_url",
    "metrics_url",
    "window",
    "before",
    "deadline",
)
CARE: Final = ("stacks", "gentle")
"""How much the service may notice."""
LISTS: Final = ("queue", "cache", "log")
SHAPE: Final = Shape(
    "fastdiag.yaml",
    (),
    (*TEXTS, *LISTS, *CARE, "loki", *OUTLETS, *SECTIONS, "history", "rules", "parameters", ATTEST, AUDIT),
)
SERVERS: Final = ("prometheus", "loki")
"""What may be a mapping of the URL and the way to log in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigFile:
    """The content of a fastdiag.yaml; all empty when there is none. References are not resolved yet.

    servers     how one gets at Prometheus and Loki, by the names of SERVERS
    rules       folders of rules of the team's own, relative to the file
    parameters  thresholds of the team's own, such as `slow: 300ms`
    notify      who is told, and where metrics go
    record      what the flight recorder keeps, and who may ask it
    history     where earlier diagnoses are kept, and how much of them
    attested    who vouches for which readiness item
    audit       what `fastdiag audit` leaves out, and when it fails
    """

    path: Path | None = None
    texts: Mapping[str, Written] = field(default_factory=dict)
    lists: Mapping[str, tuple[Written, ...]] = field(default_factory=dict)
    servers: Mapping[str, ServerAccess] = field(default_factory=dict)
    stacks: Stacks = Stacks.WHEN_BLOCKED
    is_gentle: bool = False
    rules: tuple[Path, ...] = ()
    parameters: Mapping[str, Written] = field(default_factory=dict)
    notify: NotifyFile = field(default_factory=NotifyFile)
    record: RecordFile = field(default_factory=RecordFile)
    history: HistoryFile = field(default_factory=HistoryFile)
    attested: tuple[Attestation, ...] = ()
    audit: AuditFile = field(default_factory=AuditFile)

    @property
    def holds_secrets(self) -> bool:
        """Whether a secret itself stands in the file, not only the name of a variable that holds it."""
        from fastdiag.redact import Redactor  # noqa: PLC0415 - a tenth of what starts before sources are asked

        bare = [without_references(one.text) for one in self._all()]
        named = [without_references(one.text) for server in self.servers.values() for one in server.secret]
        mask = Redactor.of(())
        sections = (self.notify.holds_secrets, self.record.holds_secrets)
        return any(named) or any(sections) or any(mask.text(text) != text for text in bare)

    def _all(self) -> Iterator[Written]:
        yield from self.texts.values()
        yield from self.notify.urls
        if self.history.store:
            yield self.history.store
        for several in self.lists.values():
            yield from several


def read_config_file(path: Path) -> ConfigFile:
    """Read a fastdiag.yaml.

    Raises:
        ConfigError: all that is wrong with it, each with file:line:column and the nearest right word.

    """
    if _says_nothing(path):
        return ConfigFile(path=path)
    problems = Problems(ConfigError, str(path))
    tree = _tree(path, problems)
    problems.raise_any()
    if tree is None:
        return ConfigFile(path=path)
    file = _content(Fields(tree, SHAPE, problems), path, problems)
    problems.raise_any()
    return file


def _content(fields: Fields, path: Path, problems: Problems) -> ConfigFile:
    nodes = {name: fields.get(name) for name in (*TEXTS, "loki")}
    servers = {}
    for name in SERVERS:
        if isinstance(table := nodes[name], Table):
            server = Fields(table, Shape(f"'{name}'", ("url",), KEYS), problems)
            nodes[name] = server.get("url")
            servers[name] = read_access(server, problems)
    return ConfigFile(
        path=path,
        texts=read_written(nodes, problems),
        lists={name: several for name in LISTS if (several := _several(fields, name, problems))},
        servers=servers,
        stacks=_stacks(fields, problems),
        is_gentle=bool(fields.read("gentle", read_flag)),
        rules=_rules(fields, path, problems),
        parameters=read_mapping(fields, "parameters", problems),
        notify=read_notify(fields, problems),
        record=read_record(fields, problems),
        history=read_history(fields, problems),
        attested=read_attestations(fields, problems),
        audit=read_audit(fields, path, problems),
    )


def _stacks(fields: Fields, problems: Problems) -> Stacks:
    node = fields.get("stacks")
    word = read_word(node, "'stacks'", tuple(Stacks), problems) if node else None
    return Stacks(word) if word else Stacks.WHEN_BLOCKED


def _says_nothing(path: Path) -> bool:
    """Whether a file holds but comments: a template in which nothing is filled in yet."""
    try:
        if not path.is_file() or path.stat().st_size > MAX_FILE_BYTES:
            return False
        lines = path.read_bytes().splitlines()
    except (OSError, ValueError):  # what is wrong is told when it is read
        return False
    return all(line.lstrip()[:1] in {b"", b"#"} for line in lines)


def _tree(path: Path, problems: Problems) -> Node | None:
    try:
        return read_yaml(path, str(path), problems)
    except OSError as error:  # a folder on the way to it is closed to us
        problems.note(Place(str(path)), f"the file cannot be read: {error.strerror}")
    except ValueError as error:  # a NUL in its name
        problems.note(Place(str(path)), f"the file cannot be read: {error}")
    return None


def _rules(fields: Fields, path: Path, problems: Problems) -> tuple[Path, ...]:
    folders = fields.read("rules", read_texts) or ()
    for folder in folders:
        if not (path.parent / folder.text).is_dir():
            problems.note(folder.place, f"there is no folder {folder.text!r} beside this file")
    return tuple(path.parent / folder.text for folder in folders)


def _several(fields: Fields, name: str, problems: Problems) -> tuple[Written, ...]:
    """Return the texts of a list, or the one that stands in its place."""
    node = fields.get(name)
    if isinstance(node, Listing):
        return tuple(Written(item.text.strip(), item.place) for item in fields.texts(name))
    one = written(node, name, problems)
    return (one,) if one else ()

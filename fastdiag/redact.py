r"""Masks secrets and disarms foreign text, once, where a snapshot leaves the collectors.

What a source says is data: it may hold the password of a DSN, a bearer token, a literal of somebody's
SQL, or an escape sequence that repaints the terminal. Behind this boundary every text is one printable
line without secrets. Nothing here fails, whatever the text is.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import quote, quote_plus, unquote, unquote_plus

from fastdiag.model.signal import Labels, Missing, Part, Reading
from fastdiag.model.snapshot import Snapshot, SourceState
from fastdiag.model.target import Secret

MASK: Final = "***"
MAX_LABEL_CHARS: Final = 200
MAX_TEXT_CHARS: Final = 1000
MIN_SECRET_CHARS: Final = 4
"""A shorter secret is masked only where it stands as a word of its own: `a` would mask every text."""

_KEY: Final = (
    r"(?:passw(?:or)?d|passphrase|(?<![a-z])(?:pass|pwd|sig)|secret(?:[_-]?key)?|token|signature|"
    r"(?:api|access|private|auth)[_-]?key|authorization|cookie)"
)
_KEY_AS_NAME: Final = re.compile(rf"{_KEY}$", re.IGNORECASE)
_VALUE: Final = r"""(?P<s>"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|[^\s,;&}"']+)"""
_PATTERNS: Final = tuple(
    re.compile(pattern, re.IGNORECASE | re.DOTALL)
    for pattern in (
        # scheme://user:password@host; the password may hold a raw / or @, a port before a path is none.
        r"""://[^\s:/@]{0,128}:(?!\d{1,5}/)(?P<s>[^\s/?#"'<>]{1,256}|[^\s"'<>]{1,256}?)@""",
        # Headers whose value is several words: all of it, up to a closing quote or bracket.
        r"""(?:authorization|cookie)(?:["']?\s*[:=]|["']\s*,)\s*b?["']?(?!\s)(?P<s>[^"'})\]]+)""",
        r"\bbearer\s+(?P<s>[\w.~+/=*-]+)",
        r"\bbasic\s+(?=[a-z+/]*[\d=])(?P<s>[\w+/]{8,}={0,2})",
        r"\b(?P<s>eyJ[\w-]+\.[\w-]+\.[\w-]*)",  # a JSON web token
        # key=value, key: value, "key": "value", PGPASSWORD=value; and --key value.
        rf"""{_KEY}(?:\\?["'])?\s?[=:]\s*\\?(?!\s){_VALUE}""",
        rf"(?<![\w-])--[a-z-]{{0,64}}{_KEY}\s+{_VALUE}",
        # PostgreSQL quotes the row that broke a constraint.
        r"\bkey \([^)]{1,256}\)=\((?P<s>[^)]*)",
    )
)
_SQL_VERB: Final = re.compile(
    r"\b(?:select|insert|update|delete|merge|call|copy|alter|create)\b", re.IGNORECASE
)
_SQL_CLAUSE: Final = re.compile(r"\b(?:from|into|set|using|role|user|where|values)\b|\(\s*'", re.IGNORECASE)
_SQL_FRAGMENT: Final = re.compile(
    r"\bwhere\s+\S{1,128}\s*(?:[=<>]|\b(?:in|like|ilike|is|between)\b)|\bvalues\s*\(", re.IGNORECASE
)
# A literal that the server cut off has no closing quote. An apostrophe inside a word opens none.
_SQL_LITERALS: Final = (
    re.compile(r"(?:\b[ebxn]|(?<!\w))'(?P<s>(?:[^'\\]|''|\\.)*)'?", re.IGNORECASE | re.DOTALL),
    re.compile(r"\$(?P<tag>\w*)\$(?P<s>.*?)(?:\$(?P=tag)\$|$)", re.DOTALL),
)
_CONNINFO: Final = re.compile(r"\s*(?:\w+\s*=\s*(?:'(?:[^'\\]|\\.)*'|[^\s']\S*)\s*)+")
_CONNINFO_PLACE: Final = re.compile(r"\b(?:host|hostaddr|port|dbname|user|service)\s*=")
_CONNINFO_SECRET: Final = re.compile(r"\b(?:ssl)?password\s*=\s*('(?:[^'\\]|\\.)*'|\S+)")
_QUERY_SECRET: Final = re.compile(rf"[?&][\w.-]*{_KEY}=([^&#\s]+)", re.IGNORECASE)


def redact(snapshot: Snapshot, secrets: Sequence[Secret]) -> Snapshot:
    """Return the snapshot with every text that leaves it masked, disarmed and bounded.

    A Secret may be a bare password or token, a URL, or a libpq connection string; of the latter two only
    the secret parts are masked. Idempotent; never raises.
    """
    mask = Redactor.of(secrets)
    return replace(
        snapshot,
        service=mask.label(snapshot.service),
        taken_at=mask.label(snapshot.taken_at),
        readings={name: mask.reading(reading) for name, reading in snapshot.readings.items()},
        missing={name: Missing(m.reason, mask.text(m.detail)) for name, m in snapshot.missing.items()},
        sources=tuple(mask.source(state) for state in snapshot.sources),
        parameters={name: mask.label(text) for name, text in snapshot.parameters.items()},
        also=tuple(mask.reading(reading) for reading in snapshot.also),
        observed=tuple(mask.label(text) for text in snapshot.observed),
    )


def disarm(text: str) -> str:
    r"""Return text as one printable line.

    White space becomes blanks; every other control or format character (terminal escapes, bidirectional
    overrides, zero width, lone surrogates) is spelt out, as `\x1b`.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _spelt_out(char) for char in text)


def _spelt_out(char: str) -> str:
    if char.isspace():
        return " "
    return f"\\x{ord(char):02x}" if char.isascii() else char.encode("ascii", "backslashreplace").decode()


@dataclass(frozen=True, slots=True)
class Redactor:
    """Masks one set of secrets; ``of`` prepares it once for many texts."""

    known: tuple[re.Pattern[str], ...]
    _labels: dict[str, str] = field(default_factory=dict, repr=False, compare=False)
    """What became of each label: the same few routes and workers stand in every breakdown."""

    @classmethod
    def of(cls, secrets: Iterable[Secret]) -> Redactor:
        """Return what masks these secrets in every spelling in which they are likely to turn up."""
        words = {word for secret in secrets for word in _secret_words(secret.reveal())}
        spellings = {spelling for word in words for spelling in _spellings(word) if spelling.strip("*")}
        # The longest first, so that a secret inside another does not leave the rest of it standing.
        return cls(tuple(map(_finder, sorted(spellings, key=lambda spelling: (-len(spelling), spelling)))))

    def text(self, text: str) -> str:
        """Return an error, a hint or a detail, safe to show."""
        return self._safe(text, MAX_TEXT_CHARS)

    def label(self, text: str) -> str:
        """Return a label or another name, safe to show."""
        if text not in self._labels:
            self._labels[text] = self._safe(text, MAX_LABEL_CHARS)
        return self._labels[text]

    def labels(self, labels: Labels) -> Labels:
        """Return labels, safe to show; what a label called `token` holds is a secret."""
        safe = {
            self.label(name): MASK if value and _KEY_AS_NAME.search(name) else self.label(value)
            for name, value in labels
        }
        return tuple(sorted(safe.items()))  # names may have become equal, and each stands once

    def reading(self, reading: Reading) -> Reading:
        """Return a reading with its labels and its bias safe to show."""
        by = tuple(self._part(part) for part in reading.by)
        return replace(reading, by=by, bias=self._optional(reading.bias))

    def source(self, state: SourceState) -> SourceState:
        """Return the state of a source with what it says safe to show."""
        return replace(
            state,
            target=self._optional(state.target),
            error=self._optional(state.error),
            hint=self._optional(state.hint),
        )

    def _part(self, part: Part) -> Part:
        return replace(part, labels=self.labels(part.labels))

    def _optional(self, text: str | None) -> str | None:
        return None if text is None else self.text(text)

    def _safe(self, text: str, limit: int) -> str:
        """Mask, disarm, mask what disarming brought to light, and only then cut: half a secret is one."""
        whole = self._masked(disarm(self._masked(text)))
        if len(whole) <= limit:
            return whole
        # The cut may fall into a mask; go back to where masking again would change nothing.
        cuts = (f"{whole[:end]}…" for end in range(limit - 1, max(0, limit - 50), -1))
        return next((cut for cut in cuts if self._masked(cut) == cut), MASK)

    def _masked(self, text: str) -> str:
        """Mask until nothing more is found: what a mask brings together may be a secret again."""
        while (masked := _mask_spans(text, self._spans(text))) != text:
            text = masked
        return text

    def _spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where secrets stand, all in one text: masking one must not hide the rest of another."""
        for known in self.known:
            yield from (match.span() for match in known.finditer(text))
        for pattern in (*_PATTERNS, *(_SQL_LITERALS if _is_sql(text) else ())):
            yield from (match.span("s") for match in pattern.finditer(text))


def _mask_spans(text: str, spans: Iterable[tuple[int, int]]) -> str:
    pieces: list[str] = []
    done = 0
    for start, end in sorted((start, end) for start, end in spans if start < end):
        if start > done or not pieces:
            pieces += (text[done:start], MASK)
        done = max(done, end)
    return "".join((*pieces, text[done:]))


def _is_sql(text: str) -> bool:
    statement = _SQL_VERB.search(text) and _SQL_CLAUSE.search(text)
    return bool(statement or _SQL_FRAGMENT.search(text))


def _secret_words(value: str) -> Iterator[str]:
    """Yield what is secret in a value: all of it, or the secret parts of a URL or connection string."""
    if "://" in value:
        yield from _words_of_url(value)
    elif _CONNINFO_PLACE.search(value) and _CONNINFO.fullmatch(value):
        for password in _CONNINFO_SECRET.findall(value):
            yield re.sub(r"\\(.)", r"\1", password[1:-1]) if password.startswith("'") else password
    else:
        yield value


def _words_of_url(url: str) -> Iterator[str]:
    yield from map(unquote_plus, _QUERY_SECRET.findall(url))
    rest = url.partition("://")[2]
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    userinfo = (authority if "@" in authority else rest).rpartition("@")[0]  # a raw / in the password
    user, _, password = userinfo.partition(":")
    # A password that is also the user's name is no secret word: it would mask that name everywhere.
    # Where it stands as a password, the pattern of URLs finds it.
    if password and unquote(password) != unquote(user):
        yield password
        yield unquote(password)
        yield base64.b64encode(f"{unquote(user)}:{unquote(password)}".encode("utf-8", "replace")).decode()


def _spellings(word: str) -> Iterator[str]:
    """Yield a secret as it is, in URLs, in JSON, in libpq strings, and with disarmed."""
    encodable = word.encode("utf-8", "replace").decode()
    for spelling in (word, quote(encodable), quote(encodable, safe=""), quote_plus(encodable)):
        yield spelling
        yield re.sub(r"%[0-9A-F]{2}", lambda match: match[0].lower(), spelling)
    yield from (json.dumps(word)[1:-1], json.dumps(word, ensure_ascii=False)[1:-1], repr(word)[1:-1])
    yield re.sub(r"([\\'])", r"\\\1", word)
    yield disarm(word)


def _finder(spelling: str) -> re.Pattern[str]:
    literal = re.escape(spelling)
    return re.compile(literal if len(spelling) >= MIN_SECRET_CHARS else rf"(?<!\w){literal}(?!\w)")

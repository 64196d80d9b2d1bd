"""Masking one set of secrets in texts, labels, readings and whole snapshots."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from fastdiag.model.doubt import Doubt
from fastdiag.model.signal import Labels, Missing, Part, Reading
from fastdiag.model.snapshot import Snapshot, SourceState
from fastdiag.model.target import Secret
from fastdiag.redact.patterns import KEY_AS_NAME, spans_of_secrets
from fastdiag.redact.spellings import secret_words, spellings

MASK: Final = "***"
MAX_LABEL_CHARS: Final = 200
MAX_TEXT_CHARS: Final = 1000
MIN_SECRET_CHARS: Final = 4
"""A shorter secret is masked only where it stands as a word of its own: `a` would mask every text."""


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
        doubts=tuple(mask.doubt(doubt) for doubt in snapshot.doubts),
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
        words = {word for secret in secrets for word in secret_words(secret.reveal())}
        spelt = {form for word in words for form in (*spellings(word), disarm(word)) if form.strip("*")}
        # The longest first, so that a secret inside another does not leave the rest of it standing.
        return cls(tuple(map(_finder, sorted(spelt, key=lambda form: (-len(form), form)))))

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
            self.label(name): MASK if value and KEY_AS_NAME.search(name) else self.label(value)
            for name, value in labels
        }
        return tuple(sorted(safe.items()))  # names may have become equal, and each stands once

    def reading(self, reading: Reading) -> Reading:
        """Return a reading with its labels and its bias safe to show."""
        by = tuple(self._part(part) for part in reading.by)
        return replace(reading, by=by, bias=self._optional(reading.bias))

    def doubt(self, doubt: Doubt) -> Doubt:
        """Return a doubt with what it says safe to show."""
        return replace(doubt, says=self.text(doubt.says), mend=self._optional(doubt.mend))

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
        yield from spans_of_secrets(text)


def _mask_spans(text: str, spans: Iterable[tuple[int, int]]) -> str:
    pieces: list[str] = []
    done = 0
    for start, end in sorted((start, end) for start, end in spans if start < end):
        if start > done or not pieces:
            pieces += (text[done:start], MASK)
        done = max(done, end)
    return "".join((*pieces, text[done:]))


def _finder(spelling: str) -> re.Pattern[str]:
    literal = re.escape(spelling)
    return re.compile(literal if len(spelling) >= MIN_SECRET_CHARS else rf"(?<!\w){literal}(?!\w)")

r"""Masks secrets and disarms foreign text, once, where a snapshot leaves the collectors.

What a source says is data: it may hold the password of a DSN, a bearer token, a literal of somebody's
SQL, or an escape sequence that repaints the terminal. Behind this boundary every text is one printable
line without secrets. Nothing here fails, whatever the text is.
"""

from fastdiag.redact.redactor import MASK, MAX_LABEL_CHARS, MAX_TEXT_CHARS, Redactor, disarm, redact

__all__ = ["MASK", "MAX_LABEL_CHARS", "MAX_TEXT_CHARS", "Redactor", "disarm", "redact"]

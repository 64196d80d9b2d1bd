"""How secrets are known that nobody told us: by what stands before them, or by their own form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

KEY: Final = (
    r"(?:passw(?:or)?d|passphrase|requirepass|masterauth|(?<![a-z])(?:pass|pwd|sig|jwt|otp)|"
    r"secret(?:[_-]?key)?|token|signature|credentials?|session[_-]?id|authorization|cookie|"
    r"(?:api|access|account|private|auth|signing|encryption|master|license)[_-]?key)"
)
_ISSUED: Final = r"gh[opsur]_|github_pat_|glpat-|gl(?:c|sa)_|xox[a-z]-|[rs]k_(?:live|test)_|sk-|hv[bs]\.|npm_"
"""How tokens begin that their issuers made recognisable."""
_CHATS: Final = (
    r"hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)|discord(?:app)?\.com/api/webhooks|"
    r"webhook\.office\.com|outlook\.office\.com/webhook"
)
"""How the addresses of webhooks begin behind which only their key follows."""
KEY_AS_NAME: Final = re.compile(rf"{KEY}$", re.IGNORECASE)
_VALUE: Final = r"""(?P<s>"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|[^\s,;&}"']+)"""
_PATTERNS: Final = tuple(
    re.compile(pattern, re.IGNORECASE | re.DOTALL)
    for pattern in (
        # scheme://user:password@host; the password may hold a raw / or @, a port before a path is none.
        r"""://[^\s:/@]{0,128}:(?!\d{1,5}/)(?P<s>[^\s/?#"'<>]{1,256}|[^\s"'<>]{1,256}?)@""",
        # Headers whose value is several words: all of it, up to a closing quote or bracket.
        r"""(?:authorization|cookie)(?:["']?\s*[:=]|["']\s*,)\s*b?["']?(?!\s)(?P<s>[^"'})\]]+)""",
        # https://token@host: of a web address even a lone user is a secret.
        r"""\bhttps?://(?P<s>[^\s:/@?#"'<>]{1,256})@""",
        r"\bbearer\s+(?P<s>[\w.~+/=*-]+)",
        r"\bbasic\s+(?=[a-z+/]*[\d=])(?P<s>[\w+/]{8,}={0,2})",
        r"\b(?P<s>eyJ[\w-]+\.[\w-]+\.[\w-]*)",  # a JSON web token
        # key=value, key: value, "key": "value", PGPASSWORD=value, ('key', 'value'); and --key value.
        rf"""{KEY}(?:(?:\\?["'])?\s?[=:]\s*\\?(?!\s)|["']\s{{0,8}},\s{{0,8}}b?(?=["'])){_VALUE}""",
        rf"(?<![\w-])--[a-z-]{{0,64}}{KEY}\s+{_VALUE}",
        # curl -u user:password, redis-cli -a password, mysql -ppassword, sshpass -p password
        r"(?<!\S)(?:-u|--user|--proxy-user)[\s=]\s*[^\s:=/]{1,128}:(?P<s>\S+)",
        r"\bredis-cli\s(?:[^\n]{0,200}?\s)?-a\s+(?P<s>\S+)",
        r"\b(?:mysql|mariadb)[a-z-]{0,16}\s(?:[^\n]{0,200}?\s)?-p(?P<s>[^\s-]\S*)",
        r"\bsshpass\s+-p\s*(?P<s>\S+)",
        # Chat webhooks: who knows the address may write there.
        rf"\b(?:{_CHATS})/(?P<s>[^\s\"'<>?#]+)",
        rf"\b(?P<s>(?:{_ISSUED})[\w=+/-]{{16,512}})",
        r"-----BEGIN [A-Z ]{0,32}PRIVATE KEY-----(?P<s>.*?)(?:-----END|$)",
        # PostgreSQL quotes the row that broke a constraint.
        r"\bkey \([^)]{1,256}\)=\((?P<s>[^)]*)",
        r"\bfailing row contains \((?P<s>[^)]*)",
        r"""\binvalid input (?:syntax|value) for [^:"]{1,64}: "(?P<s>[^"]*)""",
        r"(?<!\w)\$\d{1,3} = '(?P<s>(?:[^']|'')*)",  # DETAIL: parameters: $1 = '...'
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
    re.compile(r"(?<![\w.$%-])(?P<s>\d{6,})(?![\w.%])"),  # of a card, a phone, an account
)
_LOADED_LIBRARIES: Final = re.compile(
    r"\bALTER SYSTEM SET shared_preload_libraries = '[\w$.-]{1,64}'(?:, '[\w$.-]{1,64}'){0,32}"
)
"""The one literal of SQL that we tell a reader to run ourselves."""


def spans_of_secrets(text: str) -> Iterator[tuple[int, int]]:
    """Yield where secrets seem to stand; they may overlap. Linear in the length of the text."""
    for pattern in _PATTERNS:
        yield from (match.span("s") for match in pattern.finditer(text))
    if _is_sql(text):
        yield from _literals(text)


def _is_sql(text: str) -> bool:
    statement = _SQL_VERB.search(text) and _SQL_CLAUSE.search(text)
    return bool(statement or _SQL_FRAGMENT.search(text))


def _literals(text: str) -> Iterator[tuple[int, int]]:
    harmless = [match.span() for match in _LOADED_LIBRARIES.finditer(text)]
    for pattern in _SQL_LITERALS:
        for match in pattern.finditer(text):
            start, end = match.span("s")
            if not any(first <= start and end <= last for first, last in harmless):
                yield start, end

"""Taking the secrets out of an address: what stands in their place is the name of a variable."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from fastdiag.model.target import Secret
from fastdiag.redact import MASK, Redactor

_IN_URL: Final = re.compile(r"(?P<before>://[^\s:/@]*:)(?P<secret>[^\s/?#]+)(?P<after>@)")
_AS_USER: Final = re.compile(r"(?P<before>https?://)(?P<secret>[^\s:/@]+)(?P<after>@)")
_IN_QUERY: Final = re.compile(
    r"(?P<before>[?&][\w.-]*(?:password|passwd|token|secret|key|sig)=)(?P<secret>[^&#\s]+)(?P<after>)",
    re.IGNORECASE,
)
_IN_CONNINFO: Final = re.compile(
    r"(?P<before>\bpassword\s*=\s*)(?P<secret>'(?:[^'\\]|\\.)*'|[^\s']\S*)(?P<after>)", re.IGNORECASE
)
_PATTERNS: Final = (_IN_URL, _AS_USER, _IN_QUERY, _IN_CONNINFO)


@dataclass(slots=True)
class Veil:
    """Replaces secrets by `${NAME}` and remembers which names it gave out."""

    secrets: Iterable[Secret]
    names: list[str] = field(default_factory=list)

    def over(self, text: str, variable: str) -> str:
        """Return an address with its secrets replaced; whole where they cannot be told from the rest."""
        literal = text.replace("${", "$${")
        veiled = literal
        for pattern in _PATTERNS:
            if pattern.search(literal):
                veiled = pattern.sub(self._replacement(variable), literal, count=1)
                break
        masked = re.sub(r"'?\$\{\w+\}'?", MASK, veiled)
        if Redactor.of(self.secrets).text(masked) != masked:  # something is left of a secret
            return self.reference(variable.removesuffix("_PASSWORD") + "_URL")
        return veiled

    def reference(self, variable: str) -> str:
        """Return a reference to a variable of that name, or of the next one that is free."""
        name, number = variable, 2
        while name in self.names:
            name, number = f"{variable}_{number}", number + 1
        self.names.append(name)
        return f"${{{name}}}"

    def _replacement(self, variable: str) -> Callable[[re.Match[str]], str]:
        def replaced(match: re.Match[str]) -> str:
            quote = "'" if match.re is _IN_CONNINFO else ""
            return f"{match['before']}{quote}{self.reference(variable)}{quote}{match['after']}"

        return replaced

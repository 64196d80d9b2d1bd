"""Where an HTTP API is: its URL without credentials, and these apart."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from fastdiag.collectors.sink import SourceFailed
from fastdiag.model.signal import Reason
from fastdiag.model.target import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where the server is; ``url`` holds no credentials and may be shown."""

    url: str
    credentials: tuple[str, Secret] | None

    @classmethod
    def of(cls, secret: Secret, what: str, example: str) -> Address:
        """Take a URL apart. Raise SourceFailed, without quoting it, when it is none."""
        text = secret.reveal().strip()
        try:
            parts = urlsplit(text if "://" in text else f"http://{text}")
            host, port = parts.hostname, parts.port
        except ValueError:
            host, port, parts = None, None, urlsplit("")
        if not host or parts.scheme not in {"http", "https"}:
            raise SourceFailed(Reason.FAILED, f"the {what} URL is not valid", hint=f"such as {example}")
        place = f"[{host}]" if ":" in host else host
        url = f"{parts.scheme}://{place}{f':{port}' if port else ''}{parts.path.rstrip('/')}"
        if parts.username is None:
            return cls(url=url, credentials=None)
        return cls(url=url, credentials=(unquote(parts.username), Secret(unquote(parts.password or ""))))

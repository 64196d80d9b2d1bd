"""Who may ask for snapshots: whoever knows the shared secret, as bearer token or as password."""

from __future__ import annotations

import base64
import hashlib
import hmac

from fastdiag.model.target import Secret


def is_allowed(authorization: str | None, secret: Secret) -> bool:
    """Whether an Authorization header holds the secret; with basic authentication, under any user name.

    Takes the same time whatever the header holds: digests are compared, and all of them.
    """
    return hmac.compare_digest(_digest(_claimed(authorization or "")), _digest(secret.reveal().encode()))


def _claimed(authorization: str) -> bytes:
    scheme, _, rest = authorization.strip().partition(" ")
    match scheme.lower():
        case "bearer":
            return rest.strip().encode("latin-1", "replace")  # as WSGI hands headers over
        case "basic":
            return _password(rest.strip())
        case _:
            return b""


def _password(basic: str) -> bytes:
    try:
        return base64.b64decode(basic, validate=True).partition(b":")[2]
    except ValueError:
        return b""


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()

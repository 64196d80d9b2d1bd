"""A `requests` session that cannot be held up, flooded or led astray, whatever the server does.

prometheus-api-client sets no time limit, reads bodies of any size and follows redirects, to login pages
among others. It takes a session of ours, and this one keeps the limits for it.
"""

from __future__ import annotations

import io
import threading
import time
from pathlib import Path
from typing import Any, Final

import requests
import requests.auth
import urllib3.exceptions

from fastdiag.collectors.http_faults import PROMETHEUS, Api, fault, refuse_other_than_data
from fastdiag.collectors.sink import SourceFailed
from fastdiag.model.signal import Reason
from fastdiag.model.target import Access, Secret

MAX_BODY_BYTES: Final = 8_000_000
CONNECT_LIMIT_S: Final = 3.0
_CHUNK_BYTES: Final = 64 * 1024
_LEAST_TIMEOUT_S: Final = 0.01  # zero would mean non-blocking


class Login(requests.auth.AuthBase):
    """Sends the headers that a server asks for, and the user and password of its URL.

    As the way to log in, so that ~/.netrc does not replace them.
    """

    def __init__(self, access: Access, user: tuple[str, Secret] | None = None) -> None:
        self._access = access
        self._user = user

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add them to a request."""
        request.headers.update({name: value.reveal() for name, value in self._access.headers})
        if self._user:
            name, password = self._user
            requests.auth.HTTPBasicAuth(name, password.reveal())(request)
        return request


class BoundedSession(requests.Session):
    """Reads at most 8 MB until ``deadline`` (a point of ``time.monotonic()``) and follows no redirect.

    Faults of the network, and answers that are no data, are raised as SourceFailed.
    """

    def __init__(self, deadline: float, ca_file: Path | None = None, api: Api = PROMETHEUS) -> None:
        super().__init__()
        self.api = api
        self.deadline = deadline
        self.verify = str(ca_file) if ca_file else True
        self.is_victoria_metrics = False
        self._thread = threading.local()

    @property
    def last_body(self) -> bytes:
        """The body of the last answer that this thread got: the client library drops parts of it."""
        body: bytes = getattr(self._thread, "body", b"")
        return body

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:  # noqa: ANN401 - the signature is the library's
        """Send, and return a response whose body is at hand."""
        started = time.monotonic()
        left = max(_LEAST_TIMEOUT_S, self.deadline - started)
        kwargs |= {"stream": True, "timeout": (min(CONNECT_LIMIT_S, left), left)}
        try:
            response = super().send(request, **kwargs)
            body = self._read(response)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise fault(error, time.monotonic() - started, self.api) from error
        response.raw = io.BytesIO(body)
        self._thread.body = body
        self.is_victoria_metrics |= "x-server-hostname" in response.headers
        refuse_other_than_data(response, body, self.api)
        return response

    def get_redirect_target(self, resp: requests.Response) -> None:  # noqa: ARG002 - the library's signature
        """Say that there is none: data does not move, only login pages do."""
        return

    def _read(self, response: requests.Response) -> bytes:
        """Read what arrives, piece by piece, so that a trickle is noticed as well as a flood."""
        body = bytearray()
        while chunk := response.raw.read1(_CHUNK_BYTES, decode_content=True):
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                response.raw.close()
                raise SourceFailed(
                    Reason.FAILED,
                    f"the answer is larger than {MAX_BODY_BYTES // 10**6} MB",
                    hint=self.api.less,
                )
            if time.monotonic() > self.deadline:
                response.raw.close()
                raise requests.ReadTimeout
        return bytes(body)

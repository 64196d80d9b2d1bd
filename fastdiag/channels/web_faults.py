"""Faults on the way to a web address, in plain words that quote no address: it may be a password itself."""

from __future__ import annotations

import re
import socket
import ssl
from typing import Final

from fastdiag.channels.failure import DeliveryError

_PLACE_IN_SOURCE: Final = re.compile(r"^\[[^]]*\] |\s*\(_ssl\.c:\d+\)$")


def fault(error: Exception, limit_s: float) -> DeliveryError:
    """Say what went wrong, and whether it may pass."""
    import httpx  # noqa: PLC0415 - loaded by who sent the request

    match error:
        case httpx.InvalidURL() | httpx.UnsupportedProtocol():
            return DeliveryError("its URL is not valid")
        case httpx.ConnectTimeout():
            hint = "check host, port and firewall, and whether there is a proxy to go through (HTTPS_PROXY)"
            return DeliveryError("no connection in time", hint=hint, is_passing=True)
        case httpx.TimeoutException():
            said = f"connected, but no complete answer within {limit_s:.0f} s"
            return DeliveryError(said, hint="it may have arrived all the same", is_passing=True)
        case httpx.ProxyError():
            return DeliveryError("the proxy does not let it through", hint="see HTTPS_PROXY and NO_PROXY")
        case _:
            return of_system(root(error))


def of_system(error: BaseException) -> DeliveryError:
    """Say what the network, the resolver or TLS complained of."""
    match error:
        case ssl.SSLCertVerificationError():
            why = error.verify_message.rstrip(".")
            hint = "ca_file names the certificates of your own authority"
            return DeliveryError(f"TLS failed: the certificate does not hold: {why}", hint=hint)
        case ssl.SSLError():
            why = _PLACE_IN_SOURCE.sub("", str(error))
            return DeliveryError(
                f"TLS failed: {why}", hint="does the port speak TLS? http:// where it does not"
            )
        case socket.gaierror():
            hint = "check the host name, and that it is known where fastdiag runs"
            return DeliveryError(f"the host is not known: {said(error)}", hint=hint, is_passing=True)
        case TimeoutError():
            return DeliveryError("no answer in time", is_passing=True)
        case OSError():
            hint = "check host and port, and whether it runs"
            return DeliveryError(said(error), hint=hint, is_passing=True)
        case _:
            return DeliveryError(f"no HTTP answer ({type(error).__name__})", is_passing=True)


def root(error: BaseException) -> BaseException:
    """Return the exception at the bottom of the pile: there the fault is named."""
    seen = {id(error)}
    while (deeper := error.__cause__ or error.__context__) is not None and id(deeper) not in seen:
        seen.add(id(deeper))
        error = deeper
    return error


def said(error: OSError) -> str:
    """Return what the system calls it: `connection refused`."""
    text = error.strerror or type(error).__name__
    return text[:1].lower() + text[1:]

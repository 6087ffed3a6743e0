"""Maps an exception of a request to the code of a failure (hooks.http.outcomes)."""

import errno
import socket
import ssl
from collections.abc import Iterator

import aiohttp
from aiohttp.http_exceptions import LineTooLong

from hooks.http.ssrf import AddressError


def code_of(error: BaseException, dialled: bool) -> str:
    """`dialled`: whether the address was known and a connection was started."""
    causes = list(chain(error))
    if isinstance(error, (aiohttp.ClientConnectorDNSError, socket.gaierror)):
        # Also for a name with a blocked address: the response must not reveal which names exist in our network.
        return "dns.failed"
    if any(isinstance(cause, AddressError) for cause in causes):
        return "address.not_allowed"
    if isinstance(error, TimeoutError):
        return timeout_code(error, dialled)
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return "tls.certificate"
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return "tls.failed"
    if isinstance(error, aiohttp.ClientConnectorError):
        return "connect.refused" if error.errno == errno.ECONNREFUSED else "connect.failed"
    # aiohttp's errors about URLs are ValueErrors.
    if isinstance(error, (ValueError, aiohttp.NonHttpUrlClientError)):
        return "request.invalid"
    if isinstance(error, aiohttp.ClientResponseError):
        return (
            "response.too_large"
            if any(isinstance(cause, LineTooLong) for cause in causes)
            else "response.invalid"
        )
    return "connection.lost"


def timeout_code(error: TimeoutError, dialled: bool) -> str:
    if not isinstance(error, aiohttp.ConnectionTimeoutError):
        return "response.timeout"
    return "connect.timeout" if dialled else "dns.timeout"


def certificate_problem(error: BaseException) -> str:
    """Return the reason from OpenSSL, such as `certificate has expired`; it reveals nothing about this server."""
    if not isinstance(error, aiohttp.ClientConnectorCertificateError):
        return ""
    problem = error.certificate_error
    return problem.verify_message.rstrip(".") if isinstance(problem, ssl.SSLCertVerificationError) else ""


def chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__

"""One request and its answer, bounded in time and bytes; what a server says is quoted nowhere."""

import contextlib
import email.utils
import functools
import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any, Final

from auditkit.errors import ConfigError, require
from auditkit.lazy import Lazy

httpx: Any = Lazy("httpx")

LARGEST: Final = 64_000_000
"""Bytes of an answer."""
LONGEST_WAIT: Final = 60.0
"""Seconds between two tries, whatever the server asks for."""
AGAIN: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses after which the same request is sent again."""


class Trouble(Exception):
    """What went wrong with one request, in auditkit's own words.

    Args:
        what: in words.
        again: whether the same request may be sent again.
        wait: seconds that the server asks to wait; None where it says nothing.
    """

    def __init__(self, what: str, again: bool = False, wait: float | None = None) -> None:
        super().__init__(what)
        self.again, self.wait = again, wait


class Line:
    """Connections to one server, for one thread at a time.

    Nothing of the environment decides where rows go: no proxy, no `.netrc`. Certificates are always verified, against
    those that the system trusts (`SSL_CERT_FILE` names others). A redirect is not followed, for rows would go where
    nobody agreed to; an answer that is compressed is refused, for nobody knows its size.

    Args:
        secure: whether TLS is spoken.
        headers: {name: value}, values as they are sent.
        seconds: that a request may take.
    """

    def __init__(self, secure: bool, headers: Mapping[str, str], seconds: float) -> None:
        require("httpx", "endpoint")
        self._seconds, self._sockets = seconds, list[Any]()
        self._client = httpx.Client(
            verify=_certificates() if secure else False, trust_env=False, follow_redirects=False, timeout=seconds,
            headers={"User-Agent": "auditkit", "Accept": "application/json", "Accept-Encoding": "identity", **headers},
        )  # fmt: skip

    def close(self) -> None:
        """End the connections."""
        self._client.close()

    def send(self, url: str, body: bytes | None) -> bytes:
        """The body of the answer; a request without a body is a GET.

        Raises:
            Trouble: there is none that can be used.
        """
        deadline = time.monotonic() + self._seconds
        slow = f"no whole answer came within {self._seconds:g} seconds"
        try:
            with self._watched(), self._request(url, body) as response:
                _hold(response)
                return self._content(response, deadline, slow)
        except Trouble:
            raise
        except (httpx.TimeoutException, httpx.TransportError) as error:
            late = isinstance(error, httpx.TimeoutException) or time.monotonic() >= deadline
            # the words of an error may hold the address, and with it a key
            raise Trouble(slow if late else f"the connection failed ({type(error).__name__})", again=True) from None
        except Exception as error:  # what a library makes of an answer that is no HTTP
            raise Trouble(f"the answer is no HTTP that can be read ({type(error).__name__})") from None

    def _request(self, url: str, body: bytes | None) -> Any:
        extensions = {"trace": self._trace}
        if body is None:
            return self._client.stream("GET", url, extensions=extensions)
        kind = {"Content-Type": "application/json"}
        return self._client.stream("POST", url, content=body, headers=kind, extensions=extensions)

    def _content(self, response: Any, deadline: float, slow: str) -> bytes:
        content = bytearray()
        for chunk in response.iter_raw(65536):
            content += chunk
            if len(content) > LARGEST:
                raise Trouble(f"the answer is longer than {LARGEST:,} bytes")
            if time.monotonic() >= deadline:
                raise Trouble(slow, again=True)
        if time.monotonic() >= deadline:  # an answer without a length seems to end where it was cut
            raise Trouble(slow, again=True)
        return bytes(content)

    def _trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Remember the socket of a new connection, to end it where a server drips."""
        # TLS takes the socket from the first stream, and has one of its own
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._sockets.append(info["return_value"].get_extra_info("socket"))

    @contextlib.contextmanager
    def _watched(self) -> Iterator[None]:
        """End the connections once the time is over: the time-outs of sockets begin anew with each byte."""
        watch = threading.Timer(self._seconds, self._cut)
        watch.daemon = True
        watch.start()
        try:
            yield
        finally:
            watch.cancel()
            watch.join()  # a thread that is left would keep this process from being forked

    def _cut(self) -> None:
        for connection in self._sockets:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def _hold(response: Any) -> None:
    """Refuse an answer that is none, by its status and its headers.

    Raises:
        Trouble: in words that quote nothing of it.
    """
    status = response.status_code
    if 300 <= status < 400:
        raise Trouble(
            f"the server redirects (status {status}), which is not followed, for rows would go where nobody agreed to; "
            "give the address that answers as [model] url"
        )
    if status != 200:
        raise Trouble(f"the server answered with status {status}", status in AGAIN, _asked_wait(response))
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Trouble("the answer is compressed, which was not asked for, and nobody knows how large it is")
    if "html" in response.headers.get("Content-Type", "").lower():
        raise Trouble("the answer is a page of HTML and no JSON; see whether [model] url is the address that answers")


def _asked_wait(response: Any) -> float | None:
    """The seconds of `Retry-After`, which is a number or a date (RFC 9110, 10.2.3)."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:6]), LONGEST_WAIT)
    with contextlib.suppress(ValueError, TypeError, OverflowError):
        return min(max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time()), LONGEST_WAIT)
    return None


@functools.cache
def _certificates() -> ssl.SSLContext:
    return ssl.create_default_context()


def headers_of(named: Mapping[str, str], who: str) -> dict[str, str]:
    """{name: value} of headers that are named as `env:NAME`.

    Raises:
        ConfigError: a variable is not set, or holds what no header can.
    """
    values = {}
    for name, source in named.items():
        variable = source.removeprefix("env:")
        value = os.environ.get(variable, "").strip()
        if not value:
            raise ConfigError(f"{who}: the header {name!r} needs the environment variable {variable}, which is not set")
        if not (value.isascii() and value.isprintable()):
            raise ConfigError(f"{who}: the environment variable {variable} holds what cannot stand in a header")
        values[name] = value
    return values

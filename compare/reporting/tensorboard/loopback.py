"""A server of this machine answers requests to this machine only.

A web page of somebody else can point a name of its own at 127.0.0.1 and then read what is served there; its requests
carry that name as their host.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

NAMES = frozenset({"localhost", "127.0.0.1", "::1"})

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def only(application: Application) -> Application:
    """Returns a WSGI application that refuses requests with a Host header that does not name this machine."""
    def checked(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if host_of(environ.get("HTTP_HOST", "")) in NAMES:
            return application(environ, start_response)
        start_response("403 Forbidden", [("Content-Type", "text/plain; charset=utf-8")])
        return [b"This server answers requests to localhost only.\n"]
    return checked


def host_of(header: str) -> str:
    """The name in a Host header, in lower case and without the port."""
    name, bracket, rest = header.strip().lower().partition("]")
    if bracket:
        return name.removeprefix("[") if not rest or rest.startswith(":") else ""
    return name.partition(":")[0]

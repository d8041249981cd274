"""A credential belongs to one cell of a service.

Any other cell answers 421 (RFC 9110, 15.5.20), with the URL of the right cell in `Location`.
"""

from __future__ import annotations

import re

import httpx


def origin_of(url: str) -> str:
    """The URL without a slash at its end.

    Raises:
        ValueError: It is no http(s) URL.
    """
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        parsed = httpx.URL()
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise ValueError(f'The URL of the service must look like https://runs.example.com, and not like "{url}".')
    return str(parsed.copy_with(query=None, fragment=None)).rstrip("/")


def cell_url_of(response: httpx.Response) -> str | None:
    """The URL of the right cell, from a 421. None for any other answer, and for a 421 that names no URL."""
    location = response.headers.get("Location")
    if response.status_code != 421 or location is None:
        return None
    try:
        return origin_of(location)
    except ValueError:
        return None


def is_same_service(asked: str, url: str) -> bool:
    """True when a credential that was refused at `asked` may be sent to `url`.

    That is https, and its host is below that of `asked`, above it, or beside it below a domain of at least three parts. Three,
    since the owner of b.co.uk must not get a key for a.co.uk, nor the owner of b.other.workers.dev one for a.mine.workers.dev;
    so no list of public suffixes is needed. The user has to confirm any other address.
    """
    from_, to = httpx.URL(asked), httpx.URL(url)
    if to.userinfo or (to.scheme, to.netloc) == (from_.scheme, from_.netloc):
        return False
    if _is_loopback(from_.host):
        return _is_loopback(to.host)
    has_name = re.search(r"\.[a-z][a-z0-9-]*$", to.host) is not None
    is_below = to.host.endswith(f".{from_.host}")
    return to.scheme == "https" and has_name and (is_below or _family_of(to.host) == _family_of(from_.host))


def _is_loopback(host: str) -> bool:
    return host in ("localhost", "::1") or re.fullmatch(r"127(\.\d+){3}", host) is not None


def _family_of(host: str) -> str:
    """The domain below which the cells of a service are: runs.example.com for itself and for eu1.runs.example.com."""
    labels = host.split(".")
    return ".".join(labels[1:]) if len(labels) > 3 else host

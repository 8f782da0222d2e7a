"""Dead-man's pings by Healthchecks' HTTP interface: only an outside watcher notices a PC that is dead."""

_BODY_BYTES = 10_000


def ping(url: str, *, is_well: bool, body: str, timeout_seconds: float) -> str:
    """Ping once; return why it did not arrive, without the address, or ``""``."""
    from http.client import HTTPException
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    content = body.encode()[:_BODY_BYTES]
    request = Request(address(url, is_well=is_well), content, {"Content-Type": "text/plain; charset=utf-8"})  # noqa: S310 - the settings allow http and https alone
    try:
        with urlopen(request, timeout=timeout_seconds) as answer:  # noqa: S310
            told = answer.read(200).decode("utf-8", "replace").strip()
    except HTTPError as error:
        error.close()
        return f"refused with HTTP status {error.code}: is ping_url in [healthchecks] right?"
    except (OSError, HTTPException, ValueError) as error:
        return f"{type(error).__name__}: {getattr(error, 'reason', error)}"
    return f"answered {told!r}: is ping_url in [healthchecks] right?" if "not found" in told else ""


def address(url: str, *, is_well: bool) -> str:
    """Return the address to ask for: a failure has one of its own, before a question mark if there is one.

    >>> address("https://hc-ping.com/key/point?create=1", is_well=False)
    'https://hc-ping.com/key/point/fail?create=1'
    """
    if is_well:
        return url
    path, mark, question = url.partition("?")
    return f"{path.rstrip('/')}/fail{mark}{question}"

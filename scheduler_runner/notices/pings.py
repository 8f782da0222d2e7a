"""Dead-man's pings by Healthchecks' HTTP interface: only an outside watcher notices a PC that is dead."""

_BODY_BYTES = 10_000

WELL, FAIL, LOG = "", "fail", "log"
"""What a ping says: all is well, something is wrong, or nothing that changes the watcher's mind."""


def ping(url: str, said: str, *, body: str, timeout_seconds: float) -> str:
    """Ping once; return why it did not arrive, without the address, or ``""``."""
    from http.client import HTTPException
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    content = body.encode()[:_BODY_BYTES]
    try:
        # The settings allow http and https alone.
        request = Request(address(url, said), content, {"Content-Type": "text/plain; charset=utf-8"})  # noqa: S310
        with urlopen(request, timeout=timeout_seconds) as answer:  # noqa: S310
            told = answer.read(200).decode("utf-8", "replace").strip()
    except HTTPError as error:
        error.close()
        return f"refused with HTTP status {error.code}: is ping_url in [healthchecks] right?"
    except (OSError, HTTPException, ValueError) as error:
        return f"{type(error).__name__}: {getattr(error, 'reason', error)}"
    return f"answered {told!r}: is ping_url in [healthchecks] right?" if "not found" in told else ""


def address(url: str, said: str) -> str:
    """Return the address to ask for: what is said goes to its end, or before a question mark.

    >>> address("https://hc-ping.com/key/point?create=1", FAIL), address("https://hc-ping.com/uuid", WELL)
    ('https://hc-ping.com/key/point/fail?create=1', 'https://hc-ping.com/uuid')
    """
    path, mark, question = url.partition("?")
    return f"{path.rstrip('/')}/{said}{mark}{question}" if said else url

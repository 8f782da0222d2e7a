"""Start the sender as a process of its own, one at a time, and wait for it no longer than is allowed."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence

from scheduler_runner.run_site import RunSite

_LOOK_SECONDS = 0.1


class SenderProcess:
    """The sender that this tick has started. It limits its own time, so one that is late is left to end by itself.

    On a weak PC the library alone can take longer to import than a tick may wait: nobody would ever be told.
    """

    def __init__(self, site: RunSite) -> None:
        self._site = site
        self._guard = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, notices: Sequence[tuple[str, float, Mapping[str, object]]] = ()) -> None:
        """Start it unless it runs; with ``notices``, kind, time and facts each, it tells those past the outbox.

        Raises ``OSError``.
        """
        with self._guard:
            if self._site.stop.is_on or (self._process is not None and self._process.poll() is None):
                return
            self._process = self._started(["--direct"] if notices else [])
            assert self._process.stdin is not None  # noqa: S101 - for mypy
            try:
                self._process.stdin.write(json.dumps(list(notices)).encode())
                self._process.stdin.close()
            except OSError:
                pass  # it has ended already, and logged why

    def wait(self, end_at: float) -> None:
        """Wait until it has ended, or until ``end_at`` of :func:`time.monotonic`; end it where all is to end."""
        process = self._process
        while process is not None and process.poll() is None and time.monotonic() < end_at:
            if self._site.stop.is_on:
                process.kill()
                process.wait(_LOOK_SECONDS * 50)
                return
            try:
                process.wait(_LOOK_SECONDS)
            except subprocess.TimeoutExpired:
                continue

    def _started(self, arguments: Sequence[str]) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, "-m", "scheduler_runner.sender", "--user", self._site.user, *arguments],
            cwd=self._site.project_root,
            env={**self._site.environ, "PYTHONUTF8": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )

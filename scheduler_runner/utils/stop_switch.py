"""One request for all that runs: end now."""

import threading


class StopSwitch:
    """A request to end everything that runs, which wakes whoever waits. Safe to throw from a signal handler."""

    def __init__(self) -> None:
        self.is_on = False
        self._waiting: set[threading.Event] = set()

    def throw(self) -> None:
        """Ask every execution to end its tree now."""
        self.is_on = True
        for event in list(self._waiting):
            event.set()

    def wakes(self, event: threading.Event) -> None:
        """Set ``event`` when the switch is thrown, or now where it was."""
        self._waiting.add(event)
        if self.is_on:
            event.set()

    def forget(self, event: threading.Event) -> None:
        """Set ``event`` no more."""
        self._waiting.discard(event)

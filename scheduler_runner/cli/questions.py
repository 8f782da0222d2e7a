"""Questions to a person on the console: a default in brackets, asked again until the answer is right."""

import sys
from collections.abc import Callable
from typing import TypeVar

from scheduler_runner.errors import ConfigError, UsageError
from scheduler_runner.phrases import Phrase
from scheduler_runner.screens.screen import Screen

_Answer = TypeVar("_Answer")
_YES = ("y", "yes", "д", "да")
_NO = ("n", "no", "н", "нет")


class Questions:
    """Asks on a screen and reads lines of the standard input."""

    def __init__(self, shown: Screen) -> None:
        self._shown = shown

    def answer(self, question: "str | Phrase", default: str = "", read: Callable[[str], _Answer] | None = None) -> str:
        """Return an answer that ``read`` accepts; an empty line is the default. ``read`` raises ``ConfigError``."""
        while True:
            self._shown.say(question, look="strong")
            answer = self._line(f"  [{default}] > " if default else "  > ") or default
            try:
                if read is not None:
                    read(answer)
                return answer
            except ConfigError as error:
                self._shown.say(error, look="bad", indent=2)

    def agrees(self, question: str) -> bool:
        """Return whether a person agrees; an empty line does. What is neither yes nor no is asked again."""
        while True:
            self._shown.say(question, look="strong")
            answer = self._line(f"  [{self._shown.words('yes')}] > ").lower()
            if answer == "" or answer in _YES:
                return True
            if answer in _NO:
                return False
            self._shown.say("yes or no would be right", look="bad", indent=2)

    def _line(self, prompt: str) -> str:
        try:
            sys.stdout.write(prompt)
            sys.stdout.flush()
            line = sys.stdin.readline()
        except UnicodeDecodeError as error:
            raise UsageError("the answer cannot be read: {error}", error=error) from error
        if not line:
            raise UsageError(
                "install asks where it is given no options: answer it on a console, or name --user operator"
            )
        return line.strip()

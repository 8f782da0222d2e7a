"""Ctrl+C while a program loads its modules: it ends at once, as by SIGTERM, and no traceback comes out of an import."""

import signal


def end_at_once() -> None:
    """Let Ctrl+C end this process without a word; where somebody has it ignored, or answers it already, that stays."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def interrupt_again() -> None:
    """Take :func:`end_at_once` back: from now on Ctrl+C is a ``KeyboardInterrupt``."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)

"""Ctrl-C and SIGTERM while an account is being changed: the call in flight ends, and no other begins."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from policygen.errors import PolicygenError

_asked = threading.Event()  # a signal is the process's, and so is this
_NOTICE = b"stopping after the call in flight; once more ends at once\n"


class InterruptedRunError(PolicygenError):
    """Somebody asked the run to stop."""

    def __init__(self) -> None:
        super().__init__("interrupted")


@contextmanager
def stoppable() -> Iterator[None]:
    """Inside, the first SIGINT or SIGTERM lets `check` raise in every thread; a second one ends the process at once.

    The journal bears both. Where signals cannot be handled, outside the main thread, they do what they did before.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    former = {number: signal.signal(number, _stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
        _asked.clear()


def check() -> None:
    """Raise InterruptedRunError if a signal came."""
    if _asked.is_set():
        raise InterruptedRunError


def pause(seconds: float) -> None:
    """Wait, but not past a signal: raises InterruptedRunError."""
    if _asked.wait(seconds):
        raise InterruptedRunError


def _stop(_number: int, _frame: FrameType | None) -> None:
    _asked.set()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    with suppress(OSError):  # a closed stderr changes nothing about the stop
        os.write(2, _NOTICE)

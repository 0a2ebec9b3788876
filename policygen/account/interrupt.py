"""Ctrl-C and SIGTERM while an account is being changed: the call in flight ends, and no other begins."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from policygen.errors import PolicygenError

_asked = threading.Event()  # global, because a signal concerns the whole process
_NOTICE = b"stopping after the call in flight; interrupt again to end at once\n"


class InterruptedRunError(PolicygenError):
    """The run was asked to stop."""

    def __init__(self) -> None:
        super().__init__("interrupted")


@contextmanager
def stoppable() -> Iterator[None]:
    """Inside, the first SIGINT or SIGTERM makes `check` raise in every thread; a second one ends the process at once.

    The journal survives both. Outside the main thread Python cannot handle signals, so their effect is unchanged there.
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
    """Raise InterruptedRunError if a signal has arrived."""
    if _asked.is_set():
        raise InterruptedRunError


def pause(seconds: float) -> None:
    """Wait; raise InterruptedRunError as soon as a signal arrives."""
    if _asked.wait(seconds):
        raise InterruptedRunError


def _stop(_number: int, _frame: FrameType | None) -> None:
    _asked.set()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    with suppress(OSError):  # the run stops even if stderr is closed
        os.write(2, _NOTICE)

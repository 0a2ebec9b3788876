"""Lint many files, in processes of their own where there are many."""

import signal
from collections.abc import Iterator, Sequence

from policygen.errors import PolicygenError
from policygen.lint.run import Outcome, check
from policygen.lint.settings import Settings
from policygen.loader.paths import Input

_CHUNK = 64
"""Files that a process is given at once: fewer are not worth a process."""

_settings = Settings()


def check_all(items: Sequence[Input], settings: Settings, jobs: int = 1) -> Iterator[Outcome]:
    """What linting each file came to, in the order of the files, however many processes work on it.

    Raises PolicygenError if a process dies.
    """
    jobs = min(jobs, -(-len(items) // _CHUNK))
    if jobs <= 1:
        yield from (check(item, settings.scope(item.file)) for item in items)
        return
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    try:
        with ProcessPoolExecutor(jobs, initializer=_begin, initargs=(settings,)) as pool:
            yield from pool.map(_check, items, chunksize=_CHUNK)
    except BrokenProcessPool:
        raise PolicygenError("a process of --jobs died, perhaps for want of memory; try fewer") from None


def _begin(settings: Settings) -> None:
    global _settings
    _settings = settings
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that the user sees


def _check(item: Input) -> Outcome:
    return check(item, _settings.scope(item.file))

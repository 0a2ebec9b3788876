"""`policygen` as a process of its own, which is what the script and `python -m policygen` are."""

import os
import sys
from contextlib import suppress
from typing import NoReturn

from policygen.cli import FAILED, main


def run() -> NoReturn:
    """Run the command line and end the process; its memory goes back as a whole.

    Freeing a large run's objects one by one would take a twelfth of its time.
    """
    try:
        main()
    except SystemExit as left:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError):  # what could not be written has been said
                stream.flush()
        os._exit(left.code if isinstance(left.code, int) else FAILED)


if __name__ == "__main__":
    run()

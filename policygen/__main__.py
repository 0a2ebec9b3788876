"""`policygen` as a process of its own: what the installed script calls, and `python -m policygen`."""

import gc
from typing import NoReturn

from policygen.cli import main


def run() -> NoReturn:
    """Run the command line and end the process."""
    try:
        main()
    finally:
        # Python collects garbage once more at exit, which took an eighth of the time of linting one small policy
        gc.freeze()


if __name__ == "__main__":
    run()

"""A Markdown page for people: laid out on a terminal, as it is where nobody watches."""

import sys

from policygen.report import printable_lines


def show(page: str) -> str:
    """The page as it should be written to stdout."""
    safe = printable_lines(page)
    if not sys.stdout.isatty():
        return safe
    from rich.console import Console
    from rich.markdown import Markdown

    console = Console(force_terminal=True, width=min(Console().width, 110))
    with console.capture() as capture:
        console.print(Markdown(safe, hyperlinks=False))
    return capture.get()

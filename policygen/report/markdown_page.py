"""A Markdown page for people: formatted on a terminal, unchanged in a file or a pipe."""

import sys
from typing import TYPE_CHECKING

from policygen.report import printable_lines

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.markdown import Markdown


def show(page: str) -> str:
    """The page to write to stdout."""
    safe = printable_lines(page)
    if not sys.stdout.isatty():
        return safe
    from rich.console import Console

    console = Console(force_terminal=True, width=min(Console().width, 110))
    with console.capture() as capture:
        console.print(_laid_out(safe))
    return capture.get()


def _laid_out(page: str) -> "Markdown":
    """The page with tables whose cells are never cut off: the first column does not wrap, the others do."""
    from rich.markdown import Markdown, TableElement
    from rich.table import Table

    class Whole(TableElement):
        def __rich_console__(self, console: "Console", options: "ConsoleOptions") -> "RenderResult":
            for part in super().__rich_console__(console, options):
                for index, column in enumerate(part.columns if isinstance(part, Table) else ()):
                    column.overflow, column.no_wrap = "fold", index == 0
                yield part

    class Page(Markdown):
        elements = {**Markdown.elements, "table_open": Whole}  # noqa: RUF012

    return Page(page, hyperlinks=False)

"""A table for people: as wide as the terminal, or as wide as its content in a file or a pipe."""

import sys
from collections.abc import Iterable, Sequence

from policygen.report import printable


def table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The rows under their headers, in aligned columns; cells are plain text, without markup or terminal codes."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    grid = Table(box=None, pad_edge=False, show_edge=False, header_style=None)
    for header in headers:
        grid.add_column(Text(header), overflow="fold")
    for row in rows:
        grid.add_row(*(Text(printable(cell)) for cell in row))
    console = Console(width=None if sys.stdout.isatty() else 1000, color_system=None)
    with console.capture() as capture:
        console.print(grid)
    return "\n".join(line.rstrip() for line in capture.get().splitlines())

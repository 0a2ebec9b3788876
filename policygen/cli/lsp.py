"""`policygen lsp`: serve an editor over the Language Server Protocol."""

import click

from policygen.errors import MissingLibraryError


@click.command()
@click.option("--stdio", is_flag=True, help="Talk over stdin and stdout, which is what it always does.")
def command(stdio: bool) -> None:
    """Serve an editor: diagnostics, hover, completion and quick fixes for policies in every format that `lint` reads.

    An editor starts it and talks to it over stdin and stdout, in the Language Server Protocol.
    """
    try:
        from policygen.lsp.server import serve
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("pygls", "lsprotocol"):
            raise
        raise MissingLibraryError("`policygen lsp` needs `pip install 'policygen[lsp]'`") from None
    serve()

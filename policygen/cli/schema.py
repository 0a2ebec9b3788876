"""`policygen schema`: print the JSON schemas of policygen's files."""

from pathlib import Path

import click

from policygen.cli import completion, options
from policygen.errors import PolicygenError, did_you_mean
from policygen.shipped import schema, schema_names, schema_text


@click.command()
@click.argument("name", required=False, shell_complete=completion.schema)
@options.output
def command(name: str | None, output: Path | None) -> None:
    """Print the JSON Schema NAME, or list them all.

    An editor checks a TOML file against the schema named in its first line, `#:schema ./policygen.schema.json`; `init`
    and `new recipe` write that line, and the schema next to the file.
    """
    if name is None:
        if output:
            raise click.UsageError("-o writes one schema; add its NAME")
        from policygen.report.table import table

        rows = [(known, schema(known)["description"].partition(". ")[0]) for known in schema_names()]
        click.echo(table(("SCHEMA", "WHAT IT DESCRIBES"), rows))
        return
    if name not in schema_names():
        hint = did_you_mean(name, schema_names()) or "; `policygen schema` lists them all"
        raise PolicygenError(f"there is no schema `{name}`{hint}")
    options.write_output(schema_text(name), output)

"""What tests of every layer share: a moto server to talk to, and the reference corpus where there is one."""

import gzip
import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from policygen.cli import main

CORPUS = Path(__file__).parents[1] / ".." / "shared" / "corpus" / "access-analyzer.jsonl.gz"


@pytest.fixture(scope="session")
def aws_endpoint() -> Iterator[str]:
    """The address of a moto server that this test process alone uses."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def corpus() -> list[dict[str, Any]]:
    """The policies that AWS manages, each a line with `name`, `document` and AWS's own `findings`."""
    if not CORPUS.exists():
        pytest.skip("the reference corpus is not beside this checkout")
    with gzip.open(CORPUS, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


RECIPE = """
title = "A recipe of the tests"
summary = "It is there to be looked at."
kind = "{kind}"
principals = ["user"]
tags = []
sources = [{{ title = "IAM User Guide", url = "https://docs.aws.amazon.com/IAM/latest/UserGuide/" }}]
"""


@pytest.fixture
def make_recipe(tmp_path: Path) -> Callable[..., Path]:
    """`make_recipe("name", template, more="[parameters.x] …")` puts a recipe into the catalog folder `tmp_path`."""

    def make(name: str, template: str, more: str = "", kind: str = "identity") -> Path:
        folder = tmp_path / name
        folder.mkdir(parents=True)
        (folder / "recipe.toml").write_text(RECIPE.format(kind=kind) + more, encoding="utf-8")
        (folder / "policy.json.j2").write_text(template, encoding="utf-8")
        return folder

    return make


class Run(NamedTuple):
    code: int
    stdout: str
    stderr: str


@pytest.fixture
def policygen(capsys, monkeypatch) -> Callable[..., Run]:
    """`policygen("render", "self-manage", …)`: exit code, stdout and stderr."""

    def run(*arguments: str, stdin: str | bytes = "") -> Run:
        data = stdin if isinstance(stdin, bytes) else stdin.encode()
        monkeypatch.setattr(sys, "argv", ["policygen", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))
        capsys.readouterr()
        with pytest.raises(SystemExit) as stopped:
            main()
        stdout, stderr = capsys.readouterr()
        assert "Traceback" not in stderr
        return Run(stopped.value.code, stdout, stderr)

    return run

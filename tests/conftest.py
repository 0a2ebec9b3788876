"""What tests share: the command line, a real moto server with accounts on it, recipes, the reference corpus."""

import gzip
import io
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, settings

from policygen.cli import main

# the same examples in every run, and no failure because the machine is busy
settings.register_profile(
    "policygen", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("policygen")

CORPUS = Path(__file__).parents[1] / ".." / "shared" / "corpus" / "access-analyzer.jsonl.gz"


if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # a shell ignores Ctrl-C for what it runs in the background, and so would every process that a test interrupts
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def corpus() -> list[dict[str, Any]]:
    """The policies that AWS manages, each a line with `name`, `document` and AWS's own `findings`."""
    if not CORPUS.exists():
        pytest.skip("the reference corpus is not beside this checkout")
    with gzip.open(CORPUS, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@pytest.fixture
def terraform(tmp_path: Path) -> Callable[..., str]:
    """Run terraform in a folder (by default the test's) with AWS's provider from a mirror on this machine; its stdout.

    A mirror is where Terraform itself looks for one, a folder that `TERRAFORM_PLUGINS` names, or one in `/opt`. Without
    the provider, what needs none still runs.
    """
    program = shutil.which("terraform")
    if not program:
        pytest.skip("terraform is not installed")
    provider = "registry.terraform.io/hashicorp/aws"
    usual = ("/usr/local/share/terraform/plugins", Path.home() / ".terraform.d" / "plugins", *Path("/opt").glob("*"))
    named = os.environ.get("TERRAFORM_PLUGINS")
    mirror = next((one for one in map(Path, (*([named] if named else []), *usual)) if (one / provider).is_dir()), None)

    def run(*arguments: str, folder: Path = tmp_path, stdin: str = "") -> str:
        if arguments == ("init",):
            if mirror is None:
                pytest.skip("no folder of this machine has AWS's provider for terraform; name it in TERRAFORM_PLUGINS")
            arguments = ("init", f"-plugin-dir={mirror}", "-input=false")
        done = subprocess.run(
            [program, *arguments], input=stdin, cwd=folder, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


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


@pytest.fixture(autouse=True)
def _wide_terminal(monkeypatch):
    """Reports are cut to the terminal, which is another for each who runs the tests."""
    monkeypatch.setenv("COLUMNS", "120")


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


_numbers = count(1)


@pytest.fixture(scope="session")
def moto_server() -> Iterator[str]:
    """The URL of a moto server that speaks IAM and STS over HTTP on a free port of this machine."""
    server = pytest.importorskip("moto.server").ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@dataclass
class AwsAccount:
    """An empty account on the moto server: its clients, and the environment that leads a process to it."""

    id: str
    url: str
    credentials: dict[str, str]
    environment: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
        self.environment = kept | {
            "AWS_ACCESS_KEY_ID": self.credentials["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": self.credentials["SecretAccessKey"],
            "AWS_SESSION_TOKEN": self.credentials["SessionToken"],
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": self.url,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    @cached_property
    def iam(self) -> Any:
        return client("iam", self.url, *self.credentials.values())

    def run(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """The command line as a process with this account's credentials."""
        environment = self.environment | options.pop("env", {})
        return subprocess.run(
            [sys.executable, "-m", "policygen", *arguments],
            capture_output=True,
            text=True,
            env=environment,
            timeout=120,
            check=False,
            **options,
        )


@pytest.fixture
def aws_account(moto_server: str) -> AwsAccount:
    """A fresh account of the moto server; moto tells accounts apart by the role whose credentials are used."""
    return new_account(moto_server)


def new_account(url: str) -> AwsAccount:
    number = f"{os.getpid() % 10**6:06}{next(_numbers):06}"
    role = f"arn:aws:iam::{number}:role/admin"
    answer = client("sts", url, "test", "test", None).assume_role(RoleArn=role, RoleSessionName="test")
    names = ("AccessKeyId", "SecretAccessKey", "SessionToken")
    return AwsAccount(number, url, {name: answer["Credentials"][name] for name in names})


@cache
def _session() -> Any:
    """One for all clients, since each reads the description of a service anew."""
    import boto3

    return boto3.Session(region_name="us-east-1")


def client(service: str, url: str, key: str, secret: str, token: str | None) -> Any:
    return _session().client(
        service,
        endpoint_url=url,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
    )

"""Install a wheel into an empty environment without boto3, and use it there as its user would.

usage: python tests/use_wheel.py WHEEL
"""

import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path


def main(wheel: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        environment = Path(folder, "environment")
        venv.create(environment, with_pip=True)
        python = environment / "bin" / "python"
        run(folder, python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(wheel.resolve()))
        assert subprocess.run([python, "-c", "import boto3"], capture_output=True).returncode, "boto3 is there"
        policygen = environment / "bin" / "policygen"
        assert run(folder, policygen, "--version").startswith("policygen ")
        assert "self-manage" in run(folder, policygen, "list")
        run(folder, policygen, "render", "self-manage", "--account", "123456789012", "-o", "policy.json")
        assert json.loads(Path(folder, "policy.json").read_text())["Version"] == "2012-10-17"
        assert "no findings" in run(folder, policygen, "lint", "policy.json")
        assert "all as promised" in run(folder, policygen, "test")
    print(f"{wheel.name}: installed without boto3; --version, list, render, lint, test work")


def run(folder: str, *command: str | Path) -> str:
    return subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE, text=True).stdout


if __name__ == "__main__":
    main(Path(sys.argv[1]))

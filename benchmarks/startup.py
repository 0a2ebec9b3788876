"""How long a command takes from the shell, against importing what it cannot do without.

usage: python benchmarks/startup.py [RUNS]
"""

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

POLICYGEN = shutil.which("policygen", path=str(Path(sys.executable).parent)) or "policygen"
SMALL = (
    '{"Version": "2012-10-17", "Statement": {"Sid": "A", "Effect": "Allow", "Action": "iam:GetUser", "Resource": "*"}}'
)


def main(runs: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        policy = Path(folder, "policy.json")
        policy.write_text(SMALL)
        compared = [
            (["--version"], "import click", 1.5),
            (["--help"], "import click", 1.5),
            (["render", "self-manage", "--account", "123456789012"], "import click, jinja2, jsonschema", 1.6),
            (["lint", str(policy)], "import click, jsonschema", 1.5),
        ]
        print(f"{'command':22} {'ms':>6} {'against':36} {'ms':>6} {'ratio':>6} {'at most':>7}")
        for arguments, imports, most in compared:
            ours, theirs = _alternate([POLICYGEN, *arguments], [sys.executable, "-c", imports], runs)
            name = " ".join(arguments[:2]).replace(str(policy), "policy.json")
            print(f"{name:22} {ours:6.0f} {imports:36} {theirs:6.0f} {ours / theirs:6.2f} {most:7.1f}")


def _alternate(one: list[str], other: list[str], runs: int) -> tuple[float, float]:
    """The median milliseconds of both, run in turn so that a busy machine is busy for both."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(runs):
        for taken, command in zip(times, (one, other), strict=True):
            start = time.perf_counter()
            subprocess.run(command, capture_output=True, check=False)
            taken.append((time.perf_counter() - start) * 1000)
    return statistics.median(times[0]), statistics.median(times[1])


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)

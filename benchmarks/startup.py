"""How long a command takes from the shell, against importing what it cannot do without.

Both as pip installs them, with their bytecode; in time on the clock and in time of the processor, which tells more on
a busy machine. The medians of runs in turn.

usage: python benchmarks/startup.py [RUNS]
"""

import os
import resource
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
        print(f"{'command':20} {'ms':>6} {'against':32} {'ms':>6} {'ratio':>6} {'of cpu':>6} {'at most':>7}")
        for arguments, imports, most in compared:
            ours, theirs = _alternate([POLICYGEN, *arguments], [sys.executable, "-c", imports], runs)
            name = " ".join(arguments[:2]).replace(str(policy), "policy.json")
            ratio, of_cpu = (one / other for one, other in zip(ours, theirs, strict=True))
            times = f"{name:20} {ours[0] * 1000:6.0f} {imports:32} {theirs[0] * 1000:6.0f}"
            print(f"{times} {ratio:6.2f} {of_cpu:6.2f} {most:7.1f}")


def _alternate(one: list[str], other: list[str], runs: int) -> tuple[list[float], list[float]]:
    """The median seconds of both, on the clock and of the processor; the first run of each writes its bytecode."""
    taken: tuple[list[tuple[float, float]], list[tuple[float, float]]] = ([], [])
    for _ in range(runs + 1):
        for times, command in zip(taken, (one, other), strict=True):
            times.append(_time(command))
    ours, theirs = ([statistics.median(column) for column in zip(*times[1:], strict=True)] for times in taken)
    return ours, theirs


def _time(command: list[str]) -> tuple[float, float]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, capture_output=True, check=False, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter() - start, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)

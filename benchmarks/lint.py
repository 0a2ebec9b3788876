"""How fast the linter is, and how much faster than parliament on the same documents in the same run.

usage: python benchmarks/lint.py FOLDER|CORPUS.jsonl.gz [--parliament PYTHON]

Lints a folder of documents by the command line, with the rules of `access-analyzer` and then with all rules, and prints
seconds of processor time of the whole process, documents a second and the most memory that it held. PYTHON is an
interpreter that has parliament; it needs `setuptools<82` and an environment of its own, since this project does not
depend on it:
    python -m venv /tmp/parliament && /tmp/parliament/bin/pip install 'setuptools<82' parliament
"""

import argparse
import gzip
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

LINT = "-m", "policygen", "lint", "--fail-on", "never", "--format", "json"
PARLIAMENT = """
import sys
from pathlib import Path
import parliament
for path in sorted(Path(sys.argv[1]).iterdir()):
    parliament.analyze_policy_string(path.read_text())
"""


class Run(NamedTuple):
    """What a process cost: seconds of processor time, and megabytes at most."""

    seconds: float
    megabytes: float


def measure(*command: str) -> Run:
    """Run a program to its end, its output thrown away."""
    silent = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    process = os.posix_spawn(command[0], command, os.environ, file_actions=silent)
    _, status, usage = os.wait4(process, 0)
    if status:
        sys.exit(f"{' '.join(command[:4])} … failed")
    return Run(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def write_documents(place: Path, folder: Path) -> int:
    """Put each document into a file of its own; returns their number."""
    if place.is_dir():
        texts = [path.read_text("utf-8") for path in sorted(place.rglob("*.json"))]
    else:
        texts = [json.dumps(json.loads(line)["document"]) for line in gzip.decompress(place.read_bytes()).splitlines()]
    for index, text in enumerate(texts):
        Path(folder, f"{index:05}.json").write_text(text, "utf-8")
    return len(texts)


def report(name: str, count: int, run: Run) -> None:
    print(f"{name:28}{run.seconds:8.2f} s{count / run.seconds:10.0f} documents/s{run.megabytes:8.0f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("documents", type=Path)
    parser.add_argument("--parliament", metavar="PYTHON", help="an interpreter that has parliament")
    parser.add_argument("--repeat", type=int, default=3, help="the best of so many runs counts")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        count = write_documents(given.documents, Path(folder))
        ours = [sys.executable, *LINT, folder]
        narrow = min(measure(*ours, "--select", "access-analyzer") for _ in range(given.repeat))
        report("policygen, access-analyzer", count, narrow)
        report("policygen, all rules", count, min(measure(*ours) for _ in range(given.repeat)))
        if given.parliament:
            theirs = min(measure(given.parliament, "-c", PARLIAMENT, folder) for _ in range(given.repeat))
            report("parliament", count, theirs)
            print(f"the access-analyzer rules are {theirs.seconds / narrow.seconds:.1f} times as fast as parliament")


if __name__ == "__main__":
    main()

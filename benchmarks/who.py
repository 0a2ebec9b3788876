"""Ask who can do something in an account at IAM's quotas: `python benchmarks/who.py [--users N]`.

The account is the one of `benchmarks/audit.py`. Prints the seconds of CPU time, including reading the snapshot, and
megabytes; exits 1 where they are above what is promised: 10 s and 400 MB for a question about 5,000 users, 300 groups,
1,500 policies and 1,000 roles.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from audit import account

from policygen.access.asked import Asked
from policygen.access.who import Given, who
from policygen.account import snapshot

SECONDS, MEGABYTES = 10, 400
QUESTIONS = (
    ("s3:GetObject", "arn:aws:s3:::prod/x"),
    ("s3:Delete*", "*"),
    ("iam:CreateAccessKey", "*"),
    ("sts:AssumeRole", "*"),
    ("ec2:RunInstances", "*"),
)


def main() -> int:
    parser = argparse.ArgumentParser(description="Ask who can do something in an account at IAM's quotas.")
    parser.add_argument("--users", type=int, default=5000)
    parser.add_argument("--ask", nargs=3, metavar=("DIR", "ACTION", "RESOURCE"), help="ask one question, and print")
    options = parser.parse_args()
    if options.ask:
        return _ask(*options.ask)
    with tempfile.TemporaryDirectory() as folder:
        snapshot.write(Path(folder), account(options.users))
        runs = [[sys.executable, __file__, "--ask", folder, *question] for question in QUESTIONS]
        return max(subprocess.run(run, check=False).returncode for run in runs)  # a process each, for its memory


def _ask(folder: str, action: str, on: str) -> int:
    start = time.process_time()
    answers = who([snapshot.read_entities(Path(folder))], Asked((action,), (on,)), Given())
    seconds = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    can, unknown = sum(bool(a.ways) for a in answers), sum(bool(a.unknown) for a in answers)
    print(f"{action:20} {on:20} {can:5} can, {unknown:5} unknown: {seconds:.2f} s, {peak} MB", flush=True)
    return int(seconds > SECONDS or peak > MEGABYTES)


if __name__ == "__main__":
    sys.exit(main())

"""The second opinion: iam-simulate from npm, in a process of its own (it is AGPL, and nothing of it is here)."""

import json
import os
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
_INSTALLED = HERE / "node_modules" / "@cloud-copilot" / "iam-simulate"


def unavailable() -> str:
    """Why it cannot be asked, "" where it can; installs it the first time."""
    if not shutil.which("node") or not shutil.which("npm"):
        return "node and npm are not here"
    if not _INSTALLED.exists():
        install = ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"]
        patience = ["--fetch-retries=1", "--fetch-timeout=60000"]
        done = subprocess.run([*install, *patience], cwd=HERE, capture_output=True, text=True, timeout=600, check=False)
        if done.returncode:
            return f"npm cannot install the oracle: {done.stderr.strip().splitlines()[-1:]}"
    return ""


def ask(questions: list[dict]) -> tuple[list[str], float]:
    """Its decision on each question, an error as `error: …`, and the seconds of CPU time that all took."""
    lines = "\n".join(map(json.dumps, questions))
    done = subprocess.run(
        ["node", str(HERE / "oracle.js")],
        input=lines,
        capture_output=True,
        text=True,
        timeout=540,
        check=True,
        env={**os.environ, "TZ": "UTC"},
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    return [answer.get("decision") or f"error: {answer['error']}" for answer in answers], float(done.stderr.split()[-1])

"""Only one run at a time changes an account from one folder."""

import subprocess
import sys

import pytest

from policygen.account.journal import locked

HOLD = """
import sys
from pathlib import Path
from policygen.account.journal import locked
with locked(Path(sys.argv[1]), "123456789012", print):
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def other_run(tmp_path):
    """A process that holds the lock until it is told to let go, or killed."""
    program = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


@pytest.mark.parametrize("end", ["returns", "is killed"])
def test_a_second_run_says_that_it_waits_until_the_first_ends(other_run, tmp_path, end):
    said = []

    def say(sentence):
        said.append(sentence)
        other_run.kill() if end == "is killed" else other_run.communicate("\n")

    with locked(tmp_path, "123456789012", say):
        assert other_run.wait(10) is not None
    assert [sentence.startswith("another run is changing account 123456789012 (") for sentence in said] == [True]
    with locked(tmp_path, "123456789012", said.append):
        assert len(said) == 1


def test_runs_on_two_accounts_do_not_wait_for_each_other(other_run, tmp_path):
    said = []
    with locked(tmp_path, "111122223333", said.append):
        assert other_run.poll() is None
    assert said == []

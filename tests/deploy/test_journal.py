"""A journal can be read whatever cut it off, and only one run at a time changes an account from one folder."""

import json
import subprocess
import sys

import pytest

from policygen.deploy.journal import EmptyJournalError, Journal, find_interrupted, locked, new_journal, read_journal
from policygen.errors import PolicygenError

HOLD = """
import sys
from pathlib import Path
from policygen.deploy.journal import locked
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


HEADER = {"desired": {"account": "123456789012", "partition": "aws", "groups": [], "exempt": []}}


def step(number: int) -> dict:
    arguments = {"GroupName": "AllUsers", "UserName": f"u{number}"}
    return {
        "entry": "starting",
        "step": number,
        "operation": "AddUserToGroup",
        "arguments": arguments,
        "subject": f"user u{number}",
        "before": None,
    }


@pytest.fixture
def journal(tmp_path) -> Journal:
    """A journal of two finished steps."""
    made = new_journal(tmp_path, "123456789012", HEADER)
    for number in range(2):
        made.write(step(number))
        made.write({"entry": "done", "step": number})
    return made


def test_a_journal_cut_anywhere_says_what_was_begun_or_that_nothing_was(journal):
    text = journal.path.read_bytes()
    lines = text.splitlines(keepends=True)
    for end in range(len(text)):
        journal.path.write_bytes(text[:end])
        whole = sum(len(json.loads(line).get("subject", "")) > 0 for line in whole_lines(text[:end], lines))
        try:
            past = read_journal(journal.path)
        except EmptyJournalError as error:
            assert whole == 0 and str(error).endswith(
                ": has no complete entry: its run ended before it changed anything"
            )
        else:
            assert len(past.steps) == whole


def whole_lines(text: bytes, lines: list[bytes]) -> list[bytes]:
    """The lines that a cut left whole; the last may lack its line feed."""
    found, length = [], 0
    for line in lines:
        length += len(line)
        if length - 1 <= len(text):
            found.append(line)
    return found


def test_what_follows_a_cut_line_is_not_glued_to_it(journal):
    journal.path.write_bytes(journal.path.read_bytes() + b'{"at": "2026-11-25T10:00:00+00:00", "entry": "star')
    journal.write({"entry": "resumed", "after": 2})
    journal.write(step(2))
    past = read_journal(journal.path)
    assert len(past.steps) == 3
    assert past.notes == (f"{journal.path}:6: was cut off, and no step depends on it; skipped",)


def test_a_step_whose_announcement_is_lost_is_never_passed_over(journal):
    lines = journal.path.read_text().splitlines()
    journal.path.write_text("\n".join([lines[0], lines[1][:-40], *lines[2:]]) + "\n")
    with pytest.raises(PolicygenError, match=r"jsonl:2: is damaged, and nothing else tells what step 1 replaced"):
        read_journal(journal.path)


@pytest.mark.parametrize("entry", [{"entry": "done"}, {"entry": "done", "step": "2"}, {"entry": "done", "step": None}])
def test_an_entry_that_names_no_step_does_not_count_as_one(tmp_path, entry):
    made = new_journal(tmp_path, "123456789012", HEADER | {"plan": "p"})
    made.write(step(0))
    made.write({"entry": "done", "step": 0})
    made.write(entry)
    assert find_interrupted(tmp_path, "123456789012", "p") == (made, 1)


def test_a_file_of_no_bytes_says_that_nothing_was_done(tmp_path):
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b"")
    with pytest.raises(EmptyJournalError, match="its run ended before it changed anything"):
        read_journal(path)


def test_a_full_disk_is_named_and_what_was_written_before_can_be_read(journal):
    """A limit on the size of files in place of a full disk: it cuts a line just as a full disk does."""
    program = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from policygen.deploy.journal import Journal\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "path = Path(sys.argv[1])\n"
        "limit = path.stat().st_size + 10\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))\n"
        "Journal(path).write({'entry': 'done', 'step': 99})\n"
    )
    run = subprocess.run([sys.executable, "-c", program, str(journal.path)], capture_output=True, text=True)
    assert f"the journal {journal.path} cannot be written (file too large); make room on its disk" in run.stderr
    assert len(read_journal(journal.path).steps) == 2
    journal.write(step(2))
    assert len(read_journal(journal.path).steps) == 3

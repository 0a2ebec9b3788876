"""Files are written all or nothing, and what is not a file is never replaced by one."""

import os
import threading

import pytest

from policygen.errors import PolicygenError
from policygen.files import write_text


def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    write_text(pipe, "policy\n")
    reader.join(timeout=10)
    assert read == ["policy\n"] and pipe.is_fifo()


def test_the_file_that_a_link_leads_to_is_written_and_the_link_stays(tmp_path):
    (tmp_path / "file").write_text("old")
    link = tmp_path / "link"
    link.symlink_to("file")
    write_text(link, "new")
    assert link.is_symlink() and (tmp_path / "file").read_text() == "new"


def test_a_file_keeps_its_mode_and_nothing_is_left_beside_it(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(0o640)
    write_text(path, "new")
    assert path.stat().st_mode & 0o777 == 0o640 and [found.name for found in tmp_path.iterdir()] == ["file"]


def test_a_folder_is_refused_in_a_sentence(tmp_path):
    with pytest.raises(PolicygenError, match="cannot be written: is a directory"):
        write_text(tmp_path, "text")

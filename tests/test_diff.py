"""What changed between two texts, as git prints it."""

from policygen.diff import unified


def test_a_change_names_both_sides_and_the_lines_around_it():
    assert unified("a\nb\nc\n", "a\nB\nc\n", "x.json") == (
        "--- a/x.json\n+++ b/x.json\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n"
    )


def test_a_file_that_is_new_or_gone_has_no_other_side():
    assert unified("", "a\n", "x").startswith("--- /dev/null\n+++ b/x\n")
    assert unified("a\n", "", "x").startswith("--- a/x\n+++ /dev/null\n")


def test_no_change_is_no_text():
    assert unified("a\n", "a\n", "x") == ""


def test_a_missing_last_line_end_is_said():
    assert unified("a", "a\n", "x").endswith("-a\n\\ No newline at end of file\n+a\n")

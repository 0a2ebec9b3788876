"""What changed between two texts of a policy."""

from difflib import unified_diff


def unified(before: str, after: str, name: str) -> str:
    """A unified diff as git prints it, with `a/` and `b/` in front of names, and `/dev/null` for a missing text."""
    lines = unified_diff(
        before.splitlines(keepends=True),
        after.splitlines(keepends=True),
        f"a/{name}" if before else "/dev/null",
        f"b/{name}" if after else "/dev/null",
    )
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)

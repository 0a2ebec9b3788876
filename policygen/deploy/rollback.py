"""Roll back a run: the steps that restore what was there before, unless it has been changed since."""

from collections.abc import Iterable

from policygen.account.model import Document
from policygen.deploy.difference import Change, changes
from policygen.deploy.operation import Arguments
from policygen.deploy.operations import Step
from policygen.deploy.state import State


def undo(steps: Iterable[Step], current: State) -> tuple[list[Step], list[str]]:
    """The steps that undo the given ones, last first, and a remark for each that someone has changed since.

    Steps that had no effect, or are already undone, are skipped.
    """
    state = current
    back: list[Step] = []
    left: list[str] = []
    for step in reversed(tuple(steps)):
        undone = step.record.undo(step.arguments, step.before, state) if step.record.undo else ()
        if isinstance(undone, str):
            left.append(f"{step.subject}: {undone}; left as it is")
            continue
        for operation, arguments, before in undone:
            after = Step(operation, arguments, step.subject).after(state)
            difference = tuple(_difference(state, after, arguments))
            back.append(Step(operation, arguments, step.subject, before, difference))
            state = after
    return back, left


def _difference(before: State, after: State, arguments: Arguments) -> list[Change]:
    """What a call changes in the policies that apply."""
    if "GroupName" in arguments:
        return changes(_on_group(before, arguments), _on_group(after, arguments))
    old, new = (state.document(arguments.get("PolicyArn", "")) for state in (before, after))
    return changes(old, new) if old and new else []


def _on_group(state: State, arguments: Arguments) -> Document | None:
    """The document of the policy that a call refers to; None if the group does not have it."""
    group = state.group(arguments["GroupName"])
    if group is None:
        return None
    if "PolicyName" in arguments:
        return group.inline.get(arguments["PolicyName"])
    arn = arguments.get("PolicyArn")
    return state.document(arn) if arn in group.attached else None

"""Roll back a run: the steps that restore what was there before, unless it has been changed since."""

from collections.abc import Iterable

from policygen.account.model import Document
from policygen.deploy.difference import Change, changes
from policygen.deploy.operation import Arguments
from policygen.deploy.operations import Step
from policygen.deploy.state import RoleState, State


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
    if arguments.keys() & {"GroupName", "RoleName"}:
        return changes(_of_holder(before, arguments), _of_holder(after, arguments))
    old, new = (state.document(arguments.get("PolicyArn", "")) for state in (before, after))
    return changes(old, new) if old and new else []


def _of_holder(state: State, arguments: Arguments) -> Document | None:
    """The document of the policy that a call refers to; None if the group or role does not have it."""
    holder = state.holder(arguments)
    if holder is None:
        return None
    if "PolicyName" in arguments:
        return holder.inline.get(arguments["PolicyName"])
    if "PolicyDocument" in arguments and isinstance(holder, RoleState):
        return holder.trust
    arn = arguments.get("PolicyArn")
    return state.document(arn) if arn in holder.attached else None

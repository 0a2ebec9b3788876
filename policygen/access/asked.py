"""The actions and resources that a question about access is about, and the statements that can apply to any of them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from policygen.errors import PolicygenError
from policygen.evaluate import CompiledPolicy, CompiledStatement
from policygen.evaluate.ambiguous import is_ambiguous
from policygen.evaluate.known import check_action
from policygen.policy.arn import segments
from policygen.policy.pattern import covers, intersects, is_wild
from policygen.policy.previews import Previews
from policygen.reference.services import expand

_ACTION = re.compile(r"\*|[a-z0-9*?-]+:[a-z0-9*?_-]+", re.ASCII | re.IGNORECASE)
_VARIABLE = re.compile(r"\$\{[^}]*\}")


@dataclass(frozen=True)
class Asked:
    """Actions and resources, both with wildcards: every request for one of the actions on one of the resources."""

    actions: tuple[str, ...]
    resources: tuple[str, ...] = ("*",)
    """ARNs, or `*` for every resource and for requests without one."""

    def check(self, previews: Previews) -> None:
        """Raises PolicygenError for an action that does not exist, and for a resource that is not an ARN or `*`."""
        for action in self.actions:
            if not _ACTION.fullmatch(action):
                raise PolicygenError(f"`{action}` is not an action; write `service:Name`, with or without wildcards")
            if not is_wild(action):
                check_action(action, previews)
            elif not expand(action):
                raise PolicygenError(f"`{action}` matches no AWS action")
        for resource in self.resources:
            if resource != "*" and not (len(segments(resource)) == 6 and resource.startswith("arn:")):
                raise PolicygenError(
                    f"`{resource}` is not an ARN; write all six segments, with wildcards if needed, or `*`"
                )

    def relevant(self, policy: CompiledPolicy) -> CompiledPolicy:
        """The policy with only the statements that can apply to what is asked."""
        return policy.only([statement for statement in policy.statements if self.concerns(statement)])

    def concerns(self, statement: CompiledStatement) -> bool:
        """Whether a statement can apply to what is asked; True if that is not certain."""
        of = statement.statement
        lower = [action.lower() for action in self.actions]
        if of.not_action_names:
            if all(any(covers(entry, action) for entry in of.not_action_names) for action in lower):
                return False
        elif not any(intersects(entry, action) for entry in of.action_names for action in lower):
            return False
        if of.not_resource_texts:
            return not all(any(_covers(entry, asked) for entry in of.not_resource_texts) for asked in self.resources)
        return not of.resource_texts or any(_meets(e, asked) for e in of.resource_texts for asked in self.resources)

    def within(self, statement: CompiledStatement) -> "Asked":
        """The part of what is asked that a statement can apply to."""
        of = statement.statement
        actions = [
            asked if covers(entry, asked.lower()) else str(element.value)
            for element, entry in zip(of.actions, of.action_names, strict=True)
            for asked in self.actions
            if intersects(entry, asked.lower())
        ]
        resources = [
            asked if _covers(entry, asked) else entry
            for entry in of.resource_texts
            for asked in self.resources
            if _meets(entry, asked)
        ]
        return Asked(tuple(dict.fromkeys(actions)) or self.actions, tuple(dict.fromkeys(resources)) or self.resources)


def _meets(entry: str, resource: str) -> bool:
    """Whether an ARN can match both entries; policy variables may have any value."""
    if entry == "*" or resource == "*" or is_ambiguous(entry):
        return True
    left, right = _segments(entry), _segments(resource)
    return all(map(intersects, left, right))


def _segments(entry: str) -> Sequence[str]:
    parts = segments(_VARIABLE.sub("*", entry))
    return parts + ("*",) * (6 - len(parts))


def _covers(entry: str, resource: str) -> bool:
    """Whether an entry certainly matches everything that another one matches."""
    if entry == "*" or entry == resource:
        return True
    if resource == "*" or "${" in entry or is_ambiguous(entry):
        return False
    return all(map(covers, _segments(entry), _segments(resource)))

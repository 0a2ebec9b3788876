"""Who is an administrator, and the shortest way in which each other user and role can become one.

What the snapshot does not decide is unknown, with the reason.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from policygen.access.actors import Actors
from policygen.access.changes import Change
from policygen.access.doubts import doubts, unread_parts
from policygen.access.graph import DEPTH, Graph, Node, Step

ADMINISTRATOR = "administrator"


@dataclass(frozen=True)
class Way:
    """Whether a user or role is an administrator, and the answer to whether it can become one (None: not known).

    `steps` lead to an administrator, or perhaps do if the answer is None. `reasons` say why it is None. `unread` is
    true if the only reason is that the snapshot contains no entities of some type at all.
    """

    answer: bool | None
    steps: tuple[Step, ...] = ()
    reasons: tuple[str, ...] = ()
    administrator: bool = False
    unread: bool = False

    def __str__(self) -> str:
        """`user/ada` → `group/Engineers` → `iam:PassRole` of `role/app` to `lambda.amazonaws.com` → administrator."""
        return f"`{self.steps[0].source}` → {self.told_as('')}" if self.steps else ADMINISTRATOR

    def told_as(self, name: str) -> str:
        """The way without its beginning, from which it takes the `name` if one is given."""
        told = []
        for step in self.steps:
            told += [f"`group/{group}`" for group in step.groups if f"`group/{group}`" not in step.told]
            told.append(step.told)
        way = " → ".join([*told, ADMINISTRATOR])
        return way.replace(f"`{self.steps[0].source}`", name) if name and self.steps else way


def ways(actors: Actors) -> Mapping[str, Way]:
    """The way of every user and role of an account, by ARN."""
    search = _Search(Graph(actors))
    search.run()
    return {arn: search.way(node) for arn, node in search.graph.nodes.items()}


_Found = tuple[tuple[Step, ...], Node | None]
"""Steps, and the node that they lead to; None if they lead to everything."""


class _Search:
    """Finds the nodes that can become administrators, round by round, so that each way is a shortest one."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.solved: dict[Node, _Found] = {}
        self.perhaps: dict[Node, _Found] = {}
        """The nodes with ways that may exist."""
        self.reasons: dict[Node, tuple[str, ...]] = {}
        self.goal = 0
        """The users and roles that are administrators, or could become one in an earlier round."""
        self.round = 0
        self._changes: dict[tuple[Node, Node, bool], list[tuple[Change, Node]]] = {}

    def run(self) -> None:
        """Find all ways: first those that exist for certain, then those that may."""
        nodes = self.graph.nodes.values()
        self.goal = self._set_of([node for node in nodes if node.administers])
        waiting = [node for node in nodes if not node.administers and not node.actor.powers.unread]
        found: dict[Node, _Found] = {}
        while found or self.round <= DEPTH:
            self.round += 1
            found = {node: way for node in waiting if (way := self._next(node))}
            if not found and self.round > DEPTH:
                found = {node: way for node in self._indirect(waiting) if (way := self._around(node))}
            self.solved |= found
            self.goal |= self._set_of(found)
            waiting = [node for node in waiting if node not in found]
        judged = [node for node in nodes if not node.administers and node not in self.solved]
        self.reasons = {node: said for node in judged if (said := doubts(self.graph, node))}
        self._find_perhaps([node for node in waiting if node not in self.reasons])

    def way(self, node: Node) -> Way:
        """The way of a user or role as it is."""
        if node.administers:
            return Way(False, administrator=True)
        if node in self.solved:
            return Way(True, tuple(self._steps(node)))
        if node in self.perhaps:
            return Way(None, tuple(self._steps(node)), self.reasons.get(self._end(node), ()))
        if node in self.reasons:
            return Way(None, (), self.reasons[node])
        lacks = unread_parts(self.graph.account, node.actor)
        return Way(None, (), (lacks,), unread=True) if lacks else Way(False)

    def _set_of(self, nodes: "Mapping[Node, object] | list[Node]") -> int:
        found = 0
        for node in nodes:
            found |= self.graph.set_of(node)
        return found

    def _steps(self, node: Node) -> Iterator[Step]:
        """The steps from a node to the end of its way."""
        found: _Found | None = self.solved.get(node) or self.perhaps.get(node)
        while found:
            yield from found[0]
            found = (self.solved.get(found[1]) or self.perhaps.get(found[1])) if found[1] else None

    def _end(self, node: Node) -> Node:
        while node in self.perhaps and (after := self.perhaps[node][1]):
            node = after
        return node

    def _leads(self, node: Node) -> bool:
        """Whether a user or role, as it would be after changes, leads to an administrator."""
        if node.administers or node in self.solved:
            return True
        found = self._next(node) if self.round > node.depth and not node.actor.powers.unread else None
        if found:
            self.solved[node] = found
        return found is not None

    def _next(self, node: Node) -> _Found | None:
        """The next steps of a node: it becomes somebody, changes itself, or changes somebody and becomes them.

        That somebody is an administrator, or could become one in an earlier round.
        """
        for target in self.graph.of(node.becomes & self.goal):
            if become := self._becoming(node, target):
                return (become,), target
        for change, after in self._changes_to(node, node):
            if self._leads(after) and (step := self._changing(node, change, after)):
                return (step,), after
        if self.round == node.depth + 1 and (wide := self.graph.wide(node)):
            return (wide,), None
        for target in self.graph.of(node.becomes & self.graph.changeable(node)) if self.round > 1 else ():
            for change, after in self._changes_to(node, target):
                step = self._changing(node, change, after) if self._leads(after) else None
                if step and (become := self._becoming(node, target)):
                    return (step, become), after
        return None

    def _becoming(self, node: Node, target: Node) -> Step | None:
        """The step with which a node certainly becomes another; what is not certain is moved to `perhaps`."""
        can, step = self.graph.step(node, target)
        if can:
            return step
        bit = self.graph.set_of(target)
        node.becomes &= ~bit
        node.perhaps |= bit if can is None else 0
        return None

    def _changing(self, node: Node, change: Change, after: Node) -> Step | None:
        can, step = self.graph.change(node, change, after)
        return step if can else None

    def _changes_to(self, node: Node, target: Node) -> list[tuple[Change, Node]]:
        """The changes that a node may make to another or itself; from the second round on, it joins any group."""
        key = node, target, node is target and self.round > 1
        if key not in self._changes:
            self._changes[key] = self.graph.changes_to(node, target, join_any=key[2])
        return self._changes[key]

    def _indirect(self, waiting: list[Node]) -> list[Node]:
        """The users and roles that may become, one after the other, somebody who may change others."""
        near = self._set_of([node for node in waiting if self.graph.changeable(node)])
        before = 0
        while before != near:
            before = near
            near |= self._set_of([node for node in waiting if node.becomes & before])
        return [node for node in waiting if node.becomes & near]

    def _around(self, node: Node) -> _Found | None:
        """Steps over somebody else who may change the node itself, or another that the node can become."""
        paths = self._paths(node)
        everybody = self._set_of(paths)
        for actor, path in paths.items():
            for target in self.graph.of(self.graph.changeable(actor) & everybody):
                for change, after in self._changes_to(actor, target):
                    if self._leads(after) and (step := self._changing(actor, change, after)):
                        return (*path, step, *paths[target]), after
        return None

    def _paths(self, node: Node) -> dict[Node, tuple[Step, ...]]:
        """The users and roles that a node can become, one after the other, with the steps; itself without any."""
        found: dict[Node, tuple[Step, ...]] = {node: ()}
        left = [node]
        while left:
            one = left.pop(0)
            for target in self.graph.of(one.becomes):
                if target not in found and (step := self._becoming(one, target)):
                    found[target] = (*found[one], step)
                    left.append(target)
        return found

    def _find_perhaps(self, waiting: list[Node]) -> None:
        """Find the ways that may exist, round by round."""
        goal = self.goal | self._set_of(self.reasons)
        while found := {node: way for node in waiting if (way := self._may(node, goal))}:
            self.perhaps |= found
            goal |= self._set_of(found)
            waiting = [node for node in waiting if node not in found]

    def _may(self, node: Node, goal: int) -> _Found | None:
        """The next step of a node that it may be able to make."""
        for target in self.graph.of((node.becomes | node.perhaps | self.graph.running(node)) & goal):
            can, step = self.graph.step(node, target)
            if can is not False:
                return (step,), target
        for change, after in self._changes_to(node, node):
            perhaps = after.becomes | after.perhaps | self.graph.running(after)
            leads = after.administers is not False or after in self.solved or bool(perhaps & goal)
            if leads or doubts(self.graph, after):
                can, step = self.graph.change(node, change, after)
                if can is not False:
                    return (step,), after
        return None

"""Claims about policies: that nobody is granted certain actions, and that nobody outside is granted anything."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from policygen.evaluate import CompiledStatement, Layers
from policygen.evaluate.compare import Comparison, Verdict, granted, public


@dataclass(frozen=True)
class NotGranted:
    """No request for one of these actions on one of these resources is allowed; both can have wildcards."""

    actions: tuple[str, ...]
    resources: tuple[str, ...] = ("*",)

    def check(self, layers: Layers) -> Comparison:
        """NONE if the claim is true; FOUND, with a request, if it is not; UNKNOWN with the reason."""
        return granted(layers, self.actions, self.resources)

    def __str__(self) -> str:
        where = "" if self.resources == ("*",) else f" on {_either(self.resources)}"
        return f"{_either(self.actions)} is not granted{where}"


@dataclass(frozen=True)
class NotPublic:
    """No request of someone outside is allowed."""

    def check(self, layers: Layers) -> Comparison:
        """The result, as for NotGranted."""
        return public(layers)

    def __str__(self) -> str:
        return "there is no public access"


Claim = NotGranted | NotPublic


@dataclass(frozen=True)
class Checked:
    """A claim about the policies with one name."""

    name: str
    claim: Claim
    result: Comparison
    layers: Layers

    @property
    def decisive(self) -> list[CompiledStatement]:
        """The statements of these policies that allow the request shown, without those of policies that were added."""
        given = {id(statement) for _, policy in self.layers.named() for statement in policy.statements}
        return [one for one in self.result.shown[1].statements if id(one) in given] if self.result.shown else []


def check(sides: Mapping[str, Layers], claims: Iterable[Claim]) -> list[Checked]:
    """Each claim about each of the named policies, those that are not proved first."""
    order = (Verdict.FOUND, Verdict.UNKNOWN, Verdict.NONE)
    checked = [Checked(name, claim, claim.check(layers), layers) for claim in claims for name, layers in sides.items()]
    return sorted(checked, key=lambda one: order.index(one.result.verdict))


def _either(texts: tuple[str, ...]) -> str:
    return " or ".join(f"`{text}`" for text in texts)

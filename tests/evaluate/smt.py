"""The question of `new_access` for identity policies as a formula for z3, written without the engine that it checks.

An action is one string. A resource is `*` or six strings, the segments of an ARN. A condition key is whether it is
there, and a string, a number, a bit or an address. What is not encoded (policy variables, sets of values, several
families of operators on one key, `StringEqualsIgnoreCase`) raises UnsupportedError.
"""

import ipaddress
from typing import Any

import z3

Json = dict[str, Any]

ALWAYS = {
    *("aws:currenttime", "aws:epochtime", "aws:principalaccount", "aws:principalarn", "aws:principalisawsservice"),
    *("aws:principaltype", "aws:requestedregion", "aws:securetransport", "aws:useragent", "aws:userid"),
    "aws:viaawsservice",
}
"""In every request, by the IAM User Guide."""
LINKED = [
    {"aws:principalarn", "aws:principalaccount", "aws:principaltype", "aws:username", "aws:userid"},
    {"aws:currenttime", "aws:epochtime"},
]
"""Keys that say the same thing in two ways, of which only one is encoded at a time."""
UNCONTROLLED = ["sts:getcalleridentity", "sts:getsessiontoken"]


class UnsupportedError(Exception):
    """Something that is not encoded."""


def differs(old: Json, new: Json, timeout: int = 20_000) -> bool:
    """Whether a request is allowed by the new policy and not by the old one; raises UnsupportedError."""
    question = _Question([*_list(old["Statement"]), *_list(new["Statement"])])
    solver = z3.Solver()
    solver.set("timeout", timeout)
    solver.add(*question.facts(), question.allows(new), z3.Not(question.allows(old)))
    answer = solver.check()
    if answer == z3.unknown:
        raise UnsupportedError("z3 gave up")
    return answer == z3.sat


class _Question:
    """The variables of one request."""

    def __init__(self, statements: list[Json]) -> None:
        if any("${" in str(statement) for statement in statements):
            raise UnsupportedError("a policy variable")
        self.action = z3.String("action")
        self.segments = [z3.String(f"resource {index}") for index in range(6)]
        self.whole = z3.Bool("resource is *")
        self.keys: dict[str, tuple[str, Any, Any]] = {}
        self.partitions = {
            text.split(":")[1]
            for statement in statements
            for name in ("Resource", "NotResource")
            for text in _list(statement.get(name, []))
            if text.count(":") >= 5 and not set("*?") & set(text.split(":")[1])
        }

    def facts(self) -> list[Any]:
        """What holds for every request."""
        letters = z3.Union(z3.Range("a", "z"), z3.Range("0", "9"), z3.Re("-"))
        found = [
            z3.InRe(self.action, z3.Concat(z3.Plus(letters), z3.Re(":"), z3.Plus(z3.Union(letters, z3.Re("_"))))),
            *(self.action != name for name in UNCONTROLLED),
            self.segments[0] == "arn",
            *(z3.Not(z3.Contains(segment, ":")) for segment in self.segments[:5]),
        ]
        if self.partitions:
            found.append(z3.Or([self.segments[1] == name for name in sorted(self.partitions)]))
        found += [there for name, (_, there, _) in self.keys.items() if name in ALWAYS]
        if "aws:multifactorauthpresent" in self.keys and "aws:multifactorauthage" in self.keys:
            (_, there, value), (_, age, _) = (
                self.keys["aws:multifactorauthpresent"],
                self.keys["aws:multifactorauthage"],
            )
            found.append(age == z3.And(there, value))
        if any(len(group & self.keys.keys()) > 1 for group in LINKED):
            raise UnsupportedError("keys that follow from each other")
        return found

    def allows(self, policy: Json) -> Any:
        """That the policy by itself allows the request."""
        statements = _list(policy["Statement"])
        matching = {
            effect: [self.matches(s) for s in statements if s["Effect"] == effect] for effect in ("Allow", "Deny")
        }
        return z3.And(z3.Or(matching["Allow"]), z3.Not(z3.Or(matching["Deny"])))

    def matches(self, statement: Json) -> Any:
        parts = [self._listed(statement, "Action", self._action), self._listed(statement, "Resource", self._resource)]
        for operator, keys in statement.get("Condition", {}).items():
            parts += [self._condition(operator, key.lower(), _list(values)) for key, values in keys.items()]
        return z3.And(parts)

    def _listed(self, statement: Json, name: str, test: Any) -> Any:
        if name in statement:
            return z3.Or([test(text) for text in _list(statement[name])])
        return z3.Not(z3.Or([test(text) for text in _list(statement[f"Not{name}"])]))

    def _action(self, text: str) -> Any:
        return _glob(self.action, text.lower())

    def _resource(self, text: str) -> Any:
        if not text.strip("*"):
            return z3.BoolVal(True)
        parts = text.split(":", 5)
        if len(parts) < 6:
            raise UnsupportedError("a short ARN")
        matched = z3.And([_glob(segment, part) for segment, part in zip(self.segments, parts, strict=True)])
        return z3.And(z3.Not(self.whole), matched)

    def _key(self, name: str, family: str) -> tuple[Any, Any]:
        if name not in self.keys:
            self.keys[name] = (family, z3.Bool(f"{name} there"), _variable(name, family))
        known, there, value = self.keys[name]
        if family not in (known, "null"):
            raise UnsupportedError("two families of operators on one key")
        return there, value

    def _condition(self, operator: str, name: str, values: list[Any]) -> Any:
        low = operator.lower()
        if ":" in low:
            raise UnsupportedError("a set of values")
        if low == "null":
            there, _ = self._key(name, self.keys[name][0] if name in self.keys else "string")
            return z3.Or([z3.Not(there) if str(value).lower() == "true" else there for value in values])
        optional, low = low.endswith("ifexists"), low.removesuffix("ifexists")
        negated = "not" in low
        family, test = _test(low.replace("not", ""))
        there, value = self._key(name, family)
        held = z3.Or([test(value, _text(listed)) for listed in values])
        if negated:
            return z3.Or(z3.Not(there), z3.Not(held))
        return z3.Or(z3.Not(there), held) if optional else z3.And(there, held)


def _test(operator: str) -> tuple[str, Any]:
    """The family of an operator, and the formula of one value."""
    if operator == "stringequals":
        return "string", lambda value, text: value == text
    if operator == "stringlike":
        return "string", _glob
    if operator == "bool":
        return "bool", lambda value, text: value if text.lower() == "true" else z3.Not(value)
    if operator == "ipaddress":
        return "address", _inside
    if operator in ("arnlike", "arnequals"):
        return "arn", lambda value, text: z3.And([_glob(v, t) for v, t in zip(value, _six(text), strict=True)])
    for name, compare in _COMPARISONS.items():
        if operator == f"numeric{name}":
            return "number", lambda value, text, compare=compare: compare(value, z3.RealVal(text))
    raise UnsupportedError(operator)


_COMPARISONS = {
    "equals": lambda a, b: a == b,
    "lessthan": lambda a, b: a < b,
    "lessthanequals": lambda a, b: a <= b,
    "greaterthan": lambda a, b: a > b,
    "greaterthanequals": lambda a, b: a >= b,
}


def _variable(name: str, family: str) -> Any:
    if family == "arn":
        return [z3.String(f"{name} {index}") for index in range(6)]
    if family == "address":
        return z3.Bool(f"{name} is IPv6"), z3.Int(name)
    return {"string": z3.String, "bool": z3.Bool, "number": z3.Real}[family](name)


def _inside(value: Any, text: str) -> Any:
    block = ipaddress.ip_network(text, strict=False)
    is_six, number = value
    low, high = int(block.network_address), int(block.broadcast_address)
    return z3.And(is_six if block.version == 6 else z3.Not(is_six), number >= low, number <= high)


def _six(text: str) -> list[str]:
    parts = text.split(":", 5)
    if len(parts) < 6:
        raise UnsupportedError("a short ARN")
    return parts


def _glob(value: Any, pattern: str) -> Any:
    """That a string matches a pattern with `*` and `?`."""
    if not set("*?") & set(pattern):
        return value == pattern
    if pattern == "*":
        return z3.BoolVal(True)
    one, pieces, literal = z3.AllChar(z3.ReSort(z3.StringSort())), [], ""
    for letter in [*pattern, None]:
        if letter in ("*", "?", None):
            pieces += [z3.Re(literal)] if literal else []
            literal = ""
            pieces += [z3.Star(one)] if letter == "*" else [one] if letter == "?" else []
        else:
            literal += letter
    return z3.InRe(value, z3.Concat(*pieces) if len(pieces) > 1 else pieces[0])


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]

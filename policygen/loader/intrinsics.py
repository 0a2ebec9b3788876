"""CloudFormation's intrinsic functions: worked out where the template alone decides them, unknown where it does not.

Source: CloudFormation User Guide, "Intrinsic function reference" and "Pseudo parameters" (2026-11).
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from policygen.policy.model import escape
from policygen.policy.unknown import Example, Unknown, put_together

PSEUDO_PARAMETERS: Mapping[str, str] = {
    "AWS::AccountId": Example("123456789012"),
    "AWS::Partition": Example("aws"),
    "AWS::Region": Example("us-east-1"),
    "AWS::URLSuffix": Example("amazonaws.com"),
}
"""Examples of what AWS puts in: a policy is judged for one account and region, and means the same in all others."""

_NO_VALUE = "AWS::NoValue"
_IN_SUB = re.compile(r"\$\{(!?)([^${}]*)\}")


class _Absent:
    """What `AWS::NoValue` leaves: nothing."""


_ABSENT = _Absent()


@dataclass
class Resolver:
    """Works out the functions in parts of one template."""

    mappings: Mapping[str, Any] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    """Pointer in what came out → pointer in the template, where a function put a value in another place."""

    def resolve(self, value: Any, into: str = "", origin: str = "") -> Any:
        """A value without functions; texts of which something is known only at deployment are `Unknown`.

        `into` is the JSON Pointer of the value in the outcome, `origin` its JSON Pointer in the template.
        """
        resolved = self._resolve(value, into, origin)
        return None if resolved is _ABSENT else resolved

    def _resolve(self, value: Any, into: str, origin: str) -> Any:
        if isinstance(value, list):
            return self._list(value, into, origin)
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            name, argument = next(iter(value.items()))
            if name == "Ref" and isinstance(argument, str):
                return _ref(argument)
            if name == "Fn::If" and isinstance(argument, list) and len(argument) == 3:
                return self._if(argument, into, f"{origin}/Fn::If")
            if name.startswith("Fn::"):
                return self._call(name, argument)
        resolved = {}
        for key, item in value.items():
            part = self._resolve(item, f"{into}/{escape(key)}", f"{origin}/{escape(key)}")
            if part is not _ABSENT:
                resolved[key] = part
        return resolved

    def _list(self, items: Sequence[Any], into: str, origin: str) -> list[Any]:
        """The items of a list; both branches of a condition are in the outcome, since either may be deployed."""
        out: list[Any] = []
        for index, item in enumerate(items):
            branches = [(item, f"{origin}/{index}")]
            if isinstance(item, dict) and len(item) == 1 and isinstance(item.get("Fn::If"), list):
                branches = [(part, f"{origin}/{index}/Fn::If/{at}") for at, part in enumerate(item["Fn::If"]) if at]
            for part, place in branches:
                target = f"{into}/{len(out)}"
                resolved = self._resolve(part, target, place)
                parts = resolved if isinstance(resolved, list) and part is not item else [resolved]
                for one in parts:
                    if one is not _ABSENT:
                        self.moved[f"{into}/{len(out)}"] = place
                        out.append(one)
        return out

    def _if(self, argument: Sequence[Any], into: str, origin: str) -> Any:
        """The branch that remains if the other one is `AWS::NoValue`; otherwise the result is unknown."""
        branches = [(self._resolve(part, into, f"{origin}/{at}"), at) for at, part in enumerate(argument) if at]
        present = [(value, at) for value, at in branches if value is not _ABSENT]
        if not present:
            return _ABSENT
        if len(present) == 2 and present[0][0] != present[1][0] and not isinstance(present[0][0], list):
            return Unknown(f"${{{argument[0]}}}")
        self.moved[into] = f"{origin}/{present[0][1]}"
        if len(present) == 2 and isinstance(present[0][0], list) and isinstance(present[1][0], list):
            return [*present[0][0], *(item for item in present[1][0] if item not in present[0][0])]
        return present[0][0]

    def _call(self, name: str, argument: Any) -> Any:
        if name == "Fn::Sub":
            return self._sub(argument)
        value = self._resolve(argument, "", "")
        if name == "Fn::Join" and isinstance(value, list) and len(value) == 2 and _texts(value[1]):
            return put_together(str(value[0]).join(value[1]), value[1])
        if name == "Fn::FindInMap" and isinstance(value, list) and len(value) >= 3:
            return self._find_in_map(value)
        if name == "Fn::Select" and isinstance(value, list) and len(value) == 2 and isinstance(value[1], list):
            index = int(value[0]) if str(value[0]).isdecimal() else -1
            return value[1][index] if 0 <= index < len(value[1]) else Unknown("${Fn::Select}")
        if name == "Fn::Split" and _texts(value) and len(value) == 2 and not isinstance(value[1], Unknown):
            return value[1].split(value[0]) if value[0] else Unknown("${Fn::Split}")
        if name == "Fn::ToJsonString":
            return value if isinstance(value, Unknown) else json.dumps(value)
        if name == "Fn::GetAtt":
            return Unknown(f"${{{'.'.join(map(str, argument)) if isinstance(argument, list) else argument}}}")
        return Unknown(f"${{{name}}}")

    def _sub(self, argument: Any) -> Any:
        text, given = (
            (argument[0], argument[1]) if isinstance(argument, list) and len(argument) == 2 else (argument, {})
        )
        if not isinstance(text, str):
            return Unknown("${Fn::Sub}")
        values = self._resolve(given, "", "") if isinstance(given, dict) else {}
        parts: list[object] = []

        def put(match: re.Match[str]) -> str:
            if match[1]:  # `${!Literal}` is written out as `${Literal}`
                return f"${{{match[2]}}}"
            name = match[2].strip()
            value = values.get(name, PSEUDO_PARAMETERS.get(name))
            parts.append(value if isinstance(value, str) else Unknown(name))
            return value if isinstance(value, str) else match[0]

        return put_together(_IN_SUB.sub(put, text), parts)

    def _find_in_map(self, keys: Sequence[Any]) -> Any:
        found: Any = self.mappings
        for key in keys[:3]:
            found = found.get(key) if isinstance(found, dict) and isinstance(key, str) else None
        return Unknown("${Fn::FindInMap}") if found is None else self._resolve(found, "", "")


def _ref(name: str) -> Any:
    if name == _NO_VALUE:
        return _ABSENT
    return PSEUDO_PARAMETERS.get(name) or Unknown(f"${{{name}}}")


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)

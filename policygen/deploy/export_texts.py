"""What the templates of an export share: references to the account they are deployed to, and names of resources."""

import re
from collections.abc import Callable
from typing import Any

from policygen.deploy.desired import Desired

_NOT_ALNUM = re.compile(r"[^A-Za-z0-9]+")


def here(desired: Desired, account: str, partition: str) -> Callable[[str], str]:
    """A function that replaces the account id, and the partition of ARNs, with references."""
    number = re.compile(rf"(?<!\d){desired.account}(?!\d)")
    arn = re.compile(rf"\barn:{re.escape(desired.partition)}:")
    return lambda text: arn.sub(lambda _: f"arn:{partition}:", number.sub(lambda _: account, text))


def mapped(data: Any, value: Callable[[str], Any]) -> Any:
    """JSON data with every string replaced, except the keys of objects."""
    if isinstance(data, str):
        return value(data)
    if isinstance(data, list):
        return [mapped(item, value) for item in data]
    return {key: mapped(item, value) for key, item in data.items()} if isinstance(data, dict) else data


class Names:
    """Unique names of resources, made of letters and digits."""

    def __init__(self, separator: str) -> None:
        self.separator = separator
        self.taken: set[str] = set()

    def unique(self, text: str) -> str:
        """The text as a name; with a number if that name is taken."""
        base = _NOT_ALNUM.sub(self.separator, text).strip("_") or "x"
        base = f"x{base}" if base[0].isdigit() else base
        name, number = base, 1
        while name.lower() in self.taken:
            number += 1
            name = f"{base}{self.separator}{number}"
        self.taken.add(name.lower())
        return name

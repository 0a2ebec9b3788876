"""YAML texts: values as in JSON, with the place of each, and CloudFormation's short forms written out."""

from collections.abc import Iterator
from typing import Any

from policygen.errors import MissingLibraryError
from policygen.policy.characters import named
from policygen.policy.model import escape
from policygen.policy.source import JsonSyntaxError, Source, Tree

_MOST = 500_000
"""Values in one file, aliases counted as often as they are used: more than any template within AWS's limits holds."""
_DEEPEST = 100
_TAG = "tag:yaml.org,2002:"
_WITHOUT_FN = ("!Ref", "!Condition")


def parse_yaml(text: str, file: str) -> Source:
    """A YAML text; several documents become a list.

    Numbers, `true`, `false` and `null` are what they are in YAML; dates and everything else are texts. Raises
    JsonSyntaxError, with the place, for what is not YAML, keys that appear twice, and aliases that grow without limit;
    MissingLibraryError where PyYAML is not installed.
    """
    try:
        import yaml
    except ImportError:
        raise MissingLibraryError(f"{file}: reading YAML needs `pip install 'policygen[formats]'`") from None
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    builder = _Builder(file)
    try:
        documents = [node for node in yaml.compose_all(text, loader) if node is not None]
        if len(documents) == 1:
            data = builder.value(documents[0], "", 0)
        else:
            data = [builder.value(node, f"/{index}", 0) for index, node in enumerate(documents)]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        is_tab = mark and text[mark.index : mark.index + 1] == "\t"
        problem = "a tab cannot indent; use spaces" if is_tab else error.problem or error.context
        raise JsonSyntaxError(f"not YAML: {problem}", file, line, column) from None
    except yaml.reader.ReaderError:
        at = next((at for at, character in enumerate(text) if yaml.reader.Reader.NON_PRINTABLE.match(character)), 0)
        line, column = Source(text, file).position(at)
        raise JsonSyntaxError(f"not YAML: {named(text[at])} is not allowed", file, line, column) from None
    except (yaml.YAMLError, RecursionError) as error:
        raise JsonSyntaxError(f"not YAML: {str(error).splitlines()[0]}", file, 1, 1) from None
    return Source(text, file, Tree(data, builder.values, builder.keys))


class _Builder:
    """Turns the nodes that PyYAML composes into values, and remembers where each of them is."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.values: dict[str, tuple[int, int]] = {}
        self.keys: dict[str, tuple[int, int]] = {}
        self.count = 0

    def value(self, node: Any, pointer: str, depth: int) -> Any:
        self.count += 1
        if self.count > _MOST:
            raise self._error(f"holds more than {_MOST:,} values once its aliases are followed; split it", node)
        if depth > _DEEPEST:
            raise self._error("nested too deeply to be a policy", node)
        self.values[pointer] = node.start_mark.index, _end(node)
        function = _function(node.tag)
        if function:
            return {function: self._plain(node, f"{pointer}/{escape(function)}", depth + 1)}
        return self._plain(node, pointer, depth)

    def _plain(self, node: Any, pointer: str, depth: int) -> Any:
        self.values[pointer] = node.start_mark.index, _end(node)
        if node.id == "mapping":
            return self._mapping(node, pointer, depth)
        if node.id == "sequence":
            return [self.value(item, f"{pointer}/{index}", depth + 1) for index, item in enumerate(node.value)]
        if node.tag == "!GetAtt":
            return node.value.split(".", 1)
        return _scalar(node)

    def _mapping(self, node: Any, pointer: str, depth: int) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key, value in self._pairs(node):
            name = key.value if key.id == "scalar" else ""
            if not name and key.id != "scalar":
                raise self._error("a key must be a text", key)
            if name in result:
                raise self._error(f"the key `{name}` appears twice in one mapping", key)
            place = f"{pointer}/{escape(name)}"
            self.keys[place] = key.start_mark.index, key.end_mark.index
            result[name] = self.value(value, place, depth + 1)
        return result

    def _pairs(self, node: Any) -> Iterator[tuple[Any, Any]]:
        """The keys and values of a mapping; what `<<` merges in comes last, and only where nothing replaces it."""
        own = [(key, value) for key, value in node.value if key.tag != f"{_TAG}merge"]
        yield from own
        taken = {key.value for key, _ in own if key.id == "scalar"}
        for key, merged in node.value:
            for mapping in (merged.value if merged.id == "sequence" else [merged]) if key.tag == f"{_TAG}merge" else ():
                for inner, value in mapping.value if mapping.id == "mapping" else ():
                    if inner.id == "scalar" and inner.value not in taken and inner.tag != f"{_TAG}merge":
                        taken.add(inner.value)
                        yield inner, value

    def _error(self, message: str, node: Any) -> JsonSyntaxError:
        return JsonSyntaxError(message, self.file, node.start_mark.line + 1, node.start_mark.column + 1)


def _end(node: Any) -> int:
    """The offset of the end of a node; PyYAML's end of a block is where the next token begins."""
    last = node
    while last.id != "scalar" and not last.flow_style and last.value:
        last = last.value[-1][1] if last.id == "mapping" else last.value[-1]
        if last.start_mark.index < node.start_mark.index:  # an alias of something above
            return int(node.end_mark.index)
    return int(last.end_mark.index)


def _function(tag: str) -> str:
    """The intrinsic function that a tag is short for: `!Sub` → `Fn::Sub`; "" for the tags of YAML itself."""
    if tag.startswith("!") and len(tag) > 1:
        return tag[1:] if tag in _WITHOUT_FN else f"Fn::{tag[1:]}"
    return ""


def _scalar(node: Any) -> Any:
    """A scalar as JSON has it; whole numbers with a zero in front are texts, as account ids are."""
    text: str = node.value
    if node.tag == f"{_TAG}bool":
        return text.lower() in ("true", "yes", "on")
    if node.tag == f"{_TAG}null":
        return None
    if node.tag == f"{_TAG}int" and text.lstrip("+-").isdecimal() and not (text.startswith("0") and len(text) > 1):
        return int(text) if len(text) < 100 else text
    if node.tag == f"{_TAG}float":
        try:
            return float(text.replace("_", ""))
        except ValueError:  # `.inf`, sexagesimal numbers
            return text
    return text

"""Terraform's own language: blocks and literals as values with places, everything computed as unknown.

A file becomes `{"resource": {type: {name: body}}, "data": …, "locals": …}`; blocks inside of a body are lists under
their type. Source: Terraform language documentation, "Expressions", "Strings and templates" and "jsonencode" (2026-11).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from policygen.errors import MissingLibraryError
from policygen.policy.model import escape
from policygen.policy.source import JsonSyntaxError, Source, Tree
from policygen.policy.unknown import Example, Unknown, put_together

if TYPE_CHECKING:
    from lark import Token
    from lark import Tree as Node

KNOWN: tuple[tuple[str, str], ...] = (
    (r"data\.aws_caller_identity\.\w+\.(?:account_id|id)", "123456789012"),
    (r"data\.aws_partition\.\w+\.(?:partition|id)", "aws"),
    (r"data\.aws_partition\.\w+\.dns_suffix", "amazonaws.com"),
    (r"data\.aws_region\.\w+\.(?:name|region|id)", "us-east-1"),
)
"""Expression → an example of what AWS puts in: a policy is judged for one account and region."""

_DIRECTIVE = re.compile(r"(?<!%)%\{")
"""`%{ if … }` and `%{ for … }`, which decide about the text after them."""
_ESCAPES = {r"\n": "\n", r"\r": "\r", r"\t": "\t", r"\"": '"', r"\\": "\\", "$${": "${", "%%{": "%{"}
_ESCAPE = re.compile(r"\\u[0-9a-fA-F]{4}|\\U[0-9a-fA-F]{8}|\\[nrt\"\\]|\$\$\{|%%\{")
_INTERPOLATION = re.compile(r"(?<!\$)\$\{([^{}]*)\}")
_HEREDOC = re.compile(r"<<-?\s*(\w+)\n(.*?)\n?[ \t]*\1\s*\Z", re.DOTALL)


def parse_hcl(text: str, file: str) -> Source:
    """A Terraform file. Raises JsonSyntaxError, with the place, for what is not HCL.

    Raises MissingLibraryError where python-hcl2 is not installed.
    """
    try:
        import hcl2
        from lark import UnexpectedInput
    except ImportError:
        raise MissingLibraryError(f"{file}: reading Terraform files needs `pip install 'policygen[formats]'`") from None
    builder = _Builder(text, file)
    data: dict[str, Any] = {}
    try:
        tree = hcl2.parses_to_tree(text if text.endswith("\n") else f"{text}\n")
        builder.body(_child(tree, "body"), data, "", top=True)
    except UnexpectedInput as error:
        line, column = max(error.line, 1), max(error.column, 1)
        raise JsonSyntaxError("not HCL: this is not expected here", file, line, column) from None
    except RecursionError:
        raise JsonSyntaxError("nested too deeply to be a Terraform file", file, 1, 1) from None
    return Source(text, file, Tree(data, builder.values, builder.keys))


class _Builder:
    """Turns a parse tree into values, and remembers where each of them is."""

    def __init__(self, text: str, file: str) -> None:
        self.text, self.file = text, file
        self.values: dict[str, tuple[int, int]] = {}
        self.keys: dict[str, tuple[int, int]] = {}
        self.first = 0
        """The index of the first item of the next list: lists that are joined are numbered through."""

    def body(self, node: "Node[Token]", into: dict[str, Any], pointer: str, *, top: bool = False) -> None:
        """The attributes and blocks of a body; at the top, blocks lie under their labels."""
        seen: set[str] = set()
        for child in _nodes(node):
            if child.data == "attribute":
                key, *_, value = _nodes(child)
                place = f"{pointer}/{escape(_name(key))}"
                self._key(key, place, seen)
                into[_name(key)] = self.value(value, place)
            elif child.data == "block":
                self._block(child, into, pointer, top=top)

    def _block(self, node: "Node[Token]", into: dict[str, Any], pointer: str, *, top: bool) -> None:
        labels = [_name(child) for child in _nodes(node) if child.data in ("identifier", "string")]
        place = pointer
        here: Any = into
        for label in labels[:-1] if top and len(labels) > 1 else ():
            here, place = here.setdefault(label, {}), f"{place}/{escape(label)}"
        last = labels[-1]
        body: dict[str, Any] = {}
        if top:
            place = f"{place}/{escape(last)}"
            existing = here.setdefault(last, body)
            body = existing if isinstance(existing, dict) else body
        elif labels[0] == "dynamic":  # how often it is repeated, and with what, is worked out by Terraform
            here.setdefault(last, []).append(Unknown("${dynamic}"))
            return
        else:
            listed = here.setdefault(last, [])
            place = f"{place}/{escape(last)}/{len(listed)}"
            listed.append(body)
        self.values[place] = node.meta.start_pos, node.meta.end_pos
        self.body(_child(node, "body"), body, place)

    def value(self, node: Any, pointer: str) -> Any:
        """An expression: literals as they are, everything else unknown."""
        self.values[pointer] = node.meta.start_pos, node.meta.end_pos
        read: Callable[[_Builder, Any, str], Any] = _EXPRESSIONS.get(node.data, _Builder.computed)
        return read(self, node, pointer)

    def term(self, node: "Node[Token]", pointer: str) -> Any:
        """What an `expr_term` wraps: one expression, perhaps in parentheses."""
        inner = [child for child in _nodes(node) if child.data != "new_line_or_comment"]
        return self.value(inner[0], pointer) if len(inner) == 1 else self.computed(node, pointer)

    def string(self, node: "Node[Token]", pointer: str) -> str:
        """A quoted template."""
        parts = [child for child in _nodes(node) if child.data == "string_part"]
        put_in: list[str] = []
        text = ""
        for part in parts:
            interpolation = next(_nodes(part), None)
            if interpolation is None:
                text += _ESCAPE.sub(_unescape, str(part.children[0]))
                continue
            expression = self._text(interpolation).removeprefix("${").removesuffix("}").strip()
            put_in.append(_known(expression))
            text += put_in[-1]
        return put_together(text, put_in)

    def heredoc(self, node: "Node[Token]", pointer: str) -> str:
        """A heredoc, with its interpolations."""
        found = _HEREDOC.match(self._text(node))
        text = found[2] if found else self._text(node)
        put_in: list[str] = []

        def put(match: re.Match[str]) -> str:
            put_in.append(_known(match[1].strip()))
            return put_in[-1]

        text = _INTERPOLATION.sub(put, text).replace("$${", "${")
        return put_together(text, [*put_in, *map(Unknown, _DIRECTIVE.findall(text))])

    def list(self, node: "Node[Token]", pointer: str) -> list[Any]:
        """A tuple."""
        items = [child for child in _nodes(node) if child.data != "new_line_or_comment"]
        first, self.first = self.first, 0
        return [self.value(item, f"{pointer}/{index}") for index, item in enumerate(items, first)]

    def object(self, node: "Node[Token]", pointer: str) -> dict[str, Any]:
        """An object."""
        out: dict[str, Any] = {}
        seen: set[str] = set()
        for element in _nodes(node):
            if element.data == "object_elem":
                key = next(child for child in _nodes(element) if child.data == "object_elem_key")
                name = self._object_key(key)
                place = f"{pointer}/{escape(name)}"
                self._key(key, place, seen)
                out[name] = self.value([*_nodes(element)][-1], place)
        return out

    def call(self, node: "Node[Token]", pointer: str) -> Any:
        """A call of a function: `jsonencode` of a literal is the literal, other calls are unknown."""
        name = _name(next(_nodes(node)))
        arguments = [child for child in _nodes(node) if child.data == "arguments"]
        given = [child for child in _nodes(arguments[0]) if child.data != "new_line_or_comment"] if arguments else []
        if name == "jsonencode" and len(given) == 1:
            return self.value(given[0], pointer)
        if name in ("toset", "tolist", "concat", "flatten") and given:
            joined: list[Any] = []
            for item in given:
                self.first = len(joined)
                value = self.value(item, pointer)
                joined += value if isinstance(value, list) else [self.computed(item, pointer)]
            self.first = 0
            self.values[pointer] = node.meta.start_pos, node.meta.end_pos
            return joined
        return self.computed(node, pointer)

    def computed(self, node: "Node[Token]", pointer: str) -> Any:
        """Something that Terraform works out: a known example, or unknown."""
        return _known(re.sub(r"\s+", " ", self._text(node)))

    def literal(self, node: "Node[Token]", pointer: str) -> Any:
        """`true`, `false`, `null`."""
        return {"true": True, "false": False}.get(self._text(node).strip())

    def number(self, node: "Node[Token]", pointer: str) -> Any:
        """A number."""
        text = self._text(node)
        return int(text) if re.fullmatch(r"[0-9]{1,30}", text) else float(text)

    def _object_key(self, node: "Node[Token]") -> str:
        text = self._text(node).strip()
        inner = next(_nodes(node), None)
        if text.startswith('"') and inner is not None:
            value = self.value(inner, "")
            return str(value)
        return Unknown(f"${{{text}}}") if text.startswith("(") else text

    def _key(self, node: "Node[Token]", pointer: str, seen: set[str]) -> None:
        """Remember where a key is; raises JsonSyntaxError for the second of two equal ones in one body or object."""
        if pointer in seen:
            line, column = Source(self.text, self.file).position(node.meta.start_pos)
            raise JsonSyntaxError(f"`{self._text(node).strip()}` appears twice", self.file, line, column)
        seen.add(pointer)
        self.keys[pointer] = node.meta.start_pos, node.meta.end_pos

    def _text(self, node: "Node[Token]") -> str:
        return self.text[node.meta.start_pos : node.meta.end_pos]


_EXPRESSIONS: Mapping[str, Callable[[_Builder, Any, str], Any]] = {
    "expr_term": _Builder.term,
    "string": _Builder.string,
    "heredoc_template": _Builder.heredoc,
    "heredoc_template_trim": _Builder.heredoc,
    "tuple": _Builder.list,
    "object": _Builder.object,
    "function_call": _Builder.call,
    "literal_value": _Builder.literal,
    "int_lit": _Builder.number,
    "float_lit": _Builder.number,
}


def _known(expression: str) -> str:
    """The example of an expression's value, if there is one; otherwise the expression as unknown."""
    example = next((value for pattern, value in KNOWN if re.fullmatch(pattern, expression)), None)
    return Unknown(f"${{{expression}}}") if example is None else Example(example)


def _unescape(match: re.Match[str]) -> str:
    text = match[0]
    return _ESCAPES[text] if text in _ESCAPES else chr(int(text[2:], 16))


def _nodes(node: "Node[Token]") -> "Iterator[Node[Token]]":
    return (child for child in node.children if hasattr(child, "data"))  # type: ignore[misc]


def _child(node: "Node[Token]", name: str) -> "Node[Token]":
    return next(child for child in _nodes(node) if child.data == name)


def _name(node: Any) -> str:
    return "".join(map(str, node.scan_values(lambda token: token.type != "DBLQUOTE"))).strip()

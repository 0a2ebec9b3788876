"""The template language of `policy.json.j2`: JSON with a subset of Jinja2 so small that templates are safe to run.

Every value is written as JSON: strings inside the quotes of the template, other values outside. A value on the wrong
side of the quotes is an error, so no value can change the structure of the policy. Templates cannot call or import
anything, and they end: their syntax is a short list, and output and time are limited.
"""

import json
import re
import time
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NoReturn

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, nodes, pass_context
from jinja2.runtime import Context, LoopContext, Undefined
from jinja2.sandbox import SandboxedEnvironment

from policygen.errors import PolicygenError, did_you_mean
from policygen.policy.source import JsonSyntaxError, Source
from policygen.recipe.principal_element import principal_element

FILE = "policy.json.j2"
_MAX_SOURCE = 65_536
_MAX_OUTPUT = 1_000_000
_MAX_LENGTH = 10_000
_MAX_NUMBER = 2**63
_SECONDS = 2.0

_SYNTAX = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.For, nodes.Assign, nodes.Name, nodes.Const),
    *(nodes.List, nodes.Tuple, nodes.Getattr, nodes.Filter, nodes.Compare, nodes.Operand, nodes.And, nodes.Or),
    *(nodes.Not, nodes.CondExpr, nodes.Add, nodes.Sub, nodes.Mul, nodes.FloorDiv),
)
_FILTERS = ("join", "length", "sort", "unique", "lower", "default", "principal")

# Neither templates nor values written as JSON can contain control characters, so nobody can forge these marks.
_TEXT, _TEXT_END, _VALUE, _VALUE_END, _LINE, _LINE_END = "\1\2\3\4\5\6"
_MARKS = re.compile(f"[{_TEXT}{_TEXT_END}{_VALUE}{_VALUE_END}]|{_LINE}([0-9]+){_LINE_END}")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_STRING_OR_LAST_COMMA = re.compile(r'"(?:[^"\\]|\\.)*"|,(?=\s*[\]}])', re.DOTALL)
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class TemplateError(PolicygenError):
    """A template that is broken or does not render to JSON, with `file:line` and the cause."""


def render(source: str, values: Mapping[str, Any], file: str = FILE) -> Any:
    """The parsed JSON that a template renders to.

    The template can only use the names in `values`. Raises TemplateError for anything that is wrong with it.
    """
    template = _compile(source, file, frozenset(values))
    raw = _run(template, values, file)
    _check_sides(raw, file)
    # a trailing comma is replaced by a space, not removed, so that offsets stay the same
    text = _STRING_OR_LAST_COMMA.sub(lambda part: " " if part[0] == "," else part[0], _MARKS.sub("", raw))
    parsed = Source(text, file)
    try:
        return parsed.data
    except JsonSyntaxError as error:
        offset = sum(len(line) + 1 for line in text.split("\n")[: error.line - 1]) + error.column - 1
        raise TemplateError(f"{file}:{_line_of(raw, offset)}: {error.message}") from None


def names(source: str, file: str = FILE) -> frozenset[str]:
    """The parameters of a template: the names that it uses without defining them."""
    return frozenset(name.name for name in _undefined(_parse(source, file)))


class _Environment(SandboxedEnvironment):
    intercepted_binops = frozenset(["+", "*"])

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A field of a record, or what `loop` knows; no value has any other attribute."""
        if isinstance(obj, dict):
            return obj[attribute] if attribute in obj else self.undefined(obj=obj, name=attribute)
        if isinstance(obj, LoopContext):
            return super().getattr(obj, attribute)
        raise TypeError(f"only `loop` and records have fields, so there is no `.{attribute}`")

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if operator == "*" and not (isinstance(left, int) and isinstance(right, int)):
            raise TypeError("`*` multiplies whole numbers only")
        if operator == "+" and isinstance(left, str | list) and len(left) + len(right) > _MAX_LENGTH:
            raise ValueError(f"a value grows beyond {_MAX_LENGTH} elements")
        result = super().call_binop(context, operator, left, right)
        if isinstance(result, int) and abs(result) > _MAX_NUMBER:
            raise ValueError("a number grows beyond 64 bits")
        return result


def _finalize(value: Any) -> str:
    """The output of `{{ value }}`, between marks that say on which side of the quotes it belongs."""
    if isinstance(value, Undefined):
        value._fail_with_undefined_error()
    if isinstance(value, str):
        return f"{_TEXT}{json.dumps(value)[1:-1]}{_TEXT_END}"
    if isinstance(value, list | tuple) and not all(isinstance(item, str | int | float) for item in value):
        raise TypeError("a list can only contain texts, numbers and booleans")
    return f"{_VALUE}{json.dumps(value, allow_nan=False)}{_VALUE_END}"


@pass_context
def _bounded(context: Context, values: Any) -> Iterator[Any]:
    """The values of a `for` loop, until time is up."""
    deadline = context.resolve("_deadline")
    for value in values:
        if time.monotonic() > deadline:
            raise ValueError(f"the template takes longer than {_SECONDS:g} seconds")
        yield value


def _join(values: Any, separator: str = "") -> str:
    parts = [str(value) for value in values]
    if sum(map(len, parts)) + len(separator) * len(parts) > _MAX_LENGTH:
        raise ValueError(f"a value grows beyond {_MAX_LENGTH} characters")
    return separator.join(parts)


_ENVIRONMENT = _Environment(
    undefined=StrictUndefined, finalize=_finalize, autoescape=False, keep_trailing_newline=True, cache_size=0
)
_ENVIRONMENT.globals = {}
_OWN_FILTERS = {"join": _join, "principal": principal_element, "_bounded": _bounded}
_ENVIRONMENT.filters = {name: _ENVIRONMENT.filters.get(name) for name in _FILTERS} | _OWN_FILTERS


@lru_cache(maxsize=256)
def _compile(source: str, file: str, known: frozenset[str]) -> Template:
    tree = _parse(source, file)
    for name in _undefined(tree):
        if name.name not in known:
            _refuse(file, name, f"`{name.name}` is not a parameter{did_you_mean(name.name, known)}")
    for data in tree.find_all(nodes.TemplateData):
        lines = data.data.split("\n")
        data.data = "\n".join(f"{_LINE}{data.lineno + i}{_LINE_END}{line}" for i, line in enumerate(lines))
    for loop in list(tree.find_all(nodes.For)):
        loop.iter = nodes.Filter(loop.iter, "_bounded", [], [], None, None, lineno=loop.lineno)
    try:
        code = _ENVIRONMENT.compile(tree, file, file)
    except (SyntaxError, RecursionError, MemoryError, ValueError) as error:
        raise TemplateError(f"{file}: cannot be compiled: {error}") from None
    return Template.from_code(_ENVIRONMENT, code, {})


def _undefined(tree: nodes.Template) -> list[nodes.Name]:
    """The names that no `for` or `set` in the template defines."""
    found = list(tree.find_all(nodes.Name))
    written = {name.name for name in found if name.ctx == "store"} | {"loop"}
    return [name for name in found if name.ctx == "load" and name.name not in written]


def _parse(source: str, file: str) -> nodes.Template:
    if len(source) > _MAX_SOURCE:
        raise TemplateError(f"{file}: is longer than {_MAX_SOURCE} characters")
    if forbidden := _FORBIDDEN.search(source):
        line = source.count("\n", 0, forbidden.start()) + 1
        raise TemplateError(f"{file}:{line}: contains a control character")
    try:
        tree = _ENVIRONMENT.parse(source, file, file)
    except TemplateSyntaxError as error:
        cause = (error.message or "broken syntax").partition(". ")[0].rstrip(".")
        raise TemplateError(f"{file}:{error.lineno}: {cause[0].lower()}{cause[1:]}") from None
    except (RecursionError, ValueError) as error:
        raise TemplateError(f"{file}: cannot be read: {error}") from None
    for node in tree.find_all(nodes.Node):
        _check_syntax(node, file)
    return tree


def _check_syntax(node: nodes.Node, file: str) -> None:
    if not isinstance(node, _SYNTAX) or (isinstance(node, nodes.For) and node.recursive):
        _refuse(file, node, f"`{type(node).__name__.lower()}` is not part of the template language")
    if isinstance(node, nodes.Filter) and node.name not in _FILTERS:
        _refuse(file, node, f"there is no filter `{node.name}`{did_you_mean(node.name, _FILTERS)}")
    if isinstance(node, nodes.Getattr) and not isinstance(node.node, nodes.Name):
        _refuse(file, node, "only `loop` and records have fields")


def _refuse(file: str, node: nodes.Node, why: str) -> NoReturn:
    raise TemplateError(f"{file}:{node.lineno}: {why}")


def _run(template: Template, values: Mapping[str, Any], file: str) -> str:
    chunks, length = [], 0
    try:
        for chunk in template.generate(values, _deadline=time.monotonic() + _SECONDS):
            chunks.append(chunk)
            length += len(chunk)
            if length > _MAX_OUTPUT:
                raise ValueError(f"the template writes more than {_MAX_OUTPUT} characters")
    except Exception as error:  # any exception of Python's is the template's fault
        raise TemplateError(f"{file}{_line_in(error, file)}: {error}") from error
    return "".join(chunks)


def _line_in(error: Exception, file: str) -> str:
    """`:line` of the template where an exception was raised; Jinja puts the template's lines into the traceback."""
    line, frame = 0, error.__traceback__
    while frame:
        if frame.tb_frame.f_code.co_filename == file:
            line = frame.tb_lineno
        frame = frame.tb_next
    return f":{line}" if line else ""


def _check_sides(raw: str, file: str) -> None:
    """Raise TemplateError unless strings are inside the quotes of the template, and lists and objects outside."""
    for match in re.finditer(rf"\\({_TEXT}|{_VALUE})", raw):
        raise TemplateError(f"{file}:{_last_line(raw[: match.start()])}: a value follows a backslash")
    for match in _STRING.finditer(raw):
        if re.search(f"{_VALUE}[\\[{{n]", match[0]):
            raise TemplateError(f"{file}:{_last_line(raw[: match.end()])}: a list is inside quotes; leave them out")
    outside = _STRING.sub(lambda string: re.sub(f"[^{_LINE}{_LINE_END}0-9]", "", string[0]), raw)
    if _TEXT in outside:
        line = _last_line(outside[: outside.index(_TEXT)])
        raise TemplateError(f"{file}:{line}: a text is outside quotes; write quotes around `{{{{ … }}}}`")


def _last_line(raw: str) -> int:
    """The line of the template at the end of a piece of raw output."""
    lines = re.findall(f"{_LINE}([0-9]+){_LINE_END}", raw)
    return int(lines[-1]) if lines else 1


def _line_of(raw: str, offset: int) -> int:
    """The line of the template for an offset in the output without marks."""
    clean = end = 0
    for mark in _MARKS.finditer(raw):
        clean += mark.start() - end
        end = mark.end()
        if clean > offset:
            break
        line_end = end
    else:
        line_end = len(raw)
    return _last_line(raw[:line_end])

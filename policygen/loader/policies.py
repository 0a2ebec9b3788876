"""Any text → the policies in it: which format it is in, where its policies are, and of which kind each is."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any
from urllib.parse import unquote

from policygen.errors import PolicygenError
from policygen.files import read_text
from policygen.loader.aws_cli import in_output, is_answer
from policygen.loader.cloudformation import in_serverless, in_template, is_serverless, is_template
from policygen.loader.found import Found
from policygen.loader.kind import SUGGESTED, infer, suggested
from policygen.loader.terraform import in_terraform, is_terraform
from policygen.loader.terraform_files import in_terraform_files, is_terraform_files
from policygen.loader.terraform_folder import TerraformFolder
from policygen.policy.model import Kind, Policy
from policygen.policy.previews import NONE, Previews
from policygen.policy.source import JsonSyntaxError, Source, Tree
from policygen.policy.unknown import Unknown, unknowns

LARGEST = 64 * 2**20
"""Bytes of one file, more than the authorization details of an account that uses up IAM's default quotas."""

_JSON_FORMAT, _PLAN, _TERRAFORM = "JSON", "Terraform plan or state", "Terraform"
_FORMATS: tuple[tuple[str, Callable[[Any], bool], Callable[[Any], Iterator[Found]]], ...] = (
    ("CloudFormation", is_template, in_template),
    ("Serverless Framework", is_serverless, in_serverless),
    (_PLAN, is_terraform, in_terraform),
    (_TERRAFORM, is_terraform_files, in_terraform_files),
    (_JSON_FORMAT, lambda data: True, in_output),
)
"""Name of a format, whether a file's data is in it, and the policies of such data; the first that fits is taken."""


_JSON = ("{", "[", '"', "%")
"""What JSON, and JSON that is URL-encoded, begins with."""
_YAML = re.compile(r"\b([Ss]tatements?|Effect)\b|iamRoleStatements|PolicyDocument")
_HCL = re.compile(r"(?i)polic")
"""What every file with a policy contains, unless it is JSON; parsing all the others would take most of the time."""
_NOT_SPACE = re.compile(r"[^\n]")
_PUT_IN = re.compile(r"(?<!\$)\$\{(?![A-Za-z0-9_.-]+:[^\s?}]+\}|[*?$]\})|(?<!%)%\{")
"""`${…}` that is not a policy variable, and `%{ if … }`."""


@dataclass(frozen=True)
class Loaded:
    """What a text holds."""

    format: str
    policies: tuple[Policy, ...]
    undecided: tuple[Found, ...] = ()
    """Policies of which the whole text is known only at deployment."""
    by_folder: frozenset[Kind] = frozenset()
    """The kinds that policies were taken for because of the name of their folder."""
    elsewhere: tuple[tuple[Found, str], ...] = ()
    """Policies whose document is in another Terraform file of the folder, and that file: they are found there."""
    broken: tuple[JsonSyntaxError, ...] = ()
    """What is wrong with what a template has in the place of a policy; the other policies of the file are not."""
    is_output: bool = False
    """Whether a tool printed it, so that a change would be lost: an answer of AWS's API, a plan or a state."""

    @property
    def is_json(self) -> bool:
        """Whether the text is a policy document or an answer of AWS's API, not a template, plan or state."""
        return self.format == _JSON_FORMAT


def parse_text(text: str, file: str) -> Source:
    """A text as values with places: YAML and Terraform files by the ending of their names, otherwise JSON.

    A text that starts with `%7B` is URL-encoded JSON. What is neither called nor looks like JSON, and does not mention
    what a policy consists of, holds nothing. Raises JsonSyntaxError, later, for JSON that cannot be parsed.
    """
    ending = PurePath(file).suffix.lower()
    is_yaml, is_hcl = ending in (".yaml", ".yml"), ending in (".tf", ".tofu")
    is_json = ending == ".json" or not text.strip() or text.lstrip().startswith(_JSON)
    if (is_yaml or is_hcl or not is_json) and not (_HCL if is_hcl else _YAML).search(text):
        return Source(text, file, Tree(None, {}, {}))
    if is_yaml or (ending in ("", ".template", ".stdin>") and not is_json):
        from policygen.loader.yaml_text import parse_yaml

        return parse_yaml(text, file)
    if is_hcl:
        from policygen.loader.hcl import parse_hcl

        return parse_hcl(text, file)
    return Source(unquote(text) if text.lstrip()[:3].upper() == "%7B" else text, file)


def load(
    source: Source, kind: Kind | None = None, previews: Previews = NONE, folder: TerraformFolder | None = None
) -> Loaded:
    """Every policy of a text, named by its owner, of the kind given, of its place, of its folder, or that it shows.

    `previews` are what exists for these policies although AWS's data does not list it; `folder` is that of a file that
    others may refer to. Raises JsonSyntaxError for what is not JSON, and where, outside of templates, something other
    than an object is in the place of a policy.
    """
    name, _, find = next(row for row in _FORMATS if row[1](source.data))
    folder = folder if name == _TERRAFORM else None
    loaded: list[Policy] = []
    undecided: list[Found] = []
    by_folder: set[Kind] = set()
    elsewhere: list[tuple[Found, str]] = []
    broken: list[JsonSyntaxError] = []
    data = _marked(source.data) if name == _TERRAFORM and not source.tree else source.data
    for found in _found(find, data, source.file):
        found = folder.as_used(found) if folder else found
        if folder and (file := folder.file_with(found)):
            elsewhere.append((found, file))
        elif isinstance(found.document, Unknown) and not found.document.lstrip().startswith("{"):
            undecided.append(found)
        else:
            try:
                policy = _policy(found, source, kind, previews)
            except JsonSyntaxError as error:
                if name == _JSON_FORMAT:
                    raise
                if isinstance(found.document, Unknown):
                    undecided.append(found)  # what is put in decides whether it is JSON
                else:
                    broken.append(error)
                continue
            if not (kind or found.kind) and policy.kind in SUGGESTED:
                by_folder.add(policy.kind)
            unknown = {pointer for pointer, _ in unknowns(policy.document)} if name != _JSON_FORMAT else set()
            unknown.update(_conditional(found))
            loaded.append(replace(policy, unknown=frozenset(unknown)) if unknown else policy)
    is_output = name == _PLAN or (name == _JSON_FORMAT and not source.tree and is_answer(source.data))
    return Loaded(
        name, tuple(loaded), tuple(undecided), frozenset(by_folder), tuple(elsewhere), tuple(broken), is_output
    )


def _found(find: Callable[[Any], Iterator[Found]], data: Any, file: str) -> Iterator[Found]:
    try:
        yield from find(data)
    except JsonSyntaxError:
        raise
    except PolicygenError as error:
        raise PolicygenError(f"{file}: {error}") from None


def read_policies(path: str, kind: Kind | None = None) -> list[Policy]:
    """The policies of a file, or of stdin for `-`, as `load` finds them.

    Raises PolicygenError for a file that cannot be read, one without a policy, and one with a policy of which nothing
    is known before deployment.
    """
    name = "<stdin>" if path == "-" else path
    source = parse_text(read_text(path, LARGEST), name)
    loaded = load(source, kind, folder=None if path == "-" else TerraformFolder(path))
    reasons = [(one, "known only at deployment") for one in loaded.undecided]
    reasons += [(one, f"in {file}; give that file instead") for one, file in loaded.elsewhere]
    for error in loaded.broken:
        raise error
    for one, reason in reasons:
        line, column, *_ = source.span(one.pointer)
        raise PolicygenError(f"{name}:{line}:{column}: the policy `{one.name}` is {reason}")
    found = list(loaded.policies)
    if not found:
        raise PolicygenError(f"{name}: does not contain a policy")
    return found


def read_policy(path: str, kind: Kind | None = None) -> Policy:
    """The policy of a file, or of stdin for `-`; raises PolicygenError unless the file contains exactly one."""
    found = read_policies(path, kind)
    if len(found) > 1:
        raise PolicygenError(f"{path}: contains {len(found)} policies; give a file with one")
    return found[0]


def _conditional(found: Found) -> Iterator[str]:
    """Where a document has a branch of a condition, of which only the deployment says whether it is there.

    An Allow is judged as if it was there; all else counts as unknown, since it may be what forbids something.
    """
    statements = found.document.get("Statement") if isinstance(found.document, dict) else None
    for pointer, origin in found.moved.items():
        if "/Fn::If/" in origin.removeprefix(found.pointer):
            parts = pointer.split("/")
            listed = isinstance(statements, list) and len(parts) == 3 and parts[2].isdigit()
            statement = statements[int(parts[2])] if isinstance(statements, list) and listed else None
            allows = isinstance(statement, dict) and statement.get("Effect") == "Allow"
            yield f"/Fn::If{pointer}" if allows else f"{pointer}/Fn::If"


def _policy(found: Found, source: Source, kind: Kind | None, previews: Previews) -> Policy:
    document, base = found.document, found.pointer
    if isinstance(document, str):
        inner = _in_place(source, found)
        is_written_out = inner and type(document) is str  # nothing was put in that the file does not show
        document = inner.data if inner and is_written_out else _parse(found, source)
        source, base = (inner, "") if inner else (source, base)
        document = _marked(document) if isinstance(found.document, Unknown) else document
    if not isinstance(document, dict):
        raise JsonSyntaxError("a policy must be a JSON object", source.file, *source.span(found.pointer)[:2])
    kind = kind or found.kind or suggested(document, source.file) or infer(document)
    return Policy(document, kind, source, base, found.name, found.account, previews, found.moved)


def _in_place(source: Source, found: Found) -> Source | None:
    """A document in a heredoc or a YAML block, with its places in the file; None where its text is written otherwise.

    Everything before the document is blanked, so that what is parsed is where it is in the file.
    """
    if not source.tree or found.pointer not in source.tree.values:
        return None
    start, end = source.tree.values[found.pointer]
    start, end = source.text.find("{", start, end), source.text.rfind("}", start, end) + 1
    if start < 0:
        return None
    inner = Source(_NOT_SPACE.sub(" ", source.text[:start]) + source.text[start:end], source.file)
    try:
        return inner if isinstance(inner.data, dict) else None
    except JsonSyntaxError:
        return None


def _parse(found: Found, source: Source) -> Any:
    """A document in a string; a mistake in it is a mistake at the place of the string.

    API Gateway's answers have its quotes escaped once more (API reference, `RestApi.policy`).
    """
    text: str = found.document
    try:
        if text.lstrip().startswith('{\\"'):
            text = Source(f'"{text}"', source.file).data
        return Source(text if text.lstrip().startswith("{") else unquote(text), source.file).data
    except JsonSyntaxError as error:
        raise JsonSyntaxError(error.message, source.file, *source.span(found.pointer)[:2]) from None


def _marked(value: Any) -> Any:
    """A JSON value in which each text with something in it that a template puts in is unknown."""
    if isinstance(value, str):
        return Unknown(value) if _PUT_IN.search(value) else value.replace("$${", "${")
    if isinstance(value, list):
        return [_marked(item) for item in value]
    return {_marked(key): _marked(item) for key, item in value.items()} if isinstance(value, dict) else value

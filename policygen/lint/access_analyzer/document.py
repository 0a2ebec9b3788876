"""The form of a policy document: its elements, their JSON types and combinations, its Sids and `Version`."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from policygen.errors import did_you_mean
from policygen.finding import Severity
from policygen.lint.access_analyzer import IDENTITY, error, suggestion, warning
from policygen.lint.access_analyzer.family import Row, family
from policygen.lint.rule import Objections, OfKey
from policygen.policy.meaning import as_text, normal_statement
from policygen.policy.model import Element, Kind, Policy, Statement, escape
from policygen.reference.refusals import accepted_actions, refusal

_Types = Mapping[str, tuple[type, ...]]
_TOP: _Types = {"Version": (str,), "Id": (str,), "Statement": (list, dict)}
_ENTRIES = {"Action", "NotAction", "Resource", "NotResource"}
_STATEMENT: _Types = {
    "Sid": (str,),
    "Effect": (str,),
    "Principal": (str, dict),
    "NotPrincipal": (str, dict),
    **dict.fromkeys(_ENTRIES, (str, list)),
    "Condition": (dict,),
}
_FITTING = {(name, kind) for types in (_TOP, _STATEMENT) for name, kinds in types.items() for kind in kinds}
_READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::app/*"}
_NAMES: dict[type, str] = {str: "a string", list: "a list", dict: "an object"}


@error("data-type-mismatch")
def data_type_mismatch(policy: Policy) -> Objections:
    """An element has the wrong JSON type.

    Why it matters: IAM rejects the policy.
    Instead: give the element the type that the policy grammar requires.

    Fires on: {"Effect": "Allow", "Action": 7, "Resource": "*"}
    Fires on: {"Version": 20121017, "Statement": []}
    Quiet on: {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "*"}
    """
    yield from _wrong_types(policy.document, _TOP, "")
    body = policy.document.get("Statement")
    for index, statement in enumerate(body if isinstance(body, list) else ()):
        if not isinstance(statement, dict):
            yield f"/Statement/{index}", f"a statement must be an object, not `{json.dumps(statement)[:40]}`"
    for one in policy.statements:
        yield from _wrong_types(one.body, _STATEMENT, one.pointer)
        for name in _ENTRIES & one.body.keys():
            entries = one.body[name]
            odd = isinstance(entries, list) and len(entries) > len(one.elements(name))
            for index, entry in enumerate(entries if odd else ()):
                if not isinstance(entry, str):
                    yield f"{one.pointer}/{name}/{index}", f"an entry of `{name}` must be a string"
        condition = one.body.get("Condition")
        for operator, keys in condition.items() if isinstance(condition, dict) else ():
            if not isinstance(keys, dict):
                place = f"{one.pointer}/Condition/{escape(operator)}"
                yield place, f"`{operator}` must be an object of condition keys and values"


def _wrong_types(element: dict[str, Any], types: _Types, pointer: str) -> Iterator[tuple[str, str]]:
    if _FITTING.issuperset(zip(element, map(type, element.values()), strict=True)):
        return
    for name, value in element.items():
        wanted = types.get(name)
        if wanted and not isinstance(value, wanted):
            yield f"{pointer}/{name}", f"`{name}` must be {' or '.join(_NAMES[kind] for kind in wanted)}"


@error("invalid-policy-element")
def invalid_policy_element(policy: Policy) -> Objections:
    """An element is not part of the policy language.

    Why it matters: IAM rejects the policy.
    Instead: use the elements of the policy grammar; their names are case-sensitive.

    Fires on: {"Effect": "Allow", "Actions": "s3:GetObject", "Resource": "*"}
    Fires on: {"Version": "2012-10-17", "Comment": "mine", "Statement": []}
    Quiet on: {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    """
    places: list[tuple[str, dict[str, Any], _Types]] = [
        ("", policy.document, _TOP),
        *((s.pointer, s.body, _STATEMENT) for s in policy.statements),
    ]
    for pointer, element, known in places:
        for name in element.keys() - known.keys():
            message = f"`{name}` is not an element of the policy language{did_you_mean(name, known)}"
            yield OfKey(f"{pointer}/{escape(name)}"), message


@error("invalid-version")
def invalid_version(policy: Policy) -> Objections:
    """`Version` is not one of the two versions of the policy language.

    Why it matters: IAM rejects the policy; this is the version of the policy language, not of your policy.
    Instead: write `"Version": "2012-10-17"`.

    Fires on: {"Version": "2024-01-01", "Statement": []}
    Quiet on: {"Version": "2012-10-17", "Statement": []}
    """
    version = policy.document.get("Version", "2012-10-17")
    if isinstance(version, str) and version not in {"2012-10-17", "2008-10-17"}:
        yield "/Version", f"`{version}` is not a version of the policy language; use `2012-10-17`"


@warning("missing-version")
def missing_version(policy: Policy) -> Objections:
    """The policy has no `Version`.

    Why it matters: IAM reads it as version 2008-10-17, where policy variables such as `${aws:username}` are plain text.
    Instead: put `"Version": "2012-10-17"` before the statements.

    Fires on: {"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
    Quiet on: {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
    """
    if "Version" not in policy.document:
        yield "", 'the policy has no `Version`; add `"Version": "2012-10-17"`'


@error("missing-statement")
def missing_statement(policy: Policy) -> Objections:
    """The policy has no statement.

    Why it matters: IAM rejects the policy.
    Instead: add a `Statement` that allows or denies something.

    Fires on: {"Version": "2012-10-17"}
    Fires on: {"Version": "2012-10-17", "Statement": []}
    Quiet on: {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    """
    if "Statement" not in policy.document:
        yield "", "the policy has no `Statement`; add one"
    elif policy.document["Statement"] == []:
        yield "/Statement", "`Statement` is empty; add a statement"


@error("missing-effect")
def missing_effect(policy: Policy) -> Objections:
    """A statement has no `Effect`.

    Why it matters: IAM rejects the policy.
    Instead: add `"Effect": "Allow"` or `"Effect": "Deny"`.

    Fires on: {"Action": "s3:GetObject", "Resource": "*"}
    Quiet on: {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*"}
    """
    for statement in policy.statements:
        if "Effect" not in statement.body:
            yield statement.pointer, "the statement has no `Effect`; add `Allow` or `Deny`"


@error("invalid-effect")
def invalid_effect(policy: Policy) -> Objections:
    """`Effect` is neither `Allow` nor `Deny`.

    Why it matters: IAM rejects the policy; effects are case-sensitive.
    Instead: use `Allow` or `Deny`.

    Fires on: {"Effect": "allow", "Action": "s3:GetObject", "Resource": "*"}
    Quiet on: {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    """
    for statement in policy.statements:
        effect = statement.body.get("Effect", "Allow")
        if isinstance(effect, str) and effect not in {"Allow", "Deny"}:
            yield f"{statement.pointer}/Effect", f"`{effect}` is not an effect; use `Allow` or `Deny`"


@error("missing-action")
def missing_action(policy: Policy) -> Objections:
    """A statement has neither `Action` nor `NotAction`.

    Why it matters: IAM rejects the policy.
    Instead: list the actions that the statement applies to.

    Fires on: {"Effect": "Allow", "Resource": "*"}
    Quiet on: {"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"}
    """
    for statement in policy.statements:
        if not statement.body.keys() & {"Action", "NotAction"}:
            yield statement.pointer, "the statement has neither `Action` nor `NotAction`; list its actions"


@error("missing-resource", kinds=tuple(kind for kind in Kind if kind is not Kind.TRUST))
def missing_resource(policy: Policy) -> Objections:
    """A statement has neither `Resource` nor `NotResource`.

    Why it matters: AWS rejects the policy. Only role trust policies and the policies of ECR repositories and EFS file
    systems can leave it out: they apply to what they are attached to.
    Instead: list the ARNs that the statement applies to.

    Fires on: {"Effect": "Allow", "Action": "s3:GetObject"}
    Quiet on (resource): {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "ecr:BatchGetImage"}
    Quiet on: {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::app/*"}
    """
    for statement in policy.statements:
        if not statement.body.keys() & {"Resource", "NotResource"} and not _needs_no_resource(policy, statement):
            yield statement.pointer, "the statement has neither `Resource` nor `NotResource`; list its resources"


def _needs_no_resource(policy: Policy, statement: Statement) -> bool:
    """Whether the actions of a statement show that it is in the policy of an ECR repository or an EFS file system."""
    names = statement.action_names
    services = {name.partition(":")[0] for name in names}
    implied = bool(names) and services <= {"ecr", "ecr-public", "elasticfilesystem"}
    return policy.kind is Kind.RESOURCE and implied and not accepted_actions("ecr_registry").issuperset(names)


@error("unsupported-element-combination")
def unsupported_element_combination(policy: Policy) -> Objections:
    """A statement has an element and its opposite.

    Why it matters: IAM rejects the policy.
    Instead: keep one of `Action`/`NotAction`, `Resource`/`NotResource`, `Principal`/`NotPrincipal`.

    Fires on: {"Effect": "Allow", "Action": "s3:*", "NotAction": "s3:Put*", "Resource": "*"}
    Quiet on: {"Effect": "Allow", "NotAction": "s3:Put*", "Resource": "*"}
    """
    for statement in policy.statements:
        for name in ("Action", "Resource", "Principal"):
            if {name, f"Not{name}"} <= statement.body.keys():
                yield f"{statement.pointer}/Not{name}", f"`{name}` and `Not{name}` exclude each other; keep one of them"


@error("unsupported-principal", kinds=IDENTITY)
def unsupported_principal(policy: Policy) -> Objections:
    """An identity policy names a principal.

    Why it matters: IAM rejects it; an identity policy applies to the identity that it is attached to.
    Instead: remove the element, or make this a resource policy or a trust policy.

    Fires on: {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
    Quiet on: {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    """
    for statement in policy.statements:
        for name in ("Principal", "NotPrincipal"):
            if name in statement.body:
                yield f"{statement.pointer}/{name}", f"an identity policy cannot have `{name}`; remove it"


@error("unsupported-sid", kinds=tuple(kind for kind in Kind if kind is not Kind.RESOURCE))
def unsupported_sid(policy: Policy) -> Objections:
    """A `Sid` contains something other than letters and digits.

    Why it matters: IAM rejects the policy.
    Instead: write it without spaces and punctuation: `AllowReadingLogs`.

    Fires on: {"Sid": "read the logs", "Effect": "Allow", "Action": "logs:GetLogEvents", "Resource": "*"}
    Quiet on: {"Sid": "ReadTheLogs", "Effect": "Allow", "Action": "logs:GetLogEvents", "Resource": "*"}
    """
    for statement in policy.statements:
        if re.search("[^A-Za-z0-9]", statement.sid):
            yield f"{statement.pointer}/Sid", f"the Sid `{statement.sid}` may contain only letters A-Z, a-z and digits"


@suggestion("empty-sid-value")
def empty_sid_value(policy: Policy) -> Objections:
    """A `Sid` is empty.

    Why it matters: it does not identify the statement.
    Instead: name the purpose of the statement, or remove the element.

    Fires on: {"Sid": "", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    Quiet on: {"Sid": "ReadTheLogs", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    """
    for statement in policy.statements:
        if statement.body.get("Sid") == "":
            yield f"{statement.pointer}/Sid", "the Sid is empty; name the statement or remove the element"


@error("unique-sids-required", kinds=tuple(kind for kind in Kind if kind is not Kind.RESOURCE))
def unique_sids_required(policy: Policy) -> Objections:
    """Two statements have the same `Sid`.

    Why it matters: IAM rejects the policy.
    Instead: give each statement its own `Sid`.

    Fires on: {"Version": "2012-10-17", "Statement": [
        {"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
        {"Sid": "Read", "Effect": "Allow", "Action": "sqs:ReceiveMessage", "Resource": "*"}]}
    Quiet on: {"Version": "2012-10-17", "Statement": [
        {"Sid": "ReadObjects", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
        {"Sid": "ReadMessages", "Effect": "Allow", "Action": "sqs:ReceiveMessage", "Resource": "*"}]}
    """
    for sid in _repeated_sids(policy):
        yield sid.pointer, f"another statement also has the Sid `{sid.value}`; give each its own Sid"


@warning("unique-sids-recommended", kinds=(Kind.RESOURCE,))
def unique_sids_recommended(policy: Policy) -> Objections:
    """Two statements of a resource policy have the same `Sid`.

    Why it matters: some services reject it, and in findings and logs the statements look the same.
    Instead: give each statement its own `Sid`.

    Fires on: {"Version": "2012-10-17", "Statement": [
        {"Sid": "Read", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"},
        {"Sid": "Read", "Effect": "Allow", "Principal": "*", "Action": "s3:ListBucket", "Resource": "*"}]}
    Quiet on: {"Sid": "Read", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
    """
    for sid in _repeated_sids(policy):
        yield sid.pointer, f"another statement also has the Sid `{sid.value}`; give each its own Sid"


def _repeated_sids(policy: Policy) -> Iterator[Element]:
    seen: set[str] = set()
    for statement in policy.statements:
        if statement.sid and statement.sid in seen:
            yield Element(statement.sid, f"{statement.pointer}/Sid")
        seen.add(statement.sid)


def _empty_list(policy: Policy, name: str) -> Objections:
    for statement in policy.statements:
        for element in (name, f"Not{name}"):
            if statement.body.get(element) == []:
                answer = refusal(f"empty-array-{name.lower()}")
                yield f"{statement.pointer}/{element}", f"`{element}` is empty; {answer}"


family(
    _empty_list,
    *(
        Row(
            f"empty-array-{name.lower()}",
            Severity.ERROR,
            f"`{name}` is an empty list.",
            "IAM rejects the policy, although Access Analyzer calls this a suggestion.",
            f"list the {entries}, or remove the statement.",
            fires=json.dumps({**_READ, name: []}),
            quiet=json.dumps({**_READ, name: [_READ[name]]}),
            data=name,
        )
        for name, entries in (("Action", "actions"), ("Resource", "ARNs"))
    ),
)


@suggestion("redundant-statement")
def redundant_statement(policy: Policy) -> Objections:
    """A statement says the same as an earlier one.

    Why it matters: changing only one of them later has no effect.
    Instead: remove one of the two.

    Fires on: {"Version": "2012-10-17", "Statement": [
        {"Sid": "A", "Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "*"},
        {"Sid": "B", "Effect": "Allow", "Action": ["s3:PutObject", "s3:GetObject"], "Resource": ["*"]}]}
    Quiet on: {"Version": "2012-10-17", "Statement": [
        {"Sid": "A", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
        {"Sid": "B", "Effect": "Deny", "Action": "s3:GetObject", "Resource": "*"}]}
    """
    if len(policy.statements) < 2:
        return
    alike: dict[Any, list[Statement]] = {}
    for statement in policy.statements:
        entries = map(frozenset, (statement.action_names, statement.not_action_names, statement.resource_texts))
        alike.setdefault((statement.effect, *entries), []).append(statement)
    for group in alike.values():
        seen: dict[str, str] = {}
        for statement in group if len(group) > 1 else ():
            meaning = as_text(normal_statement(statement.body, sid=False))
            if meaning in seen:
                yield statement.pointer, f"the statement says the same as `{seen[meaning]}`; remove one of them"
            seen.setdefault(meaning, statement.sid or statement.pointer)

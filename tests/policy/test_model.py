"""A policy as rules read it: every part with the pointer that leads to it."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policygen.policy.canonical import size
from policygen.policy.model import Policy, escape
from policygen.policy.source import Source


def one(statement: Any) -> Any:
    (parsed,) = Policy({"Version": "2012-10-17", "Statement": [statement]}).statements
    return parsed


def look_up(document: Any, pointer: str) -> Any:
    """What a JSON Pointer leads to (RFC 6901)."""
    for token in pointer.split("/")[1:]:
        key = token.replace("~1", "/").replace("~0", "~")
        document = document[int(key)] if isinstance(document, list) else document[key]
    return document


def test_one_statement_and_a_list_of_one_read_the_same():
    body = {"Sid": "A", "Effect": "Allow", "Action": "s3:Get*", "Resource": ["*"]}
    for statement_block, pointer in ((body, "/Statement"), ([body], "/Statement/0")):
        (statement,) = Policy({"Statement": statement_block}).statements
        assert (statement.sid, statement.effect, statement.allows, statement.pointer) == ("A", "Allow", True, pointer)
        assert statement.actions == (("s3:Get*", f"{pointer}/Action"),)
        assert statement.resources == (("*", f"{pointer}/Resource/0"),)
        assert statement.not_actions == statement.not_resources == ()


def test_a_policy_without_version_is_of_2008():
    assert Policy({"Statement": []}).version == "2008-10-17"
    assert Policy({"Version": "2012-10-17"}).version == "2012-10-17"
    assert Policy({"Version": 2012}).version == ""


def test_an_operator_is_taken_apart_and_kept_as_written():
    (condition,) = one(
        {"Condition": {"ForAnyValue:StringLikeIfExists": {"aws:PrincipalTag/a~b": ["x", "y"]}}}
    ).conditions
    assert (condition.qualifier, condition.operator, condition.if_exists) == ("ForAnyValue", "StringLike", True)
    assert condition.text == "ForAnyValue:StringLikeIfExists"
    place = "/Statement/0/Condition/ForAnyValue:StringLikeIfExists/aws:PrincipalTag~1a~0b"
    assert condition.pointer == place
    assert condition.values == (("x", f"{place}/0"), ("y", f"{place}/1"))


def test_operators_are_read_in_any_case():
    (condition,) = one({"Condition": {"forallvalues:bool": {"a:b": True}}}).conditions
    assert (condition.qualifier, condition.operator, condition.if_exists) == ("forallvalues", "bool", False)
    assert condition.values[0].value is True


def test_the_operator_ifexists_alone_has_no_suffix():
    assert not one({"Condition": {"IfExists": {"a:b": "c"}}}).conditions[0].if_exists


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["*", "Allow", "a/b~c"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["Bool", "ForAnyValue:Bool", "a/b~1", "", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)
ELEMENTS = ["Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"]


@settings(max_examples=150)
@given(st.dictionaries(st.sampled_from(ELEMENTS), ANYTHING) | ANYTHING, st.booleans())
def test_every_pointer_leads_to_its_value_whatever_the_document_holds(body, listed):
    document = {"Statement": [body] if listed else body}
    policy = Policy(document)
    for statement in policy.statements:
        assert look_up(document, statement.pointer) is statement.body
        assert isinstance(statement.sid + statement.effect, str)
        conditions = statement.conditions
        for element in (
            *(e for name in ELEMENTS[2:6] for e in statement.elements(name)),
            *(value for condition in conditions for value in condition.values),
        ):
            assert look_up(document, element.pointer) is element.value
        assert all(condition.pointer.endswith(f"/{escape(condition.key)}") for condition in conditions)


def test_documents_of_the_wrong_shape_have_no_statements():
    for statement in ("*", None, 7, [1, "a"], []):
        assert Policy({"Statement": statement}).statements == ()
    assert Policy({}).statements == ()


def test_a_place_is_known_where_there_is_a_source():
    source = Source('{"x": {"Statement":\n []}}', "f.json")
    policy = Policy(source.data["x"], source=source, base="/x")
    assert (policy.file, policy.span("/Statement")) == ("f.json", (2, 2, 2, 4))
    assert (Policy({}).file, Policy({}).span("/Statement")) == ("", None)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=300)
@given(st.dictionaries(st.text(max_size=4), VALUES, max_size=4), st.sampled_from([None, 1, 4]), st.booleans())
def test_a_policy_is_as_long_as_its_canonical_text_however_it_was_written(document, indent, escaped):
    source = Source(json.dumps(document, indent=indent, ensure_ascii=escaped), "a.json")
    assert Policy(source.data, source=source).size == size(source.data)


@pytest.mark.parametrize("number", ["1e5", "-0", "1.50", "10000000000000000000000.0"])
def test_a_number_counts_as_it_is_written_anew(number):
    source = Source(f'{{"Statement": [{{"Action": {number}}}, {number}]}}', "a.json")
    assert Policy(source.data, source=source).size == size(source.data)

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policygen.evaluate import Layers, Verdict, compile_policy, decide, difference, person_request
from policygen.finding import Finding, Severity
from policygen.lint.fix import fix, fix_text
from policygen.lint.linter import lint
from policygen.loader.policies import load, parse_text
from policygen.policy.meaning import same
from policygen.policy.model import Policy
from policygen.policy.source import Source


def statement(**more):
    return {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"} | more


def fixed(**more):
    """The one statement after it was fixed as far as the linter asks for it."""
    document = {"Version": "2012-10-17", "Statement": [statement(**more)]}
    return fix(document, lint(Policy(document)))["Statement"][0]


@pytest.mark.parametrize(
    ("entries", "kept"),
    [
        (["s3:GetObject", "s3:*", "s3:Put*"], ["s3:*"]),
        (["s3:GetObject", "S3:getobject", "s3:GetObject"], ["s3:GetObject"]),
        (["s3:Get*", "s3:Get**"], ["s3:Get*"]),
        (["s3:Get*", "s3:Put*"], ["s3:Get*", "s3:Put*"]),
    ],
)
def test_an_action_that_another_one_covers_is_dropped(entries, kept):
    assert fixed(Action=entries)["Action"] == kept


@pytest.mark.parametrize(
    ("entries", "kept"),
    [
        (["arn:aws:s3:::b/*", "arn:aws:s3:::*"], ["arn:aws:s3:::*"]),
        (["arn:aws:s3:::b/*", "arn:aws:s3:::B/*"], ["arn:aws:s3:::b/*", "arn:aws:s3:::B/*"]),
        (["arn:aws:s3:::b/${a:b}/*", "arn:aws:s3:::b/*"], ["arn:aws:s3:::b/${a:b}/*", "arn:aws:s3:::b/*"]),
        (["arn:aws:s3:::${a:b}", "arn:aws:s3:::${a:b}"], ["arn:aws:s3:::${a:b}"]),
    ],
)  # fmt: skip
def test_a_resource_that_another_one_covers_is_dropped_where_no_variable_is_in_it(entries, kept):
    assert fixed(Resource=entries)["Resource"] == kept


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"StringLike": {"aws:PrincipalTag/a": "*"}}, {"Null": {"aws:PrincipalTag/a": "false"}}),
        ({"StringNotLike": {"aws:PrincipalTag/a": "*"}}, {"Null": {"aws:PrincipalTag/a": "true"}}),
        (
            {"StringLike": {"aws:userid": ["x", "*"], "aws:username": "y*"}, "Null": {"aws:PrincipalTag/b": "false"}},
            {"StringLike": {"aws:username": "y*"}, "Null": {"aws:PrincipalTag/b": "false", "aws:userid": "false"}},
        ),
    ],
)  # fmt: skip
def test_likening_a_key_to_everything_becomes_null(before, after):
    assert fixed(Condition=before)["Condition"] == after


@pytest.mark.parametrize(
    "block",
    [
        {"ForAnyValue:StringLike": {"aws:TagKeys": "*"}},
        {"StringLikeIfExists": {"aws:PrincipalTag/a": "*"}},
        {"StringLike": {"aws:PrincipalTag/a": "*"}, "Null": {"AWS:principaltag/A": "true"}},
        {"StringLike": {"aws:PrincipalTag/a": "*"}, "null": {"aws:PrincipalTag/b": "true"}},
    ],
)
def test_what_is_not_sure_to_mean_the_same_is_left_alone(block):
    assert fixed(Condition=block)["Condition"] == block


def test_nothing_is_fixed_that_no_finding_objects_to():
    document = {"Version": "2012-10-17", "Statement": [statement(Action=["s3:*", "s3:Get*"])]}
    assert fix(document, []) == document


ACTIONS = st.sampled_from(
    ["s3:*", "s3:Get*", "s3:GetObject", "S3:getobject", "s3:*Object", "s3:PutObject", "iam:*", "*", "s3:Get?bject"]
)
TAGGED = "arn:aws:s3:::b/${aws:PrincipalTag/a}"
RESOURCES = st.sampled_from(["*", "arn:aws:s3:::*", "arn:aws:s3:::b/*", "arn:aws:s3:::b/k", "arn:aws:s3:::?/*", TAGGED])
CONDITIONS = st.dictionaries(
    st.sampled_from(["StringLike", "StringNotLike", "StringLikeIfExists", "Null"]),
    st.dictionaries(
        st.sampled_from(["aws:PrincipalTag/a", "aws:PrincipalTag/b"]),
        st.sampled_from(["*", ["x", "*"], "x"]),
        max_size=2,
    ),
    max_size=2,
).map(lambda block: {k: dict.fromkeys(v, "true") if k == "Null" else v for k, v in block.items()})
STATEMENTS = st.lists(
    st.fixed_dictionaries(
        {
            "Effect": st.sampled_from(["Allow", "Deny"]),
            "Action": st.lists(ACTIONS, min_size=1, max_size=4),
            "Resource": st.lists(RESOURCES, min_size=1, max_size=4),
            "Condition": CONDITIONS,
        }
    ),
    min_size=1,
    max_size=2,
)
REQUESTS = [
    (action, resource, tags)
    for action in ("s3:GetObject", "s3:PutObject", "iam:GetUser")
    for resource in ("arn:aws:s3:::b/k", "arn:aws:s3:::b/x", "arn:aws:s3:::other")
    for tags in ({}, {"aws:PrincipalTag/a": "x"}, {"aws:PrincipalTag/a": "k", "aws:PrincipalTag/b": "x"})
]


@settings(max_examples=60, deadline=None)
@given(STATEMENTS)
def test_a_mended_policy_decides_every_request_as_before(statements):
    document = {"Version": "2012-10-17", "Statement": statements}
    mended = fix(document, lint(Policy(document)))
    before, after = (Layers(identity=(compile_policy(Policy(d)),)) for d in (document, mended))
    for action, resource, tags in REQUESTS:
        request = person_request("user/alice", action, resource, account="123456789012", session="mfa", context=tags)
        assert decide(request, before).outcome == decide(request, after).outcome


def test_a_long_list_is_fixed_in_little_more_time_than_a_short_one():
    def seconds(count):
        actions = [f"s3:Get{n}" for n in range(count)]
        document = {"Statement": [statement(Action=[*actions, *map(str.upper, actions), "s3:Put*"])]}
        findings = [
            Finding("redundant-action", Severity.SUGGESTION, "", f"/Statement/0/Action/{n}") for n in range(count)
        ]
        before = time.process_time()
        assert fix(document, findings)["Statement"][0]["Action"] == [*actions, "s3:Put*"]
        return time.process_time() - before

    seconds(10)
    assert seconds(2000) < 20 * seconds(200) + 0.2


LAYOUTS = [
    ('{"Action":["s3:GetObject","s3:Get*"]}', '{"Action":["s3:Get*"]}'),
    ('{"Action": [\r\n\t"s3:Get*",\r\n\t"s3:GetObject"\r\n]}', '{"Action": [\r\n\t"s3:Get*"\r\n]}'),
    ('{"Action": [ "s3:Get*" , "s3:GetA" ,"s3:Put*", "s3:GetB" ]}', '{"Action": [ "s3:Get*" , "s3:Put*" ]}'),
    (
        '{"Condition": {\n  "StringLike": {"aws:userid": ["x", "*"]}}}',
        '{"Condition": {\n  "Null": {"aws:userid": "false"}}}',
    ),
    (
        '{"Condition": {"StringLike": {"aws:userid": "*", "aws:username": "y*"},\n "Null": {"aws:SourceIp": "true"}}}',
        '{"Condition": {"StringLike": {"aws:username": "y*"},\n '
        '"Null": {"aws:SourceIp": "true", "aws:userid": "false"}}}',
    ),
    (
        '{"Condition": {\n    "StringLike": {\n      "aws:userid": "*",\n      "aws:username": "y*"\n    }\n  }}',
        '{"Condition": {\n    "StringLike": {\n      "aws:username": "y*"\n    },\n'
        '    "Null": {\n      "aws:userid": "false"\n    }\n  }}',
    ),
    (
        '{"Condition": {"StringLike": {"aws:userid": "*"}, "StringNotLike": {"aws:username": "*"}}}',
        '{"Condition": {"Null": {"aws:userid": "false", "aws:username": "true"}}}',
    ),
]  # fmt: skip
TAIL = ', "Effect" :  "Allow",\n\n  "Resource":"*"'


@pytest.mark.parametrize(("before", "after"), LAYOUTS)
@pytest.mark.parametrize("end", ["", "\n", "\r\n  "])
def test_only_what_is_wrong_changes_in_a_text(before, after, end):
    if "Action" not in before:
        before, after = (text.replace("{", '{"Action": "s3:Get*", ', 1) for text in (before, after))
    before, after = (f'{{"Statement":{text[:-1]}{TAIL}}},  "Version": "2012-10-17" }}{end}' for text in (before, after))
    assert fixed_text(before, "policy.json").text == after


TEMPLATES = {
    "policy.yaml": (
        "# keep me\nStatement:\n  - Effect: Allow\n    Action:\n      - s3:GetObject\n      - 's3:Get*'\n"
        '    Resource: "*" # everything\n',
        "# keep me\nStatement:\n  - Effect: Allow\n    Action:\n      - 's3:Get*'\n    Resource: \"*\" # everything\n",
    ),
    "flow.yaml": (
        "Statement: {Effect: Allow, Action: [s3:GetObject, s3:Get*], Resource: '*'}\n",
        "Statement: {Effect: Allow, Action: [s3:Get*], Resource: '*'}\n",
    ),
    "block.yaml": (
        "Statement:\n- Effect: Allow\n  Action: s3:Get*\n  Resource: '*'\n  Condition:\n    StringLike:\n"
        "      aws:userid: '*'\n      aws:username: y*\nVersion: '2012-10-17'\n",
        "Statement:\n- Effect: Allow\n  Action: s3:Get*\n  Resource: '*'\n  Condition:\n    StringLike:\n"
        '      aws:username: y*\n    "Null":\n      "aws:userid": "false"\nVersion: \'2012-10-17\'\n',
    ),
    "template.yaml": (
        "Resources:\n  A:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      PolicyDocument:\n"
        "        Statement:\n          - Effect: Allow\n            Action: [s3:GetObject, s3:Get*]\n"
        "            Resource: !Sub arn:aws:s3:::${Bucket}/*\n",
        "Resources:\n  A:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      PolicyDocument:\n"
        "        Statement:\n          - Effect: Allow\n            Action: [s3:Get*]\n"
        "            Resource: !Sub arn:aws:s3:::${Bucket}/*\n",
    ),
    "block.tf": (
        'data "aws_iam_policy_document" "a" {\n  statement {\n    actions = [\n      "s3:Get*",\n'
        '      "s3:GetObject",\n    ]\n    resources = [var.bucket] # whose?\n    condition {\n'
        '      test     = "StringLike"\n      variable = "aws:userid"\n      values   = ["x", "*"]\n    }\n  }\n}\n',
        'data "aws_iam_policy_document" "a" {\n  statement {\n    actions = [\n      "s3:Get*",\n'
        "    ]\n    resources = [var.bucket] # whose?\n    condition {\n"
        '      test     = "Null"\n      variable = "aws:userid"\n      values   = ["false"]\n    }\n  }\n}\n',
    ),
    "encoded.tf": (
        'resource "aws_iam_policy" "a" {\n  policy = jsonencode({\n    Statement = [{ Effect = "Allow"\n'
        '      Action = ["s3:Get*", "s3:GetObject"], Resource = "*" }]\n  })\n}\n',
        'resource "aws_iam_policy" "a" {\n  policy = jsonencode({\n    Statement = [{ Effect = "Allow"\n'
        '      Action = ["s3:Get*"], Resource = "*" }]\n  })\n}\n',
    ),
    "heredoc.tf": (
        'resource "aws_iam_policy" "a" {\n  policy = <<-EOF\n    {"Statement": [{"Effect": "Allow",\n'
        '      "Action": ["s3:Get*", "s3:GetObject"], "Resource": "*"}]}\n  EOF\n}\n',
        'resource "aws_iam_policy" "a" {\n  policy = <<-EOF\n    {"Statement": [{"Effect": "Allow",\n'
        '      "Action": ["s3:Get*"], "Resource": "*"}]}\n  EOF\n}\n',
    ),
}


@pytest.mark.parametrize("name", TEMPLATES)
def test_policies_in_yaml_templates_and_terraform_are_fixed_in_place(name):
    before, after = TEMPLATES[name]
    done = fixed_text(before, name)
    assert (done.text, done.left) == (after, ())


LEFT = {
    "comment.yaml": (
        "Statement:\n  - Effect: Allow\n    Action:\n      - s3:GetObject # for the reports\n      - s3:Get*\n"
        "    Resource: '*'\n",
        "comment.yaml:1:1: the policy was not fixed: it is not written as plain values, or there is a comment",
    ),
    "alias.yaml": (
        "Statement:\n  - {Effect: Allow, Action: &a [s3:GetObject, s3:Get*], Resource: '*'}\n"
        "  - {Effect: Deny, Action: *a, Resource: '*'}\nId: x\n",
        "",
    ),
    "concat.tf": (
        'resource "aws_iam_policy" "a" {\n  policy = jsonencode({ Statement = { Effect = "Allow", Resource = "*"\n'
        '    Action = concat(["s3:Get*"], ["s3:GetObject"]) } })\n}\n',
        "concat.tf:2:23: the policy `resource/aws_iam_policy.a/policy` was not fixed",
    ),
    "answer.json": (
        '{"PolicyVersion": {"Document": {"Statement": {"Effect": "Allow", "Resource": "*",'
        ' "Action": ["s3:Get*", "s3:GetObject"]}}}}',
        "answer.json:1:32: the policy was not fixed: this is a copy of what is in AWS or in a plan",
    ),
}


@pytest.mark.parametrize("name", LEFT)
def test_what_cannot_be_fixed_in_place_is_left_alone_and_said(name):
    before, said = LEFT[name]
    done = fixed_text(before, name)
    if said:
        assert done.text == before
        assert done.left[0].startswith(said)
    else:
        assert done.text == before.replace("s3:GetObject, ", "")


def test_the_command_fixes_what_it_can_and_says_what_it_left(policygen, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, (text, _) in {**TEMPLATES, **LEFT}.items():
        (tmp_path / name).write_text(text)
    run = policygen("lint", "--fix", "--select", "redundant-action,equivalent-to-null-false")
    assert run.code == 1
    assert {name for name, (_, after) in TEMPLATES.items() if (tmp_path / name).read_text() == after} == {*TEMPLATES}
    assert run.stderr.count("was not fixed") == 3
    assert (tmp_path / "comment.yaml").read_text() == LEFT["comment.yaml"][0]


BLANK = st.text(" \t\r\n", max_size=3)


@st.composite
def laid_out(draw, value):
    """A JSON text of a value with any white space in it, and its keys in any order."""
    if isinstance(value, dict):
        items = draw(st.permutations(list(value.items())))
        parts = [f"{draw(laid_out(key))}:{draw(laid_out(item))}" for key, item in items]
    elif isinstance(value, list):
        parts = [draw(laid_out(item)) for item in value]
    else:
        return f"{draw(BLANK)}{json.dumps(value)}{draw(BLANK)}"
    left, right = "{}" if isinstance(value, dict) else "[]"
    return f"{draw(BLANK)}{left}{','.join(parts) or draw(BLANK)}{right}{draw(BLANK)}"


@settings(max_examples=60, deadline=None)
@given(st.data(), STATEMENTS)
def test_a_fixed_text_is_the_fixed_policy_and_nothing_outside_of_the_edits_changes(data, statements):
    document = {"Version": "2012-10-17", "Statement": statements}
    text = data.draw(laid_out(document))
    done = fixed_text(text, "policy.json")
    after = json.loads(done.text)
    assert done.left == ()
    source = Source(text, "policy.json")
    assert same(after, fix(source.data, lint(Policy(source.data, source=source))))
    at, kept = 0, []
    for edit in done.edits:
        kept.append(text[at : edit.start])
        at = edit.end
    rest = done.text
    for part, edit in zip(kept, done.edits, strict=True):
        assert rest.startswith(part + edit.text)
        rest = rest[len(part + edit.text) :]
    assert rest == text[at:]
    outside = [source.extent(f"/Statement/{n}") for n, one in enumerate(source.data["Statement"])
               if one == after["Statement"][n]]  # fmt: skip
    assert not [edit for edit in done.edits for start, end in outside if start <= edit.start < end]


def fixed_text(text, name):
    """The text after every finding in it was fixed as far as the linter can."""
    source = parse_text(text, name)
    findings = [finding for policy in load(source).policies for finding in lint(policy)]
    return fix_text(source, findings)


ENTRIES = ("s3:Get*", "s3:*", "s3:GetObject", "S3:getobject", "s3:?etObject*", "iam:*", "iam:PassRole", "*")
ARNS = (
    "*",
    "arn:aws:s3:::b/*",
    "arn:aws:s3:::b/a*",
    "arn:aws:s3:::?/*",
    "arn:aws:s3:::${aws:username}/*",
    "arn:aws:s3:::b",
)
TESTS = (
    {"StringLike": {"aws:PrincipalTag/a": "*"}},
    {"StringNotLike": {"aws:PrincipalTag/a": "*"}},
    {"StringLike": {"aws:PrincipalTag/a": ["x", "*"], "aws:username": "y*"}},
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "Effect": st.sampled_from(["Allow", "Deny"]),
                "Action": st.lists(st.sampled_from(ENTRIES), min_size=1, max_size=5, unique=True),
                "Resource": st.lists(st.sampled_from(ARNS), min_size=1, max_size=4, unique=True),
            },
            optional={"Condition": st.sampled_from(TESTS)},
        ),
        min_size=1,
        max_size=3,
    )
)
def test_a_fixed_policy_is_equivalent_for_every_request(statements):
    """Proved by the comparer, which knows nothing of how the linter finds what is redundant."""
    document = {"Version": "2012-10-17", "Statement": statements}
    after = fix(document, lint(Policy(document)))
    sides = [Layers(identity=(compile_policy(Policy(one)),)) for one in (document, after)]
    assert difference(*sides).verdict is Verdict.NONE

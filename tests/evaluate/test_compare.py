"""Comparing policies: new access is shown by a request, and its absence is not claimed lightly."""

import json
import random
import time

import pytest
from click.testing import CliRunner

from policygen.cli import app
from policygen.evaluate import Layers, decide, trusting
from policygen.evaluate.compare import difference, new_access
from policygen.evaluate.question import question
from tests.evaluate.ask import ACCOUNT, ALICE, allow, compiled, deny
from tests.evaluate.pairs import _context, _request, _statement

MINE = "arn:aws:iam::123456789012:user/${aws:username}"
USERS = "arn:aws:iam::123456789012:user/*"


def when(**conditions):
    return {"Condition": conditions}


def age(operator, seconds):
    return when(**{operator: {"aws:MultiFactorAuthAge": str(seconds)}})


def ip(*blocks, operator="IpAddress"):
    return when(**{operator: {"aws:SourceIp": list(blocks)}})


MFA = {"aws:MultiFactorAuthPresent": "true"}
NO_MFA = {"aws:MultiFactorAuthPresent": "false"}
PAIRS = {
    "the same": ([allow()], [allow()], "none", "none"),
    "nothing and everything": ([], [allow()], "found", "none"),
    "eight hours and twelve": (
        [allow(**age("NumericLessThan", 28800))],
        [allow(**age("NumericLessThan", 43200))],
        "found",
        "none",
    ),
    "a condition taken away": ([allow(**when(Bool=MFA))], [allow()], "found", "none"),
    "another case of an action": ([allow("s3:GetObject")], [allow("S3:getobject")], "none", "none"),
    "a wider action": ([allow("s3:GetObject")], [allow("s3:Get*")], "found", "none"),
    "an action that is not there": ([allow("s3:GetObject")], [allow(["s3:GetObject", "s3:GetSocks"])], "none", "none"),
    "a narrower resource": ([allow("s3:*", "arn:aws:s3:::b/*")], [allow("s3:*", "arn:aws:s3:::b/a*")], "none", "found"),
    "resources that overlap": (
        [allow("s3:*", "arn:aws:s3:::b/a*")],
        [allow("s3:*", "arn:aws:s3:::b/*a")],
        "found",
        "found",
    ),
    "all of IPv4 in two halves": (
        [allow(**ip("0.0.0.0/0"))],
        [allow(**ip("0.0.0.0/1", "128.0.0.0/1"))],
        "none",
        "none",
    ),
    "an address at the edge": ([allow(**ip("10.0.0.0/24"))], [allow(**ip("10.0.0.0/24", "10.0.1.0"))], "found", "none"),
    "a bypass for who has no address": (
        [allow(), deny(**ip("10.0.0.0/8", operator="NotIpAddress"))],
        [allow(), deny(**ip("10.0.0.0/8", operator="ForAnyValue:NotIpAddress"))],
        "found",
        "found",
    ),
    "own user and all users": ([allow("iam:*", MINE)], [allow("iam:*", USERS)], "found", "none"),
    "own user written twice": ([allow("iam:*", MINE)], [allow("iam:*", [MINE, MINE])], "none", "none"),
    "a deny of a user's folder": (
        [allow("s3:*", "arn:aws:s3:::b/x/*"), deny("s3:*", "arn:aws:s3:::b/${aws:username}/*")],
        [allow("s3:*", "arn:aws:s3:::b/x/*")],
        "found",
        "none",
    ),
    "IfExists taken from a deny": (
        [allow(), deny(**when(BoolIfExists=NO_MFA))],
        [allow(), deny(**when(Bool=NO_MFA))],
        "found",
        "none",
    ),
    "two denies in one": (
        [allow(), deny(**when(Null={"aws:MultiFactorAuthAge": "true"})), deny(**age("NumericGreaterThan", 3600))],
        [allow(), deny(**age("NumericGreaterThanIfExists", 3600))],
        "none",
        "none",
    ),
    "a deny of both is not a deny of either": (
        [allow(), deny(**when(StringEquals={"aws:UserAgent": "a", "aws:Referer": "b"}))],
        [allow(**when(StringNotEquals={"aws:UserAgent": "a"})), allow(**when(StringNotEquals={"aws:Referer": "b"}))],
        "none",
        "found",
    ),
    "a list of tags and at least one": (
        [allow(**when(**{"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}}))],
        [allow(**when(**{"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}, "Null": {"aws:TagKeys": "false"}}))],
        "none",
        "found",
    ),
    "patterns of a key": (
        [allow(**when(StringLike={"aws:UserAgent": "x*"}))],
        [allow(**when(StringLike={"aws:UserAgent": ["xa*", "xb?"]}))],
        "none",
        "found",
    ),
    "what no policy controls": ([allow(), deny("sts:GetSessionToken")], [allow()], "none", "none"),
    "an order of statements": ([allow("s3:*"), deny("s3:Put*")], [deny("s3:Put*"), allow("s3:*")], "none", "none"),
    "a statement that another one covers": (
        [allow("s3:*")],
        [allow("s3:*"), allow("s3:Get*", "arn:aws:s3:::b/*")],
        "none",
        "none",
    ),
    "a variable against half a text": (
        [allow("s3:*", "arn:aws:s3:::b/x1*"), deny("s3:*", "arn:aws:s3:::b/${aws:username}y")],
        [allow("s3:*", "arn:aws:s3:::b/x1*")],
        "unknown",
        "none",
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_new_access_is_found_in_either_direction(name):
    old, new, forth, back = PAIRS[name]
    left, right = [compiled(*old)], [compiled(*new)]
    assert str(new_access(left, right).verdict) == forth
    assert str(new_access(right, left).verdict) == back


@pytest.mark.parametrize("name", PAIRS)
def test_a_witness_is_decided_as_the_verdict_says(name):
    old, new, forth, _ = PAIRS[name]
    found = new_access([compiled(*old)], [compiled(*new)])
    assert bool(found.witness) == (forth == "found")
    if found.witness:
        before, after = (Layers((compiled(*side),), resource=(trusting(ACCOUNT),)) for side in (old, new))
        assert str(decide(found.witness, after).outcome) == "allow"
        assert str(decide(found.witness, before).outcome) != "allow"


def test_policies_may_share_what_they_stand_on():
    base = compiled(allow())
    assert str(new_access([base, compiled(deny("s3:*"))], [base]).verdict) == "found"
    assert str(new_access([base], [base, compiled(deny("s3:*"))]).verdict) == "none"


def test_another_kind_of_denial_is_a_difference_and_no_new_access():
    old, new = [compiled(allow("s3:*"), deny("iam:*"))], [compiled(allow("s3:*"))]
    assert str(difference(old, new).verdict) == "found"
    assert str(new_access(old, new).verdict) == "none"


def test_what_iam_would_refuse_is_not_compared():
    assert str(new_access([compiled(allow())], [compiled({"Effect": "Allow"})]).verdict) == "unknown"


def test_patterns_made_to_blow_up_are_given_up_soon():
    patterns = [f"arn:aws:s3:::b/*{a}*{b}*x" for a in "abcdef" for b in "uvwxyz"]
    start = time.process_time()
    found = new_access(
        [compiled(allow("s3:*", patterns))], [compiled(allow("s3:*", [*patterns[1:], "arn:aws:s3:::b/*au*"]))]
    )
    assert str(found.verdict) in ("found", "unknown")
    assert time.process_time() - start < 30


def _changed(rng, statements):
    """The statements with one of them gone, bare, turned round, shorter, or with one more."""
    changed = json.loads(json.dumps(statements))
    one = rng.choice(changed)
    match rng.randrange(5):
        case 0:
            changed.remove(one)
        case 1:
            one.pop("Condition", None)
        case 2:
            one["Effect"] = "Deny" if one["Effect"] == "Allow" else "Allow"
        case 3:
            name = next(name for name in ("Resource", "NotResource") if name in one)
            one[name] = one[name][:1] if isinstance(one[name], list) else one[name]
        case 4:
            changed.append(_statement(rng))
    return changed


def _requests(rng, count):
    for _ in range(count):
        asked = _request(rng, ALICE, _context(rng)) | {"resource_account": ACCOUNT}
        yield question({"policies": [], "request": asked})[0]


def _check(seed, rounds):
    rng = random.Random(seed)
    verdicts = set()
    for _ in range(rounds):
        statements = [_statement(rng) for _ in range(rng.randint(1, 3))]
        old, new = [compiled(*statements)], [compiled(*_changed(rng, statements))]
        verdict = str(difference(old, new).verdict)
        verdicts.add(verdict)
        if verdict == "none":
            before, after = Layers(tuple(old)), Layers(tuple(new))
            for request in _requests(rng, 60):
                assert decide(request, before).outcome is decide(request, after).outcome, (statements, request)
    return verdicts


def test_where_no_difference_is_claimed_random_requests_show_none():
    assert _check(seed=1, rounds=60) >= {"none", "found"}


@pytest.mark.proof
def test_where_no_difference_is_claimed_many_random_requests_show_none():
    assert _check(seed=2, rounds=3_000) >= {"none", "found"}


@pytest.fixture
def files(tmp_path):
    paths = tmp_path / "old.json", tmp_path / "new.json"
    for path, statement in zip(paths, (allow("s3:Get*"), allow("s3:*", Sid="All")), strict=True):
        path.write_text(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    return [str(path) for path in paths]


def compare(*arguments):
    return CliRunner().invoke(app, ["compare", *arguments], standalone_mode=False)


def test_the_command_shows_a_request_that_is_newly_allowed(files):
    result = compare(*files)
    assert result.return_value == 1
    assert result.stdout.startswith("new access: this request is allowed and was not\n")
    assert "old: implicit-deny: no identity policy allows it" in result.stdout
    assert f"new: allow: {files[1]}/Statement/0" in result.stdout


def test_the_json_has_the_verdict_the_request_and_both_decisions(files):
    found = json.loads(compare(*files, "--format", "json").stdout)
    assert found["verdict"] == "found"
    assert set(found["witness"]) == {"principal", "action", "resource", "resource_account", "context"}
    assert (found["old"]["decision"], found["new"]["decision"]) == ("implicit-deny", "allow")


def test_the_command_is_content_where_there_is_no_new_access(files):
    result = compare(files[1], files[0])
    assert (result.return_value, result.stdout) == (0, "no new access\n")

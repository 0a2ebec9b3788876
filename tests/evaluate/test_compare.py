"""Comparing policies: new access is shown by a request, and its absence is not claimed lightly."""

import json
import random
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from policygen import evaluate
from policygen.cli import app
from policygen.evaluate import Layers, compile_policy, decide, trusting
from policygen.evaluate.question import question
from policygen.policy.model import Kind, Policy
from policygen.reference.services import actions
from tests.evaluate.ask import ACCOUNT, ALICE, compiled, difference, new_access
from tests.evaluate.pairs import _context, _request, _statement
from tests.policies import allow, deny

MINE = "arn:aws:iam::123456789012:user/${aws:username}"
USERS = "arn:aws:iam::123456789012:user/*"


def when(**conditions):
    return {"Condition": conditions}


def age(operator, seconds):
    return when(**{operator: {"aws:MultiFactorAuthAge": str(seconds)}})


def ip(*blocks, operator="IpAddress"):
    return when(**{operator: {"aws:SourceIp": list(blocks)}})


MFA = {"aws:MultiFactorAuthPresent": "true"}
WORDS = ["apple", "banana", "cherry", "damson", "elder", "fig", "grape", "hazel"]
NO_MFA = {"aws:MultiFactorAuthPresent": "false"}
PAIRS = {
    "the same": ([allow()], [allow()], "none", "none"),
    "nothing and everything": ([], [allow()], "found", "none"),
    "an ARN that AWS's documents name and its data does not": (
        [],
        [allow("eks:ListClusters", "arn:aws:eks:*:*:cluster/*")],
        "found",
        "none",
    ),
    "one cluster, about which no list is": (
        [],
        [allow("eks:ListClusters", "arn:aws:eks:*:*:cluster/a")],
        "unknown",
        "none",
    ),
    "eight hours and twelve": (
        [allow(**age("NumericLessThan", 28800))],
        [allow(**age("NumericLessThan", 43200))],
        "found",
        "none",
    ),
    "a condition taken away": ([allow(**when(Bool=MFA))], [allow()], "found", "none"),
    "another case of an action": ([allow("s3:GetObject")], [allow("S3:getobject")], "none", "none"),
    "a wider action": ([allow("s3:GetObject")], [allow("s3:Get*")], "found", "none"),
    "an action that is not there": ([allow("s3:GetObject")], [allow(["s3:GetObject", "s3:GetSocks"])], "found", "none"),
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
        "none",
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
    "a deny of both is an allow of either": (
        [allow(), deny(**when(StringEquals={"aws:UserAgent": "a", "aws:Referer": "b"}))],
        [allow(**when(StringNotEquals={"aws:UserAgent": "a"})), allow(**when(StringNotEquals={"aws:Referer": "b"}))],
        "none",
        "none",
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
    "an action of a service that is not there": (
        [allow("s3:GetObject")],
        [allow(["s3:GetObject", "newsvc:DeleteThing"])],
        "found",
        "none",
    ),
    "actions of a service that is not there": (
        [allow("newsvc:Get*", "arn:aws:newsvc:::a")],
        [allow("newsvc:Get*")],
        "found",
        "none",
    ),
    "some actions of services that are not there": ([allow("s3:*")], [allow(["s3:*", "n?wsvc:Del*"])], "found", "none"),
    "all listed actions and all actions": (
        [allow(sorted(f"ec2messages:{action.name}" for action in actions("ec2messages").values()))],
        [allow("ec2messages:*")],
        "found",
        "none",
    ),
    "an action and what it does not take": (
        [allow("s3:ListBucket", ["arn:aws:s3:::b"])],
        [allow("s3:ListBucket", ["arn:aws:s3:::b", "arn:aws:s3:::b/*"])],
        "unknown",
        "none",
    ),
    "every bucket of the partition and everything": (
        [allow("s3:CreateBucket", "arn:aws:s3:::*")],
        [allow("s3:CreateBucket")],
        "unknown",
        "none",
    ),
    "what is in every request": (
        [allow(**when(Bool={"aws:SecureTransport": ["true", "false"]}))],
        [allow()],
        "none",
        "none",
    ),
    "allow if and deny unless, of a region": (
        [allow(**when(StringEquals={"aws:RequestedRegion": "eu-west-1"}))],
        [allow(), deny(**when(StringNotEquals={"aws:RequestedRegion": "eu-west-1"}))],
        "none",
        "none",
    ),
    "allow if and deny unless, of MFA": (
        [allow(**when(Bool=MFA))],
        [allow(), deny(**when(BoolIfExists=NO_MFA))],
        "none",
        "none",
    ),
    "allow if and deny unless, of an address": (
        [allow(**ip("192.0.2.0/24"))],
        [allow(), deny(**ip("192.0.2.0/24", operator="NotIpAddress"))],
        "none",
        "none",
    ),
    "allow if and deny unless, of an age": (
        [allow(**age("NumericLessThan", 3600))],
        [allow(), deny(**age("NumericGreaterThanEqualsIfExists", 3600)), deny(**when(BoolIfExists=NO_MFA))],
        "none",
        "none",
    ),
    "MFA and an age of MFA": (
        [allow(**when(Bool=MFA))],
        [allow(**when(Null={"aws:MultiFactorAuthAge": "false"}))],
        "none",
        "none",
    ),
    "eight words and seven": (
        [allow("s3:*", [f"arn:aws:s3:::*{word}*" for word in WORDS])],
        [allow("s3:*", [f"arn:aws:s3:::*{word}*" for word in WORDS[1:]])],
        "none",
        "found",
    ),
    "eight words and a name": (
        [allow("s3:*", [f"arn:aws:s3:::*{word}*" for word in WORDS])],
        [allow("s3:*", [*(f"arn:aws:s3:::*{word}*" for word in WORDS), "arn:aws:s3:::x"])],
        "found",
        "none",
    ),
    "a variable among the values": (
        [allow(**when(StringEquals={"aws:ResourceTag/team": ["${aws:PrincipalTag/team}", "shared"]}))],
        [allow(**when(StringEquals={"aws:ResourceTag/team": ["${aws:PrincipalTag/team}"]}))],
        "none",
        "found",
    ),
    "a segment without anything in it": (
        [allow("s3:*", "arn:aws:s3:*:123456789012:")],
        [allow("s3:*", ["arn:aws:s3:*:123456789012:", "arn:aws:s3:*:123456789012:x"])],
        "found",
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
    assert bool(found.witness) == (forth == "found" or "does not take" in found.reason)
    if forth == "found":
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


def test_many_conditions_that_say_the_same_in_two_ways_are_decided_at_once():
    tags = [f"aws:PrincipalTag/t{number}" for number in range(24)]
    once = [deny(**when(StringEquals={tag: "a"})) for tag in tags]
    twice = [deny(**when(StringEquals={tag: "a"}, StringLike={tag: "a*"})) for tag in tags]
    start = time.process_time()
    assert str(new_access([compiled(allow(), *once)], [compiled(allow(), *twice)]).verdict) == "none"
    assert time.process_time() - start < 2


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
    assert result.stdout.startswith("new access\n")
    assert "such as" in result.stdout
    assert f"now allowed by {files[1]}:1:41 All" in " ".join(result.stdout.split())


def test_the_json_has_the_verdict_the_request_and_both_decisions(files):
    whole = json.loads(compare(*files, "--format", "json").stdout)
    assert whole["verdict"] == "found"
    (found,) = whole["comparisons"]
    assert set(found["witness"]) == {"principal", "action", "resource", "resource_account", "context"}
    assert (found["old"]["decision"], found["new"]["decision"]) == ("implicit-deny", "allow")


def test_the_command_is_content_where_there_is_no_new_access(files):
    result = compare(files[1], files[0])
    assert (result.return_value, result.stdout) == (0, "no new access\n")


KINDS = {
    "a Deny taken from what only denies": ("identity", [deny("s3:*")], [deny("s3:Put*")], "found", True),
    "a Deny added to what only denies": ("identity", [deny("s3:Put*")], [deny("s3:*")], "none", True),
    "all Denies taken away": ("identity", [deny("s3:*")], [], "found", True),
    "an Allow beside a Deny that was alone": (
        "identity",
        [deny("s3:*")],
        [deny("s3:*"), allow("iam:*")],
        "found",
        False,
    ),
    "a Deny that no Allow is left for": ("identity", [allow("iam:*"), deny("s3:*")], [deny("sts:*")], "found", True),
    "a Deny that loses its Allow": ("identity", [allow("iam:*"), deny("s3:*")], [deny("s3:*")], "none", True),
    "an SCP for another one": ("scp", [deny("s3:DeleteBucket")], [deny("s3:DeleteBucketPolicy")], "found", True),
    "an SCP that denies more": ("scp", [deny("s3:DeleteBucket")], [deny("s3:Delete*")], "none", True),
    "an SCP that says what FullAWSAccess says": ("scp", [deny("s3:*")], [allow(), deny("s3:*")], "none", True),
    "an SCP that allows more": ("scp", [allow("s3:*")], [allow(["s3:*", "iam:*"])], "found", True),
    "a list of what is allowed for a list of what is denied": ("scp", [allow("s3:*")], [deny("iam:*")], "found", True),
    "an SCP for root users": (
        "scp",
        [deny(**when(ArnLike={"aws:PrincipalArn": "arn:aws:iam::*:root"}))],
        [deny(**when(ArnLike={"aws:PrincipalArn": "arn:aws:iam::*:user/*"}))],
        "found",
        True,
    ),
    "a boundary that allows more": ("boundary", [allow("s3:*")], [allow(["s3:*", "iam:*"])], "found", True),
    "a boundary that denies less": ("boundary", [allow(), deny("iam:*")], [allow()], "found", True),
    "a boundary that allows nothing": ("boundary", [deny("iam:*")], [deny("s3:*")], "none", True),
    "a boundary that allows something at last": ("boundary", [deny("iam:*")], [allow("s3:*")], "found", True),
}


@pytest.mark.parametrize("name", KINDS)
def test_policies_are_compared_as_what_they_are(policygen, tmp_path, name):
    kind, old, new, verdict, on_top = KINDS[name]
    paths = tmp_path / "old.json", tmp_path / "new.json"
    for path, statements in zip(paths, (old, new), strict=True):
        path.write_text(json.dumps({"Version": "2012-10-17", "Statement": statements}))
    code, stdout, stderr = policygen("compare", *map(str, paths), "--type", kind, "--format", "json")
    (found,) = json.loads(stdout)["comparisons"]
    assert (found["verdict"], found["kind"], code) == (verdict, kind, 0 if verdict == "none" else 1)
    assert found["on_top_of_allow_all"] is on_top
    assert stderr.strip() == found["note"]
    assert ("on top of an identity policy that allows everything" in found["note"]) >= on_top
    if verdict == "found":
        assert (found["new"]["decision"], found["old"]["decision"] != "allow") == ("allow", True)


TRUST = {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"}


def rcp(*statements):
    return [compiled(*(statement | {"Principal": "*"} for statement in statements), kind=Kind.RCP)]


INSECURE = when(Bool={"aws:SecureTransport": "false"})
STRANGERS = {"aws:PrincipalOrgID": "o-1"}


@pytest.mark.parametrize(
    ("old", "new", "verdict", "reason"),
    [
        (rcp(deny("s3:*")), rcp(deny("s3:PutObject")), "found", ""),
        (rcp(deny("*", **INSECURE)), rcp(allow()), "found", ""),
        (rcp(allow()), rcp(deny("*", **INSECURE)), "none", ""),
        (rcp(deny("s3:PutObject")), rcp(deny("s3:*"), allow()), "none", ""),
        # a service of AWS has no organization
        (
            rcp(deny("s3:*", **when(StringNotEqualsIfExists=STRANGERS))),
            rcp(deny("s3:*", **when(StringNotEqualsIfExists=STRANGERS, Bool={"aws:PrincipalIsAWSService": "false"}))),
            "found",
            "",
        ),
        # whether RCPs limit it is not known
        (rcp(deny("newsvc:X")), rcp(), "unknown", "RCPs limit only some services, and `newsvc` was not among them"),
        (rcp(deny("s3:*")), rcp(allow("s3:*")), "unknown", "RCPFullAWSAccess"),
        ([compiled(TRUST | {"Resource": "*"}, kind=Kind.RCP)], rcp(deny()), "unknown", "only principal"),
    ],
)
def test_an_rcp_is_compared_for_all_whom_it_limits(old, new, verdict, reason):
    found = new_access(old, new)
    assert str(found.verdict) == verdict
    assert reason in found.reason
    if verdict != "unknown":
        assert found.on_allow_all
        assert found.note.endswith("together with the RCP RCPFullAWSAccess")


def test_policies_of_different_kinds_are_not_compared():
    found = new_access([compiled(allow())], [compiled(TRUST, kind=Kind.TRUST)])
    assert (str(found.verdict), found.reason) == (
        "unknown",
        "policies of different kinds are not compared: identity, trust",
    )


def test_a_witness_reads_like_a_request():
    found = new_access([compiled(allow("s3:Put*"))], [compiled(allow(["s3:Put*", "s3:GetObject"]))]).witness
    assert (found.action, found.resource) == ("s3:GetObject", "arn:aws:s3:::bucket/object")


def test_the_keys_of_a_witness_are_those_of_its_principal():
    account = {"aws:PrincipalAccount": ["123456789012", "111122223333"]}
    old = allow(**when(StringEquals={"aws:PrincipalAccount": "123456789012"}))
    found = new_access([compiled(old)], [compiled(allow(**when(StringEquals=account)))]).witness
    assert found.principal.arn == found.context["aws:principalarn"] == "arn:aws:iam::111122223333:user/someone"
    assert found.context["aws:principalaccount"] == "111122223333"


def test_a_difference_on_what_an_action_does_not_take_is_unknown_and_shown(policygen, tmp_path):
    paths = tmp_path / "old.json", tmp_path / "new.json"
    for path, resource in zip(paths, ("arn:aws:s3:::b", ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]), strict=True):
        path.write_text(json.dumps({"Version": "2012-10-17", "Statement": allow("s3:ListBucket", resource)}))
    code, stdout, _ = policygen("compare", *map(str, paths))
    assert code == 1
    assert stdout.startswith("unknown\n  ? only on resources that `s3:ListBucket` does not take")
    assert "s3:ListBucket on arn:aws:s3:::b/example by" in stdout


def test_samples_of_custom_policy_checks_are_decided_as_aws_does():
    path = Path(__file__).parents[2] / ".." / "shared" / "corpus" / "custom-policy-checks.jsonl"
    if not path.exists():
        pytest.skip("the reference corpus is not beside this checkout")
    wrong = []
    for line in path.read_text().splitlines():
        sample = json.loads(line)
        old, new = (compile_policy(Policy(sample[name], Kind(sample["kind"]))) for name in ("reference", "policy"))
        verdict = str(new_access([old], [new]).verdict)
        if verdict != ("none" if sample["expected"] == "PASS" else "found"):
            wrong.append((sample, verdict))
    [(sample, verdict)] = wrong
    assert verdict == "found" and "<ACCOUNT ID>" in str(sample["reference"])  # an account that nobody has


def owned(**condition):
    """A policy of a resource that lets everyone in under a condition."""
    allow = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*", "Condition": condition}
    return compile_policy(Policy({"Version": "2012-10-17", "Statement": [allow]}, Kind.RESOURCE))


@pytest.mark.parametrize(
    "more",
    [
        {"BoolIfExists": {"aws:PrincipalIsAWSService": "true"}},
        {"StringLike": {"aws:ResourceAccount": "9*"}},
        {"StringNotLike": {"aws:ResourceAccount": "9*"}},
        {"StringNotEquals": {"aws:ResourceAccount": ["123456789012", "111122223333", "999999999999"]}},
    ],
)
def test_a_resource_may_belong_to_an_account_that_no_policy_mentions(more):
    ours = owned(StringEquals={"aws:ResourceAccount": "123456789012"})
    found = evaluate.new_access(Layers(resource=(ours,)), Layers(resource=(ours, owned(**more))))
    assert found.verdict is evaluate.Verdict.FOUND and found.witness.resource_account != "123456789012"

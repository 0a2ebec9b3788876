"""What identity policies, boundaries, session policies, SCPs, RCPs and the resource's policies make of each other."""

import pytest

from policygen.evaluate import Layers, allow_all, decide, trusting
from policygen.policy.model import Kind
from policygen.reference.services import AccessLevel, actions
from tests.evaluate.ask import ACCOUNT, ALICE, OTHER, compiled, outcome, request
from tests.policies import allow, deny

SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/app/s"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
ALL = compiled(allow())
NONE = compiled()
NO = compiled(deny())
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1"


def named(principal, effect="Allow", element="Principal"):
    return compiled({"Effect": effect, element: principal, "Action": "*", "Resource": "*"}, kind=Kind.RESOURCE)


def scp(*statements):
    return compiled(*statements, kind=Kind.SCP)


def rcp(*statements):
    return compiled(*(statement | {"Principal": "*"} for statement in statements), kind=Kind.RCP)


def test_without_an_allow_a_request_is_denied_implicitly():
    assert outcome(Layers()) == "implicit-deny"


def test_the_policies_of_a_user_and_of_the_groups_add_up():
    assert outcome(Layers(identity=(NONE, ALL))) == "allow"


@pytest.mark.parametrize(
    "layers",
    [
        Layers(identity=(ALL, NO)),
        Layers(identity=(ALL,), boundary=compiled(allow(), deny())),
        Layers(identity=(ALL,), session=compiled(allow(), deny())),
        Layers(identity=(ALL,), scps=((scp(allow()),), (scp(allow(), deny()),))),
        Layers(identity=(ALL,), rcps=((rcp(deny()),),)),
        Layers(identity=(ALL,), resource=(named({"AWS": ALICE}, "Deny"),)),
        Layers(identity=(ALL,), resource=(named("*", "Deny"),)),
        Layers(identity=(ALL,), resource=(named({"AWS": ROOT}, "Deny"),)),
    ],
)
def test_a_deny_in_any_layer_wins(layers):
    assert outcome(layers) == "explicit-deny"


@pytest.mark.parametrize(
    ("layers", "reason"),
    [
        (Layers(identity=(ALL,), boundary=NONE), "the permissions boundary does not allow it"),
        (Layers(identity=(ALL,), session=NONE), "the session policy does not allow it"),
        (Layers(identity=(ALL,), scps=((ALL,), (NONE,))), "no SCP of level 2 allows it"),
        (Layers(identity=(ALL,), scps=((),)), "no SCP of level 1 allows it"),
        (Layers(identity=(NONE,), boundary=ALL), "no identity policy allows it"),
    ],
)
def test_a_layer_that_only_limits_must_allow_too(layers, reason):
    decision = decide(request(), layers)
    assert (str(decision.outcome), decision.reason) == ("implicit-deny", reason)


def test_the_full_access_of_rcps_is_understood():
    assert outcome(Layers(identity=(ALL,), rcps=((rcp(),), ()))) == "allow"


def test_whether_an_rcp_limits_a_service_that_aws_does_not_name_is_unknown():
    asked = request("ec2:RunInstances", f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/*")
    decision = decide(asked, Layers(identity=(ALL,), rcps=((rcp(deny()),),)))
    assert str(decision.outcome) == "unknown"
    assert "`ec2`" in decision.reason


@pytest.mark.parametrize(
    ("principal", "who", "limits", "expected"),
    [
        ({"AWS": ALICE}, ALICE, {}, "allow"),
        ({"AWS": ALICE}, ALICE, {"boundary": NONE}, "allow"),
        ("*", ALICE, {"boundary": NONE}, "allow"),
        ({"AWS": ROOT}, ALICE, {}, "implicit-deny"),
        ({"AWS": ROOT}, ALICE, {"identity": (ALL,)}, "allow"),
        ({"AWS": ACCOUNT}, ALICE, {}, "implicit-deny"),
        ({"AWS": ROLE}, SESSION, {}, "allow"),
        ({"AWS": ROLE}, SESSION, {"boundary": NONE}, "implicit-deny"),
        ({"AWS": ROLE}, SESSION, {"session": NONE}, "implicit-deny"),
        ({"AWS": SESSION}, SESSION, {"boundary": NONE, "session": NONE}, "allow"),
        ("*", SESSION, {"session": NONE}, "implicit-deny"),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:role/path/app"}, SESSION, {}, "allow"),
        ({"AWS": OTHER}, ALICE, {}, "implicit-deny"),
        ({"Service": "ec2.amazonaws.com"}, ALICE, {}, "implicit-deny"),
        ({"Service": "ec2.amazonaws.com"}, "ec2.amazonaws.com", {}, "allow"),
        ("*", "*", {}, "allow"),
        ({"AWS": ALICE}, "*", {}, "implicit-deny"),
    ],
)
def test_in_one_account_it_counts_how_directly_the_resource_names_the_principal(principal, who, limits, expected):
    layers = Layers(resource=(named(principal),), **limits)
    assert outcome(layers, request(who=who, owner=ACCOUNT)) == expected


@pytest.mark.parametrize(
    ("identity", "principal", "expected"),
    [
        ((ALL,), {"AWS": ROOT}, "allow"),
        ((ALL,), {"AWS": ALICE}, "allow"),
        ((ALL,), {"AWS": ACCOUNT}, "allow"),
        ((ALL,), "*", "allow"),
        ((), "*", "implicit-deny"),
        ((), {"AWS": ALICE}, "implicit-deny"),
        ((ALL,), {"AWS": OTHER}, "implicit-deny"),
    ],
)
def test_across_accounts_both_sides_must_allow(identity, principal, expected):
    layers = Layers(identity=identity, resource=(named(principal),))
    assert outcome(layers, request(owner=OTHER)) == expected


def test_across_accounts_the_boundary_limits_even_who_is_named_directly():
    layers = Layers(identity=(ALL,), boundary=NONE, resource=(named({"AWS": ALICE}),))
    assert outcome(layers, request(owner=OTHER)) == "implicit-deny"


def test_a_resource_of_another_account_without_a_policy_is_denied_and_unknown_where_nothing_is_said_of_one():
    assert outcome(Layers(identity=(ALL,), resource=()), request(owner=OTHER)) == "implicit-deny"
    assert outcome(Layers(identity=(ALL,)), request(owner=OTHER)) == "unknown"
    assert outcome(Layers(), request(owner=OTHER)) == "implicit-deny"


@pytest.mark.parametrize(
    ("action", "resource"), [("kms:Decrypt", KEY), ("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/other")]
)
def test_a_key_and_a_role_need_their_own_policy(action, resource):
    asked = request(action, resource)
    assert outcome(Layers(identity=(ALL,), resource=()), asked) == "implicit-deny"
    assert outcome(Layers(identity=(ALL,)), asked) == "unknown"
    assert outcome(Layers(identity=(ALL,), resource=(trusting(ACCOUNT),)), asked) == "allow"
    assert outcome(Layers(resource=(trusting(ACCOUNT),)), asked) == "implicit-deny"
    assert outcome(Layers(resource=(named({"AWS": ALICE}),)), asked) == "allow"


def test_a_trust_policy_needs_no_resource():
    trust = compiled({"Effect": "Allow", "Principal": {"AWS": ALICE}, "Action": "sts:AssumeRole"}, kind=Kind.TRUST)
    asked = request("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/other")
    assert outcome(Layers(resource=(trust,)), asked) == "allow"


def test_not_principal_denies_everybody_else_and_leaves_open_who_is_named_without_the_account():
    def denied(*names, who=ALICE):
        layers = Layers(identity=(ALL,), resource=(named({"AWS": list(names)}, "Deny", "NotPrincipal"),))
        return outcome(layers, request(who=who, owner=ACCOUNT))

    assert denied(f"arn:aws:iam::{ACCOUNT}:user/bob") == "explicit-deny"
    assert denied(ALICE, ROOT) == "allow"
    assert denied(ALICE) == "unknown"
    assert denied(SESSION, ROLE, ROOT, who=SESSION) == "allow"
    assert denied(ROLE, ROOT, who=SESSION) == "unknown"


@pytest.mark.parametrize("names", [[ROOT, ROLE, SESSION], [ROOT], [f"arn:aws:iam::{ACCOUNT}:user/bob"]])
def test_a_deny_with_not_principal_always_denies_whoever_has_a_boundary(names):
    layers = Layers(identity=(ALL,), boundary=ALL, resource=(named({"AWS": names}, "Deny", "NotPrincipal"),))
    for who in (SESSION, ROLE, ALICE):
        assert outcome(layers, request(who=who, owner=ACCOUNT)) == "explicit-deny"
        other = Layers(identity=(ALL,), boundary=ALL, resource=(named("*", "Deny", "NotPrincipal"),))
        assert outcome(other, request(who=who, owner=ACCOUNT)) == "explicit-deny"
    assert outcome(layers, request(who=ROOT, owner=ACCOUNT)) == ("allow" if ROOT in names else "explicit-deny")


def test_the_root_user_assumes_no_role_and_temporary_credentials_get_no_others():
    role = f"arn:aws:iam::{ACCOUNT}:role/dev"
    layers = Layers(identity=(ALL,), resource=(named({"AWS": ACCOUNT}),))
    assert outcome(layers, request("sts:AssumeRole", role, who=ALICE)) == "allow"
    assert outcome(layers, request("sts:AssumeRole", role, who=ROOT)) == "implicit-deny"
    for action in ("sts:GetSessionToken", "sts:GetFederationToken"):
        for who in (SESSION, f"arn:aws:sts::{ACCOUNT}:federated-user/x"):
            assert outcome(Layers(identity=(ALL,)), request(action, "*", who=who)) == "implicit-deny"


@pytest.mark.parametrize("who", ["*", "s3.amazonaws.com"])
def test_scps_do_not_limit_callers_that_no_organization_has_and_rcps_do(who):
    public = (named({"AWS": "*", "Service": "s3.amazonaws.com"}),)
    assert outcome(Layers(scps=((scp(deny()),), ()), resource=public), request(who=who)) == "allow"
    assert outcome(Layers(rcps=((rcp(deny()),),), resource=public), request(who=who)) == "explicit-deny"
    assert outcome(Layers(identity=(ALL,)), request(who=who)) == "unknown"


GITHUB = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"


@pytest.mark.parametrize("action", ["sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML"])
@pytest.mark.parametrize("who", ["*", ALICE, SESSION])
def test_what_an_identity_provider_vouches_for_is_unknown_unless_nobody_trusts_one(action, who):
    role = f"arn:aws:iam::{ACCOUNT}:role/ci"

    def trusting(principal, effect="Allow"):
        return outcome(Layers(identity=(ALL,), resource=(named(principal, effect),)), request(action, role, who=who))

    assert trusting({"Federated": GITHUB}) == "unknown"
    assert trusting("*") == "unknown"
    assert trusting({"AWS": ACCOUNT}) == "implicit-deny"
    assert trusting("*", "Deny") == "explicit-deny"
    assert trusting({"Federated": GITHUB}, "Deny") == "unknown"
    assert outcome(Layers(identity=(ALL,)), request(action, role, who=who)) == "unknown"


def test_the_root_user_needs_no_policy_and_is_limited_by_the_organization():
    assert outcome(Layers(), request(who=ROOT)) == "allow"
    assert outcome(Layers(boundary=NONE), request(who=ROOT)) == "allow"
    assert outcome(Layers(scps=((scp(deny()),),)), request(who=ROOT)) == "explicit-deny"
    assert outcome(Layers(resource=(named("*", "Deny"),)), request(who=ROOT)) == "explicit-deny"


def test_no_organization_policy_limits_a_service_linked_role():
    linked = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX"
    layers = Layers(identity=(ALL,), scps=((scp(deny()),),), rcps=((rcp(deny()),),))
    assert outcome(layers, request(who=linked)) == "allow"
    assert outcome(layers, request(who=ROLE)) == "explicit-deny"


@pytest.mark.parametrize(
    ("action", "resource", "who", "expected"),
    [
        ("sts:GetCallerIdentity", "*", ALICE, "allow"),
        ("sts:GetSessionToken", "*", ALICE, "allow"),
        ("sts:GetSessionToken", "*", SESSION, "explicit-deny"),
        ("sts:GetFederationToken", "*", ALICE, "explicit-deny"),
    ],
)
def test_some_actions_no_policy_controls(action, resource, who, expected):
    assert outcome(Layers(identity=(NO,)), request(action, resource, who=who)) == expected


@pytest.mark.parametrize(
    ("action", "resource", "expected"),
    [
        ("iam:DeletePolicy", "arn:aws:iam::aws:policy/ReadOnlyAccess", "implicit-deny"),
        ("iam:GetPolicy", "arn:aws:iam::aws:policy/ReadOnlyAccess", "allow"),
        ("iam:PutRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/x/y", "implicit-deny"),
        ("iam:PutRolePolicy", ROLE, "allow"),
        ("iam:DeletePolicy", f"arn:aws:iam::{ACCOUNT}:policy/mine", "allow"),
    ],
)
def test_some_resources_no_policy_lets_one_change(action, resource, expected):
    assert outcome(Layers(identity=(allow_all(),)), request(action, resource)) == expected


OWNED_BY_AWS = {
    "arn:aws:iam::aws:policy/ReadOnlyAccess": ("iam", "policy", set()),
    f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/aws/s3": ("kms", "alias", set()),
    f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_x": (
        "iam",
        "role",
        {"iam:CreateServiceLinkedRole", "iam:DeleteServiceLinkedRole", "iam:PassRole", "iam:TagRole", "iam:UntagRole"},
    ),
    f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX": (
        "iam",
        "role",
        {
            *("iam:CreateServiceLinkedRole", "iam:DeleteServiceLinkedRole", "iam:PassRole", "iam:TagRole"),
            *("iam:UntagRole", "iam:UpdateRole", "iam:UpdateRoleDescription"),
        },
    ),
    "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess": (
        "organizations",
        "policy",
        {f"organizations:{name}" for name in ("AttachPolicy", "DetachPolicy", "TagResource", "UntagResource")},
    ),
}


@pytest.mark.parametrize("resource", OWNED_BY_AWS)
def test_nobody_changes_what_aws_owns_but_for_what_is_listed_here(resource):
    service, kind, open_to_people = OWNED_BY_AWS[resource]
    writing = {
        str(action)
        for action in actions(service).values()
        if kind in action.resource_types and action.level not in (AccessLevel.LIST, AccessLevel.READ)
    }
    assert len(writing) > 2
    for root in (ALICE, ROOT):
        allowed = {
            action
            for action in writing
            if outcome(Layers(identity=(ALL,)), request(action, resource, who=root)) != "implicit-deny"
        }
        assert allowed == open_to_people
    mine = resource.replace(":aws:", f":{ACCOUNT}:").replace("aws-", "my-").replace("aws/", "my/")
    assert all(outcome(Layers(identity=(ALL,)), request(action, mine)) == "allow" for action in writing)


@pytest.mark.parametrize("action", ["iam:TagRole", "iam:PassRole"])
def test_whether_aws_refuses_it_for_a_reserved_role_is_unknown(action):
    reserved = f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/x"
    assert outcome(Layers(identity=(ALL,)), request(action, reserved)) == "unknown"
    assert outcome(Layers(), request(action, reserved)) == "implicit-deny"


def test_a_policy_that_is_not_there_makes_all_but_an_explicit_deny_unknown():
    missing = ("the snapshot does not hold the policy `p`",)
    decision = decide(request(), Layers(identity=(ALL,), unread=missing))
    assert (str(decision.outcome), decision.reason) == ("unknown", missing[0])
    assert outcome(Layers(identity=(NO,), unread=missing)) == "explicit-deny"


def test_the_deciding_statements_are_all_denies_or_else_all_allows():
    first, second = compiled(allow(Sid="A"), deny("s3:*", Sid="D")), compiled(deny(Sid="E"), name="two")
    decided = decide(request(), Layers(identity=(first, second)))
    assert [(s.policy.name, s.pointer, s.sid) for s in decided.statements] == [
        ("", "/Statement/1", "D"),
        ("two", "/Statement/0", "E"),
    ]
    decided = decide(request("iam:GetUser"), Layers(identity=(first,)))
    assert [s.sid for s in decided.statements] == ["A"]

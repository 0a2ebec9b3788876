import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policygen.account.model import Account, AttachedPolicy, Group, InlinePolicy, ManagedPolicy, PolicyVersion, User
from policygen.deploy.desired import Desired, DesiredGroup, DesiredPolicy, managed_arn
from policygen.deploy.operations import Step
from policygen.deploy.plan import make_plan
from policygen.deploy.planfile import dumps, load
from policygen.deploy.rollback import undo
from policygen.deploy.state import GroupState, State, observe
from policygen.errors import PolicygenError
from policygen.evaluate import Layers, Outcome, compile_policy, decide, person_request
from policygen.policy.meaning import normal
from policygen.policy.model import Policy
from tests.policies import document

ID = "123456789012"
AWS_ARN = "arn:aws:iam::aws:policy/ReadOnlyAccess"


def arn(name: str) -> str:
    return managed_arn("aws", ID, name)


def allow(*actions: str, **more) -> dict:
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*", **more}


def deny(*actions: str, **more) -> dict:
    return {"Effect": "Deny", "Action": list(actions), "Resource": "*", **more}


def user(name: str, *groups: str) -> User:
    return User(name, "/", "", f"arn:aws:iam::{ID}:user/{name}", groups=groups)


def group(name: str, inline: dict | None = None, attached: tuple[str, ...] = ()) -> Group:
    policies = tuple(InlinePolicy(key, value) for key, value in (inline or {}).items())
    held = tuple(AttachedPolicy(a.rpartition("/")[2], a) for a in attached)
    return Group(name, "/", "", f"arn:aws:iam::{ID}:group/{name}", inline=policies, attached=held)


def managed(name: str, *documents: dict, default: int = -1) -> ManagedPolicy:
    chosen = range(len(documents))[default]
    versions = tuple(PolicyVersion(f"v{n + 1}", d, n == chosen) for n, d in enumerate(documents))
    return ManagedPolicy(name, "/policygen/", "", arn(name), versions)


def account(**parts) -> Account:
    return Account(ID, "aws", frozenset({"authorization-details"}), **parts)


def want(*groups: DesiredGroup, exempt: tuple[str, ...] = ()) -> Desired:
    return Desired(ID, "aws", groups, exempt)


def plan(desired: Desired, of: Account, **options):
    return make_plan(desired, observe(of, desired), options.pop("summary", {}), **options)


def operations(found) -> list[str]:
    return [step.operation for step in found.steps]


SELF = document(allow("iam:ChangePassword"))
MFA = document(deny("*", Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}))


def test_a_new_group_is_listed_with_everything_that_comes_with_it():
    wanted = want(DesiredGroup("All", (DesiredPolicy("self", SELF), DesiredPolicy("r", None, AWS_ARN)), common=True))
    found = plan(wanted, account(users=(user("alice"), user("bob"))))
    assert operations(found) == [
        "CreateGroup",
        "PutGroupPolicy",
        "AttachGroupPolicy",
        "AddUserToGroup",
        "AddUserToGroup",
    ]


def test_rights_to_enrol_stand_before_the_deny_that_asks_for_mfa():
    wanted = want(
        DesiredGroup("Humans", (DesiredPolicy("mfa", MFA),)),
        DesiredGroup("All", (DesiredPolicy("self", SELF),), common=True),
    )
    found = plan(wanted, account(users=(user("alice", "Humans"),), groups=(group("Humans"),)))
    assert [step.subject for step in found.steps] == [
        "group All",
        "policy self of group All",
        "user alice in group All",
        "policy mfa of group Humans",
    ]


def test_an_inline_policy_is_overwritten_by_one_put_and_the_loss_is_said():
    wanted = want(DesiredGroup("All", (DesiredPolicy("self", document(allow("iam:GetUser", "iam:ListMFADevices"))),)))
    now = account(groups=(group("all", {"self": document(allow("iam:GetUser", "iam:CreateUser"))}),))
    (step,) = plan(wanted, now).steps
    assert step.operation == "PutGroupPolicy" and step.arguments["GroupName"] == "all"
    assert {(change.gained, change.words) for change in step.changes} == {
        (False, "no longer allows iam:CreateUser on every resource"),
        (True, "allows iam:ListMFADevices on every resource"),
    }


def test_what_differs_in_spelling_only_is_no_change():
    wanted = want(DesiredGroup("All", (DesiredPolicy("self", document(allow("iam:GetUser", "s3:List*", Sid="A"))),)))
    spelled = {"Statement": {"Sid": "A", "Resource": ["*"], "Action": ["S3:List*", "IAM:getuser"], "Effect": "Allow"}}
    now = account(groups=(group("All", {"self": spelled | {"Version": "2012-10-17"}}),))
    assert plan(wanted, now).steps == ()


def test_a_sixth_version_pushes_out_the_oldest_that_is_not_in_force():
    versions = [document(allow(f"s3:Get{n}")) for n in range(5)]
    wanted = want(DesiredGroup("All", (DesiredPolicy("base", SELF, arn("base")),)))
    now = account(groups=(group("All", attached=(arn("base"),)),), policies=(managed("base", *versions, default=0),))
    drop, create = plan(wanted, now).steps
    assert (drop.operation, drop.arguments["VersionId"], drop.before) == ("DeletePolicyVersion", "v2", versions[1])
    assert create.operation == "CreatePolicyVersion" and create.arguments["SetAsDefault"] is True


def test_a_version_that_is_there_is_made_the_default_again():
    wanted = want(DesiredGroup("All", (DesiredPolicy("base", SELF, arn("base")),)))
    now = account(groups=(group("All", attached=(arn("base"),)),), policies=(managed("base", SELF, MFA),))
    (step,) = plan(wanted, now).steps
    assert (step.operation, step.arguments["VersionId"]) == ("SetDefaultPolicyVersion", "v1")


def test_strangers_are_reported_and_never_touched():
    now = account(
        users=(user("alice", "Ops"), user("eve", "Ops")),
        groups=(group("Ops", {"own": SELF, "theirs": MFA}, (AWS_ARN,)), group("Foreign", {"x": SELF})),
    )
    found = plan(want(DesiredGroup("Ops", (DesiredPolicy("own", SELF),), members=("alice",))), now, prune=True)
    assert found.steps == ()
    assert found.drift == (
        "group Ops has arn:aws:iam::aws:policy/ReadOnlyAccess, which is not declared; it is not in the account's "
        "details, so what it allows is not known",
        "group Ops has the inline policy theirs, which is not declared; it only denies",
    )
    assert found.strangers == ("group Ops has members who are not declared: eve",)


def test_prune_takes_only_what_policygen_made():
    foreign = ManagedPolicy("x", "/", "", f"arn:aws:iam::{ID}:policy/x", (PolicyVersion("v1", SELF, True),))
    now = account(
        groups=(group("Ops", attached=(arn("old"), foreign.arn)), group("Other", attached=(arn("held"),))),
        policies=(managed("old", MFA, SELF), managed("held", SELF), foreign),
    )
    found = plan(want(DesiredGroup("Ops")), now, prune=True)
    assert [(s.operation, s.arguments["PolicyArn"]) for s in found.steps] == [
        ("DetachGroupPolicy", arn("old")),
        ("DeletePolicyVersion", arn("old")),
        ("DeletePolicy", arn("old")),
    ]
    assert f"{arn('held')} is not declared, but group/Other has it; left as it is" in found.remarks
    assert operations(plan(want(DesiredGroup("Ops")), now)) == []


CATEGORIES = (
    DesiredGroup("Services", category=("svc-*", "bot-*")),
    DesiredGroup("Humans", default_category=True),
)


def test_each_user_joins_one_category_and_doubtful_ones_are_left_to_people():
    now = account(
        users=(
            user("svc-a"),
            user("Alice"),
            user("both", "Services", "Humans"),
            user("svc-b", "Humans"),
            user("breakglass"),
        ),
        groups=(group("Services"), group("Humans")),
    )
    found = plan(want(*CATEGORIES, exempt=("breakglass",)), now)
    assert [step.subject for step in found.steps] == ["user svc-a in group Services", "user Alice in group Humans"]
    assert found.remarks == (
        "user both is in the categories Services and Humans, and should be only in Humans",
        "user svc-b is in the categories Humans, and should be only in Services",
    )


def test_an_exempt_user_of_another_account_is_only_mentioned():
    found = plan(want(DesiredGroup("G"), exempt=("breakglass",)), account(users=(user("alice"),)))
    assert found.remarks == ("user breakglass, who is exempt, does not exist in this account",)


def test_a_user_without_a_fitting_category_is_named():
    now = account(users=(user("alice"),), groups=(group("Services"),))
    found = plan(want(CATEGORIES[0]), now)
    assert found.remarks == (
        "user alice is not in any category and does not match any pattern; add them to the members of one",
    )


def carries(*policies: DesiredPolicy) -> Desired:
    return want(DesiredGroup("G", policies))


IN_TEN = user("alice", *"klmnopqrst")
ELEVEN = tuple(DesiredPolicy(f"p{n}", None, f"arn:aws:iam::aws:policy/p{n}") for n in range(11))


@pytest.mark.parametrize(
    ("wanted", "now", "summary", "says"),
    [
        (want(DesiredGroup("G", create=False)), account(), {}, "has no group `G`; --create-group creates it"),
        (
            want(DesiredGroup("G", members=("alcie",))),
            account(users=(user("alice"),)),
            {},
            "no user `alcie`, who should be a member of G; did you mean `alice`?",
        ),
        (
            want(DesiredGroup("G"), exempt=("alcie",)),
            account(users=(user("alice"),)),
            {},
            "no user `alcie`, who should be exempt; did you mean `alice`?",
        ),
        (
            carries(DesiredPolicy("p", SELF)),
            account(),
            {"GroupPolicySizeQuota": 90},
            "characters of inline policies on group G, and GroupPolicySizeQuota is 90; nothing was changed",
        ),
        (
            carries(DesiredPolicy("p", SELF, arn("p"))),
            account(),
            {"PolicySizeQuota": 9},
            "characters of managed policy p",
        ),
        (want(DesiredGroup("G")), account(), {"Groups": 300}, "301 groups in the account, and GroupsQuota is 300"),
        (want(DesiredGroup("G", common=True)), account(users=(IN_TEN,)), {}, "11 groups of user alice"),
        (carries(*ELEVEN), account(), {}, "11 managed policies on group G, and AttachedPoliciesPerGroupQuota is 10"),
        (carries(DesiredPolicy("p", None, arn("p"))), account(), {}, f"has no policy `{arn('p')}` to attach to G"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is_done(wanted, now, summary, says):
    with pytest.raises(PolicygenError) as error:
        plan(wanted, now, summary=summary)
    assert says in str(error.value)


def test_a_hostile_name_stays_one_word_of_the_shell():
    step = Step("PutGroupPolicy", {"GroupName": "a'; rm -rf /", "PolicyDocument": {"Sid": "$(x)"}}, "")
    assert step.command == (
        """aws iam put-group-policy --group-name 'a'"'"'; rm -rf /' --policy-document '{"Sid":"$(x)"}'"""
    )


def test_an_edited_plan_file_is_refused(tmp_path):
    strangers = {f"theirs{number}": MFA for number in range(9)}
    now = account(groups=(group("All", strangers),))
    found = plan(want(DesiredGroup("All", (DesiredPolicy("self", SELF),))), now)
    assert list(found.remarks) == sorted(found.remarks)
    path = tmp_path / "plan.json"
    path.write_text(dumps(found))
    assert load(path) == [found]
    data = json.loads(path.read_text())
    data["steps"][0]["arguments"]["PolicyDocument"]["Statement"][0]["Action"] = ["*"]
    path.write_text(json.dumps(data))
    with pytest.raises(PolicygenError, match="was edited since"):
        load(path)
    path.write_text('{"version": 1}')
    with pytest.raises(PolicygenError, match=r"plan.json:1: is not a plan"):
        load(path)


ACTIONS = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject")
USERS = ("u1", "u2")
statements = st.builds(
    lambda effect, actions: {"Effect": effect, "Action": sorted(actions), "Resource": "*"},
    st.sampled_from(["Allow", "Allow", "Deny"]),
    st.sets(st.sampled_from(ACTIONS), min_size=1),
)
documents = st.lists(statements, min_size=1, max_size=2).map(lambda found: document(*found))
inlines = st.dictionaries(st.sampled_from(["p", "q"]), documents)
names = st.sampled_from(["base", "extra"])


@st.composite
def accounts(draw) -> Account:
    versions = st.lists(documents, min_size=1, max_size=5, unique_by=lambda found: json.dumps(normal(found)))
    policies = {name: draw(versions) for name in draw(st.sets(names))}
    groups = tuple(
        group(name, draw(inlines), tuple(arn(p) for p in sorted(policies) if draw(st.booleans())))
        for name in sorted(draw(st.sets(st.sampled_from(["A", "B", "Foreign"]))))
    )
    users = tuple(user(name, *(g.name for g in groups if draw(st.booleans()))) for name in USERS)
    made = tuple(
        managed(name, *found, default=draw(st.integers(0, len(found) - 1))) for name, found in policies.items()
    )
    return account(users=users, groups=groups, policies=made)


@st.composite
def desires(draw) -> Desired:
    own = {name: draw(documents) for name in ("base", "extra")}
    return want(
        *(
            DesiredGroup(
                name,
                tuple(DesiredPolicy(key, value) for key, value in draw(inlines).items())
                + tuple(DesiredPolicy(key, own[key], arn(key)) for key in sorted(draw(st.sets(names)))),
                members=tuple(draw(st.sets(st.sampled_from(USERS)))),
                common=draw(st.booleans()),
            )
            for name in sorted(draw(st.sets(st.sampled_from(["a", "B"]), min_size=1)))
        )
    )


@settings(max_examples=60, deadline=None)
@given(desires(), accounts(), st.booleans())
def test_a_plan_that_was_carried_out_leaves_nothing_to_do_and_foreign_things_alone(desired, now, prune):
    found = plan(desired, now, prune=prune)
    after = found.after()
    again = make_plan(desired, after, {}, prune=prune)
    assert again.steps == ()
    assert after.fingerprint == again.observed.fingerprint
    declared = {g.name.lower() for g in desired.groups}
    for step in found.steps:
        assert step.arguments.get("GroupName", min(declared)).lower() in declared
    for name, before in found.observed.groups.items():
        kept = {
            policy.name for g in desired.groups if g.name.lower() == name for policy in g.policies if not policy.arn
        }
        assert all(after.groups[name].inline[k] == v for k, v in before.inline.items() if k not in kept)
        assert set(before.members) <= set(after.groups[name].members)


def rights(state: State, who: str) -> set[str]:
    documents = []
    for name in state.users[who].groups:
        held = state.groups.get(name, GroupState(name, "/", {}))
        documents += held.inline.values()
        documents += [state.document(attached) for attached in held.attached]
    layers = Layers(identity=tuple(compile_policy(Policy(found)) for found in documents))
    asked = {action: person_request(f"user/{who}", action, account=ID) for action in ACTIONS}
    return {action for action, request in asked.items() if decide(request, layers).outcome is Outcome.ALLOW}


@settings(max_examples=60, deadline=None)
@given(desires(), accounts(), st.booleans())
def test_nobody_has_less_in_between_than_before_and_after(desired, now, prune):
    found = plan(desired, now, prune=prune)
    if any("both give and take" in remark for remark in found.remarks):
        return
    after = found.after()
    kept = {who: rights(found.observed, who) & rights(after, who) for who in USERS}
    state = found.after(0)
    for step in found.steps:
        state = step.after(state)
        for who in USERS:
            assert kept[who] <= rights(state, who), step


@settings(max_examples=60, deadline=None)
@given(desires(), accounts(), st.booleans(), st.integers(0, 30))
def test_what_was_done_until_any_moment_can_be_taken_back(desired, now, prune, count):
    found = plan(desired, now, prune=prune)
    state = found.after(count)
    back, left = undo(found.steps[:count], state)
    assert left == []
    for step in back:
        state = step.after(state)
    assert state.fingerprint == found.observed.fingerprint
    assert undo(found.steps[:count], state) == ([], [])


def elsewhere(name: str, path: str) -> ManagedPolicy:
    versions = (PolicyVersion("v1", SELF, True),)
    return ManagedPolicy(name, path, "", managed_arn("aws", ID, name, path), versions)


@pytest.mark.parametrize(("name", "path"), [("mfa", "/"), ("mfa", "/team/"), ("MFA", "/policygen/"), ("Mfa", "/x/")])
def test_a_managed_policy_is_not_planned_beside_one_whose_name_differs_in_path_or_case_only(name, path):
    """IAM API Reference, CreatePolicy: names are unique in an account, and not told apart by case."""
    wanted = want(DesiredGroup("All", (DesiredPolicy("mfa", MFA, arn("mfa")),)))
    stranger = elsewhere(name, path)
    with pytest.raises(PolicygenError, match=f"`{arn('mfa')}` cannot be created because of `{stranger.arn}`"):
        plan(wanted, account(policies=(stranger,)))
    of_aws = ManagedPolicy("mfa", "/", "", "arn:aws:iam::aws:policy/mfa", stranger.versions)
    assert operations(plan(wanted, account(policies=(of_aws,))))[0] == "CreateGroup"


def test_two_declared_policies_whose_names_differ_in_case_only_are_not_planned():
    wanted = want(DesiredGroup("All", (DesiredPolicy("mfa", MFA, arn("mfa")), DesiredPolicy("MFA", MFA, arn("MFA")))))
    with pytest.raises(PolicygenError, match="cannot be created because of"):
        plan(wanted, account())


def test_of_policies_that_are_not_ours_a_plan_counts_what_is_attached_and_not_what_they_say():
    wanted = want(DesiredGroup("All", (DesiredPolicy("ReadOnlyAccess", None, AWS_ARN),)))
    of_aws = ManagedPolicy("ReadOnlyAccess", "/", "", AWS_ARN, (PolicyVersion("v1", SELF, True),))
    grown = ManagedPolicy("ReadOnlyAccess", "/", "", AWS_ARN, (PolicyVersion("v2", MFA, True),))
    bare, held = (group("All"),), (group("All", attached=(AWS_ARN,)),)
    shown = [observe(account(groups=bare, policies=p), wanted).fingerprint for p in ((), (of_aws,), (grown,))]
    assert len(set(shown)) == 1
    attach = Step("AttachGroupPolicy", {"GroupName": "All", "PolicyArn": AWS_ARN}, "")
    after = attach.after(observe(account(groups=bare), wanted))
    assert after.fingerprint == observe(account(groups=held, policies=(of_aws,)), wanted).fingerprint
    assert after.fingerprint != shown[0]


def test_a_customer_policy_of_any_path_is_attached_and_one_that_does_not_exist_is_not():
    team = elsewhere("team", "/x/")
    wanted = want(DesiredGroup("All", (DesiredPolicy("team", None, team.arn),)))
    assert operations(plan(wanted, account(groups=(group("All"),), policies=(team,)))) == ["AttachGroupPolicy"]
    with pytest.raises(PolicygenError, match=f"has no policy `{team.arn}` to attach to All"):
        plan(wanted, account(groups=(group("All"),)))

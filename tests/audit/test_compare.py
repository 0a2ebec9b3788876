"""What `--compare` says of a failure of the earlier report: never that it is fixed, where it is not."""

import copy
import json

import pytest

from policygen.audit.compare import Earlier, compare, keys
from policygen.audit.example import NOW, subject
from policygen.audit.rules import registry
from policygen.audit.run import Outcome, audit
from policygen.audit.settings import settings
from policygen.audit.strategy import Category
from tests.audit.sketches import ADMIN, inline, statement, write

ROLES = {"RoleDetailList": [{"RoleName": "app"}]}
ADMINS = {"GroupDetailList": [{"GroupName": "Admins", "AttachedManagedPolicies": [ADMIN]}]}


def account(**ada):
    return {"UserDetailList": [{"UserName": "ada", **ada}, {"UserName": "bob"}], **ADMINS, **ROLES}


@pytest.fixture
def compared(audit, tmp_path):
    """The JSON of an audit that is compared with an earlier one: `compared(old, new, *options)`."""

    def run(old, new, *options, before=()):
        audit(write(tmp_path / "old", old), *before, "--format", "json", "-o", tmp_path / "old.json")
        done = audit(write(tmp_path / "new", new), *options, "--compare", tmp_path / "old.json", "--format", "json")
        return json.loads(done.stdout)

    return run


def new(data):
    return {(f["rule"], f["entity"]["name"]) for f in data["findings"] if f["change"] == "new"}


def ended(data):
    return {(f["rule"], f["entity"]["name"]): f["change"] for f in data["audit"]["ended"]}


ESCALATES = account(UserPolicyList=inline(statement("iam:CreateAccessKey")))
DEPLOYS = account(UserPolicyList=inline(statement("iam:PassRole", "lambda:*")))


@pytest.mark.parametrize("before", [account(), ESCALATES, DEPLOYS], ids=["harmless", "keys", "deployer"])
@pytest.mark.parametrize(
    "grant",
    [
        {"GroupList": ["Admins"]},
        {"AttachedManagedPolicies": [ADMIN]},
        {"UserPolicyList": inline(statement("*"))},
        {"UserPolicyList": inline(statement("iam:*"), {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})},
    ],
    ids=["group", "attached", "inline", "two statements"],
)
def test_a_user_made_administrator_is_new_and_nothing_of_it_is_fixed(compared, before, grant):
    after = copy.deepcopy(before)
    after["UserDetailList"][0] |= grant
    data = compared(before, after)
    assert ("administrator", "ada") in new(data)
    assert ended(data).get(("user-can-escalate", "ada")) in (None, "open")


def test_a_role_made_administrator_is_new(compared):
    after = account() | {"RoleDetailList": [{"RoleName": "app", "AttachedManagedPolicies": [ADMIN]}]}
    assert ("administrator", "app") in new(compared(account(), after))


def test_what_is_repaired_is_fixed(compared):
    assert ended(compared(ESCALATES, account())) == {
        ("user-can-escalate", "ada"): "fixed",
        ("policy-with-risk", "ada"): "fixed",
        ("user-with-inline-policy", "ada"): "fixed",
    }


def test_what_does_not_exist_any_more_is_gone_and_not_fixed(compared):
    after = account() | {"UserDetailList": [{"UserName": "bob"}]}
    assert set(ended(compared(ESCALATES, after)).values()) == {"gone"}
    filtered = account() | {"UserDetailList": []}
    assert set(ended(compared(ESCALATES, filtered)).values()) == {"open"}


def test_a_rule_that_was_not_run_fixes_nothing(compared):
    data = compared(ESCALATES, account(), "--select", "user-without-mfa")
    assert set(ended(data).values()) == {"open"}


def test_a_policy_that_is_not_read_fixes_nothing(compared):
    after = account(AttachedManagedPolicies=["123456789012:policy/unread"])
    assert ended(compared(ESCALATES, after))[("user-can-escalate", "ada")] == "open"


def test_an_exception_and_another_option_fix_nothing(compared, tmp_path):
    row = {"user": "ada", "access_key_1_active": "true", "access_key_1_last_rotated": "2026-06-01T00:00:00+00:00"}
    old = account() | {"credentials": [row, {"user": "bob"}]}
    manifest = tmp_path / "policygen.toml"
    accounts = '[accounts.a]\nid = "123456789012"\n[groups.Staff]\nrecipes = []\n'
    rule = ("--select", "access-key-not-rotated")
    assert ended(compared(old, old, *rule, before=rule)) == {}
    manifest.write_text(f"{accounts}[audit.rules.access-key-not-rotated]\ndays = 400\n", encoding="utf-8")
    before = (*rule, "--manifest", "none.toml")
    (tmp_path / "none.toml").write_text(accounts, encoding="utf-8")
    assert ended(compared(old, old, *rule, before=before)) == {("access-key-not-rotated", "ada"): "open"}
    manifest.write_text(
        f'{accounts}[[accept]]\nrule = "access-key-not-rotated"\nwhere = "user/ada"\nreason = "r"\nowner = "o"\n',
        encoding="utf-8",
    )
    assert ended(compared(old, old, *rule, before=before)) == {("access-key-not-rotated", "ada"): "open"}


def test_another_common_group_fixes_nothing(compared):
    old = account(GroupList=["Admins"])
    rule = ("--select", "user-not-in-common-group")
    data = compared(old, old, *rule, "--common-group", "Admins", before=(*rule, "--common-group", "Staff"))
    assert ended(data) == {("user-not-in-common-group", "ada"): "open"}


def test_a_report_without_options_fixes_nothing_that_depends_on_them(compared, audit, tmp_path):
    old = {"credentials": [{"user": "a", "access_key_1_active": "true", "access_key_1_last_rotated": "2026-01-01"}]}
    new_ = {"credentials": [{"user": "a", "access_key_1_active": "false"}]}
    folder = write(tmp_path / "old", old)
    data = json.loads(audit(folder, "--select", "access-key-not-rotated", "--format", "json").stdout)
    del data["audit"]
    (tmp_path / "old.json").write_text(json.dumps(data), encoding="utf-8")
    options = ("--select", "access-key-not-rotated", "--format", "json", "--compare", tmp_path / "old.json")
    assert set(ended(json.loads(audit(write(tmp_path / "new", new_), *options).stdout)).values()) == {"open"}


def run(sketch, parameters=None) -> Outcome:
    decided = settings(common_groups=["AllUsers"], categories=[Category("Humans"), Category("Headless")])
    account_ = subject(sketch).account
    from dataclasses import replace

    from policygen.audit.settings import Chosen

    chosen = tuple(Chosen(rule.id, rule.severity, (parameters or {}).get(rule.id, {})) for rule in registry().values())
    return audit(account_, replace(decided, chosen=chosen), now=NOW, passes=True)


def worsen_policies(sketch):
    """Everything in every policy, and AdministratorAccess for everybody."""
    for kind in ("User", "Group", "Role"):
        for holder in sketch.get(f"{kind}DetailList", ()):
            holder["AttachedManagedPolicies"] = [*holder.get("AttachedManagedPolicies", []), ADMIN]
            for policy in holder.get(f"{kind}PolicyList", ()):
                policy["PolicyDocument"] = {"Statement": statement("*")}
    for policy in sketch.get("Policies", ()):
        policy["Document"] = {"Statement": statement("*")}


def worsen_trust(sketch):
    """Everybody on the internet in every trust policy."""
    for role in sketch.get("RoleDetailList", ()):
        everybody = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
        role["AssumeRolePolicyDocument"] = {"Statement": everybody}


def worsen_credentials(sketch):
    """Both keys active and a password for everybody, and no MFA."""
    for row in sketch.get("credentials", ()):
        row |= {"password_enabled": "true", "mfa_active": "false"}
        row |= {"access_key_1_active": "true", "access_key_2_active": "true"}


EXAMPLES = [(rule, it) for rule in registry().values() for it in rule.examples if it.verdict == "Fires on"]


@pytest.mark.parametrize("worsen", [worsen_policies, worsen_trust, worsen_credentials])
@pytest.mark.parametrize(("rule", "example"), EXAMPLES, ids=lambda it: getattr(it, "id", ""))
def test_what_got_worse_is_never_fixed(rule, example, worsen):
    parameters = {
        rule.id: {k: tuple(v) if isinstance(v, list) else v for k, v in example.data.items() if k in rule.parameters}
    }
    sketch = copy.deepcopy(example.data)
    before = run(sketch, parameters)
    worsen(sketch)
    after = run(sketch, parameters)
    earlier = Earlier({key: one for f in before.findings if f.fails for key, one in keys(f)}, {})
    assert [finding.rule for finding in compare(earlier, after).fixed] == []

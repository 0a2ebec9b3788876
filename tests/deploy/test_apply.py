import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pytest

from policygen.account import live, snapshot
from policygen.account.target import Target
from policygen.deploy.apply import StaleError, apply_plan, look, read_state, roll_back
from policygen.deploy.desired import Desired, DesiredGroup, DesiredPolicy, DesiredRole, managed_arn
from policygen.deploy.journal import read_journal
from policygen.deploy.operations import OPERATIONS
from policygen.deploy.ownership import either, owning
from policygen.deploy.plan import Plan, make_plan
from policygen.deploy.planfile import dumps
from policygen.deploy.record import Owned, OwnedGroup, OwnedRole, Record
from policygen.deploy.rollback import undo
from policygen.deploy.state import meaning, observe
from policygen.errors import PolicygenError
from tests.deploy.proxy import FAULTS, NOT_YET, Proxy, offer_aws_policy


def document(*actions: str, effect: str = "Allow") -> dict:
    return {"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": list(actions), "Resource": "*"}]}


STEPS = 24
"""As many as the plan of `desired_of` has on an account that `fill` filled."""
HANG = 3
"""Seconds until a server that hangs is given up; no answer of a server that does not may take as long."""
AUDIT = "arn:aws:iam::aws:policy/SecurityAudit"
SELF = document("iam:ChangePassword", "iam:GetUser")


def fill(account) -> None:
    """An account with something of everything that a plan can meet, and a policy of AWS's that is attached nowhere."""
    iam = account.iam
    offer_aws_policy(account.id, "SecurityAudit", json.dumps(document("s3:List*")))
    for name in ("alice", "bob", "svc-deploy"):
        iam.create_user(UserName=name)
    for name in ("AllUsers", "Foreign"):
        iam.create_group(GroupName=name)
    iam.put_group_policy(GroupName="AllUsers", PolicyName="self", PolicyDocument=json.dumps(document("s3:Old")))
    iam.put_group_policy(GroupName="Foreign", PolicyName="theirs", PolicyDocument=json.dumps(document("s3:Theirs")))
    iam.add_user_to_group(GroupName="Foreign", UserName="bob")
    iam.add_user_to_group(GroupName="AllUsers", UserName="alice")
    base = iam.create_policy(PolicyName="base", Path="/policygen/", PolicyDocument=json.dumps(document("s3:Base0")))
    for number in range(1, 5):
        text = json.dumps(document(f"s3:Base{number}"))
        iam.create_policy_version(PolicyArn=base["Policy"]["Arn"], PolicyDocument=text, SetAsDefault=number == 2)
    iam.attach_group_policy(GroupName="AllUsers", PolicyArn=base["Policy"]["Arn"])
    old = iam.create_policy(PolicyName="old", Path="/policygen/", PolicyDocument=json.dumps(document("s3:Older")))
    text = json.dumps(document("s3:Newer"))
    iam.create_policy_version(PolicyArn=old["Policy"]["Arn"], PolicyDocument=text, SetAsDefault=True)
    iam.attach_group_policy(GroupName="AllUsers", PolicyArn=old["Policy"]["Arn"])
    iam.create_role(RoleName="runner", AssumeRolePolicyDocument=json.dumps(trusting("ec2")))
    iam.put_role_policy(RoleName="runner", PolicyName="old", PolicyDocument=json.dumps(document("s3:Old")))
    iam.create_group(GroupName="Former")
    iam.put_group_policy(GroupName="Former", PolicyName="self", PolicyDocument=json.dumps(SELF))
    iam.add_user_to_group(GroupName="Former", UserName="bob")


def trusting(service: str) -> dict:
    allow = {"Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [allow]}


OWNED = Owned(
    {"Former": OwnedGroup(created=True, inline={"self": meaning(SELF)}, members=("bob",))},
    {"runner": OwnedRole(inline={"old": meaning(document("s3:Old"))})},
)
"""What an earlier run put there, and `desired_of` no longer declares."""


def desired_of(account) -> Desired:
    def arn(name: str) -> str:
        return managed_arn("aws", account.id, name)

    self, base = DesiredPolicy("self", SELF), DesiredPolicy("base", document("s3:Base9"), arn("base"))
    mfa = DesiredPolicy("mfa", document("*", effect="Deny"), arn("mfa"))
    audit = DesiredPolicy("SecurityAudit", None, AUDIT)
    return Desired(
        account.id,
        "aws",
        (
            DesiredGroup("AllUsers", (self, base), common=True),
            DesiredGroup("Humans", (mfa,), path="/people/", default_category=True),
            DesiredGroup("Services", (audit,), category=("svc-*",)),
        ),
        exempt=("bob",),
        owned=OWNED,
        roles=(
            DesiredRole("deploy", "/", trusting("codebuild"), (audit,), boundary=arn("limit")),
            DesiredRole("runner", "/", trusting("lambda"), (DesiredPolicy("work", SELF),), boundary=arn("limit")),
        ),
        boundaries={arn("limit"): document("*")},
    )


def picture(account) -> str:
    """Everything in the account but ids, dates and the numbers of versions, which IAM never gives twice."""
    found = snapshot.account({"authorization-details": _details(account)})
    shown = {
        "users": {user.name: sorted(user.groups) for user in found.users},
        "groups": {
            group.name: [
                group.path,
                {policy.name: policy.document for policy in group.inline},
                sorted(policy.arn for policy in group.attached),
            ]
            for group in found.groups
        },
        "roles": {
            role.name: [
                role.trust,
                role.boundary,
                {policy.name: policy.document for policy in role.inline},
                sorted(policy.arn for policy in role.attached),
            ]
            for role in found.roles
        },
        "policies": {
            policy.arn: [policy.document, sorted(json.dumps(version.document) for version in policy.versions)]
            for policy in found.policies
        },
    }
    return json.dumps(shown, sort_keys=True, indent=1)


def _details(account) -> dict:
    return account.iam.get_paginator("get_account_authorization_details").paginate().build_full_result()


@pytest.fixture
def proxy(moto_server):
    made = Proxy(moto_server)
    yield made
    made.close()


@pytest.fixture
def connect(aws_account, proxy, monkeypatch):
    """Fill the account and give a function that connects to it through the proxy."""
    fill(aws_account)
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in aws_account.environment.items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setattr("policygen.deploy.apply.WAITS", (0, 0.01))
    monkeypatch.setattr("policygen.account.live.READ_TIMEOUT", HANG)
    return cache(lambda: live.connect(Target(endpoint_url=proxy.url)))


def plan_of(connection, desired: Desired) -> Plan:
    account = look(connection, desired)
    return make_plan(desired, observe(account, desired), account.summary, prune=True)


def apply(connection, plan: Plan, folder: Path) -> Path:
    return apply_plan(connection, plan, folder, caller="")


def take_back(connection, journal: Path) -> list[str]:
    past = read_journal(journal)
    desired = past.desired
    state = read_state(connection, desired)
    steps, left = undo(past.steps, state)
    plan = Plan(desired, state, {}, False, tuple(steps), tuple(left))
    roll_back(connection, journal, plan, caller="")
    return left


def test_what_was_planned_is_there_nothing_else_moved_and_nothing_is_left_to_do(aws_account, connect, tmp_path):
    desired = desired_of(aws_account)
    plan = plan_of(connect(), desired)
    assert len(plan.steps) == STEPS
    assert {step.operation for step in plan.steps} == {
        "CreateGroup",
        "CreatePolicy",
        "PutGroupPolicy",
        "AddUserToGroup",
        "AttachGroupPolicy",
        "DeletePolicyVersion",
        "CreatePolicyVersion",
        "DetachGroupPolicy",
        "DeletePolicy",
        "DeleteGroupPolicy",
        "RemoveUserFromGroup",
        "DeleteGroup",
        "CreateRole",
        "UpdateAssumeRolePolicy",
        "PutRolePermissionsBoundary",
        "PutRolePolicy",
        "DeleteRolePolicy",
        "AttachRolePolicy",
    }
    apply(connect(), plan, tmp_path)
    now = json.loads(picture(aws_account))
    base = managed_arn("aws", aws_account.id, "base")
    assert now["groups"]["AllUsers"] == ["/", {"self": SELF}, [base]]
    assert now["groups"]["Foreign"] == ["/", {"theirs": document("s3:Theirs")}, []]
    assert now["groups"]["Humans"][0] == "/people/"
    assert now["users"] == {"alice": ["AllUsers", "Humans"], "bob": ["Foreign"], "svc-deploy": ["AllUsers", "Services"]}
    assert now["policies"][base][0] == document("s3:Base9") and len(now["policies"][base][1]) == 5
    limit = managed_arn("aws", aws_account.id, "limit")
    assert now["roles"] == {
        "deploy": [trusting("codebuild"), limit, {}, [AUDIT]],
        "runner": [trusting("lambda"), limit, {"work": SELF}, []],
    }
    assert "Former" not in now["groups"]
    assert plan_of(connect(), desired).steps == ()


def test_the_server_lists_policies_of_aws_and_refuses_names_as_iam_does(aws_account, connect):
    """What the other tests rest on."""
    iam = connect().iam

    def listed() -> set[str]:
        return {policy["Arn"] for policy in iam.get_account_authorization_details()["Policies"]}

    assert AUDIT not in listed()
    iam.attach_group_policy(GroupName="Foreign", PolicyArn=AUDIT)
    assert AUDIT in listed()
    text = json.dumps(SELF)
    for again in (
        lambda: iam.create_policy(PolicyName="base", PolicyDocument=text),
        lambda: iam.create_policy(PolicyName="BASE", Path="/policygen/", PolicyDocument=text),
        lambda: iam.create_group(GroupName="allusers", Path="/x/"),
        lambda: iam.create_user(UserName="Alice"),
    ):
        with pytest.raises(iam.exceptions.EntityAlreadyExistsException):
            again()


def test_a_rollback_restores_what_stood_there_before(aws_account, connect, tmp_path):
    before = picture(aws_account)
    journal = apply(connect(), plan_of(connect(), desired_of(aws_account)), tmp_path)
    assert picture(aws_account) != before
    assert take_back(connect(), journal) == []
    assert picture(aws_account) == before
    assert take_back(connect(), journal) == []


def test_a_rollback_leaves_what_somebody_changed_since(aws_account, connect, tmp_path):
    journal = apply(connect(), plan_of(connect(), desired_of(aws_account)), tmp_path)
    text = json.dumps(document("s3:Newest"))
    aws_account.iam.put_group_policy(GroupName="AllUsers", PolicyName="self", PolicyDocument=text)
    aws_account.iam.add_user_to_group(GroupName="Services", UserName="bob")
    assert take_back(connect(), journal) == [
        "policy self of group AllUsers: it has been changed since; left as it is",
        "group Services: it now has other members or policies; left as it is",
    ]
    assert json.loads(picture(aws_account))["groups"]["AllUsers"][1] == {"self": document("s3:Newest")}


def test_a_change_between_plan_and_apply_makes_the_plan_stale(aws_account, connect, tmp_path):
    plan = plan_of(connect(), desired_of(aws_account))
    aws_account.iam.delete_group_policy(GroupName="AllUsers", PolicyName="self")
    before = picture(aws_account)
    with pytest.raises(StaleError, match=f"the plan is stale: account {aws_account.id} has changed since"):
        apply(connect(), plan, tmp_path)
    assert picture(aws_account) == before


def test_of_two_applies_at_once_one_changes_the_account_and_the_other_finds_it_so(aws_account, connect, tmp_path):
    plan = plan_of(connect(), desired_of(aws_account))
    with ThreadPoolExecutor(2) as pool:
        journals = list(pool.map(lambda _: apply(connect(), plan, tmp_path), range(2)))
    assert [journal.suffix for journal in journals if journal] == [".jsonl"]
    assert plan_of(connect(), desired_of(aws_account)).steps == ()


def test_another_account_or_partition_is_refused(aws_account, connect):
    with pytest.raises(
        PolicygenError, match=f"this is account {aws_account.id} of partition aws, and the policies are"
    ):
        look(connect(), Desired("999999999999", "aws", ()))
    with pytest.raises(PolicygenError, match="of aws-cn; choose another profile or role"):
        look(connect(), Desired(aws_account.id, "aws-cn", ()))


def test_the_common_cases_cost_as_few_calls_as_can_be(aws_account, connect, proxy, tmp_path):
    desired = desired_of(aws_account)
    apply(connect(), plan_of(connect(), desired), tmp_path)
    proxy.calls.clear()
    assert plan_of(connect(), desired).steps == ()
    assert proxy.calls == ["GetCallerIdentity", "GetAccountAuthorizationDetails", "GetAccountSummary"]
    aws_account.iam.put_group_policy(
        GroupName="AllUsers", PolicyName="self", PolicyDocument=json.dumps(document("s3:Drift"))
    )
    plan = plan_of(connect(), desired)
    proxy.calls.clear()
    apply(connect(), plan, tmp_path)
    assert proxy.calls == ["GetAccountAuthorizationDetails", "PutGroupPolicy", "GetAccountAuthorizationDetails"]


def test_the_journal_holds_every_document_that_was_replaced_or_removed(aws_account, connect, tmp_path):
    live_before = {
        json.dumps(document(f"s3:{name}"), sort_keys=True) for name in ("Old", "Base0", "Base2", "Newer", "Older")
    }
    journal = apply(connect(), plan_of(connect(), desired_of(aws_account)), tmp_path)
    kept = {
        json.dumps(entry.get("before"), sort_keys=True) for entry in map(json.loads, journal.read_text().splitlines())
    }
    assert live_before <= kept
    assert journal.stat().st_mode & 0o777 == 0o600


def breaks(aws_account, connect, proxy, folder: Path, fault: str, number: int) -> None:
    """One call goes wrong: running again reaches the plan, and a rollback the state of before."""
    desired, before = desired_of(aws_account), picture(aws_account)
    plan = plan_of(connect(), desired)
    proxy.breaks(fault, write=number)
    journals = []
    try:
        journals.append(apply(connect(), plan, folder))
    except PolicygenError as error:
        assert f"{number} of {len(plan.steps)} steps were done" in str(error)
        assert not FAULTS[fault].reached
        journals.append(apply(connect(), plan, folder))
    assert plan_of(connect(), desired).steps == ()
    assert take_back(connect(), journals[-1]) == []
    assert picture(aws_account) == before


@pytest.mark.parametrize(("fault", "number"), [("reset-after", 5), ("html-after", 2), ("error-500", 9)])
def test_a_call_that_fails_is_made_good_by_running_again(aws_account, connect, proxy, tmp_path, fault, number):
    breaks(aws_account, connect, proxy, tmp_path, fault, number)


def faults_and_steps() -> list[tuple[str, int]]:
    """Each fault at the first and the last step and at six between, so that each of those sees five faults or more.

    All combinations with the environment variable `PROVE_ALL`: they take a quarter of an hour.
    """
    between = STEPS - 2
    chosen = {
        fault: {0, STEPS - 1, *(1 + (number + turn * between // 6) % between for turn in range(6))}
        for number, fault in enumerate(FAULTS)
    }
    return [
        (fault, step) for fault in FAULTS for step in range(STEPS) if "PROVE_ALL" in os.environ or step in chosen[fault]
    ]


def test_the_chosen_faults_and_steps_meet_every_fault_and_every_step():
    chosen = faults_and_steps()
    assert {fault for fault, step in chosen if step == 0} == set(FAULTS)
    assert {fault for fault, step in chosen if step == STEPS - 1} == set(FAULTS)
    assert all(sum(step == number for _, step in chosen) >= 5 for number in range(STEPS))
    assert all(sum(name == fault for name, _ in chosen) >= 5 for fault in FAULTS)


@pytest.mark.proof
@pytest.mark.parametrize(("fault", "number"), faults_and_steps())
def test_every_call_may_fail_in_every_way(aws_account, connect, proxy, tmp_path, fault, number):
    breaks(aws_account, connect, proxy, tmp_path, fault, number)


def test_what_was_just_made_may_take_iam_a_moment_to_know(aws_account, connect, proxy, tmp_path):
    plan = plan_of(connect(), desired_of(aws_account))
    joins = [n for n, step in enumerate(plan.steps) if step.arguments.get("GroupName") == "Humans"]
    proxy.breaks(NOT_YET, write=joins[1])
    apply(connect(), plan, tmp_path)
    assert proxy.writes == len(plan.steps) + 1


def test_boto_retries_what_is_throttled_without_our_doing(aws_account, connect, proxy, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "4")
    plan = plan_of(connect(), desired_of(aws_account))
    proxy.breaks("throttling", write=3)
    apply(connect(), plan, tmp_path)
    assert plan_of(connect(), desired_of(aws_account)).steps == ()


def killed(aws_account, connect, proxy, folder: Path, number: int) -> None:
    """The process is killed when a call has had its effect and its answer has not come."""
    desired, before = desired_of(aws_account), picture(aws_account)
    plan = plan_of(connect(), desired)
    file = folder / "plan.json"
    file.write_text(dumps(plan))
    proxy.writes = 0
    command = [sys.executable, "-m", "policygen", "apply", str(file), "--auto-approve", "--accept-lockout", "test"]
    environment = aws_account.environment | {"AWS_ENDPOINT_URL": proxy.url}
    with subprocess.Popen(
        [*command, "--journal", str(folder)], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        proxy.after_write = lambda done: process.send_signal(signal.SIGKILL) if done == number else None
        assert process.wait(60) == -signal.SIGKILL
    proxy.after_write = lambda done: None
    journal = apply(connect(), plan, folder)
    assert plan_of(connect(), desired).steps == ()
    assert take_back(connect(), journal) == []
    assert picture(aws_account) == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_a_run_after_the_call_in_flight(aws_account, connect, proxy, tmp_path, number):
    plan, before = plan_of(connect(), desired_of(aws_account)), picture(aws_account)
    (tmp_path / "plan.json").write_text(dumps(plan))
    proxy.writes = 0
    command = [sys.executable, "-m", "policygen", "apply", str(tmp_path / "plan.json"), "--auto-approve"]
    environment = aws_account.environment | {"AWS_ENDPOINT_URL": proxy.url}
    with subprocess.Popen(
        [*command, "--accept-lockout", "test", "--journal", str(tmp_path / "runs")],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:

        def interrupt(done: int) -> None:
            if done == 4:
                process.send_signal(number)
                time.sleep(1)  # a busy machine may run the handler late; the call is in flight until then

        proxy.before_write = interrupt
        _, said = process.communicate(timeout=60)
    proxy.before_write = lambda done: None
    (journal,) = (tmp_path / "runs").glob("*.jsonl")
    assert process.returncode == 2 and proxy.writes == 5
    assert "stopping after the call in flight" in said
    assert said.splitlines()[-1].endswith(
        f"interrupted; 5 of {STEPS} steps were done; run again to continue, or take it back with "
        f"`policygen rollback {journal}`"
    )
    assert take_back(connect(), journal) == []
    assert picture(aws_account) == before


class Killed(BaseException):
    """Nothing in the run can handle this, as nothing handles the end of a process."""


@pytest.mark.parametrize(
    "number", [pytest.param(number, marks=[pytest.mark.proof] if number % 6 else []) for number in range(STEPS)]
)
def test_the_record_names_what_was_put_there_whenever_a_run_ends(aws_account, connect, tmp_path, monkeypatch, number):
    """The call has its effect, and the run ends before anything else can be written."""
    desired, calls, call = desired_of(aws_account), iter(range(STEPS)), live.Connection.call

    def dies(self, operation, arguments=None):
        answer = call(self, operation, arguments)
        if operation in OPERATIONS and next(calls) == number:
            raise Killed
        return answer

    plan = plan_of(connect(), desired)
    record = Record(tmp_path / "policygen.state.json", tmp_path / "runs")
    with monkeypatch.context() as patched:
        patched.setattr(live.Connection, "call", dies)
        with pytest.raises(Killed):
            apply_plan(connect(), plan, tmp_path / "runs", caller="", record=record)
    owned, there = record.read(aws_account.id), owning(plan)(read_state(connect(), desired))
    assert either(owned, there) == owned


def test_a_killed_run_goes_on_where_it_was(aws_account, connect, proxy, tmp_path):
    killed(aws_account, connect, proxy, tmp_path, 6)


@pytest.mark.proof
@pytest.mark.parametrize("number", range(STEPS))
def test_a_run_may_be_killed_after_every_step(aws_account, connect, proxy, tmp_path, number):
    killed(aws_account, connect, proxy, tmp_path, number)


def test_what_an_earlier_attempt_did_counts_as_planned(aws_account, connect, proxy, tmp_path):
    """An attachment is done, the answer is lost, and the account's details name the policy of AWS's only then."""
    plan = plan_of(connect(), desired_of(aws_account))
    attaches = [n for n, step in enumerate(plan.steps) if step.arguments.get("PolicyArn") == AUDIT]
    proxy.breaks("reset-after", write=attaches[0])
    assert apply(connect(), plan, tmp_path)
    assert plan_of(connect(), desired_of(aws_account)).steps == ()


def test_reads_may_be_stale_for_a_while(aws_account, connect, proxy, tmp_path, monkeypatch):
    monkeypatch.setattr("policygen.deploy.apply.WAITS", (0, 0.01, 0.01, 0.01))
    plan, said = plan_of(connect(), desired_of(aws_account)), []
    proxy.after_write = lambda number: setattr(proxy, "stale_reads", 3 if number == len(plan.steps) - 1 else 0)
    apply_plan(connect(), plan, tmp_path, caller="", say=said.append)
    assert said[-1] == (
        f"what was changed in account {aws_account.id} is not yet visible in IAM; waiting for up to a minute"
    )


def test_reads_that_stay_stale_are_not_called_done(aws_account, connect, proxy, tmp_path):
    plan = plan_of(connect(), desired_of(aws_account))
    proxy.after_write = lambda number: setattr(proxy, "stale_reads", 99 if number == len(plan.steps) - 1 else 0)
    with pytest.raises(PolicygenError, match=r"does not read back as planned after .*; 24 of 24 steps were done; run"):
        apply(connect(), plan, tmp_path)


def test_what_passes_by_itself_is_waited_for(aws_account, connect, proxy, tmp_path):
    plan = plan_of(connect(), desired_of(aws_account))
    proxy.breaks("concurrent", write=5)
    assert apply(connect(), plan, tmp_path)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (
            "clock",
            "AWS rejects the time of this machine (Signature not yet current: 20261125T063300Z is still later",
        ),
        ("xhtml", "iam:PutGroupPolicy"),
        ("html", "iam:PutGroupPolicy"),
        ("hang-before", "iam:PutGroupPolicy"),
        ("html-502", "iam:PutGroupPolicy"),
    ],
)
def test_a_call_that_fails_is_named_with_the_journal_and_the_way_back(
    aws_account, connect, proxy, tmp_path, fault, said
):
    plan = plan_of(connect(), desired_of(aws_account))
    puts = [n for n, step in enumerate(plan.steps) if step.operation == "PutGroupPolicy"]
    proxy.breaks(fault, write=puts[0])
    with pytest.raises(PolicygenError) as error:
        apply(connect(), plan, tmp_path)
    assert said in str(error.value)
    assert str(error.value).endswith(
        f"; {puts[0]} of {STEPS} steps were done; run again to continue, or take it back with "
        f"`policygen rollback {error.value.journal}`"
    )


def test_somebody_who_waits_is_told_for_what(aws_account, connect, proxy, tmp_path, monkeypatch):
    said: list[str] = []
    waiting = live.connect(Target(endpoint_url=connect().iam.meta.endpoint_url), said.append)
    monkeypatch.setattr("policygen.account.live.NOTICE", 0.2)
    proxy.breaks("hang-before", read=0)
    with pytest.raises(PolicygenError, match="iam:GetAccountAuthorizationDetails"):
        look(waiting, desired_of(aws_account))
    assert said == ["waiting for an answer to iam:GetAccountAuthorizationDetails"]


def test_what_was_interrupted_can_be_taken_back_without_going_on(aws_account, connect, proxy, tmp_path):
    before = picture(aws_account)
    plan = plan_of(connect(), desired_of(aws_account))
    proxy.breaks("reset-before", write=7)
    with pytest.raises(PolicygenError) as error:
        apply(connect(), plan, tmp_path)
    assert take_back(connect(), error.value.journal) == []
    assert picture(aws_account) == before


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        '{"entry": "run"}',
        '{"entry": "run", "version": 1, "desired": {}}',
        "no json\nat all",
        '{"entry": "run", "version": 1, "desired": {"account": "1", "partition": "aws", "groups": [], "exempt": []}}\n'
        '{"entry": "starting", "step": 0, "operation": "DeleteUser", "arguments": {}, "subject": "x", "before": null}',
        '{"entry": "run", "version": 1, "desired": {"account": "1", "partition": "aws", "groups": [], "exempt": []}}\n'
        '{"entry": "starting", "step": 0, "operation": "DeletePolicy", "arguments": {"PolicyArn": 7}, "subject": "x", '
        '"before": null}',
    ],
)
def test_what_is_not_a_journal_is_refused_by_name(tmp_path, text):
    path = tmp_path / "journal.jsonl"
    path.write_text(text)
    with pytest.raises(PolicygenError, match=r"journal.jsonl(:1)?: is (not|damaged)"):
        read_journal(path)

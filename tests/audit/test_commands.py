"""The commands that an audit prints: what somebody does who copies them all."""

import shlex

import pytest

from policygen.audit.example import NOW, subject
from policygen.audit.rules import registry
from policygen.audit.run import audit
from policygen.audit.settings import Chosen, Settings
from policygen.finding import Result

SKETCHES = [
    pytest.param(example.data, id=f"{rule.id}-{number}")
    for rule in registry().values()
    for number, example in enumerate(rule.examples)
]
UNDONE_BY = {
    "add-user-to-group": "remove-user-from-group",
    "attach-user-policy": "detach-user-policy",
    "attach-group-policy": "detach-group-policy",
    "attach-role-policy": "detach-role-policy",
    "put-user-policy": "delete-user-policy",
    "put-group-policy": "delete-group-policy",
    "put-role-policy": "delete-role-policy",
    "enable-mfa-device": "deactivate-mfa-device",
    "create-login-profile": "delete-login-profile",
}
MOVED_FIRST = {
    "user-with-inline-policy": "add-user-to-group",
    "user-with-attached-policy": "add-user-to-group",
    "group-with-inline-policy": "attach-group-policy",
    "role-with-inline-policy": "attach-role-policy",
    "role-not-used": "get-role",
}
PASSWORDS = [
    ("password-too-short", {"length": 14}),
    ("password-reuse-allowed", {"passwords": 24}),
    ("password-never-expires", {"days": 90}),
    ("password-without-character-class", {"classes": ("numbers", "symbols")}),
]


def findings(sketch, rules=None):
    def told(rule):
        return {
            key: tuple(sketch[key]) if isinstance(sketch.get(key), list) else sketch.get(key, default)
            for key, default in rule.parameters.items()
        }

    chosen = rules or [(rule.id, told(rule)) for rule in registry().values()]
    known = registry()
    settings = Settings(tuple(Chosen(name, known[name].severity, parameters) for name, parameters in chosen))
    return audit(subject(sketch).account, settings, now=NOW).findings


def verb(command):
    return command.split()[2]


def deletes(command):
    return command.startswith("aws iam ") and verb(command).startswith(("delete-", "detach-", "remove-", "deactivate-"))


@pytest.mark.parametrize("sketch", SKETCHES)
def test_what_destroys_is_marked_and_comes_last(sketch):
    for finding in findings(sketch):
        marked = [command for command in finding.fix if deletes(command)]
        assert list(finding.destructive) == marked
        assert list(finding.fix[len(finding.fix) - len(marked) :]) == marked


@pytest.mark.parametrize("sketch", SKETCHES)
def test_what_is_taken_from_somebody_is_first_given_in_a_better_way(sketch):
    for finding in findings(sketch):
        wanted = MOVED_FIRST.get(finding.rule)
        if wanted and finding.result is Result.FAIL:
            assert wanted in [verb(command) for command in finding.fix if command not in finding.destructive]


@pytest.mark.parametrize("sketch", SKETCHES)
def test_no_command_undoes_another(sketch):
    # what a rule deletes as a whole, an unused role or a group without members, goes with all that it has
    kept = [
        f for f in findings(sketch) if not {"delete-role", "delete-group"} & {verb(c) for c in f.fix if " " in c[8:]}
    ]
    commands = [shlex.split(command) for finding in kept for command in finding.fix if command.startswith("aws iam ")]
    printed = {(command[2], frozenset(zip(command[3::2], command[4::2], strict=False))) for command in commands}
    for name, options in printed:
        assert (UNDONE_BY.get(name), options) not in printed
    assert len({shlex.join(c) for c in commands if c[2] == "update-account-password-policy"}) <= 1


@pytest.mark.parametrize("sketch", SKETCHES)
def test_a_person_without_mfa_keeps_the_login(sketch):
    for finding in findings(sketch):
        if finding.rule == "user-without-mfa":
            assert not finding.destructive
            if finding.result is Result.FAIL:
                assert [verb(command) for command in finding.fix] == ["create-virtual-mfa-device", "enable-mfa-device"]


def test_one_command_sets_what_all_rules_on_passwords_ask_for_and_keeps_the_rest():
    held = {"MinimumPasswordLength": 8, "RequireUppercaseCharacters": True, "HardExpiry": True}
    found = findings({"PasswordPolicy": {**held, "AllowUsersToChangePassword": True}}, PASSWORDS)
    assert [finding.result for finding in found] == [Result.FAIL] * 4
    (command,) = {finding.fix for finding in found}
    assert command == (
        "aws iam update-account-password-policy --minimum-password-length 14 --max-password-age 90 "
        "--password-reuse-prevention 24 --require-symbols --require-numbers --require-uppercase-characters "
        "--allow-users-to-change-password --hard-expiry",
    )


def test_the_command_asks_for_nothing_that_no_chosen_rule_asks_for():
    (finding,) = findings({"PasswordPolicy": {"MinimumPasswordLength": 20}}, PASSWORDS[1:2])
    assert finding.fix == (
        "aws iam update-account-password-policy --minimum-password-length 20 --password-reuse-prevention 24",
    )

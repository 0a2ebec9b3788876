"""The first policygen.toml, from a few answers, and answers suggested by a snapshot."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from policygen.account.model import Account, Group, User
from policygen.audit.rules import registry
from policygen.audit.strategy import Category, Strategy
from policygen.errors import PolicygenError, did_you_mean
from policygen.finding import Severity
from policygen.policy.pattern import matches
from policygen.recipe.formats import problem

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_MACHINES = ("*headless*", "*service*", "*machine*", "*bot*", "*robot*")
_PEOPLE = ("*human*", "*people*", "*person*", "*staff*", "*employee*")


@dataclass(frozen=True)
class Answers:
    """The owner's answers to the questions of `policygen init`."""

    account: str
    partition: str = "aws"
    name: str = "main"
    common_group: str = "AllUsers"
    categories: tuple[Category, ...] = (
        Category("AllHeadlessUsers", ("svc-*",)),
        Category("AllHumanUsers", ("*",)),
    )
    enforce_mfa: bool = True
    rotation_days: int = 90
    unused_days: int = 45
    levels: Mapping[str, Severity] = field(default_factory=dict)


def propose(account: Account | None) -> Answers:
    """The answers that a snapshot suggests; the defaults where it suggests none."""
    if account is None:
        return Answers("")
    common = _common_group(account)
    machines, people = Answers("").categories
    others = [one for one in account.groups if one is not common]
    group = _named(others, _MACHINES)
    machines = Category(group.name if group else machines.group, _machine_patterns(account, group, machines))
    group = _named(others, _PEOPLE)
    people = Category(group.name if group else people.group, people.patterns)
    return Answers(
        account.id or "",
        account.partition or "aws",
        common_group=common.name if common else Answers("").common_group,
        categories=(machines, people),
    )


def _machine_patterns(account: Account, group: Group | None, usual: Category) -> tuple[str, ...]:
    """Patterns that match every machine and nobody else: the usual ones if they match no person, and names.

    Machines are the members of their group, and the users with access keys but no password.
    """
    members = account.members(group.name) if group else ()
    machines = {user.name: user for user in (*members, *(u for u in account.users if _only_keys(account, u)))}
    people = [user.name for user in account.users if user.name not in machines]
    patterns = () if any(map(usual.wants, people)) else usual.patterns
    names = [name for name in machines if not Category("", patterns).wants(name)]
    for name in names:
        _must("iam-name", name, "the user")  # a wildcard in the name would be one in the pattern
    return (*patterns, *names)


def _only_keys(account: Account, user: User) -> bool:
    """Whether the credential report says that a user has an active access key and no password."""
    row = account.credentials(user.name)
    return row is not None and row.password_enabled is False and any(key.active for key in row.access_keys)


def check(answers: Answers, account: Account | None = None) -> list[str]:
    """Warnings about the answers: groups that the account does not have, and machines among people.

    Raises PolicygenError for an invalid answer.
    """
    _must("account-id", answers.account, "the account")
    _must("partition", answers.partition, "the partition")
    groups = (answers.common_group, *(category.group for category in answers.categories))
    for group in groups:
        _must("iam-name", group, "the group")
    folded = [group.lower() for group in groups]
    if len(set(folded)) < len(folded):
        raise PolicygenError(f"a group is named twice among {', '.join(f'`{group}`' for group in groups)}")
    for category in answers.categories:
        for pattern in category.patterns:
            _must("iam-name", pattern.replace("*", "x").replace("?", "x"), "the pattern")
    if not _NAME.fullmatch(answers.name):
        raise PolicygenError(f"`{answers.name}` is not a valid account name; use letters, digits, `_` and `-`")
    for rule in answers.levels:
        if rule not in registry():
            raise PolicygenError(f"rule `{rule}` does not exist{did_you_mean(rule, registry())}")
    if account is None:
        return []
    known = [group.name for group in account.groups]
    warnings = [
        f"the account has no group `{group}`{did_you_mean(group, known)}; `policygen plan` will create it"
        for group in groups
        if not account.group(group)
    ]
    return warnings + _machines_among_people(answers, account)


def _machines_among_people(answers: Answers, account: Account) -> list[str]:
    """A warning if machines would belong to the group of people, or if that is unknown."""
    people = answers.categories[-1].group if answers.categories else answers.common_group
    if account.users and account.credential_report is None:
        doubt = f"the snapshot has no credential report, so whether machines would belong to `{people}` is unknown"
        return [f"{doubt}; check the categories before you apply"]
    strategy = Strategy(categories=answers.categories)
    categories = {user.name: strategy.category(user.name) for user in account.users if _only_keys(account, user)}
    names = [name for name, category in categories.items() if (category.group if category else people) == people]
    said = ", ".join(f"`{name}`" for name in names)
    return [f"{said} have only access keys, but would belong to `{people}`, the group of people"] if names else []


_TEXT = """\
#:schema ./policygen.schema.json
# The accounts, groups and recipes of this repository. `policygen build` writes the policies, `policygen plan` and
# `policygen apply` attach them to the groups, `policygen audit` reports where the account differs from them.

# The accounts, each under a name of your choice.
[accounts.{name}]
id = {account}
partition = {partition}

# The groups by their names in IAM, each with its recipes (`policygen list`). Every user is a member of the common
# group, which lets users manage their own credentials and nobody else's. Every user is also in exactly one category:
# the one whose pattern (* and ?) matches the user's name, or the default one.
{groups}# How `policygen audit` judges the account; `policygen explain RULE` explains a rule.
[audit]
# select = ["strategy", "cis"]   # rules, topics or rulesets; if not set, all that are on by default

# Severity and parameters of single rules; a rule with a table here is on.
{rules}
# A finding of the audit or of the linter that you accept:
# [[accept]]
# rule = "user-with-inline-policy"
# where = "user/alice"
# reason = "why it may stay"
# owner = "who is responsible for it"
# until = 2027-12-31
"""


def manifest(answers: Answers) -> str:
    """The text of a policygen.toml."""
    return _TEXT.format(
        name=answers.name,
        account=_value(answers.account),
        partition=_value(answers.partition),
        groups="\n".join(f"[groups.{_key(group)}]\n{_table(table)}" for group, table in _groups(answers).items())
        + "\n",
        rules="\n".join(f"[audit.rules.{rule}]\n{_table(table)}" for rule, table in _rules(answers).items()),
    )


def _rules(answers: Answers) -> dict[str, dict[str, object]]:
    tuned: dict[str, dict[str, object]] = {
        "access-key-not-rotated": {"days": answers.rotation_days},
        "credentials-not-used": {"days": answers.unused_days},
    }
    if len(answers.categories) > 1:
        tuned["headless-user-with-password"] = {"groups": [answers.categories[0].group]}
    for rule, severity in answers.levels.items():
        tuned[rule] = {**tuned.get(rule, {}), "severity": str(severity)}
    return tuned


def _groups(answers: Answers) -> dict[str, dict[str, object]]:
    """The tables of the groups: the common group, then the categories; the last is the group of people."""
    groups: dict[str, dict[str, object]] = {answers.common_group: {"common": True, "recipes": ["self-manage"]}}
    for category in answers.categories:
        table: dict[str, object] = {"recipes": []}
        if category.patterns == ("*",):
            table["default_category"] = True
        else:
            table["category"] = list(category.patterns)
        groups[category.group] = table
    if answers.enforce_mfa:
        people = list(groups.values())[-1]
        people["recipes"] = ["enforce-mfa"] if answers.categories else ["self-manage", "enforce-mfa"]
    return groups


def _common_group(account: Account) -> Group | None:
    """The group with the most members, if they are more than half of the users; never a group of machines."""
    groups = (group for group in account.groups if not _of_machines(account, group))
    most = max(groups, key=lambda group: len(account.members(group.name)), default=None)
    return most if most and len(account.members(most.name)) * 2 > len(account.users) else None


def _of_machines(account: Account, group: Group) -> bool:
    """Whether all members of a group are machines; without a credential report, whether its name suggests it."""
    if account.credential_report is None:
        return _named([group], _MACHINES) is not None
    return all(_only_keys(account, user) for user in account.members(group.name))


def _named(groups: Sequence[Group], patterns: Sequence[str]) -> Group | None:
    return next((group for group in groups if any(matches(p, group.name.lower()) for p in patterns)), None)


def _must(form: str, value: str, what: str) -> None:
    fault = problem(form, value)
    if fault:
        raise PolicygenError(f"{what} `{value}` {fault}")


def _value(value: object) -> str:
    return json.dumps(value)  # check() allows only ASCII, where JSON and TOML agree


def _key(name: str) -> str:
    return name if name.replace("-", "").replace("_", "").isalnum() and name.isascii() else _value(name)


def _table(table: Mapping[str, object]) -> str:
    return "".join(f"{key} = {_value(value)}\n" for key, value in table.items())

"""Whether every user is in the common groups and in exactly one category."""

from collections.abc import Iterator, Sequence

from policygen.account.model import User
from policygen.audit.commands import aws_iam
from policygen.audit.result import Verdict, account_entity, entity, fail, passed, unknown
from policygen.audit.rule import rule
from policygen.audit.strategy import Category
from policygen.audit.subject import Subject
from policygen.finding import Severity


@rule("user-not-in-common-group", Severity.SECURITY_WARNING, rulesets=("strategy", "scout2"), marks="groups")
def user_not_in_common_group(subject: Subject) -> Iterator[Verdict]:
    """A user is not a member of a group that everyone should be in.

    Why it matters: the policies that everyone must have are attached to the common group: those that let users manage
    their own credentials, and the Deny without MFA. A user who is not a member escapes both. If there are several
    common groups, everyone should be in all of them.

    Instead: add the user to the group. Name the common groups with `--common-group`, or with `common = true` in the
    group's table in policygen.toml; users listed in `exempt` there are not checked.

    Fires on: {"UserDetailList": [{"UserName": "alice", "GroupList": ["Developers"]}], "common_groups": ["AllUsers"]}
    Fires on: {"UserDetailList": [{"UserName": "alice", "GroupList": ["AllUsers"]}],
        "common_groups": ["AllUsers", "MFA"]}
    Quiet on: {"UserDetailList": [{"UserName": "alice", "GroupList": ["allusers"]}], "common_groups": ["AllUsers"]}
    Unknown on: {"UserDetailList": [{"UserName": "alice"}]}
    """
    common = subject.strategy.common_groups
    if not common:
        yield unknown(account_entity(subject.account), NO_COMMON_GROUP)
        return
    for user in _held_to_it(subject):
        groups = _lower(user.groups)
        missing = [name for name in common if name.lower() not in groups]
        if missing:
            yield fail(
                entity(user),
                f"is not in {_names(missing)}",
                _groups(user),
                fix=tuple(
                    aws_iam("add-user-to-group", user_name=user.name, group_name=_as_in_iam(subject, name))
                    for name in missing
                ),
            )
        else:
            yield passed(entity(user))


NO_COMMON_GROUP = (
    "no common group is named; use `--common-group NAME`, or `common = true` in the group's table in the manifest"
)
_NO_CATEGORY = (
    "no categories are named; use `--category GROUP=PATTERN`, or `category` in the groups' tables in the manifest"
)


@rule("user-not-in-one-category", Severity.SECURITY_WARNING, rulesets=("strategy", "scout2"), marks="groups")
def user_not_in_one_category(subject: Subject) -> Iterator[Verdict]:
    """A user is in no category group, in several, or not in the one that matches the user's name.

    Why it matters: policies for people (MFA, passwords) must not apply to machines, nor those for machines to people. A
    user in no category escapes the policies of all of them; a user in two gets both, and the stricter Deny blocks the
    user's work.

    Instead: put each user into exactly one. The commands move a user to the first category whose pattern matches the
    user's name; without patterns only the number of categories is checked.

    Fires on: {"UserDetailList": [{"UserName": "alice", "GroupList": []}], "categories": {"Humans": "", "Headless": ""}}
    Fires on: {"UserDetailList": [{"UserName": "alice", "GroupList": ["Humans", "Headless"]}],
        "categories": {"Humans": "", "Headless": ""}}
    Fires on: {"UserDetailList": [{"UserName": "svc-ci", "GroupList": ["Humans"]}],
        "categories": {"Headless": "svc-*", "Humans": "*"}}
    Quiet on: {"UserDetailList": [{"UserName": "svc-ci", "GroupList": ["headless", "CI"]}],
        "categories": {"Headless": "svc-*", "Humans": "*"}}
    Unknown on: {"UserDetailList": [{"UserName": "alice"}]}
    """
    categories = subject.strategy.categories
    if not categories:
        yield unknown(account_entity(subject.account), _NO_CATEGORY)
        return
    for user in _held_to_it(subject):
        held = [category for category in categories if category.group.lower() in _lower(user.groups)]
        wanted = subject.strategy.category(user.name)
        problem = _category_problem(held, wanted, categories)
        if problem:
            yield fail(entity(user), problem, _groups(user), fix=_into(subject, user, held, wanted))
        else:
            yield passed(entity(user))


def _held_to_it(subject: Subject) -> Iterator[User]:
    return (user for user in subject.account.users if user.name.lower() not in subject.strategy.exempt)


def _category_problem(held: Sequence[Category], wanted: Category | None, categories: Sequence[Category]) -> str:
    if not held:
        hint = f"; the name belongs in `{wanted.group}`" if wanted else ""
        return f"is in none of the categories {_names([c.group for c in categories])}{hint}"
    if len(held) > 1:
        return f"is in {len(held)} categories: {_names([c.group for c in held])}"
    if wanted and held[0] != wanted:
        return f"is in `{held[0].group}`, but the name belongs in `{wanted.group}` ({_names(wanted.patterns)})"
    return ""


def _into(subject: Subject, user: User, held: Sequence[Category], wanted: Category | None) -> tuple[str, ...]:
    """The commands that move a user to the category that the name belongs in; none if no pattern matches."""
    if not wanted:
        return ()
    add = [] if wanted in held else [("add-user-to-group", wanted)]
    remove = [("remove-user-from-group", category) for category in held if category != wanted]
    return tuple(
        aws_iam(verb, user_name=user.name, group_name=_as_in_iam(subject, category.group))
        for verb, category in (*add, *remove)
    )


def _as_in_iam(subject: Subject, name: str) -> str:
    """The group's name as IAM spells it, or as given if the group does not exist yet."""
    group = subject.account.group(name)
    return group.name if group else name


def _lower(names: Sequence[str]) -> set[str]:
    return {name.lower() for name in names}


def _names(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _groups(user: User) -> str:
    return f"groups: {_names(user.groups)}" if user.groups else "groups: none"

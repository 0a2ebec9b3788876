"""Every known path is found, for a user and for a role; without one of its actions it is closed."""

import pytest

from policygen.audit.example import subject
from policygen.reference.escalation import paths
from tests.audit.sketches import ADMIN, inline, statement
from tests.audit.test_become import ACCOUNT, ROOT_TRUST

_REMOVING = ("Detach", "Delete", "RemoveUser", "PermissionsBoundary")
PATHS = {path.name: path for path in paths() if not any(word in path.every[0] for word in _REMOVING)}
"""Those that gain something in every account; the others depend on what is denied or bounded."""


def _trust(path):
    services = [
        {"Effect": "Allow", "Principal": {"Service": name}, "Action": "sts:AssumeRole"} for name in path.services
    ]
    return {"Statement": services} if services else ROOT_TRUST


def _account(path, kind, actions):
    mine = {f"{kind}Name": "eve", f"{kind}PolicyList": inline(statement(*actions))}
    return {
        "UserDetailList": [
            {"UserName": "chief", "AttachedManagedPolicies": [ADMIN]},
            *([mine] if kind == "User" else []),
        ],
        "RoleDetailList": [
            {"RoleName": "worker", "AttachedManagedPolicies": [ADMIN], "AssumeRolePolicyDocument": _trust(path)},
            *([mine] if kind == "Role" else []),
        ],
        "GroupDetailList": [{"GroupName": "Admins", "AttachedManagedPolicies": [ADMIN]}],
        "Policies": [],
        "SummaryMap": {"Policies": 0},
    }


@pytest.mark.parametrize("kind", ["User", "Role"])
@pytest.mark.parametrize("name", PATHS)
def test_every_known_path_is_found(name, kind):
    path = PATHS[name]
    actions = [*path.every, *(names[0] for names in path.also)]
    way = subject(_account(path, kind, actions)).ways[f"{ACCOUNT}{kind.lower()}/eve"]
    assert way.answer is True
    for action in path.every if len(actions) > 1 else ():
        left = [one for one in actions if one != action]
        others = [other for other in paths() if set(other.every) <= set(left) and _opened(other, left)]
        if not others:
            assert subject(_account(path, kind, left)).ways[f"{ACCOUNT}{kind.lower()}/eve"].answer is False


def _opened(path, actions):
    return all(set(names) & set(actions) for names in path.also)


def test_the_catalog_of_pathfinding_is_covered():
    ids = [one for path in paths() for one in path.pathfinding]
    assert len(ids) == len(set(ids))
    assert {f"iam-{number:03}" for number in range(1, 22)} <= set(ids)

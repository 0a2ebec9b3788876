"""Accounts with flaws, in a few words (see policygen.audit.example)."""

from policygen.account import snapshot
from policygen.audit.example import answers
from tests.policies import document

ADMIN = "aws:policy/AdministratorAccess"


def write(folder, sketch):
    """The snapshot of a sketch in a folder, which is returned."""
    snapshot.write(folder, answers(sketch))
    return folder


def statement(*actions, effect="Allow", resource="*", **more):
    return {"Effect": effect, "Action": list(actions), "Resource": resource, **more}


def inline(*statements):
    return [{"PolicyName": "inline", "PolicyDocument": document(*statements)}]

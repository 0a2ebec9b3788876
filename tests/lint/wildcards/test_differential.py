"""What a wildcard stands for, against policyuniverse's expander on the same actions."""

import random

import pytest

from policygen.reference.services import actions, expand, services


@pytest.fixture
def expander():
    """policyuniverse with the actions of today instead of those of November 2023."""
    import policyuniverse
    from policyuniverse.expander_minimizer import get_actions_from_statement

    before = set(policyuniverse.all_permissions)
    policyuniverse.all_permissions.clear()
    policyuniverse.all_permissions.update(f"{s}:{name}" for s in services() for name in actions(s))
    yield lambda pattern: get_actions_from_statement({"Effect": "Allow", "Action": pattern, "Resource": "*"})
    policyuniverse.all_permissions.clear()
    policyuniverse.all_permissions.update(before)


def patterns():
    """Names of actions with a stretch in the middle or at an end made a star; `?` is none of policyuniverse's."""
    some = random.Random(20261123)
    known = sorted(str(action) for s in ("iam", "s3", "ec2", "sts", "kms", "lambda") for action in actions(s).values())
    for action in some.sample(known, 80):
        service, _, name = action.partition(":")
        start, end = sorted(some.sample(range(len(name) + 1), 2))
        yield f"{service}:{name[:start]}*{name[end:]}"


def test_a_wildcard_stands_for_the_actions_that_policyuniverse_expands_it_to(expander):
    for pattern in patterns():
        assert {str(action).lower() for action in expand(pattern.lower())} == expander(pattern), pattern

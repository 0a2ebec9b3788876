"""What actions do to resources: the list that somebody reviewed, against everything that AWS has."""

import re

import pytest

from policygen.reference.data import load
from policygen.reference.effects import Effect, effect_of, is_argued
from policygen.reference.services import AccessLevel, actions, expand, find_action, services

DATA = load("effects")
LISTED = [f"{service}:{name}" for of in DATA["effects"].values() for service, names in of.items() for name in names]
EVERY = [action for service in services() for action in actions(service).values()]
RETURNS = re.compile(
    "(Batch)?(Create|Describe|Exchange|Export|Generate|Get|Issue|List|Request|Reset|Retrieve|Reveal|Rotate)"
)
SECRET = re.compile("Secret|Password|Credential|Token|ApiKey|AccessKey|PrivateKey|LoginUrl|Presigned")


def test_only_actions_that_aws_has_are_listed_each_once():
    assert [str(find_action(action)) for action in LISTED] == LISTED
    assert len({*LISTED}) == len(LISTED)


def test_every_action_that_changes_permissions_is_listed_or_argued():
    changing = [str(action) for action in EVERY if action.level is AccessLevel.PERMISSIONS_MANAGEMENT]
    assert [action for action in changing if action not in LISTED and not is_argued(action)] == []


def test_every_action_whose_name_says_that_it_returns_a_secret_is_listed_or_argued():
    returning = [str(a) for a in EVERY if RETURNS.match(a.name) and SECRET.search(a.name)]
    assert [action for action in returning if action not in LISTED and not is_argued(action)] == []


def test_every_argument_is_about_an_action_that_is_not_listed():
    for entry in DATA["argued"]:
        for pattern in entry["actions"]:
            meant = [str(action) for action in expand(pattern)]
            assert meant, pattern
            assert not {*meant} & {*LISTED}, pattern


@pytest.mark.parametrize(
    ("action", "effect"),
    [
        ("iam:PassRole", Effect.PERMISSIONS),
        ("s3:PutBucketPolicy", Effect.SHARES),
        ("secretsmanager:GetSecretValue", Effect.SECRETS),
        ("kms:ScheduleKeyDeletion", Effect.DELETES),
        ("ec2:CreateTags", Effect.WRITES),
        ("ec2:CreateNetworkInterfacePermission", Effect.WRITES),
        ("glue:GetStage", None),
        ("s3:ListBucket", None),
    ],
)
def test_an_action_has_the_worst_of_its_effects(action, effect):
    assert effect_of(find_action(action)) is effect


def test_an_action_on_permissions_that_nobody_reviewed_is_not_taken_for_harmless():
    known = find_action("s3:PutBucketPolicy")
    assert effect_of(known._replace(name="PutBucketPolicyOfNextYear")) is Effect.SHARES

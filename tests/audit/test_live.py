"""An account on a real moto server: read by snapshot, audited, and the same as from files."""

import json

from tests.audit.sketches import statement


def fill(iam):
    for group in ("AllUsers", "Admins"):
        iam.create_group(GroupName=group)
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement("*")]})
    iam.put_group_policy(GroupName="Admins", PolicyName="everything", PolicyDocument=document)
    for user, groups in {"alice": ["AllUsers"], "bob": ["AllUsers", "Admins"], "mallory": []}.items():
        iam.create_user(UserName=user)
        for group in groups:
            iam.add_user_to_group(UserName=user, GroupName=group)
    iam.put_user_policy(UserName="bob", PolicyName="mine", PolicyDocument=document)
    iam.create_access_key(UserName="mallory")


def test_a_live_account_is_judged_as_its_files_are(aws_account, policygen, failures, tmp_path, monkeypatch):
    fill(aws_account.iam)
    for name, value in aws_account.environment.items():
        monkeypatch.setenv(name, value)
    assert policygen("snapshot", "-o", tmp_path / "live").code == 0
    found = failures(tmp_path / "live", "--common-group", "AllUsers", "--select", "strategy")
    assert found["user-not-in-common-group"] == ["mallory"]
    assert found["redundant-admin"] == ["bob"]
    assert found["user-with-inline-policy"] == ["bob"]
    assert found["headless-user"] == ["mallory"]
    files = [f"--{part}={tmp_path / 'live' / part}.json" for part in ("authorization-details", "credential-report")]
    assert failures(*files, "--common-group", "AllUsers", "--select", "strategy") == found

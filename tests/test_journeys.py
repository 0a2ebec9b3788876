"""A walk from a command to its answer goes down the layers: nothing below calls what is above it."""

import json
import sys
from pathlib import Path

import pytest

from tests.test_layers import LAYERS, PACKAGE, layer

POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Gett*", "Resource": "*"}]}
ACCOUNT = {
    "UserDetailList": [
        {
            "UserName": "ann",
            "UserId": "AIDAEXAMPLE",
            "Path": "/",
            "Arn": "arn:aws:iam::111122223333:user/ann",
            "CreateDate": "2026-01-01T00:00:00Z",
            "UserPolicyList": [{"PolicyName": "mine", "PolicyDocument": POLICY}],
            "GroupList": [],
            "AttachedManagedPolicies": [],
            "Tags": [],
        }
    ],
    "GroupDetailList": [],
    "RoleDetailList": [],
    "Policies": [],
}
MANIFEST = """\
[accounts.production]
id = "111122223333"

[groups.AllUsers]
recipes = ["self-manage"]
common = true
"""
JOURNEYS = {
    "render": ["render", "self-manage", "--account", "111122223333"],
    "lint": ["lint", "policy.json"],
    "simulate": ["simulate", "policy.json", "--action", "s3:GetObject", "--resource", "arn:aws:s3:::b/k"],
    "compare": ["compare", "recipe:quarantine", "policy.json", "--all", "--both"],
    "prove": ["prove", "policy.json", "snapshot:user/ann", "--snapshot", "snapshot", "--not-granted", "s3:*"],
    "test": ["test", "self-manage-mfa"],
    "build": ["build"],
    "plan": ["plan", "--snapshot", "snapshot"],
    "export": ["export", "--account", "production"],
    "who": ["who", "s3:GetObject", "--snapshot", "snapshot"],
    "can": ["can", "user/ann", "--snapshot", "snapshot"],
    "audit": ["audit", "snapshot", "--common-group", "AllUsers"],
}


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository with a policy, a manifest and the snapshot of an account, as the current folder."""
    (tmp_path / "policy.json").write_text(json.dumps(POLICY))
    (tmp_path / "policygen.toml").write_text(MANIFEST)
    (tmp_path / "snapshot").mkdir()
    (tmp_path / "snapshot" / "authorization-details.json").write_text(json.dumps(ACCOUNT))
    monkeypatch.chdir(tmp_path)


HANDED_IN = {
    "policy/model.py:remembered": "it computes what it decorates",
    "rule/rule.py:run": "the families hand in their rules",
    "lint/lint_paths.py:lint_paths": "the command hands in a progress bar",
}
"""Who calls functions of layers above, because these were handed in, and why. Lambdas and generators always are."""


class Recorder:
    """Records, as a profiling function, every call of a function of the package by one of a layer below it."""

    def __init__(self):
        self.layers = {}
        self.climbs = set()

    def __call__(self, frame, event, _argument):
        if event != "call" or (called := self.layer_of(frame)) is None:
            return
        caller = frame.f_back
        while caller and self.layer_of(caller) is None:  # click, a library that calls back, comprehensions
            caller = caller.f_back
        if frame.f_code.co_name.startswith("<") or not caller or self.name(caller) in HANDED_IN:
            return
        if called < self.layer_of(caller) < len(LAYERS):
            self.climbs.add(f"{self.name(caller)} calls {self.name(frame)}")

    def layer_of(self, frame):
        """The place of a frame's module in LAYERS, None outside of the package."""
        file = frame.f_code.co_filename
        if file not in self.layers:
            inside = file.startswith(f"{PACKAGE}/")
            self.layers[file] = layer(Path(file)) if inside else None
        return self.layers[file]

    def name(self, frame):
        return f"{Path(frame.f_code.co_filename).relative_to(PACKAGE)}:{frame.f_code.co_name}"


@pytest.mark.parametrize("journey", JOURNEYS)
def test_a_walk_from_the_command_to_the_answer_never_climbs(journey, policygen, repository):
    recorder = Recorder()
    sys.setprofile(recorder)
    try:
        run = policygen(*JOURNEYS[journey])
    finally:
        sys.setprofile(None)
    assert run.code in (0, 1), run.stderr
    assert not recorder.climbs, "\n".join(sorted(recorder.climbs))

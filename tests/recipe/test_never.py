"""`[[never]]`: a promise about every request, which is proved and not sampled."""

import json

import pytest

TEMPLATE = """{"Version": "2012-10-17", "Statement": [
  {"Sid": "Own", "Effect": "Allow", "Action": ["iam:GetUser", "iam:CreateAccessKey"],
   "Resource": "arn:{{ partition }}:iam::{{ account }}:user/${aws:username}"}]}"""
CASE = """
[[case]]
name = "get"
action = "iam:GetUser"
resource = "arn:aws:iam::{{ account }}:user/alice"
decision = "allow"
"""


@pytest.fixture
def tested(policygen, make_recipe, tmp_path):
    """The result of `policygen test` for a recipe with these promises."""

    def run(cases, *options, name="mine"):
        folder = make_recipe(name, TEMPLATE)
        (folder / "cases.toml").write_text(cases)
        return policygen("test", name, "--catalog", str(tmp_path), *options)

    return run


def test_what_no_request_is_allowed_holds(tested):
    code, stdout, _ = tested(CASE + '[[never]]\nname = "nobody is created"\nactions = ["iam:CreateUser", "s3:*"]\n')
    assert code == 0
    assert "2 cases" in stdout


def test_a_broken_promise_shows_the_request_as_a_ready_case(tested):
    code, stdout, _ = tested(CASE + '[[never]]\nname = "no new keys"\nactions = ["iam:*AccessKey"]\n')
    assert code == 1
    assert "FAILED mine: no new keys" in stdout
    assert "expected  no such request is allowed" in stdout
    assert "[[case]]\nname = " in stdout
    assert 'action = "iam:CreateAccessKey"' in stdout
    assert 'resource = "arn:aws:iam::{{ account }}:user/' in stdout


def test_a_resource_limits_what_is_promised(tested):
    other = 'resources = ["arn:aws:s3:::{{ account }}-*"]'
    assert tested(CASE + f'[[never]]\nactions = ["s3:*"]\n{other}\n').code == 0


def test_a_promise_notices_mutants(tested):
    promise = '[[never]]\nactions = ["iam:DeleteUser", "s3:*", "ec2:*"]\n'
    alone, kept = (
        json.loads(tested(cases, "--mutate", "--format", "json", name=name).stdout)["recipes"][0]["survivors"]
        for cases, name in ((CASE, "alone"), (CASE + promise, "kept"))
    )
    changes = {survivor["change"] for survivor in alone} - {survivor["change"] for survivor in kept}
    assert changes
    assert len(kept) < len(alone)


def test_a_promise_alone_is_enough(tested):
    assert tested('[[never]]\nactions = ["iam:CreateUser"]\n').code == 0


@pytest.mark.parametrize(
    ("promise", "message"),
    [
        ('actions = ["iam:CreateUserr"]', "cases.toml:7: AWS's data of"),
        ('actions = ["iam:Zz*"]', "`iam:Zz*` matches no AWS action"),
        ('actions = ["iam:*"]\nresources = ["bucket"]', "is not a resource"),
        ('resources = ["*"]', "actions"),
    ],
)
def test_a_mistake_in_a_promise_is_an_error_and_never_a_pass(tested, promise, message):
    code, _, stderr = tested(CASE + f"[[never]]\n{promise}\n")
    assert code == 2
    assert message in stderr

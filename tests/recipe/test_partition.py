"""What a recipe is given must be able to mean something in the partition that it is rendered for."""

import pytest

RECIPE = """title = "t"
summary = "s"
kind = "scp"
principals = ["user"]
[parameters.exempt_principals]
type = "array"
items = { type = "string", format = "arn" }
description = "d"
examples = [["arn:aws:iam::123456789012:role/sec"]]
[parameters.services]
type = "array"
items = { type = "string", format = "service-principal" }
description = "d"
examples = [["ec2.amazonaws.com"]]
"""
TEMPLATE = """{"Version": "2012-10-17", "Statement": [{"Sid": "A", "Effect": "Deny", "Action": "iam:PassRole",
 "Resource": "arn:%s:iam::*:role/app", "Condition": {"StringNotEquals": {"iam:PassedToService": {{ services }}},
 "ArnNotLike": {"aws:PrincipalArn": {{ exempt_principals }}}}}]}
"""


@pytest.fixture
def render(policygen, tmp_path):
    """`render(partition, arn, service, template)`."""

    def run(partition, arn, service, own="{{ partition }}"):
        folder = tmp_path / "hand-over"
        folder.mkdir(exist_ok=True)
        (folder / "recipe.toml").write_text(RECIPE)
        (folder / "policy.json.j2").write_text(TEMPLATE % own)
        given = ("--partition", partition, "--set", f"exempt_principals={arn}", "--set", f"services={service}")
        return policygen("render", "hand-over", "--catalog", str(tmp_path), "--account", "123456789012", *given)

    return run


def test_an_arn_of_another_partition_is_refused_with_the_right_one(render):
    run = render("aws-cn", "arn:aws:iam::123456789012:role/sec", "ec2.amazonaws.com")
    assert run.code == 2 and not run.stdout
    assert "`exempt_principals`" in run.stderr and "did you mean `arn:aws-cn:iam::123456789012:role/sec`?" in run.stderr


def test_a_service_principal_that_does_not_exist_is_an_error_with_a_guess(render):
    run = render("aws", "arn:aws:iam::123456789012:role/sec", "ec3.amazonaws.com")
    assert run.code == 2 and not run.stdout
    assert "`services`" in run.stderr and "did you mean `ec2.amazonaws.com`?" in run.stderr


def test_a_service_principal_of_another_partition_is_refused(render):
    run = render("aws", "arn:aws:iam::123456789012:role/sec", "ec2.amazonaws.com.cn")
    assert run.code == 2 and "is not a service principal of the partition `aws`" in run.stderr


def test_a_template_that_writes_the_partition_out_is_refused_elsewhere(render):
    run = render("aws-cn", "arn:aws-cn:iam::123456789012:role/sec", "ec2.amazonaws.com.cn", own="aws")
    assert run.code == 2 and "policy.json.j2: renders `arn:aws:iam::*:role/app`" in run.stderr


def test_what_fits_the_partition_is_rendered(render):
    run = render("aws-cn", "arn:aws-cn:iam::123456789012:role/sec", "ec2.amazonaws.com.cn")
    assert (run.code, run.stderr) == (0, "") and "arn:aws-cn:iam::*:role/app" in run.stdout


@pytest.mark.parametrize(
    ("arn", "service", "guess"),
    [
        ("arn:aws:iam::123456789012:role/sec", "ec2.amazonaws.com.cn", "arn:aws-cn:iam::123456789012:role/sec"),
        ("arn:aws-cn:iam::123456789012:role/sec", "ec3.amazonaws.com.cn", "ec2.amazonaws.com"),
    ],
)
@pytest.mark.parametrize("command", [["build"], ["build", "--check"]])
def test_a_manifest_is_refused_for_what_render_refuses(policygen, tmp_path, monkeypatch, command, arn, service, guess):
    recipe = tmp_path / "recipes" / "hand-over"
    recipe.mkdir(parents=True)
    (recipe / "recipe.toml").write_text(RECIPE.replace('kind = "scp"', 'kind = "identity"'))
    (recipe / "policy.json.j2").write_text(TEMPLATE % "{{ partition }}")
    (tmp_path / "policygen.toml").write_text(
        'catalogs = ["recipes"]\n[accounts.china]\nid = "123456789012"\npartition = "aws-cn"\n'
        '[groups.All]\nrecipes = ["hand-over"]\n[parameters.hand-over]\n'
        f'exempt_principals = ["{arn}"]\nservices = ["{service}"]\n'
    )
    monkeypatch.chdir(tmp_path)
    run = policygen(*command)
    assert run.code == 2 and f"did you mean `{guess}" in run.stderr
    assert not (tmp_path / "policies").exists()

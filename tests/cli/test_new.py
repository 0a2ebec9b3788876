"""`policygen new recipe`: what it writes works at once."""

import json

import pytest

from policygen.recipe.catalog import load_catalog
from policygen.recipe.page import example

ACCOUNT = "444455556666"
IDENTITY = [recipe for recipe in load_catalog().values() if recipe.kind == "identity"]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_a_new_recipe_renders_as_it_is(policygen):
    assert policygen("new", "recipe", "our-own").code == 0
    rendered = policygen("render", "our-own", "--catalog", "recipes", "--account", ACCOUNT)
    assert (rendered.code, rendered.stderr) == (0, "")
    assert f"arn:aws:iam::{ACCOUNT}:user/${{aws:username}}" in rendered.stdout


def test_the_cases_of_a_new_recipe_notice_every_mutant(policygen):
    policygen("new", "recipe", "our-own")
    assert policygen("test", "our-own", "--catalog", "recipes", "--mutate").code == 0


def test_what_the_aws_command_line_prints_is_a_start_too(policygen, tmp_path):
    statement = {"Sid": "A", "Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "s3:GetObject"}
    document = {"Version": "2012-10-17", "Statement": statement | {"Resource": "arn:aws:s3:::b/*"}}
    bucket = json.dumps({"Policy": json.dumps(document)})
    assert policygen("new", "recipe", "bucket", "--from", "-", "--account", ACCOUNT, stdin=bucket).code == 0
    assert 'kind = "resource"' in (tmp_path / "recipes/bucket/recipe.toml").read_text()
    rendered = policygen("render", "bucket", "--catalog", "recipes", "--account", ACCOUNT)
    assert json.loads(rendered.stdout) == document


@pytest.mark.parametrize("recipe", IDENTITY, ids=lambda recipe: recipe.name)
@pytest.mark.parametrize("given", [("--account", "123456789012"), ()])
def test_a_recipe_made_of_a_policy_starts_with_cases_that_hold(policygen, recipe, given):
    policy = example(recipe, {}).text()
    given = given if "123456789012" in policy else ()
    _, _, stderr = policygen("new", "recipe", "copy", "--from", "-", *given, stdin=policy)
    assert "cases.toml records what the policy decides today; review it before you rely on it" in stderr
    code, stdout, stderr = policygen("test", "copy", "--catalog", "recipes", "--format", "json")
    assert (code, stderr) == (0, "")
    assert json.loads(stdout)["recipes"][0]["cases"] >= 1


def test_the_first_cases_of_the_policy_of_a_resource_ask_as_those_whom_it_names(policygen, tmp_path):
    statement = {"Sid": "A", "Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "s3:GetObject"}
    tls = {"Sid": "TLS", "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
    tls["Condition"] = {"Bool": {"aws:SecureTransport": "false"}}
    document = {"Version": "2012-10-17", "Statement": [statement | {"Resource": "arn:aws:s3:::b/*"}, tls]}
    policygen("new", "recipe", "bucket", "--from", "-", stdin=json.dumps(document))
    cases = (tmp_path / "recipes/bucket/cases.toml").read_text()
    assert f'principal = "arn:{{{{ partition }}}}:iam::{ACCOUNT}:user/alice"' in cases
    assert 'context = { "aws:SecureTransport" = "false" }\ndecision = "explicit-deny"\nsid = "TLS"' in cases
    assert policygen("test", "bucket", "--catalog", "recipes").code == 0


def test_where_nothing_can_be_said_about_a_policy_the_author_is_told_to_write_cases(policygen):
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": {"StringLikes": {"a": "b"}}}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    stderr = policygen("new", "recipe", "odd", "--from", "-", stdin=policy).stderr
    assert "write recipes/odd/cases.toml; until then `policygen test odd` fails" in stderr
    code, stdout, _ = policygen("test", "odd", "--catalog", "recipes")
    assert code == 1
    assert "has no cases: write cases.toml" in stdout
    assert stdout.endswith("0 cases in 1 recipe: 1 recipe without cases\n")


@pytest.mark.parametrize("name", ["self-manage", "self-manage-mfa", "enforce-mfa"])
def test_a_policy_comes_back_from_the_recipe_made_of_it(policygen, name, tmp_path):
    policy = policygen("render", name, "--account", ACCOUNT, "--partition", "aws-cn").stdout
    assert policygen("new", "recipe", "copy", "--from", "-", "--account", ACCOUNT, stdin=policy).code in (0, 1)
    assert ACCOUNT not in (tmp_path / "recipes/copy/policy.json.j2").read_text()
    again = policygen("render", "copy", "--catalog", "recipes", "--account", ACCOUNT, "--partition", "aws-cn")
    assert again.stdout == policy


def test_what_jinja_would_read_as_its_own_stays_text(policygen, tmp_path):
    statement = {
        "Sid": "A",
        "Effect": "Deny",
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::b/{{ x }{% if %}{# y #}",
    }
    (tmp_path / "policy.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    policygen("new", "recipe", "braces", "--from", "policy.json")
    rendered = policygen("render", "braces", "--catalog", "recipes", "--account", ACCOUNT)
    assert json.loads(rendered.stdout)["Statement"] == [statement]


def test_longer_numbers_are_not_the_account(policygen, tmp_path):
    resource = f"arn:aws:s3:::bucket-{ACCOUNT}/9{ACCOUNT}"
    statement = {"Sid": "A", "Effect": "Allow", "Action": "s3:GetObject", "Resource": resource}
    (tmp_path / "policy.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    policygen("new", "recipe", "numbers", "--from", "policy.json", "--account", ACCOUNT)
    template = (tmp_path / "recipes/numbers/policy.json.j2").read_text()
    assert f"arn:{{{{ partition }}}}:s3:::bucket-{{{{ account }}}}/9{ACCOUNT}" in template


def test_the_trust_policy_of_a_role_is_a_start_too(policygen, tmp_path):
    statement = {"Sid": "A", "Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": statement})
    assert policygen("new", "recipe", "trusting", "--from", "-", "--account", ACCOUNT, stdin=trust).code == 0
    assert 'kind = "trust"' in (tmp_path / "recipes/trusting/recipe.toml").read_text()
    assert policygen("test", "trusting", "--catalog", "recipes").code == 0
    rendered = policygen("render", "trusting", "--catalog", "recipes", "--account", ACCOUNT)
    assert json.loads(rendered.stdout) == json.loads(trust)


@pytest.mark.parametrize("kind", ["identity", "boundary", "scp", "rcp", "resource", "trust"])
def test_a_recipe_of_every_kind_starts_with_cases_that_hold(policygen, tmp_path, kind):
    policygen("new", "recipe", "our-own", "--type", kind)
    assert f'kind = "{kind}"' in (tmp_path / "recipes/our-own/recipe.toml").read_text()
    assert policygen("test", "our-own", "--catalog", "recipes").code == 0


NAMES_MUCH = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Tables",
            "Effect": "Allow",
            "Action": "dynamodb:Query",
            "Resource": [f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/Orders{more}" for more in ("", "/index/*")],
        },
        {
            "Sid": "Files",
            "Effect": "Allow",
            "Action": "s3:GetObject",
            "Resource": ["arn:aws:s3:::reports/*", "arn:aws:s3:::logs/a/*"],
            "Condition": {
                "StringEquals": {
                    "aws:RequestedRegion": ["eu-central-1", "eu-west-1"],
                    "aws:ResourceOrgID": "o-a1b2c3d4e5",
                }
            },
        },
        {
            "Sid": "Roles",
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Resource": "arn:aws:iam::999988887777:role/a/*",
        },
    ],
}


def test_what_a_policy_names_becomes_parameters(policygen, tmp_path):
    (tmp_path / "policy.json").write_text(json.dumps(NAMES_MUCH))
    policygen("new", "recipe", "names", "--from", "policy.json", "--account", ACCOUNT)
    template = (tmp_path / "recipes/names/policy.json.j2").read_text()
    for placeholder in ("{{ table }}", "{{ table }}/index/*", "{{ bucket }}/*", "{{ bucket_2 }}/a/*", "{{ org_id }}"):
        assert f'"{placeholder}"' in template
    assert ": {{ regions }}" in template and '"arn:{{ partition }}:iam::{{ account_id }}:role/a/*"' in template
    rendered = policygen("render", "names", "--catalog", "recipes", "--account", ACCOUNT).stdout
    assert json.loads(rendered) == NAMES_MUCH
    assert policygen("test", "names", "--catalog", "recipes").code == 0
    other = policygen("render", "names", "--catalog", "recipes", "--account", ACCOUNT, "--set", "table=Other").stdout
    assert "table/Other/index/*" in other and "Orders" not in other


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["Our_Own"], "`Our_Own` is not a valid recipe name"),
        (["../x"], "`../x` is not a valid recipe name"),
        (["x", "--account", ACCOUNT], "--account is the account in the policy of --from; add --from FILE"),
        (["x", "--from", "nowhere.json"], "nowhere.json: no such file or directory"),
        (["x", "--from", "list.json"], "list.json: does not contain a policy"),
        (["x", "--from", "broken.json"], "broken.json:1:2: not JSON"),
        (["x", "--from", "other.json", "--account", ACCOUNT], f"the policy does not name the account `{ACCOUNT}`"),
        (["quarantine"], "a recipe `quarantine` ships with policygen; take another name"),
        (["x", "--from", "other.json", "--account", "12"], "account `12` is not 12 digits"),
    ],
)
def test_a_mistake_gets_one_sentence_and_no_folder(policygen, tmp_path, arguments, sentence):
    (tmp_path / "list.json").write_text("[]")
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "other.json").write_text('{"Version": "2012-10-17", "Statement": []}')
    code, _, stderr = policygen("new", "recipe", *arguments)
    assert code == 2
    assert sentence in stderr
    assert not (tmp_path / "recipes").exists()


def test_a_recipe_that_is_there_is_not_overwritten(policygen):
    policygen("new", "recipe", "our-own")
    code, _, stderr = policygen("new", "recipe", "our-own")
    assert code == 2
    assert "already exists" in stderr

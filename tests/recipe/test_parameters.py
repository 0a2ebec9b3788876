"""What a recipe's parameters take, and what the template makes of it."""

import json
import re
import time
from shutil import rmtree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policygen.recipe.text_pattern import pattern_fault, text_fault
from policygen.reference.resource_arns import resource_arn, resource_fault, type_fault
from policygen.reference.services import resource_types, services

TABLE = '[parameters.table]\ntype = "resource"\nresource_type = "dynamodb:table"\ndescription = "The table."\n'
READ = """{"Version": "2012-10-17", "Statement": [
  {"Sid": "Read", "Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": "{{ table }}"}
]}"""
ORDERS = "arn:aws:dynamodb:*:123456789012:table/Orders"


@pytest.fixture
def render(policygen, make_recipe, tmp_path):
    """`render(template, declarations, "--set", "table=Orders")`: the result of the command for a recipe."""

    def run(template, declarations, *arguments, kind="identity", account="123456789012"):
        rmtree(tmp_path / "mine", ignore_errors=True)
        make_recipe("mine", template, declarations, kind)
        of = ("--account", account) if account else ()
        return policygen("render", "mine", "--catalog", str(tmp_path), *of, *arguments)

    return run


def resource(result):
    assert result.code == 0, result.stderr
    return json.loads(result.stdout)["Statement"][0]["Resource"]


def test_a_resource_given_by_name_becomes_its_arn_in_every_region(render):
    assert resource(render(READ, TABLE, "--set", "table=Orders")) == ORDERS


def test_a_resource_given_by_arn_stays_as_it_is(render):
    arn = "arn:aws:dynamodb:eu-central-1:210987654321:table/Orders"
    assert resource(render(READ, TABLE, "--set", f"table={arn}")) == arn


def test_the_region_and_the_partition_of_a_named_resource_can_be_said(render):
    given = ("--set", "table=Orders", "--set", "region=cn-north-1", "--partition", "aws-cn")
    assert resource(render(READ, TABLE, *given)) == "arn:aws-cn:dynamodb:cn-north-1:123456789012:table/Orders"


def test_a_recipe_that_declares_region_itself_asks_for_one(render):
    region = '[parameters.region]\ntype = "string"\nformat = "region"\ndescription = "Where the tables are."\n'
    code, _, stderr = render(READ, region + TABLE, "--set", "table=Orders")
    assert (code, "parameter `region` is missing" in stderr) == (2, True)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("Orders/index/x", "is not the name of a `dynamodb:table`; give a `dynamodb:table` by name (`TableName`)"),
        ("Ord*", "contains a wildcard, and this takes single resources only"),
        ("${aws:username}", "is not the name of a `dynamodb:table`"),
        ("arn:aws:s3:::bucket", "is not the ARN of a `dynamodb:table`"),
        ("arn:aws:dynamodb:eu-moon-1:123456789012:table/Orders", "is not the ARN of a `dynamodb:table`"),
        ("arn:aws:dynamodb:eu-central-1:123456789012:table/Orders/index/x", "is not the ARN of a `dynamodb:table`"),
        ("arn:aws-cn:dynamodb:cn-north-1:123456789012:table/Orders", "is an ARN of the partition `aws-cn`"),
    ],
)
def test_what_does_not_name_such_a_resource_is_refused(render, value, why):
    code, stdout, stderr = render(READ, TABLE, "--set", f"table={value}")
    assert (code, stdout) == (2, "")
    assert f"parameter `table`: `{value}` {why}" in stderr


def test_a_pattern_is_taken_where_the_recipe_says_so(render):
    assert resource(render(READ, TABLE + "pattern = true\n", "--set", "table=app-*")).endswith("table/app-*")


def test_the_secret_of_a_name_has_the_six_characters_that_aws_adds(render):
    secret = TABLE.replace("dynamodb:table", "secretsmanager:secret") + "pattern = true\n"
    template = READ.replace("dynamodb:GetItem", "secretsmanager:GetSecretValue")
    assert resource(render(template, secret, "--set", "table=app/db")).endswith(":secret:app/db-??????")
    assert resource(render(template, secret, "--set", "table=app/*")).endswith(":secret:app/*")


def test_a_policy_of_an_organization_can_name_a_role_in_every_account(render):
    role = TABLE.replace("dynamodb:table", "iam:role") + "any_account = true\n"
    template = READ.replace("dynamodb:GetItem", "iam:DeleteRole").replace("Allow", "Deny")
    result = render(template, role, "--set", "table=deploy", kind="scp", account="")
    assert resource(result) == "arn:aws:iam::*:role/deploy"


def test_the_account_is_asked_for_only_by_a_recipe_that_uses_it(render, policygen):
    assert policygen("render", "enforce-tls").code == 0
    code, _, stderr = render(READ, TABLE, "--set", "table=Orders", account="")
    assert (code, "parameter `account` is missing; give 12 digits" in stderr) == (2, True)


def test_applying_a_recipe_that_does_not_use_the_account_asks_for_it_all_the_same(policygen):
    code, _, stderr = policygen("render", "enforce-tls", "--apply", "--group", "G")
    assert (code, "the account is missing; give 12 digits, with `--account ID`" in stderr) == (2, True)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ('resource_type = "dynamodb:tabel"', "is not a resource type that AWS lists for `dynamodb`; did you mean"),
        ('resource_type = "dynamo:table"', "names the service `dynamo`, which is unknown to AWS"),
        ('resource_type = "account:account"', "has one ARN"),
        ("", "takes a resource and has no `resource_type`"),
        ('resource_type = "dynamodb:table"\nformat = "arn"', "is for text, which this parameter does not take"),
        ('resource_type = "dynamodb:table"\npattern = "x"', "takes a resource, so its `pattern` is true or false"),
        ('resource_type = "dynamodb:table"\nrequires = "tabel"', "refers to `tabel`, which is not a parameter"),
    ],
)
def test_a_declaration_that_nothing_can_match_is_refused(render, wrong, why):
    head = '[parameters.table]\ntype = "resource"\ndescription = "The table."\n'
    code, _, stderr = render(READ, head + wrong, "--set", "table=x")
    assert (code, why in stderr) == (2, True), stderr


BUCKETS = """
[parameters.buckets]
type = "array"
minItems = 1
description = "The buckets."
[parameters.buckets.items]
type = "object"
[parameters.buckets.items.properties.bucket]
type = "resource"
resource_type = "s3:bucket"
description = "Which bucket."
[parameters.buckets.items.properties.prefix]
type = "string"
pattern = "^([a-z0-9-]+/)*$"
default = ""
description = "The start of the keys."
"""
EACH = """{"Version": "2012-10-17", "Statement": [{"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject",
"Resource": [
  {% for entry in buckets %}"{{ entry.bucket }}/{{ entry.prefix }}*",{% endfor %}
]}]}"""


def test_a_list_of_records_gives_each_entry_its_fields(render):
    given = '[{"bucket": "logs", "prefix": "a/b/"}, {"bucket": "arn:aws:s3:::reports"}]'
    assert resource(render(EACH, BUCKETS, "--set", f"buckets={given}", account="")) == [
        "arn:aws:s3:::logs/a/b/*",
        "arn:aws:s3:::reports/*",
    ]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ('[{"bucket": "b", "prefx": "a/"}]', "`buckets`, entry 1: there is no field `prefx`; did you mean `prefix`?"),
        (
            '[{"bucket": "b"}, {}]',
            "parameter `buckets`, entry 2: field `bucket` is missing; give a `s3:bucket` by name",
        ),
        ('[{"bucket": "b/c"}]', "parameter `buckets`, entry 1: field `bucket`: `b/c` is not the name of a `s3:bucket`"),
        ('[{"bucket": "b", "prefix": "*/"}]', "contains `*`, which could become a wildcard or a policy variable"),
        ('["b"]', "`b` is not a table of `bucket`, `prefix`"),
    ],
)
def test_what_is_wrong_with_a_record_is_said_with_its_number(render, given, why):
    code, _, stderr = render(EACH, BUCKETS, "--set", f"buckets={given}", account="")
    assert (code, why in stderr) == (2, True), stderr


def test_a_template_reads_the_fields_of_records_and_nothing_else(render):
    for attribute in ("items", "__class__", "keys"):
        template = EACH.replace("entry.prefix", f"entry.{attribute}")
        assert render(template, BUCKETS, "--set", 'buckets=[{"bucket": "b"}]', account="").code == 2
    template = EACH.replace("entry.bucket", "partition.upper")
    assert (
        "only `loop` and records have fields" in render(template, BUCKETS, "--set", 'buckets=[{"bucket": "b"}]').stderr
    )


TAGS = """
[parameters.match]
type = "string"
enum = ["any", "value"]
default = "any"
description = "What the tag must be."
[parameters.value]
type = "string"
format = "tag-value"
requires = { match = "value" }
description = "The value of the tag."
"""
TAGGED = READ.replace("{{ table }}", "arn:aws:dynamodb:*:*:table/{{ match }}{% if value %}{{ value }}{% endif %}")


def test_a_parameter_that_requires_another_is_asked_for_only_with_it(render):
    assert resource(render(TAGGED, TAGS)).endswith("table/any")
    assert "parameter `value` is missing" in render(TAGGED, TAGS, "--set", "match=value").stderr
    refused = render(TAGGED, TAGS, "--set", "value=x")
    assert 'parameter `value` is only for use with `match` = "value"' in refused.stderr
    assert resource(render(TAGGED, TAGS, "--set", "match=value", "--set", "value=x")).endswith("table/valuex")


def test_one_parameter_can_have_to_be_greater_than_another(render):
    dates = "".join(
        f'[parameters.{name}]\ntype = "string"\nformat = "date-time"\ndescription = "When."\n{more}'
        for name, more in (("start", ""), ("end", 'greater_than = "start"\n'))
    )
    template = TAGGED.replace("{{ match }}{% if value %}{{ value }}{% endif %}", "{{ start }}{{ end }}")
    late, early = "2026-01-01T01:00:00+02:00", "2026-01-01T00:00:00Z"
    refused = render(template, dates, "--set", f"start={early}", "--set", f"end={late}")
    assert f"parameter `end`: `{late}` is not greater than `start`, which is `{early}`" in refused.stderr
    assert render(template, dates, "--set", f"start={late}", "--set", f"end={early}").code == 0


def test_a_list_of_principals_becomes_a_principal_element(render):
    declared = '[parameters.readers]\ntype = "array"\nitems = { type = "string", format = "principal" }\n'
    template = """{"Version": "2012-10-17", "Statement": [{"Sid": "Read", "Effect": "Allow", "Action": "sts:AssumeRole",
      "Principal": {{ readers | principal }}}]}"""
    given = ("--set", "readers=111122223333", "--set", "readers=lambda.amazonaws.com")
    result = render(template, declared + 'description = "Who."\n', *given, kind="trust", account="")
    assert json.loads(result.stdout)["Statement"][0]["Principal"] == {
        "AWS": ["111122223333"],
        "Service": ["lambda.amazonaws.com"],
    }


def test_a_region_of_another_partition_is_refused(render):
    declared = '[parameters.table]\ntype = "string"\nformat = "region"\ndescription = "Where."\n'
    code, _, stderr = render(READ, declared, "--set", "table=cn-north-1")
    assert (code, "`cn-north-1` is not a region of the partition `aws`, which has" in stderr) == (2, True)


NAMED = [
    f"{service}:{kind}"
    for service in sorted(services())
    for kind in resource_types(service)
    if not type_fault(f"{service}:{kind}")
]


@given(st.sampled_from(NAMED), st.text(alphabet="aB1:/.-${}*?,@ #", max_size=20))
def test_no_name_of_a_resource_lets_in_a_wildcard_or_a_variable(resource_type, text):
    if resource_fault(resource_type, text) == "":
        assert not set(text) & set("*?{}$")


def test_the_arn_of_a_named_resource_is_taken_as_its_arn():
    for resource_type in NAMED:
        service, _, kind = resource_type.partition(":")
        written = resource_types(service)[kind][0].split(":", 5)[5]
        places = list(re.finditer(r"\$\{[^}]*\}", written))
        name = re.sub(r"\$\{[^}]*\}", "x", written[places[0].start() : places[-1].end()])
        assert resource_fault(resource_type, name, pattern="*" in name) == ""
        arn = resource_arn(resource_type, name, partition="aws", region="eu-central-1", account="123456789012")
        assert resource_fault(resource_type, arn, pattern="?" in arn or "*" in name) == ""
        assert resource_arn(resource_type, arn, partition="aws", region="*", account="") == arn


ATOMS = st.sampled_from(["a", "b", "[ab]", "[^a]", r"\d", "(a|b)", "(ab)", r"\."])
PATTERNS = st.lists(
    st.tuples(ATOMS, st.sampled_from(["", "?", "*", "+", "{2}", "{1,3}"])).map("".join), min_size=1, max_size=5
).map("".join)


@given(PATTERNS, st.text(alphabet="ab1.", max_size=8))
def test_a_pattern_means_what_it_means_in_regular_expressions(pattern, text):
    assert (text_fault(f"^{pattern}$", text) == "") == bool(re.fullmatch(pattern, text, re.ASCII))


@given(st.text(alphabet="^$[](){}|?*+.\\ab-,1", max_size=20), st.text(alphabet="ab*?${}", max_size=10))
def test_no_pattern_lets_in_a_wildcard_or_a_variable_or_breaks(pattern, text):
    if not pattern_fault(pattern) and text_fault(pattern, text) == "":
        assert not set(text) & set("*?${}")


@pytest.mark.parametrize("pattern", ["^((((a+)+)+)+)+c$", "^(((a?){999}){999}){999}c$", f"^({'a?' * 110}){{999}}c$"])
def test_no_pattern_takes_long(pattern):
    start = time.perf_counter()
    assert text_fault(pattern, "a" * 256) == "does not fit"
    assert time.perf_counter() - start < 2

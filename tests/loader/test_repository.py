"""A repository with one policy in each form and the same fault in each: `lint` finds it at its place in each file."""

import json
import time

import pytest

DOCUMENT = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:Gett*", "Resource": "arn:aws:s3:::reports/*"}],
}
PLAN = {
    "format_version": "1.2",
    "terraform_version": "1.11.4",
    "planned_values": {
        "root_module": {
            "resources": [
                {
                    "address": "aws_iam_policy.reports",
                    "mode": "managed",
                    "type": "aws_iam_policy",
                    "name": "reports",
                    "values": {"name": "reports", "policy": json.dumps(DOCUMENT)},
                }
            ]
        }
    },
    "resource_changes": [
        {
            "address": "aws_iam_policy.reports",
            "type": "aws_iam_policy",
            "change": {"actions": ["create"], "after": {}, "after_unknown": {"arn": True}},
        }
    ],
}
STATE = {
    "version": 4,
    "terraform_version": "1.11.4",
    "resources": [
        {
            "mode": "managed",
            "type": "aws_iam_policy",
            "name": "reports",
            "instances": [{"attributes": {"policy": json.dumps(DOCUMENT)}}],
        }
    ],
}
PREVIEW = {
    "steps": [
        {
            "op": "update",
            "urn": "urn:pulumi:dev::app::aws:iam/policy:Policy::reports",
            "oldState": {"type": "aws:iam/policy:Policy", "inputs": {"policy": json.dumps({**DOCUMENT, "Id": "old"})}},
            "newState": {"type": "aws:iam/policy:Policy", "inputs": {"policy": json.dumps(DOCUMENT)}},
        }
    ]
}
FILES = {
    "policy.json": """\
{"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
"Action": «"s3:Gett*"», "Resource": "arn:aws:s3:::reports/*"}]}
""",
    "policy.yaml": """\
Version: '2012-10-17'
Statement:
  - Effect: Allow
    Action: «s3:Gett*»
    Resource: arn:aws:s3:::reports/*
""",
    "plan.json": json.dumps(PLAN).replace(json.dumps(json.dumps(DOCUMENT)), f"«{json.dumps(json.dumps(DOCUMENT))}»"),
    "terraform.tfstate.json": json.dumps(STATE).replace(
        json.dumps(json.dumps(DOCUMENT)), f"«{json.dumps(json.dumps(DOCUMENT))}»"
    ),
    "main.tf": """\
data "aws_iam_policy_document" "reports" {
  statement {
    actions   = [«"s3:Gett*"»]
    resources = ["arn:aws:s3:::reports/*"]
  }
}
resource "aws_iam_policy" "reports" {
  policy = data.aws_iam_policy_document.reports.json
}
""",
    "main.tf.json": """\
{"data": {"aws_iam_policy_document": {"reports": {"statement": {
  "actions": [«"s3:Gett*"»], "resources": ["arn:aws:s3:::reports/*", "${var.more}"]}}}},
 "resource": {"aws_iam_policy": {"reports": {"policy": "${data.aws_iam_policy_document.reports.json}"}}}}
""",
    "preview.json": json.dumps(PREVIEW).replace(
        json.dumps(json.dumps(DOCUMENT)), f"«{json.dumps(json.dumps(DOCUMENT))}»"
    ),
    "cdk.out/app.template.json": """\
{"Resources": {"Reports": {"Type": "AWS::IAM::Policy", "Metadata": {"aws:cdk:path": "app/Reports"}, "Properties": {
"PolicyName": "reports", "PolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
"Action": «"s3:Gett*"», "Resource": {"Fn::Join": ["", [{"Fn::GetAtt": ["Bucket", "Arn"]}, "/*"]]}}]}}}}}
""",
    "output.json": """\
{"UserName": "ann", "PolicyName": "reports", "PolicyDocument": {"Version": "2012-10-17", "Statement": [
{"Effect": "Allow", "Action": «"s3:Gett*"», "Resource": "arn:aws:s3:::reports/*"}]}}
""",
    "encoded.tf": """\
resource "aws_iam_policy" "reports" {
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = «"s3:Gett*"», Resource = "arn:aws:s3:::reports/*" }]
  })
}
""",
    "joined.tf": """\
resource "aws_iam_policy" "reports" {
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Resource = "arn:aws:s3:::reports/*",
      Action = concat(["s3:GetObject"], var.more, [«"s3:Gett*"»]) }]
  })
}
""",
    "heredoc.tf": """\
resource "aws_iam_policy" "reports" {
  policy = <<-EOF
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
      "Action": «"s3:Gett*"», "Resource": "arn:aws:s3:::reports/*"}]}
  EOF
}
""",
    "template.yaml": """\
Resources:
  Reports:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Action: «s3:Gett*»
            Resource: !Sub arn:${AWS::Partition}:s3:::reports/*
""",
    "template.json": """\
{"Resources": {"Reports": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": {
"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": «"s3:Gett*"»,
"Resource": {"Fn::Join": ["", ["arn:aws:s3:::", "reports/*"]]}}]}}}}}
""",
    "sam.yaml": """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Reports:
    Type: AWS::Serverless::Function
    Properties:
      Policies:
        - AmazonS3ReadOnlyAccess
        - Version: "2012-10-17"
          Statement:
            - Effect: Allow
              Action: «s3:Gett*»
              Resource: arn:aws:s3:::reports/*
""",
    "serverless.yml": """\
service: reports
provider:
  name: aws
  iam:
    role:
      statements:
        - Effect: Allow
          Action: «s3:Gett*»
          Resource: arn:aws:s3:::reports/*
""",
}


def place(text):
    """Line and column of the text in «», and the text without the marks."""
    before = text.partition("«")[0]
    plain = text.replace("«", "").replace("»", "")
    return before.count("\n") + 1, len(before) - before.rfind("\n"), plain


@pytest.mark.parametrize("name", FILES)
def test_the_fault_is_found_at_its_place_in_every_form(policygen, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    line, column, text = place(FILES[name])
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(text, encoding="utf-8")
    run = policygen("lint", name, "--format", "json", "--select", "dead-wildcard")
    found = [(f["rule"], f["file"], f["line"], f["column"]) for f in json.loads(run.stdout)["findings"]]
    assert found == [("dead-wildcard", name, line, column)], run.stderr


def test_a_folder_is_read_in_all_its_forms_and_says_which(policygen, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(place(text)[2], encoding="utf-8")
    (tmp_path / "values.yaml").write_text("replicas: 2\n")
    run = policygen("lint", ".", "--format", "json", "--select", "dead-wildcard")
    assert {f["file"] for f in json.loads(run.stdout)["findings"]} == FILES.keys()
    assert (
        "policygen: files with policies: 4 CloudFormation, 4 JSON, 1 Serverless Framework, 5 Terraform, 2 Terraform"
        in run.stderr
    )
    assert "values.yaml: does not contain a policy" in run.stderr


UNKNOWN = """\
Parameters: {Bucket: {Type: String}}
Resources:
  Reports:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Action: s3:GetObject
            Resource: !Sub arn:aws:s3:::${Bucket}/*
          - Effect: Allow
            Action: !Ref Actions
            Resource: "*"
"""


def test_what_is_known_only_at_deployment_is_not_judged_and_not_called_good(policygen, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "template.yaml").write_text(UNKNOWN)
    run = policygen("lint", "template.yaml")
    assert run.code == 0, run.stdout
    assert "2 values are known only at deployment; what depends on them was not judged" in run.stderr
    assert run.stdout == "no findings in 1 policy, 1 file, 2 unknowns\n"
    assert json.loads(policygen("lint", "template.yaml", "--format", "json").stdout)["summary"]["unknowns"] == 2


TEMPLATE_OF_JSON = '{"Resources": {"A": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": '
UNREADABLE = {
    "cut off": ("a.yaml", "Statement: [\n", "2:1: not YAML: "),
    "a tab": ("a.yaml", "Statement:\n\t- a\n", "2:1: not YAML: a tab cannot indent; use spaces"),
    "a character": ("a.yaml", "a: b\nStatement: \x01\n", "2:12: not YAML: U+0001"),
    "an alias of nothing": ("a.yaml", "Statement: *a\n", "1:12: not YAML: found undefined alias"),
    "a key twice in YAML": ("a.yaml", "Statement: 1\nStatement: 2\n", "2:1: the key `Statement` appears twice"),
    "a key twice in JSON": (
        "a.json",
        TEMPLATE_OF_JSON + '{"Statement": 1, "Statement": 2}}}}}',
        "1:107: the key `Statement` appears twice",
    ),
    "a template cut off": ("a.json", TEMPLATE_OF_JSON + "[", "1:91: not JSON: the text ends too soon"),
    "a number for a policy": ("a.json", TEMPLATE_OF_JSON + "7}}}}", "1:90: a policy must be a JSON object"),
    "a block cut off": ("a.tf", 'resource "aws_iam_policy" {\n  policy = [\n', "3:1: not HCL"),
    "no HCL": ("a.tf", "policy", "2:1: not HCL"),
    "an attribute twice": ("a.tf", 'locals {\n  policy = "a"\n  policy = "b"\n}\n', "3:3: `policy` appears twice"),
    "a key twice in HCL": ("a.tf", "locals {\n  policy = { a = 1, a = 2 }\n}\n", "2:21: `a` appears twice"),
    "no JSON in a heredoc": (
        "a.tf",
        'resource "aws_iam_policy" "a" {\n  policy = <<EOF\n{"Statement": [}\nEOF\n}\n',
        "2:12: not JSON",
    ),
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_a_file_that_cannot_be_read_is_one_sentence_with_its_place_and_the_rest_is_judged(
    policygen, tmp_path, monkeypatch, kind
):
    monkeypatch.chdir(tmp_path)
    name, text, said = UNREADABLE[kind]
    (tmp_path / name).write_text(text)
    (tmp_path / "good.json").write_text(json.dumps(DOCUMENT))
    run = policygen("lint", "--format", "json", "--select", "dead-wildcard")
    broken, other = json.loads(run.stdout)["findings"]
    assert f"{broken['line']}:{broken['column']}: {broken['message']}".startswith(said)
    assert (broken["file"], broken["rule"]) == (name, "template-syntax-error")
    assert (other["file"], run.code) == ("good.json", 2)
    run = policygen("simulate", name, "--action", "s3:GetObject")
    assert (run.code, run.stderr.count("\n")) == (2, 1)


def test_blocks_that_may_be_repeated_are_read(policygen, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    twice = 'provider "aws" {\n  region = "us-east-1"\n}\nlocals {\n  a = 1\n}\n' * 2
    (tmp_path / "main.tf").write_text(twice + place(FILES["main.tf"])[2])
    assert "1 finding" in policygen("lint", "main.tf", "--select", "dead-wildcard").stdout


def test_aliases_that_multiply_are_refused(policygen, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines = ["a: &a0 [Statement, Statement]"]
    lines += [f"b{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    (tmp_path / "bomb.yaml").write_text("\n".join(lines))
    assert "once its aliases are followed" in policygen("lint", "bomb.yaml").stdout


MIXED = {
    "Resources": {
        "Broken": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": 7}},
        "Misspelt": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": {"Statment": []}}},
        "Bus": {
            "Type": "AWS::Events::EventBusPolicy",
            "Properties": {
                "Statement": {"Effect": "Allow", "Principal": "*", "Action": "events:Putt*", "Resource": "*"}
            },
        },
        "Good": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": DOCUMENT}},
        "Sam": {"Type": "AWS::Serverless::Function", "Properties": {"Policies": ["A", {"SQSPollerPolicy": {"a": 1}}]}},
    }
}


def test_every_policy_of_a_template_is_judged_though_one_is_not_a_policy(policygen, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "template.json").write_text(json.dumps(MIXED, indent=1))
    rules = "dead-wildcard,missing-statement,public-access"
    run = policygen("lint", "template.json", "--format", "json", "--select", rules)
    found = {(f["rule"], f["policy"]) for f in json.loads(run.stdout)["findings"]}
    assert found == {
        ("template-syntax-error", ""),
        ("missing-statement", "resource/Misspelt/PolicyDocument"),
        ("public-access", "resource/Bus/Statement"),
        ("dead-wildcard", "resource/Good/PolicyDocument"),
    }
    assert run.code == 2


INTRINSICS = """\
Resources:
  Reports:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: !Ref Trust
      Policies: !If
        - Wide
        - - PolicyDocument:
              Version: "2012-10-17"
              Statement: {Effect: Allow, Action: "s3:Gett*", Resource: arn:aws:s3:::reports/*}
        - !Ref AWS::NoValue
      Description: !GetAtt [A, B]
  Others:
    Type: AWS::IAM::User
    Properties:
      Policies: !Ref ListOfPolicies
  Empty: {Type: AWS::IAM::Role, Properties: null}
"""
DYNAMIC = """\
data "aws_iam_policy_document" "reports" {
  dynamic "statement" {
    for_each = var.buckets
    content {
      actions = ["s3:GetObject"]
    }
  }
  statement {
    actions   = ["s3:Gett*"]
    resources = ["*"]
    dynamic "condition" {
      for_each = var.conditions
      content {}
    }
  }
}
resource "aws_iam_policy" "other" {
  policy = templatefile("policy.json", {})
}
"""


def test_lists_and_documents_behind_functions_are_looked_into_or_said_to_be_unknown(policygen, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "template.yaml").write_text(INTRINSICS)
    run = policygen("lint", "template.yaml", "--format", "json", "--select", "dead-wildcard")
    assert [f["line"] for f in json.loads(run.stdout)["findings"]] == [10]
    assert "template.yaml:5:33: the policy `role/Reports/trust` is known only at deployment" in run.stderr
    assert "template.yaml:16:17: the policy `user/Others/Policies` is known only at deployment" in run.stderr


def test_what_terraform_repeats_or_computes_is_not_judged(policygen, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "main.tf").write_text(DYNAMIC)
    run = policygen("lint", "main.tf")
    assert (run.code, run.stdout.count("main.tf:")) == (1, 0), run.stdout
    assert "9:18  warning  " in run.stdout  # a typo, whatever the condition is
    assert "1 finding (1 warning) in 1 policy" in run.stdout
    assert "3 values are known only at deployment; what depends on them was not judged" in run.stderr
    assert "main.tf:18:12: the policy `resource/aws_iam_policy.other/policy` is known only at deployment" in run.stderr


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("deep.tf", f"policy = {'[' * 500}{']' * 500}\n", "nested too deeply"),
        ("self.yaml", "Statement: &a [*a]\n", "nested too deeply"),
        ("old.json", '{"version": 3, "terraform_version": "0.11.1", "modules": []}', "another version of Terraform"),
    ],
)
def test_hostile_and_old_files_are_one_sentence(policygen, tmp_path, monkeypatch, name, text, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_text(text)
    run = policygen("lint", name)
    assert run.code in (1, 2)
    assert said in run.stdout + run.stderr


def test_a_real_plan_of_terraform_is_read(policygen, tmp_path, monkeypatch, terraform):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "main.tf").write_text(
        """\
terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}
provider "aws" {
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
}
resource "aws_s3_bucket" "reports" {}
resource "aws_iam_policy" "known" {
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:Gett*", Resource = "arn:aws:s3:::reports/*" }]
  })
}
resource "aws_iam_policy" "unknown" {
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = aws_s3_bucket.reports.arn }]
  })
}
"""
    )

    terraform("init")
    terraform("plan", "-input=false", "-refresh=false", "-out=plan")
    (tmp_path / "plan.json").write_text(terraform("show", "-json", "plan"))
    run = policygen("lint", "plan.json", "--format", "json", "--select", "dead-wildcard")
    assert [f["policy"] for f in json.loads(run.stdout)["findings"]] == ["resource/aws_iam_policy.known/policy"]
    assert "the policy `resource/aws_iam_policy.unknown/policy` is known only at deployment" in run.stderr


PARTS = {
    "data.tf": """\
data "aws_iam_policy_document" "guard" {
  statement {
    effect    = "Deny"
    actions   = ["s3:Gett*"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
  }
}
""",
    "main.tf": """\
resource "aws_organizations_policy" "guard" {
  type    = "SERVICE_CONTROL_POLICY"
  content = data.aws_iam_policy_document.guard.json
}
resource "aws_iam_policy" "missing" {
  policy = data.aws_iam_policy_document.missing.json
}
""",
    "broken.tf": 'data "aws_iam_policy_document" {',
}


@pytest.mark.parametrize("named", [["."], ["data.tf"], ["data.tf", "main.tf"]])
def test_a_document_that_another_file_uses_is_judged_once_where_it_is_and_as_what_it_becomes(
    policygen, tmp_path, monkeypatch, named
):
    monkeypatch.chdir(tmp_path)
    for name, text in PARTS.items():
        (tmp_path / name).write_text(text)
    run = policygen("lint", *named, "--format", "json")
    found = [f for f in json.loads(run.stdout)["findings"] if f["file"] != "broken.tf"]
    assert {(f["file"], f["policy"]) for f in found} == {("data.tf", "resource/aws_organizations_policy.guard/content")}
    assert sorted(f["rule"] for f in found) == ["dead-wildcard", "scp-syntax-error-principal"]
    unknown = "main.tf:6:12: the policy `resource/aws_iam_policy.missing/policy` is known only at deployment"
    assert (unknown in run.stderr) == (named != ["data.tf"])
    assert "aws_organizations_policy" not in run.stderr


def test_what_a_heredoc_puts_in_is_known_where_terraform_alone_decides_it(policygen, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    put_in = place(FILES["heredoc.tf"])[2].replace("arn:aws:", "arn:${data.aws_partition.current.partition}:")
    (tmp_path / "main.tf").write_text(put_in)
    run = policygen("lint", "main.tf", "--format", "json")
    assert [(f["rule"], f["line"]) for f in json.loads(run.stdout)["findings"]] == [("dead-wildcard", 4)]


def test_a_document_with_several_uses_is_judged_once_for_each_kind(policygen, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    uses = [
        f'resource "aws_iam_policy" "p{n}" {{\n  policy = data.aws_iam_policy_document.a.json\n}}\n' for n in range(3)
    ]
    (tmp_path / "main.tf").write_text(DYNAMIC.replace('"reports"', '"a"') + "".join(uses))
    run = policygen("lint", "main.tf", "--format", "json", "--select", "dead-wildcard")
    assert [(f["line"], f["policy"]) for f in json.loads(run.stdout)["findings"]] == [
        (9, "resource/aws_iam_policy.p0/policy")
    ]


def test_a_command_that_needs_the_document_names_the_file_that_it_is_in(policygen, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, text in PARTS.items():
        (tmp_path / name).write_text(text.partition('resource "aws_iam_policy" "missing"')[0])
    run = policygen("simulate", "main.tf", "--action", "s3:GetObject")
    assert run.code == 2
    assert (
        "main.tf:3:13: the policy `resource/aws_organizations_policy.guard/content` is in data.tf; give that file"
        in run.stderr
    )


WIDER = UNKNOWN.replace("s3:GetObject", '"s3:*"')


def test_nothing_is_proved_or_decided_about_values_known_only_at_deployment(policygen, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old.json").write_text(json.dumps(DOCUMENT))
    (tmp_path / "new.yaml").write_text(UNKNOWN)
    (tmp_path / "wider.yaml").write_text(WIDER)
    for old, new in (
        ("old.json", "new.yaml"),
        ("new.yaml", "old.json"),
        ("new.yaml", "wider.yaml"),
        ("new.yaml", "new.yaml"),
    ):
        run = policygen("compare", old, new)
        assert (run.code, "known only at deployment" in run.stdout) == (1, True), run.stdout
    run = policygen("simulate", "new.yaml", "--action", "s3:GetObject", "--resource", "arn:aws:s3:::reports/a")
    assert run.stdout.startswith("unknown:")


def test_a_policy_that_is_wholly_unknown_is_never_called_no_new_access(policygen, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old.json").write_text(json.dumps(DOCUMENT))
    (tmp_path / "new.yaml").write_text(INTRINSICS)
    run = policygen("compare", "old.json", "new.yaml")
    assert run.code == 1
    assert "role/Reports/trust: unknown" in run.stdout
    assert "new.yaml:5:33: the policy `role/Reports/trust` is known only at deployment" in run.stdout


def test_a_state_of_200_mb_is_refused_at_once_and_the_rest_is_judged(policygen, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.json").write_text(json.dumps(DOCUMENT))
    with (tmp_path / "state.json").open("w") as file:
        file.write('{"terraform_version": "1.11.4", "resources": [')
        file.truncate(200 * 2**20)
    run = policygen("lint", "--select", "dead-wildcard")
    assert (run.code, "good.json" in run.stdout) == (2, True)
    refused = "policygen: state.json: larger than 64 MiB, which is too large for a policy; leave it out\n"
    assert run.stderr == refused
    assert policygen("simulate", "state.json", "--action", "s3:GetObject") == (2, "", refused)


def test_a_state_of_many_policies_takes_no_longer_than_its_length(policygen, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (resource,) = STATE["resources"]
    (instance,) = resource["instances"]

    def seconds(count):
        padded = {**instance["attributes"], "tags": "x" * 3000}
        state = {**STATE, "resources": [{**resource, "instances": [{"attributes": padded}] * count}]}
        (tmp_path / "state.json").write_text(json.dumps(state))
        before = time.process_time()
        assert (
            f"{count} findings"
            in policygen("lint", "state.json", "--statistics", "--select", "quotas,wildcards").stdout
        )
        return time.process_time() - before

    seconds(10)
    assert seconds(800) < 8 * seconds(200) + 0.5

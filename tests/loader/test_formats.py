"""One fault in every form in which people keep policies: the same finding, at its place in the file."""

import json
from functools import cache
from urllib.parse import quote

import pytest

from policygen.loader.policies import load, parse_text

STATEMENT = {"Effect": "Allow", "Action": "s3:Gett*", "Resource": "*"}
DOCUMENT = {"Version": "2012-10-17", "Statement": [STATEMENT]}
TEXT = json.dumps(DOCUMENT)
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def of(name, text):
    """The format of a file and its policies, each as (name, kind, statements)."""
    loaded = load(parse_text(text if isinstance(text, str) else json.dumps(text), name))
    found = [(p.name, p.kind.value, [s.body for s in p.statements]) for p in loaded.policies]
    return loaded.format, found


JSON_FORMS = {
    "a document": (DOCUMENT, "", "identity"),
    "a statement": (STATEMENT, "", "identity"),
    "a list of statements": ([STATEMENT], "", "identity"),
    "a document in a string": (json.dumps(TEXT), "", "identity"),
    "a URL-encoded document": (quote(TEXT), "", "identity"),
    "iam get-policy-version": ({"PolicyVersion": {"Document": DOCUMENT}}, "", "identity"),
    "iam get-user-policy": (
        {"UserName": "ann", "PolicyName": "p", "PolicyDocument": DOCUMENT},
        "user/ann/p",
        "identity",
    ),
    "organizations describe-policy": (
        {"Policy": {"PolicySummary": {"Name": "n", "Type": "SERVICE_CONTROL_POLICY"}, "Content": TEXT}},
        "n",
        "scp",
    ),
    "s3api get-bucket-policy": ({"Policy": TEXT}, "", "identity"),
    "ecr get-repository-policy": ({"registryId": "1", "policyText": TEXT}, "", "identity"),
    "secretsmanager get-resource-policy": ({"ARN": "a", "Name": "n", "ResourcePolicy": TEXT}, "", "identity"),
    "sqs get-queue-attributes": ({"Attributes": {"Policy": TEXT}}, "", "identity"),
    "sns get-topic-attributes": ({"Attributes": {"Policy": TEXT, "DeliveryPolicy": "{}"}}, "", "identity"),
    "sso-admin get-inline-policy-for-permission-set": ({"InlinePolicy": TEXT}, "", "identity"),
    "lambda get-policy": ({"Policy": TEXT, "RevisionId": "r"}, "", "identity"),
    "efs describe-file-system-policy": ({"FileSystemId": "f", "Policy": TEXT}, "", "identity"),
    "logs describe-resource-policies": (
        {"resourcePolicies": [{"policyName": "n", "policyDocument": TEXT}]},
        "",
        "identity",
    ),
    "opensearch describe-domain-config": ({"DomainConfig": {"AccessPolicies": {"Options": TEXT}}}, "", "identity"),
    "codeartifact get-domain-permissions-policy": ({"policy": {"document": TEXT}}, "", "identity"),
    "apigateway get-rest-api": ({"policy": TEXT.replace('"', '\\"')}, "", "identity"),
    "glue get-resource-policy": ({"PolicyInJson": TEXT, "PolicyHash": "h"}, "", "identity"),
    "s3control get-access-point-policy": ({"Policy": TEXT}, "", "identity"),
}


@pytest.mark.parametrize("form", JSON_FORMS)
def test_every_json_form_holds_the_policy(form):
    data, name, kind = JSON_FORMS[form]
    text = data if isinstance(data, str) else json.dumps(data)
    _, found = of("x.json", text)
    assert found == [(name, kind, [STATEMENT])]


OUTPUTS = [
    ("accessanalyzer", "GetGeneratedPolicy", "generatedPolicyResult/generatedPolicies/*/policy"),
    ("acm-pca", "GetPolicy", "Policy"),
    ("apigateway", "GetRestApis", "items/*/policy"),
    ("backup", "GetBackupVaultAccessPolicy", "Policy"),
    ("cloudtrail", "GetResourcePolicy", "ResourcePolicy"),
    ("codeartifact", "GetRepositoryPermissionsPolicy", "policy/document"),
    ("dynamodb", "GetResourcePolicy", "Policy"),
    ("ec2", "DescribeVpcEndpoints", "VpcEndpoints/*/PolicyDocument"),
    ("ecr", "GetRepositoryPolicy", "policyText"),
    ("ecr", "GetRegistryPolicy", "policyText"),
    ("ecr-public", "GetRepositoryPolicy", "policyText"),
    ("efs", "DescribeFileSystemPolicy", "Policy"),
    ("es", "DescribeElasticsearchDomain", "DomainStatus/AccessPolicies"),
    ("events", "DescribeEventBus", "Policy"),
    ("glacier", "GetVaultAccessPolicy", "policy/Policy"),
    ("glue", "GetResourcePolicy", "PolicyInJson"),
    ("glue", "GetResourcePolicies", "GetResourcePoliciesResponseList/*/PolicyInJson"),
    ("iam", "GetGroupPolicy", "PolicyDocument"),
    ("iam", "GetPolicyVersion", "PolicyVersion/Document"),
    ("iam", "GetRole", "Role/AssumeRolePolicyDocument"),
    ("iam", "GetRolePolicy", "PolicyDocument"),
    ("iam", "GetUserPolicy", "PolicyDocument"),
    ("iam", "ListRoles", "Roles/*/AssumeRolePolicyDocument"),
    ("iam", "GetAccountAuthorizationDetails", "RoleDetailList/*/AssumeRolePolicyDocument"),
    ("iam", "GetAccountAuthorizationDetails", "UserDetailList/*/UserPolicyList/*/PolicyDocument"),
    ("iam", "GetAccountAuthorizationDetails", "Policies/*/PolicyVersionList/*/Document"),
    ("iot", "GetPolicy", "policyDocument"),
    ("kinesis", "GetResourcePolicy", "Policy"),
    ("kms", "GetKeyPolicy", "Policy"),
    ("lambda", "GetPolicy", "Policy"),
    ("lambda", "GetLayerVersionPolicy", "Policy"),
    ("logs", "DescribeDestinations", "destinations/*/accessPolicy"),
    ("logs", "DescribeResourcePolicies", "resourcePolicies/*/policyDocument"),
    ("opensearch", "DescribeDomainConfig", "DomainConfig/AccessPolicies/Options"),
    ("organizations", "DescribePolicy", "Policy/Content"),
    ("organizations", "DescribeResourcePolicy", "ResourcePolicy/Content"),
    ("ram", "GetResourcePolicies", "policies/*"),
    ("s3", "GetBucketPolicy", "Policy"),
    ("s3control", "GetAccessPointPolicy", "Policy"),
    ("s3control", "GetMultiRegionAccessPointPolicy", "Policy/Established/Policy"),
    ("s3tables", "GetTableBucketPolicy", "resourcePolicy"),
    ("secretsmanager", "GetResourcePolicy", "ResourcePolicy"),
    ("sesv2", "GetEmailIdentityPolicies", "Policies/#"),
    ("sns", "GetTopicAttributes", "Attributes/#"),
    ("sqs", "GetQueueAttributes", "Attributes/#"),
    ("ssm", "GetResourcePolicies", "Policies/*/Policy"),
    ("sso-admin", "GetInlinePolicyForPermissionSet", "InlinePolicy"),
    ("transfer", "DescribeUser", "User/Policy"),
    ("vpc-lattice", "GetAuthPolicy", "policy"),
]
"""Service, operation, and the place of a policy in its output: `*` is an item of a list, `#` a value of a map."""


@pytest.mark.parametrize(("service", "operation", "path"), OUTPUTS)
@pytest.mark.parametrize("document", [DOCUMENT, TEXT, quote(TEXT)])
def test_the_policy_in_every_output_of_the_aws_cli_is_found(service, operation, path, document):
    """The AWS CLI prints the output shapes of botocore; documents of IAM are objects in it, others are texts."""
    shape = model(service).operation_model(operation).output_shape
    output = document
    for name in path.split("/"):
        shape = shape.members[name] if shape.type_name == "structure" else getattr(shape, "member", None) or shape.value
    for name in reversed(path.split("/")):
        output = [output] if name == "*" else {"Policy" if name == "#" else name: output}
    _, found = of("output.json", output)
    assert [statements for _, _, statements in found] == [[STATEMENT]]


@cache
def model(service):
    return pytest.importorskip("botocore.session").get_session().get_service_model(service)


def test_a_stack_policy_of_cloudformation_is_not_a_policy_of_iam():
    assert of("output.json", {"StackPolicyBody": TEXT})[1] == []


CLOUDFORMATION = """\
AWSTemplateFormatVersion: 2010-09-09
Parameters:
  Bucket: {Type: String, Default: reports}
Mappings:
  Names:
    prod: {bucket: prod-reports}
Resources:
  App:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: 2012-10-17
        Statement:
          - Effect: Allow
            Principal: {Service: !Sub "ec2.${AWS::URLSuffix}"}
            Action: sts:AssumeRole
      Policies:
        - PolicyName: reports
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - !If [Wide, {Effect: Allow, Action: "s3:Gett*", Resource: "*"}, !Ref AWS::NoValue]
              - Effect: Allow
                Action: s3:GetObject
                Resource:
                  - !Sub arn:${AWS::Partition}:s3:::${Bucket}/*
                  - !Join ["", ["arn:aws:s3:::", !FindInMap [Names, prod, bucket], "/*"]]
                  - !GetAtt Other.Arn
"""


def test_a_template_gives_the_policies_of_its_resources_with_functions_worked_out():
    format_, found = of("template.yaml", CLOUDFORMATION)
    assert format_ == "CloudFormation"
    assert found == [
        ("role/App/trust", "trust", TRUST["Statement"]),
        (
            "role/App/Policies/0/PolicyDocument",
            "identity",
            [
                STATEMENT,
                {
                    "Effect": "Allow",
                    "Action": "s3:GetObject",
                    "Resource": ["arn:aws:s3:::${Bucket}/*", "arn:aws:s3:::prod-reports/*", "${Other.Arn}"],
                },
            ],
        ),
    ]


def test_places_in_a_template_are_those_of_its_text():
    policy = load(parse_text(CLOUDFORMATION, "template.yaml")).policies[1]
    line = CLOUDFORMATION.splitlines()
    for pointer, text in (
        ("/Statement/0/Action", '"s3:Gett*"'),
        ("/Statement/1/Action", "s3:GetObject"),
        ("/Statement/1/Resource/2", "!GetAtt Other.Arn"),
    ):
        span = policy.span(pointer)
        assert line[span.line - 1][span.column - 1 : span.end_column - 1] == text


HCL = """\
data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
  }
}
resource "aws_iam_role" "app" {
  name               = "app"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}
resource "aws_iam_policy" "heredoc" {
  policy = <<-EOF
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
      "Action": "s3:Gett*", "Resource": "*"}]}
  EOF
}
resource "aws_iam_policy" "encoded" {
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:Gett*", Resource = "*" }]
  })
}
"""


def test_a_terraform_file_gives_the_policies_of_its_resources():
    format_, found = of("main.tf", HCL)
    assert format_ == "Terraform"
    trust = {
        "Effect": "Allow",
        "Action": ["sts:AssumeRole"],
        "Principal": {"Service": ["ec2.amazonaws.com"]},
    }
    assert found == [
        ("role/app/trust", "trust", [trust]),
        ("resource/aws_iam_policy.heredoc/policy", "identity", [STATEMENT]),
        ("resource/aws_iam_policy.encoded/policy", "identity", [STATEMENT]),
    ]


@pytest.mark.parametrize(("number", "line"), [(1, 17), (2, 23)])
def test_places_in_a_terraform_file_are_those_of_its_text(number, line):
    span = load(parse_text(HCL, "main.tf")).policies[number].span("/Statement/0/Action")
    assert span.line == line
    assert HCL.splitlines()[line - 1][span.column - 1 : span.end_column - 1] == '"s3:Gett*"'


def loaded(name, text):
    return load(parse_text(text if isinstance(text, str) else json.dumps(text), name))


FULL = {"Effect": "Allow", "Action": "*", "Resource": "*"}
DENY = {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}


def template(statements, type_="AWS::IAM::ManagedPolicy", at="PolicyDocument"):
    document = {"Version": "2012-10-17", "Statement": statements}
    return {"Resources": {"R": {"Type": type_, "Properties": {at: document}}}}


@pytest.mark.parametrize(
    ("statements", "unknown"),
    [
        ([FULL, {"Fn::If": ["C", DENY, {"Ref": "AWS::NoValue"}]}], "/Statement/1/Fn::If"),
        ([{"Fn::If": ["C", FULL, {"Ref": "AWS::NoValue"}]}], "/Fn::If/Statement/0"),
        (
            [
                FULL
                | {"Condition": {"Fn::If": ["C", {"Bool": {"aws:SecureTransport": "true"}}, {"Ref": "AWS::NoValue"}]}}
            ],
            "/Statement/0/Condition/Fn::If",
        ),
    ],
)
def test_what_a_condition_of_a_template_decides_about_is_unknown(statements, unknown):
    assert loaded("t.json", template(statements)).policies[0].unknown == {unknown}
    assert not loaded("t.json", template([FULL, DENY])).policies[0].unknown


@pytest.mark.parametrize("type_", ["Custom::Policy", "AWS::New::Service"])
def test_the_policies_of_unlisted_types_of_resources_are_found(type_):
    found = loaded("t.json", template([FULL], type_, "ResourcePolicy")).policies
    assert [(policy.name, policy.document["Statement"]) for policy in found] == [("resource/R/ResourcePolicy", [FULL])]


def serverless(**more):
    return {"service": "s", "provider": {"name": "aws"}, **more}


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("role/f/statements", serverless(functions={"f": {"iam": {"role": {"statements": [FULL]}}}})),
        ("resource/R/PolicyDocument", serverless(resources=["${file(more.yml)}", template([FULL])])),
        ("resource/apiGateway", serverless(provider={"apiGateway": {"resourcePolicy": [FULL | {"Principal": "*"}]}})),
    ],
)
def test_every_place_of_a_serverless_file_is_looked_at(name, data):
    assert [policy.name for policy in loaded("serverless.json", data).policies] == [name]


def test_the_variables_of_the_serverless_framework_are_unknown():
    role = {
        "iam": {"role": {"statements": [FULL | {"Resource": "arn:aws:s3:::${self:custom.bucket}/*"}, "${file(x.yml)}"]}}
    }
    (policy,) = loaded("serverless.json", serverless(provider=role)).policies
    assert policy.unknown == {"/Statement/0/Resource", "/Statement/1"}
    every = loaded("serverless.json", serverless(provider={"iam": {"role": {"statements": "${file(x.yml)}"}}}))
    assert [one.name for one in every.undecided] == ["role/service/statements"]


@pytest.mark.parametrize(
    "put_in",
    ['"Action": ${jsonencode(var.actions)}', '"Action": "*"%{ if var.wide }, "Sid": "x"%{ endif }', "${var.rest}"],
)
def test_a_heredoc_that_is_json_only_after_deployment_is_not_wrong(put_in):
    body = '{"Statement": [{"Effect": "Allow", "Resource": "*", ' + put_in + "}]}"
    found = loaded("main.tf", f'resource "aws_iam_policy" "p" {{\n  policy = <<EOF\n{body}\nEOF\n}}\n')
    assert ([one.name for one in found.undecided], found.broken) == (["resource/aws_iam_policy.p/policy"], ())


@pytest.mark.parametrize("block", ['module "iam"', "locals", 'resource "aws_new_policy" "p"'])
def test_policies_in_modules_and_locals_are_found(block):
    encoded = json.dumps(DOCUMENT).replace('":', '"=')
    found = loaded("main.tf", f"{block} {{\n  policy = jsonencode({encoded})\n}}\n").policies
    assert [policy.document["Statement"] for policy in found] == [[STATEMENT]]

"""What is found in a statement whose condition is known only at deployment does not depend on the condition."""

import copy
import json

import pytest

from policygen.lint.linter import lint
from policygen.lint.rule import policy_of
from policygen.lint.rules import registry
from policygen.lint.unknown_values import WHATEVER_THE_CONDITION
from policygen.loader.policies import load, parse_text
from policygen.policy.model import Policy
from policygen.policy.unknown import Unknown


def statements(document):
    body = document.get("Statement")
    return [one for one in (body if isinstance(body, list) else [body]) if isinstance(one, dict)]


EXAMPLES = [(rule, policy_of(example)) for rule in registry().values() for example in rule.examples if example.fires]
CONDITIONS = {
    json.dumps(statement["Condition"], sort_keys=True): statement["Condition"]
    for _, policy in EXAMPLES
    for statement in statements(policy.document)
    if isinstance(statement.get("Condition"), dict) and len(str(statement["Condition"])) < 2000
}


def with_condition(policy, condition):
    document = copy.deepcopy(policy.document)
    for statement in statements(document):
        statement.pop("Condition", None)
        statement |= {"Condition": condition} if condition is not None else {}
    return Policy(document, policy.kind)


@pytest.mark.parametrize("name", sorted(WHATEVER_THE_CONDITION))
def test_no_condition_changes_what_the_rule_says_of_the_rest_of_a_statement(name):
    rule = registry()[name]

    def found(policy, condition):
        made = rule.check(with_condition(policy, condition))
        return {(str(pointer), str(message)) for pointer, message in made if "/Condition" not in pointer}

    for policy in (policy for owner, policy in EXAMPLES if owner is rule):
        alone = found(policy, None)
        assert not [condition for condition in CONDITIONS.values() if found(policy, condition) != alone]


ALIKE = """\
Resources:
  A:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Action: [sns:Publish, !If [Wide, "sns:*", sns:GetTopicAttributes]]
            Resource:
              - !Sub arn:aws:sns:${AWS::Region}:123456789012:reports
              - arn:aws:sns:us-east-1:123456789012:reports
          - Effect: Deny
            Action: [sns:Publish, sns:Publish]
            Resource: !Sub arn:aws:sns:us-east-1:${AWS::AccountId}:reports
"""


def test_what_is_equal_only_in_one_account_or_region_or_never_deployed_together_is_not_called_redundant():
    (policy,) = load(parse_text(ALIKE, "template.yaml")).policies
    found = [finding for finding in lint(policy) if finding.rule.startswith("redundant")]
    assert [finding.pointer for finding in found] == ["/Statement/1/Action/1"]


def test_a_statement_with_an_unknown_condition_is_judged_for_what_is_known():
    statement = {"Effect": "Allow", "Action": ["s3:Gett*", "iam:*"], "Resource": "*", "Condition": Unknown("${If}")}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    known = lint(Policy(document, unknown=frozenset({"/Statement/0/Condition"})))
    assert {finding.rule for finding in known} == {"dead-wildcard"}
    assert {finding.rule for finding in lint(with_condition(Policy(document), None))} > {"dead-wildcard"}

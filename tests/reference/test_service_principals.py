"""Service principals: which AWS has, and what somebody meant who wrote another one."""

import gzip
import json
import re
from pathlib import Path

import pytest

from policygen.reference.data import load
from policygen.reference.service_principals import guess, is_known, partitions_of

CORPUS = Path(__file__).parents[3] / "shared/corpus/access-analyzer.jsonl.gz"


@pytest.mark.parametrize("text", [f"{name}.amazonaws.com" for name in load("service_principals")["names"]])
def test_a_listed_service_principal_is_known_in_every_region(text):
    name = text.removesuffix(".amazonaws.com")
    assert is_known(text) and is_known(f"{name}.eu-west-1.amazonaws.com") and is_known(f"{name}.amazonaws.com.cn")


@pytest.mark.parametrize(
    "text",
    [
        *("states.eu-west-1.amazonaws.com", "logs.us-east-1.amazonaws.com", "ec2.amazonaws.com.cn"),
        *("us-east-1.elasticache-snapshot.amazonaws.com", "logdelivery.elasticloadbalancing.amazonaws.com"),
        *("batchoperations.s3.amazonaws.com", "deeplens.amazonaws.com", "alexa-appkit.amazon.com"),
    ],
)
def test_other_forms_of_service_principals_are_known(text):
    assert is_known(text)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("lamda.amazonaws.com", "lambda.amazonaws.com"),
        ("ec3.amazonaws.com", "ec2.amazonaws.com"),
        ("ecs-task.amazonaws.com", "ecs-tasks.amazonaws.com"),
        ("codebulid.amazonaws.com", "codebuild.amazonaws.com"),
        ("lamda.amazonaws.com.cn", "lambda.amazonaws.com.cn"),
        ("lambda.amazonaws.co", "lambda.amazonaws.com"),
        ("lambda.eu-wst-1.amazonaws.com", ""),
        ("tagging.amazonaws.com", ""),
        ("amazonaws.com", ""),
    ],
)
def test_an_unknown_service_principal_comes_with_the_likely_one(text, meant):
    assert not is_known(text)
    assert not meant or guess(text) == f"; did you mean `{meant}`?"


def test_a_suffix_belongs_to_a_partition_but_the_common_one_to_all():
    assert partitions_of("ec2.amazonaws.com.cn") == {"aws-cn"}
    assert {"aws", "aws-cn", "aws-us-gov"} <= partitions_of("ec2.amazonaws.com")


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus of Access Analyzer's verdicts is not here")
def test_every_service_that_aws_names_in_its_own_policies_is_known():
    named = set()
    for line in gzip.decompress(CORPUS.read_bytes()).splitlines():
        entry = json.loads(line)
        if entry["latest"] and not any("SERVICE" in found["code"] for found in entry["findings"]):
            named |= set(re.findall(r'"([a-z0-9.-]+\.amazonaws\.com)"', json.dumps(entry["document"])))
    assert len(named) > 100
    assert {text for text in named if not is_known(text)} <= {"cognito-identity-us-gov.amazonaws.com"}

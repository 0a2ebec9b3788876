"""When two documents or statements mean the same, however they are written."""

import pytest

from policygen.policy.meaning import normal_statement, same


def document(**body):
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **body}]}


@pytest.mark.parametrize(
    ("left", "right", "alike"),
    [
        ({"Action": ["s3:GetObject", "s3:PutObject"]}, {"Action": ["s3:putobject", "s3:GetObject"]}, True),
        ({"Action": "s3:GetObject"}, {"Action": ["s3:GetObject", "s3:GetObject"]}, True),
        ({"Resource": "arn:aws:s3:::a"}, {"Resource": "arn:aws:s3:::A"}, False),
        ({"Condition": {"Bool": {"k": ["a", "b"]}}}, {"Condition": {"Bool": {"k": ["b", "a"]}}}, True),
        ({"Principal": {"AWS": ["a", "b"]}}, {"Principal": {"AWS": ["b", "a"]}}, True),
        ({"Sid": "A"}, {"Sid": "B"}, False),
    ],
)
def test_order_and_form_mean_nothing(left, right, alike):
    assert same(document(**left), document(**right)) is alike


def test_a_boolean_means_what_its_text_means_and_a_plan_tells_them_apart():
    told, written = ({"Condition": {"Bool": {"aws:SecureTransport": value}}} for value in (False, "false"))
    assert normal_statement(told) == normal_statement(written)
    assert not same(document(**told), document(**written))

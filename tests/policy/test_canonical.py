"""One way to write a policy."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from policygen.policy.canonical import canonical, dumps, size

ELEMENTS = ["Condition", "Resource", "Action", "Effect", "Sid", "NotAction", "Principal", "Extra", "Version"]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("ab \u2014", max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(ELEMENTS), inner, max_size=4),
    max_leaves=6,
)
STATEMENTS = st.dictionaries(st.sampled_from(ELEMENTS), VALUES, max_size=6)
DOCUMENTS = st.fixed_dictionaries(
    {},
    optional={
        "Extra": VALUES,
        "Statement": STATEMENTS | st.lists(STATEMENTS | VALUES, max_size=3) | VALUES,
        "Id": VALUES,
        "Version": VALUES,
    },
)


def test_keys_come_in_the_order_of_aws_and_lists_keep_the_authors():
    document = {
        "Statement": [{"Resource": "*", "Action": ["s3:b", "s3:a"], "Extra": 1, "Effect": "Allow", "Sid": "A"}],
        "Version": "2012-10-17",
    }
    assert dumps(document) == (
        '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Sid": "A",\n      "Effect": "Allow",\n'
        '      "Action": [\n        "s3:b",\n        "s3:a"\n      ],\n      "Resource": "*",\n      "Extra": 1\n'
        "    }\n  ]\n}\n"
    )
    assert dumps(document, minify=True).count("\n") == 1
    assert dumps({"Statement": {"Effect": "Allow", "Sid": "A"}}, minify=True) == (
        '{"Statement":{"Sid":"A","Effect":"Allow"}}\n'
    )


@settings(max_examples=100)
@given(DOCUMENTS)
def test_writing_changes_the_order_of_keys_and_nothing_else(document):
    assert canonical(document) == document
    for minify in (False, True):
        assert json.loads(dumps(document, minify=minify)) == document


@settings(max_examples=100)
@given(DOCUMENTS)
def test_what_is_written_is_written_the_same_again(document):
    once = dumps(document)
    assert dumps(json.loads(once)) == once
    assert dumps(json.loads(dumps(document, minify=True))) == once


@settings(max_examples=100)
@given(DOCUMENTS, st.randoms(use_true_random=False))
def test_the_order_in_which_keys_were_put_in_does_not_matter(document, random):
    known = [key for key in document if key != "Extra"]
    random.shuffle(known)
    shuffled = {key: document[key] for key in [*known, *(["Extra"] if "Extra" in document else [])]}
    assert dumps(shuffled) == dumps(document)


def test_white_space_does_not_count_against_a_quota():
    assert size({"Statement": []}) == len('{"Statement":[]}')
    assert size({"Id": "a b\tc"}) == len('{"Id":"ab\\tc"}')

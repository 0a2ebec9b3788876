"""Wildcard patterns against the plain definition: all short texts, tried one by one."""

import re
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from policygen.policy.pattern import covers, intersects

PATTERNS = st.text("ab*?", max_size=4)
TEXTS = [
    "".join(letters)
    for length in range(9)
    for letters in product("abc", repeat=length)
    if length < 7 or "c" not in letters
]


def language(pattern):
    expression = re.compile("".join({"*": ".*", "?": "."}.get(token, token) for token in pattern))
    return {text for text in TEXTS if expression.fullmatch(text)}


@settings(max_examples=150, deadline=None)
@given(PATTERNS, PATTERNS)
def test_two_patterns_intersect_if_one_text_is_in_both(left, right):
    assert intersects(left, right) == intersects(right, left) == bool(language(left) & language(right))


@settings(max_examples=150, deadline=None)
@given(PATTERNS, PATTERNS)
def test_a_pattern_covers_another_if_it_takes_all_its_texts(general, specific):
    assert covers(general, specific) == (language(specific) <= language(general))


def test_patterns_built_to_blow_up_are_decided_at_once():
    assert intersects("*a" * 200 + "b", "*b" * 200)
    assert not intersects("a" + "*a" * 200, "b" + "?*" * 200)

"""Wildcards against a regular expression built another way, and against every text of a small alphabet."""

import re
import time
from itertools import product
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from policygen.policy.pattern import covers, intersects, is_wild, matches, normalise

PIECES = st.sampled_from(["*", "?", "a", "b", "ab", ".", "[a]", "+", "\\", "\n", "(", "é"])
PATTERNS = st.lists(PIECES, max_size=8).map("".join)
TINY = st.text("ab*?", max_size=4)
TEXTS = [
    "".join(letters)
    for length in range(9)
    for letters in product("abc", repeat=length)
    if length < 7 or "c" not in letters
]


def reference(pattern: str) -> re.Pattern[str]:
    """Character by character, with a plain backtracking `.*`."""
    return re.compile("".join({"*": "[^\0]*", "?": "[^\0]"}.get(c, re.escape(c)) for c in pattern))


def language(pattern: str) -> set[str]:
    """The short texts that a pattern stands for."""
    return set(filter(reference(pattern).fullmatch, TEXTS))


@st.composite
def near_matches(draw: Any) -> tuple[str, str]:
    """A pattern and a text that it stands for, or nearly does: now and then a character is dropped or replaced."""
    pattern = draw(PATTERNS)
    text = ""
    for token in pattern:
        if token == "*":
            text += draw(st.text("ab.\n", max_size=3))
        elif token == "?":
            text += draw(st.sampled_from("ab\n"))
        else:
            text += token
    kept = [c for c in text if draw(st.integers(0, 9))]
    return pattern, "".join(c if draw(st.integers(0, 9)) else draw(st.sampled_from("ab*?")) for c in kept)


@settings(max_examples=300)
@given(near_matches())
def test_a_pattern_matches_what_the_reference_matches(pair):
    pattern, text = pair
    assert matches(pattern, text) == bool(reference(pattern).fullmatch(text))


@settings(max_examples=200)
@given(PATTERNS)
def test_normalising_a_pattern_twice_changes_nothing_more(pattern):
    once = normalise(pattern)
    assert normalise(once) == once
    assert is_wild(once) == is_wild(pattern)


@settings(max_examples=200)
@given(near_matches())
def test_a_normalised_pattern_matches_the_same_texts(pair):
    pattern, text = pair
    assert matches(normalise(pattern), text) == matches(pattern, text)


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("*", "", True),
        ("", "", True),
        ("", "a", False),
        ("?", "", False),
        ("Get*", "get", False),
        ("a*", "a\nb", True),
        ("[ab]", "a", False),
        ("[ab]", "[ab]", True),
        ("a.c", "abc", False),
        ("*a", "aab", False),
        ("?*?", "a", False),
    ],
)
def test_only_star_and_question_mark_are_special(pattern, text, expected):
    assert matches(pattern, text) is expected


@settings(max_examples=150)
@given(TINY, TINY)
def test_two_patterns_intersect_if_one_text_is_in_both(left, right):
    assert intersects(left, right) == intersects(right, left) == bool(language(left) & language(right))


@settings(max_examples=150)
@given(TINY, TINY)
@example("?*", "*?")
@example("*a*", "*")
@example("a*b", "a?b")
@example("*ab*", "*aab*")
def test_a_pattern_covers_another_if_it_takes_all_its_texts(general, specific):
    assert covers(general, specific) == (language(specific) <= language(general))


def test_hostile_patterns_cost_little():
    began = time.perf_counter()
    assert not matches("*a" * 500 + "*b", "a" * 5000)
    assert not matches("a*" * 500, "a" * 400 + "b" * 5000)
    assert not matches("*?" * 200 + "c", "ab" * 2000)
    covers("*" + "a?" * 30 + "*", "*" + "?a" * 30 + "*")
    assert intersects("*a" * 200 + "b", "*b" * 200)
    assert not intersects("a" + "*a" * 200, "b" + "?*" * 200)
    assert time.perf_counter() - began < 3

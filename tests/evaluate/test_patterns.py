"""Patterns of ARNs and texts against a matcher that is too simple to be wrong, and all of AWS's own policies."""

from hypothesis import example, given
from hypothesis import strategies as st

from policygen.evaluate import Layers, Outcome, compile_policy, decide, trusting
from policygen.evaluate.match import any_of, arn_pattern, resource_pattern, text_pattern
from policygen.policy.model import Policy
from tests.evaluate.ask import ACCOUNT, request

SEGMENT = st.text("ab*?", max_size=3)
LITERAL = st.text("ab", max_size=3)


def arns(segment, last):
    return st.tuples(*[segment] * 5, last).map(":".join)


PATTERNS = st.lists(arns(SEGMENT, st.text("ab*?:", max_size=4)), min_size=1, max_size=4)
TEXTS = arns(LITERAL, st.text("ab:", max_size=4))


def naive(pattern, text, stop=""):
    """Whether a pattern matches a text, by trying everything; wildcards do not match the character `stop`."""
    if not pattern:
        return not text
    head, rest = pattern[0], pattern[1:]
    taken = bool(text) and text[0] != stop
    if head == "*":
        return naive(rest, text, stop) or (taken and naive(pattern, text[1:], stop))
    return bool(text) and (head == text[0] or (head == "?" and taken)) and naive(rest, text[1:], stop)


def naive_arn(pattern, text):
    wanted, given_ = pattern.split(":", 5), text.split(":", 5)
    inner = all(naive(a, b, ":") for a, b in zip(wanted[:5], given_[:5], strict=True))
    return inner and naive(wanted[5], given_[5])


@given(PATTERNS, TEXTS)
@example(["a:a:a:*:a:"], "a:a:a:a:a:")
@example(["a:a:a:*:a:"], "a:a:a:a:a:a")
@example([":::::"], ":::::")
@example(["*:::::", "::::*:"], "::::a:")
def test_arns_match_segment_by_segment_whichever_are_empty(patterns, text):
    expected = any(naive_arn(pattern, text) for pattern in patterns)
    assert any_of(resource_pattern(pattern, variables=False) for pattern in patterns)(text, {}) is expected
    assert any_of(arn_pattern(pattern, variables=True) for pattern in patterns)(text, {}) is expected


@given(st.lists(st.text("ab*?:", max_size=5), min_size=1, max_size=4), st.text("ab:", max_size=5))
def test_texts_match_as_a_whole(patterns, text):
    expected = any(naive(pattern, text) for pattern in patterns)
    assert any_of(text_pattern(pattern, variables=False) for pattern in patterns)(text, {}) is expected


def test_every_policy_of_aws_is_decided(corpus):
    for entry in corpus:
        policy = compile_policy(Policy(entry["document"]))
        layers = Layers(identity=(policy,), resource=(trusting(ACCOUNT),))
        for statement in policy.policy.statements:
            action = next(iter(statement.action_names), "s3:GetObject")
            for resource in {"*", *statement.resource_texts}:
                assert decide(request(action, resource), layers).outcome is not Outcome.UNKNOWN, entry["name"]

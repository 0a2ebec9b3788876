"""JSON read strictly, and where everything in it stands."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policygen.policy.model import escape
from policygen.policy.source import JsonSyntaxError, Source, decode

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text('aé"\\\n\u2014', max_size=6),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text('ab/~"\\{}[],:\n é', max_size=4), inner, max_size=4)
    ),
    max_leaves=15,
)
LAYOUTS = st.sampled_from(
    [
        {"indent": 2},
        {"indent": "\t"},
        {"separators": (",", ":")},
        {"ensure_ascii": False},
        {"separators": (" ,\n", "\r\n:  ")},
    ]
)


def places(value: Any, pointer: str = "") -> Any:
    """Every value with its JSON Pointer."""
    yield pointer, value
    if isinstance(value, dict):
        for key, part in value.items():
            yield from places(part, f"{pointer}/{escape(key)}")
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from places(part, f"{pointer}/{index}")


def cut(text: str, span: Any) -> str:
    """The text that a span covers."""
    lines = text.split("\n")
    covered = lines[span.line - 1 : span.end_line]
    covered[-1] = covered[-1][: span.end_column - 1]
    covered[0] = covered[0][span.column - 1 :]
    return "\n".join(covered)


@settings(max_examples=300)
@given(JSON, LAYOUTS)
def test_the_text_at_the_place_of_a_value_is_that_value(value, layout):
    text = json.dumps(value, **layout)
    source = Source(text, "x.json")
    assert source.data == json.loads(text)
    for pointer, part in places(value):
        assert json.loads(cut(text, source.span(pointer))) == part


@settings(max_examples=300)
@given(JSON, LAYOUTS)
def test_the_text_at_the_place_of_a_key_is_that_key(value, layout):
    text = json.dumps(value, **layout)
    source = Source(text, "x.json")
    for pointer, part in places(value):
        outer, _, key = pointer.rpartition("/")
        container = dict(places(value))[outer] if pointer else None
        wanted = key.replace("~1", "/").replace("~0", "~") if isinstance(container, dict) else part
        assert json.loads(cut(text, source.key_span(pointer))) == wanted


def test_a_place_that_is_not_there_is_its_nearest_ancestor():
    source = Source('{"a":\n  [1]}', "x.json")
    assert source.span("/a/7/b") == source.span("/a") == (2, 3, 2, 6)
    assert source.span("/b") == (1, 1, 2, 7)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"Sid": 1e999}', "x.json:1:9: `1e999` is not a JSON value"),
        ('{"a": 1,\n "a": 2}', "x.json:2:2: the key `a` appears twice in one object"),
        (
            '[{"a": {"b": 1}, "c": 2},\n {"a": 1, "b": {"b": 1, "\\u0062": 2}}]',
            "x.json:2:25: the key `b` appears twice in one object",
        ),
        ('{"a": NaN}', "x.json:1:7: `NaN` is not a JSON value"),
        ("[1,\n-Infinity]", "x.json:2:1: `-Infinity` is not a JSON value"),
        ('{"a": "NaN", "b": NaN}', "x.json:1:19: `NaN` is not a JSON value"),
        ("{} {}", "x.json:1:4: there is more text after the end of the JSON value"),
        ('{"a": 1,\n}', "x.json:1:8: not JSON: a trailing comma before `}`"),
        ("", "x.json:1:1: the text is empty"),
        ("{'a': 1}", "x.json:1:2: not JSON: "),
        ("[" * 100_000, "x.json:1:1: nested too deeply to be a policy"),
        ('{"a":' * 101 + "1" + "}" * 101, "x.json:1:1: nested too deeply to be a policy"),
        ("1" * 5000, "x.json:1:1: "),
        (
            "{\u201ca\u201d: 1}",
            "x.json:1:2: not JSON: U+201C (left double quotation mark) is not the character that it looks",
        ),
        (
            '{"a":\u00a01}',
            "x.json:1:6: not JSON: U+00A0 (no-break space) is invisible and not allowed here; remove it",
        ),
        ('{"a": 1,\u200b "b": 2}', "x.json:1:9: not JSON: U+200B (zero width space) is invisible"),
        ('["a\nb"]', "x.json:1:4: not JSON: invalid control character"),
    ],
    ids=range(17),
)
def test_what_is_not_strict_json_is_refused_where_it_stands(text, message):
    with pytest.raises(JsonSyntaxError) as caught:
        _ = Source(text, "x.json").data
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_what_nests_like_a_policy_is_read():
    text = '{"a":' * 100 + "1" + "}" * 100
    assert Source(text, "x.json").span("/a" * 100) == (1, 501, 1, 502)


def test_bytes_that_are_not_utf_8_are_refused_where_they_stand():
    with pytest.raises(JsonSyntaxError, match=r"^x\.json:2:3: not UTF-8 text; save it as UTF-8$"):
        decode('{\n"é'.encode() + b'\xe9"', "x.json")
    with pytest.raises(JsonSyntaxError, match="byte order mark"):
        decode("\ufeff{}".encode(), "x.json")
    assert decode('{"é": 1}'.encode(), "x.json") == '{"é": 1}'


@given(st.binary(max_size=30))
def test_any_bytes_are_read_or_refused_in_one_sentence(data):
    try:
        _ = Source(decode(data, "x.json"), "x.json").data
    except JsonSyntaxError as error:
        assert error.line >= 1
        assert error.column >= 1


@settings(max_examples=200)
@given(st.text('{}[]",:\\ \n01ae-.ntrufls', max_size=25))
def test_any_text_is_read_as_json_reads_it_or_refused(text):
    try:
        expected = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        with pytest.raises(JsonSyntaxError):
            _ = Source(text, "x.json").data
        return
    try:
        assert Source(text, "x.json").data == expected
    except JsonSyntaxError as error:
        assert "twice" in error.message
    else:
        assert cut(text, Source(text, "x.json").span("")).strip() == text.strip()

"""Where in a text the parts of a document stand."""

import json

from hypothesis import given
from hypothesis import strategies as st

from policygen.policy.model import escape
from policygen.policy.source import Source

KEYS = st.text('ab/~0 "\\é{[,:', max_size=4)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | KEYS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


def parts(value, pointer=""):
    yield pointer, value
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from parts(item, f"{pointer}/{escape(str(key))}")


def text_at(source, pointer):
    span = source.span(pointer)
    lines = source.text.split("\n")[span.line - 1 : span.end_line]
    lines[-1] = lines[-1][: span.end_column - 1]
    lines[0] = lines[0][span.column - 1 :]
    return "\n".join(lines)


@given(JSON, st.sampled_from([None, 1, "\t"]), st.booleans())
def test_the_text_at_the_place_of_a_pointer_is_the_value_under_it(value, indent, ascii_only):
    source = Source(json.dumps(value, indent=indent, ensure_ascii=ascii_only), "policy.json")
    for pointer, part in parts(value):
        assert json.loads(text_at(source, pointer)) == part


def test_what_is_not_there_is_shown_where_it_ought_to_be():
    source = Source('{"Statement": [{"Effect": "Allow"}]}', "policy.json")
    assert text_at(source, "/Statement/0/Action/7") == '{"Effect": "Allow"}'
    assert text_at(source, "/Statement/1") == '[{"Effect": "Allow"}]'

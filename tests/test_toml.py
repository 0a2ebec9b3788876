"""TOML, and the line of each of its keys."""

import pytest

from policygen.errors import PolicygenError
from policygen.toml import TomlSource

TEXT = '''title = "t"
notes = """
[[case]]
name = "not a key"
"""
accounts."a b".id = "1"
inline = { x = 1 }

[parameters.max-age] # days
type = "integer"
"a/b" = 1

[[case]]
name = "first"
[[case]]
name = "second"
context = [
  "x",
]
[[group]]
[[group.case]]
name = "inner"
[[group]]
name = "g"
[[group.case]]
[[group.case]]
name = "last"
'''


@pytest.mark.parametrize(
    ("pointer", "line"),
    [
        ("", 1),
        ("/title", 1),
        ("/notes", 2),
        ("/accounts/a b/id", 6),
        ("/inline/x", 7),
        ("/parameters/max-age", 9),
        ("/parameters/max-age/type", 10),
        ("/parameters/max-age/a~1b", 11),
        ("/parameters/max-age/missing", 9),
        ("/case/0/name", 14),
        ("/case/1", 15),
        ("/case/1/name", 16),
        ("/case/1/context/0", 17),
        ("/group/0/case/0/name", 22),
        ("/group/1/name", 24),
        ("/group/1/case/0", 25),
        ("/group/1/case/1/name", 27),
        ("/nothing", 1),
    ],
)
def test_a_key_stands_on_its_line(pointer, line):
    assert TomlSource(TEXT, "recipe.toml").line(pointer) == line


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('a = 1\nb = "', "x.toml:2: not TOML: "),
        ("a = 1\na = 2", "x.toml:2: not TOML: cannot overwrite a value"),
        ("[a]\nb\n", "x.toml:2: not TOML: "),
        ("a = " + "[" * 5000, "x.toml: nested too deeply"),
    ],
    ids=range(4),
)
def test_what_is_not_toml_is_refused_where_it_stands(text, message):
    with pytest.raises(PolicygenError) as caught:
        _ = TomlSource(text, "x.toml").data
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)

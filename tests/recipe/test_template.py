"""The template language: what it gives, what it refuses, and that no value changes the structure."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policygen.recipe.template import TemplateError, names, render

FILE = "policy.json.j2"


def test_strings_stand_inside_quotes_and_everything_else_outside():
    values = {"name": 'say "hi"', "paths": ["/", "/x/"], "hours": 8, "on": True}
    text = '{"a": "user/{{ name }}", "b": {{ paths }}, "c": {{ hours * 3600 }}, "d": "{{ hours }}", "e": {{ on }}}'
    assert render(text, values) == {"a": 'user/say "hi"', "b": ["/", "/x/"], "c": 28800, "d": "8", "e": True}


def test_a_list_may_end_in_a_comma_so_that_its_last_item_can_be_conditional():
    text = '{"Action": ["a", {% if more %}"b",{% endif %}],{% if more %}"x": {"y": 1,},{% endif %}}'
    assert render(text, {"more": True}) == {"Action": ["a", "b"], "x": {"y": 1}}
    assert render(text, {"more": False}) == {"Action": ["a"]}


def test_a_comma_inside_of_a_value_stays():
    assert render('["{{ a }}"]', {"a": "x,]"}) == ["x,]"]


def test_policy_variables_are_plain_text():
    assert render('["${aws:username}", "${aws:PrincipalTag/team, \'none\'}"]', {}) == [
        "${aws:username}",
        "${aws:PrincipalTag/team, 'none'}",
    ]


def test_a_template_names_its_parameters():
    assert names('{"a": "{{ x }}", "b": [{% for p in ps %}"{{ p }}{{ loop.index }}",{% endfor %}]}') == {"x", "ps"}


TEXTS = st.text(max_size=40) | st.sampled_from(
    ['","x":"', '"}', "\\", '\\"', "\1\2", "{{ a }}", "{%", "*", "${x}", "\u2028"]
)
VALUES = st.fixed_dictionaries({"a": TEXTS, "b": st.lists(TEXTS, max_size=4), "n": st.integers(-(2**60), 2**60)})


@given(VALUES)
def test_no_value_changes_the_structure(values):
    text = (
        '{"k": "x{{ a }}y{{ a }}", "l": [{% for i in b %}"{{ i }}/{{ a }}",{% endfor %}], "m": {{ b }}, "n": {{ n }}}'
    )
    assert render(text, values) == {
        "k": f"x{values['a']}y{values['a']}",
        "l": [f"{item}/{values['a']}" for item in values["b"]],
        "m": values["b"],
        "n": values["n"],
    }


@given(TEXTS)
def test_a_text_outside_of_quotes_is_refused_whatever_it_is(text):
    with pytest.raises(TemplateError, match="outside quotes"):
        render('{"a": [{{ text }}]}', {"text": text})


@pytest.mark.parametrize(
    ("template", "sentence"),
    [
        ('{\n"a": "{{ acount }}"}', "policy.json.j2:2: `acount` is not a parameter; did you mean `account`?"),
        ('{"a": "{{ paths }}"}', "policy.json.j2:1: a list is inside quotes; leave them out"),
        ('{\n\n"a": "\\{{ account }}"}', "policy.json.j2:3: a value follows a backslash"),
        ('{\n"a": 1\n"b": 2}', "policy.json.j2:3: not JSON: expecting ',' delimiter"),
        ('{{% if account %}\n"a": 1', "policy.json.j2:1: unexpected '%'"),
        ('{\n"a": 1,\n"a": 2}', "policy.json.j2:3: the key `a` appears twice in one object"),
        ('{"a": NaN}', "policy.json.j2:1: `NaN` is not a JSON value"),
        ('{"a": 1} x', "policy.json.j2:1: there is more text after the end of the JSON value"),
        ('{\n"a": {{ 1 // 0 }}}', "policy.json.j2:2: integer division or modulo by zero"),
        ('{"a": "{{ account | upper }}"}', "policy.json.j2:1: there is no filter `upper`"),
        ("{% if account %}", "policy.json.j2:1: unexpected end of template"),
        ('{"a": "\x07"}', "policy.json.j2:1: contains a control character"),
    ],
)
def test_a_broken_template_names_line_and_cause(template, sentence):
    with pytest.raises(TemplateError) as error:
        render(template, {"account": "1", "paths": ["/"]})
    assert str(error.value) == sentence


def test_the_line_is_that_of_the_template_and_not_of_the_output():
    text = '{\n{% for p in paths %}\n"{{ p }}": 1,\n{% endfor %}\n"x" 1}'
    with pytest.raises(TemplateError, match=r"^policy\.json\.j2:5: not JSON"):
        render(text, {"paths": [f"/{i}/" for i in range(50)]})


@pytest.mark.parametrize(
    "template",
    [
        "{% include 'recipe.toml' %}",
        "{% import 'x' as x %}",
        "{% extends 'x' %}",
        "{% macro m() %}{% endmacro %}",
        "{% for x in [1] recursive %}{% endfor %}",
        "{{ account.__class__ }}",
        "{{ account.upper() }}",
        "{{ account['__class__'] }}",
        "{{ range(3) }}",
        "{{ cycler }}",
        "{{ self }}",
        "{{ account ~ account }}",
        "{{ 2 ** 3 }}",
        "{{ '%99d' % 1 }}",
        "{{ account | attr('__class__') }}",
        "{% set x = namespace() %}",
        "{% raw %}{% endraw %}{% filter upper %}{% endfilter %}",
        "{% call x() %}{% endcall %}",
    ],
)
def test_what_could_reach_out_of_a_template_is_no_part_of_the_language(template):
    with pytest.raises(TemplateError):
        render(template, {"account": "1"})


LOOPS = 9
BOMBS = {
    "nested loops": "{% set l = [1,2,3,4,5,6,7,8,9] %}" + "{% for a in l %}" * LOOPS + "{% endfor %}" * LOOPS,
    "a growing list": "{% set l = [1, 2] %}" + "{% set l = l + l %}" * 60,
    "a growing text": '{% set t = "ab" %}' + "{% set t = t + t %}" * 60,
    "a growing number": "{% set n = 10 %}" + "{% set n = n * n %}" * 60,
    "a text times a number": '{{ "a" * 1000000000 }}',
    "joins of joins": "{% set l = l | default([1]) %}" + "{{ [1,2,3] | join([1,2,3] | join('" + "x" * 9_000 + "')) }}",
    "lists in lists": "{% set l = [1] %}" + "{% set l = [l, l] %}" * 60 + "{{ l }}",
    "long output": "{% for a in big %}{% for b in big %}" + "x" * 2_000 + "{% endfor %}{% endfor %}",
    "deep parentheses": "{{ " + "(" * 9_000 + "1" + ")" * 9_000 + " }}",
    "deep blocks": "{% if 1 %}" * 3_000 + "{% endif %}" * 3_000,
    "a long number": "{{ " + "9" * 50_000 + " }}",
    "a long template": " " * 70_000,
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_hostile_template_ends_soon(bomb):
    start = time.monotonic()
    with pytest.raises(TemplateError):
        render(BOMBS[bomb], {"big": [0] * 1_000})
    assert time.monotonic() - start < 10

import pytest

from policygen.finding import Finding, Severity
from policygen.report import Report, render


def test_findings_stand_in_a_table_under_their_file(report):
    assert render(report, "markdown") == (
        "**2 findings (1 error, 1 warning) in 1 policy; 2 more accepted or in the baseline**\n\n"
        "### `policies/all.json`\n\n"
        "| where | severity | finding | rule |\n"
        "|---|---|---|---|\n"
        "| 4:5 `All` | warning | too much | `whole` |\n"
        "| 4:69 `All` | error | `*` is every bucket | `star` |\n"
    )


@pytest.mark.parametrize(
    ("message", "cell"),
    [
        ("a | b", "a &#124; b"),
        ("<img src=x>", "&#60;img src=x&#62;"),
        ("[x](y) @team #1 *a* _b_", "&#91;x&#93;(y) &#64;team &#35;1 &#42;a&#42; &#95;b&#95;"),
        ("`a|b`", "<code>a&#124;b</code>"),
        ("a ` alone", "a &#96; alone"),
        ("``<b>", "&#60;b&#62;"),
        ("two\nlines", "two&#92;nlines"),
        ("überall", "überall"),
    ],
)
def test_a_message_cannot_bring_markdown_or_html_of_its_own(message, cell):
    row = render(Report([Finding("r", Severity.ERROR, message)]), "markdown").splitlines()[-1]
    assert row == f"|  | error | {cell} | `r` |"

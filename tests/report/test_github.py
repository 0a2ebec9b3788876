from policygen.finding import Finding, Severity
from policygen.report import Report, render


def test_a_finding_is_an_annotation_of_its_place(report):
    lines = render(report, "github").splitlines()
    assert lines[1] == (
        "::error file=policies/all.json,line=4,col=69,endLine=4,endColumn=71,title=star::`*` is every bucket"
    )
    assert lines[-1].startswith("2 findings")


def test_severities_become_the_three_levels_of_github():
    findings = [Finding("r", severity, "m") for severity in Severity]
    commands = [line.split()[0] for line in render(Report(findings), "github").splitlines()[:-1]]
    assert commands == ["::error", "::warning", "::warning", "::notice"]


def test_a_file_name_or_a_message_cannot_become_a_command_of_its_own():
    finding = Finding("r", Severity.ERROR, "100%\n::set-output name=a::b\r", file="a,line=9:b\n::c.json")
    text = render(Report([finding]), "github")
    assert text.splitlines()[0] == (
        "::error file=a%2Cline=9%3Ab\\n%3A%3Ac.json,title=r::100%25\\n::set-output name=a::b\\r"
    )
    assert len(text.splitlines()) == 2

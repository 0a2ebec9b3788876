"""An audit for spreadsheets: RFC 4180, a finding a line, the rows of every account one under the other."""

import csv
import io

from policygen.finding import Finding
from policygen.report.audit import AuditReport

_COLUMNS = (
    "account",
    "type",
    "name",
    "arn",
    "result",
    "severity",
    "rule",
    "message",
    "evidence",
    "fix",
    "reason",
    "change",
    "audited",
    "credential report",
)


def render(report: AuditReport) -> str:
    """A line of column names, then the findings in the order given."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    writer.writerows(_row(report, finding) for finding in report.findings)
    return text.getvalue()


def _row(report: AuditReport, finding: Finding) -> list[str]:
    about, made = finding.entity, report.reported.get(finding.account)
    dates = (f"{report.audited:%Y-%m-%d}" if report.audited else "", made.isoformat() if made else "")
    cells = (
        *(finding.account, about.type, about.name, about.arn, str(finding.result), str(finding.severity), finding.rule),
        *(finding.message, "\n".join(finding.evidence), "\n".join(finding.fix), finding.reason, finding.change, *dates),
    )
    return [_plain(cell) for cell in cells]


def _plain(cell: str) -> str:
    """The cell so that no spreadsheet takes a name such as `=HYPERLINK(…)` for a formula (OWASP, "CSV Injection")."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell

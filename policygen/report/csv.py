"""A report for spreadsheets: RFC 4180, one finding per row."""

import csv
import io

from policygen.finding import Finding
from policygen.report import Report, printable

_POLICIES = ("file", "line", "column", "policy", "sid", "pointer", "severity", "rule", "message")
_ACCOUNTS = (
    *("account", "type", "name", "arn", "result", "severity", "rule", "message", "evidence", "fix", "reason", "change"),
    *("holders", "controls"),
    *("audited", "credential report"),
)


def render(report: Report) -> str:
    """A header row, then the findings in the order given."""
    columns = _ACCOUNTS if report.audit else _POLICIES
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    for finding in report.findings:
        cells = _accounts(report, finding)
        writer.writerow(_cell(cells[name] if name in cells else getattr(finding, name)) for name in columns)
    return text.getvalue()


def _accounts(report: Report, finding: Finding) -> dict[str, object]:
    """The columns of an audit that are not fields of a finding."""
    if not report.audit:
        return {}
    about, made = finding.entity, report.audit.reported.get(finding.account)
    dates = {
        "audited": f"{report.audit.now:%Y-%m-%d}" if report.audit.now else "",
        "credential report": made.isoformat() if made else "",
    }
    dates["holders"] = "\n".join(map(str, finding.holders))
    return {"type": about.type, "name": about.name, "arn": about.arn, **dates}


def _cell(value: object) -> str:
    """The value, quoted if a spreadsheet would run it as a formula, like `=HYPERLINK(…)` (OWASP, "CSV Injection")."""
    text = "\n".join(map(printable, value)) if isinstance(value, tuple) else printable(str(value))
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text

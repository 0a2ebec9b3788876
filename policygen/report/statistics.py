"""A report that only counts: one line per rule, the most frequent first."""

from collections import Counter

from policygen.report import Report, summary


def render(report: Report) -> str:
    """How often each rule found something, and the summary."""
    counted = Counter((finding.rule, finding.severity) for finding in report.findings).most_common()
    lines = [f"{number:6}  {severity:16}  {rule}" for (rule, severity), number in counted]
    return "\n".join([*lines, summary(report)]) + "\n"

"""The opening of the HTML report of an audit: the account at a glance, the ways to an administrator, many accounts."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape

from policygen.finding import Finding, Result
from policygen.report import Report, home, printable
from policygen.report.html_menu import KINDS, Menu, kind, rank
from policygen.report.html_ways import picture

_GLANCE: Mapping[str, tuple[str, ...]] = {
    "administrators": ("administrator",),
    "can become administrators": ("user-can-escalate", "role-can-escalate"),
    "roles that let outsiders become administrators": ("outsider-can-escalate",),
    "administrators without MFA": ("administrator-without-mfa",),
    "users without MFA": ("user-without-mfa",),
    "users with policies of their own": ("user-with-inline-policy", "user-with-attached-policy"),
    "users outside the common group": ("user-not-in-common-group",),
}
"""What an auditor asks first → the rules that answer it."""


def overview(menu: Menu, links: Mapping[tuple[str, str], str]) -> str:
    """The opening of a report of an audit; "" for one about policies. `links`: account and name → id of a card."""
    report = menu.report
    if not report.audit:
        return ""
    glance = "".join(_item(report, menu, what, rules) for what, rules in _GLANCE.items())
    many = _accounts(menu) if len(report.accounts) > 1 else ""
    return (
        f'<section id="overview" aria-label="At a glance"><h2>At a glance</h2><ul class="glance">{glance}</ul>'
        f"{many}{''.join(_ways(report, links))}</section>\n"
    )


def _item(report: Report, menu: Menu, what: str, rules: Sequence[str]) -> str:
    ran = [rule for rule in rules if rule in report.results]
    found = [one for one in report.findings if one.rule in ran and one.result in (Result.FAIL, Result.ACCEPTED)]
    unknown = sum(report.results[rule].get(Result.UNKNOWN, 0) for rule in ran)
    about = {(one.account, str(holder)) for one in found for holder in one.holders or (one.entity,)}
    worst = min(map(rank, found), default=None)
    number = str(len(about)) if found or not unknown else "?"
    colour = KINDS[worst] if worst is not None else "unknown" if unknown or not ran else "pass"
    more = f" <small>{unknown} unknown</small>" if unknown else ""
    if not ran:
        return f'<li class="unknown"><b>–</b> {escape(what)} <small>not checked</small></li>'
    return f'<li class="{colour}"><label for="r{menu.rules[ran[0]]}"><b>{number}</b> {escape(what)}</label>{more}</li>'


def _ways(report: Report, links: Mapping[tuple[str, str], str]) -> Iterator[str]:
    """A picture for each account that has ways to an administrator."""
    by_account: dict[str, list[Finding]] = {}
    for finding in report.findings:
        if finding.way:
            by_account.setdefault(home(finding), []).append(finding)
    for account, findings in by_account.items():
        of_account = {name: link for (where, name), link in links.items() if where == account}
        drawn = picture(findings, of_account)
        if len(report.accounts) > 1:
            name = _text(report.name(account))
            yield f"<details><summary>Ways to an administrator of {name}</summary>{drawn}</details>"
        else:
            yield f"<h2>Ways to an administrator</h2>{drawn}"


def _accounts(menu: Menu) -> str:
    """A table of accounts by topic: how many failures, coloured like the worst."""
    report = menu.report
    counted: dict[tuple[str, str], list[Finding]] = {}
    for finding in report.findings:
        topic = next((topic for topic, rules in menu.by_topic.items() if finding.rule in rules), "")
        if finding.result in (Result.FAIL, Result.UNKNOWN):
            counted.setdefault((home(finding), topic), []).append(finding)
    accounts = [*report.accounts, *(report.audit.unread if report.audit else ())]
    topics = [topic for topic in menu.by_topic if any((account, topic) in counted for account in accounts)]
    head = "".join(f'<th scope="col">{escape(topic)}</th>' for topic in topics)
    rows = "".join(
        f'<tr><th scope="row">{_text(report.name(account))}</th>'
        f"{''.join(_cell(counted.get((account, topic), ())) for topic in topics)}</tr>"
        for account in accounts
    )
    return (
        '<div class="ways" tabindex="0" role="region" aria-label="Accounts by topic"><table>'
        f'<caption>Failures by account and topic</caption><thead><tr><th scope="col">account</th>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _cell(findings: Sequence[Finding]) -> str:
    failed = [finding for finding in findings if finding.fails]
    if failed:
        worst = min(failed, key=rank)
        return f'<td class="{kind(worst)}">{len(failed)}</td>'
    return '<td class="unknown">?</td>' if findings else '<td class="pass">0</td>'


def _text(text: str) -> str:
    return escape(printable(text))

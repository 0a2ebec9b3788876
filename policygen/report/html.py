"""A report as one HTML file that needs no network and no server, and JavaScript only for search, sort and copying.

A Content-Security-Policy allows only this file's own style and script, by their hashes. Every name that comes from AWS
or from a user is escaped. Only policies and entities with findings are shown.
"""

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from importlib.resources import files
from string import Template

from policygen import __version__
from policygen.finding import Entity, Finding, Result
from policygen.report import CHANGES, Report, count, dates, grouped, home, place, printable, summary
from policygen.report import facts as told
from policygen.report.html_menu import Card, Menu, inputs, kind, menu_of, navigation, rank, style
from policygen.report.html_overview import overview


def render(report: Report) -> str:
    """The whole page."""
    menu = menu_of(report, _cards(report))
    css = _asset("findings.css") + "".join(style(menu))
    script = _asset("findings.js")
    return Template(_asset("findings.html")).substitute(
        title=escape(f"IAM audit of {_accounts(report.accounts)}" if report.audit else "Findings about IAM policies"),
        style=css,
        style_hash=_hash(css),
        script=script,
        script_hash=_hash(script),
        inputs="".join(inputs(menu)),
        summary=escape(summary(report)),
        menu="".join(navigation(menu)),
        overview=overview(menu, {(home(card[0]), str(_entity(card[0]))): f"c{n}" for n, card in enumerate(menu.cards)}),
        about="".join(_about(report, rule, number) for rule, number in menu.rules.items()),
        dates=escape(dates(report)),
        fixed="".join(_ended(head, report.changed(change)) for change, head in CHANGES.items()),
        cards="".join(_card(findings, menu, number) for number, findings in enumerate(menu.cards)),
        version=escape(__version__),
    )


def _accounts(ids: Sequence[str]) -> str:
    return f"account {ids[0]}" if len(ids) == 1 else f"{len(ids)} accounts" if ids else "an account"


def _cards(report: Report) -> list[Card]:
    """The findings by entity or policy: worst first, then by name."""
    cards = grouped(sorted(report.findings, key=rank), lambda found: (home(found), str(_entity(found)))).values()
    return sorted(cards, key=lambda found: (rank(found[0]), _entity(found[0]).name.lower()))


def _entity(finding: Finding) -> Entity:
    """The entity of the finding; a policy is named after its file."""
    return finding.entity if finding.of_account else Entity("policy", f"{finding.file} {finding.policy}".strip())


def _about(report: Report, rule: str, number: int) -> str:
    """The documentation and counts of a rule, shown when it is selected."""
    counted = report.results.get(rule, {})
    said = ", ".join(f"{counted.get(result, 0)} {result}" for result in Result if counted.get(result, 0))
    said = said if report.audit else count(counted.get(Result.FAIL, 0), "findings")
    known = report.rules.get(rule)
    text = _prose(known.documentation) if known else ""
    return f'<section class="about a{number}"><h2>{escape(rule)}</h2><p class="counts">{said}</p>{text}</section>\n'


def _card(findings: Card, menu: Menu, number: int) -> str:
    first, about = findings[0], _entity(findings[0])
    kinds = "".join(map(str, sorted({rank(finding) for finding in findings})))
    rules = (f"r{menu.rules[finding.rule]} t{menu.topic(finding.rule)}" for finding in findings)
    classes = " ".join(dict.fromkeys(f"card k{kinds} {' '.join(rules)}".split()))
    facts: Mapping[str, str] = menu.report.audit.facts.get(about.arn, {}) if menu.report.audit else {}
    shown = "".join(
        f'<div class="f-{name.replace(" ", "-")}"><dt>{escape(name)}</dt><dd>{_text(value)}</dd></div>'
        for name, value in facts.items()
    )
    account = (
        f'<span class="account">{_text(menu.report.name(home(first)))}</span>' if len(menu.report.accounts) > 1 else ""
    )
    return (
        f'<article class="{classes}" id="c{number}"><h3><span class="type">{escape(about.type)}</span> '
        f'<bdi>{_text(about.name)}</bdi>{account}</h3><p class="arn">{_text(about.arn)}</p>'
        f"{f'<dl>{shown}</dl>' if shown else ''}<ul>"
        f"{''.join(''.join(_finding(finding, menu)) for finding in findings)}</ul></article>\n"
    )


def _finding(finding: Finding, menu: Menu) -> Iterator[str]:
    rule, topic = menu.rules[finding.rule], menu.topic(finding.rule)
    yield f'<li class="{kind(finding)} i{rule} j{topic}" data-k="{rank(finding)}">'
    yield f'<label for="r{rule}" class="name">{escape(finding.rule)}</label> '
    where = "" if finding.of_account else f'<span class="place">{_text(place(finding))}</span> '
    yield f'<span class="what">{where}{_inline(finding.message)}</span>'
    if finding.change == "new":
        yield ' <span class="new">new</span>'
    if finding.reason:
        yield f'<p class="reason">accepted: {_inline(finding.reason)}</p>'
    if finding.controls:
        yield f'<p class="controls">{escape(", ".join(finding.controls))}</p>'
    if told(finding):
        yield "<ul>" + "".join(f"<li>{_inline(fact)}</li>" for fact in told(finding)) + "</ul>"
    for command in finding.fix:
        yield '<p class="destructive">destructive, so last:</p>' if command in finding.destructive else ""
        yield f'<code class="fix" tabindex="0">{_text(command)}</code>'
    yield "</li>"


def _ended(head: str, findings: Sequence[Finding]) -> str:
    if not findings:
        return ""
    items = "".join(
        f"<li><bdi>{_text(finding.policy)}</bdi>: {escape(finding.rule)}"
        f"{f': {_inline(finding.reason)}' if finding.reason else ''}</li>"
        for finding in findings
    )
    return f'<section class="fixed"><h2>{head}: {len(findings)}</h2><ul>{items}</ul></section>\n'


def _prose(text: str) -> str:
    paragraphs = "".join(f"<p>{_inline(' '.join(part.split()))}</p>" for part in text.split("\n\n"))
    return re.sub(r"<p>(Why it matters|Instead):", r"<p><b>\1:</b>", paragraphs)


def _inline(text: str) -> str:
    """The text escaped, with what is in backticks as code."""
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", _text(text))


def _text(text: str) -> str:
    return escape(printable(text))


def _asset(name: str) -> str:
    return files("policygen.report").joinpath("assets", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"

"""An audit as one HTML file that needs no network, no server and, but for search, sort and copying, no JavaScript.

Filters are radio buttons, checkboxes and CSS. Whatever AWS or a user named is escaped text; a Content-Security-Policy
allows this file's own style and script, by their hashes, and nothing else. It holds the entities with findings only.
"""

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from importlib.resources import files
from string import Template

from policygen import __version__
from policygen.audit.facts import Facts
from policygen.audit.rule import TOPICS, registry
from policygen.finding import Finding, Result, Severity
from policygen.report import printable
from policygen.report.audit import CHANGES, AuditReport

Numbers = Mapping[str, int]
"""Names of rules or topics, each with the number that its classes carry."""

_KINDS = (*map(str, Severity), "unknown", "excepted", "pass")
"""What can be filtered: failures by severity, and the other results."""


def render(report: AuditReport) -> str:
    """The whole page."""
    numbers = {rule: index for index, rule in enumerate(dict.fromkeys([*report.results, *_rules(report)]))}
    topics = {topic: index for index, topic in enumerate(dict.fromkeys(map(_topic, numbers)))}
    cards = _cards(report)
    style = _asset("audit.css") + "".join(_filters(numbers, topics, cards))
    script = _asset("audit.js")
    many = len(report.accounts) > 1
    return Template(_asset("audit.html")).substitute(
        title=escape(f"IAM audit of {_accounts(report.accounts)}"),
        style=style,
        style_hash=_hash(style),
        script=script,
        script_hash=_hash(script),
        inputs="".join(_inputs(report, numbers, topics)),
        summary=escape(report.summary()),
        menu=_menu(report, numbers, topics, cards),
        about="".join(_about(report, rule, number) for rule, number in numbers.items()),
        dates=escape(report.dates()),
        fixed="".join(_ended(head, report.changed(change)) for change, head in CHANGES.items()),
        cards="".join(_card(findings, report.facts, numbers, topics, many) for findings in cards),
        version=escape(__version__),
    )


def _rules(report: AuditReport) -> Iterator[str]:
    return (finding.rule for finding in report.findings)


def _accounts(ids: Sequence[str]) -> str:
    return f"account {ids[0]}" if len(ids) == 1 else f"{len(ids)} accounts" if ids else "an account"


def _cards(report: AuditReport) -> list[list[Finding]]:
    """The findings by entity: worst first, then by name."""
    cards: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in report.findings:
        key = (finding.account or finding.file, finding.entity.type, finding.entity.name)
        cards.setdefault(key, []).append(finding)
    for findings in cards.values():
        findings.sort(key=_rank)
    return sorted(cards.values(), key=lambda found: (_rank(found[0]), found[0].entity.name.lower()))


def _kind(finding: Finding) -> str:
    return str(finding.severity) if finding.fails else str(finding.result)


def _rank(finding: Finding) -> int:
    return _KINDS.index(_kind(finding))


def _inputs(report: AuditReport, numbers: Numbers, topics: Numbers) -> Iterator[str]:
    """What the filters' CSS looks at, before everything else since `~` sees only what comes later; labels move them."""
    yield from (f'<input type="checkbox" id="k{rank}" checked>' for rank in _counted(report))
    yield '<input type="radio" name="rule" id="all" checked>'
    for topic, index in topics.items():
        yield f'<input type="radio" name="rule" id="t{index}">'
        yield from (
            f'<input type="radio" name="rule" id="r{numbers[rule]}">' for rule in numbers if _topic(rule) == topic
        )


def _counted(report: AuditReport) -> dict[int, int]:
    """How many findings there are of each kind, by its place in _KINDS, those without left out."""
    return dict(sorted(Counter(map(_rank, report.findings)).items()))


def _menu(report: AuditReport, numbers: Numbers, topics: Numbers, cards: Sequence[object]) -> str:
    """An entry for every rule, under that of its topic, with badges; and one for every kind of finding."""
    worst = {finding.rule: _rank(finding) for finding in report.violations}
    parts = ['<nav aria-label="Rules" tabindex="0">\n<div class="kinds">']
    parts += [
        f'<label for="k{rank}" class="kind {_KINDS[rank]}">{_KINDS[rank].replace("-", " ")} <b>{number}</b></label>'
        for rank, number in _counted(report).items()
    ]
    parts.append(f'</div>\n<label for="all" class="rule"><span>Everything</span><b>{len(cards)}</b></label>\n')
    for topic, index in topics.items():
        rules = [rule for rule in numbers if _topic(rule) == topic]
        head = f"<span>{escape(topic)}</span>{_badge(report, rules, worst)}"
        parts.append(f'<label for="t{index}" class="rule topic">{head}</label>\n')
        for rule in rules:
            entry = f"<span>{escape(rule)}</span>{_badge(report, [rule], worst)}"
            parts.append(f'<label for="r{numbers[rule]}" class="rule">{entry}</label>\n')
    return "".join((*parts, "</nav>\n"))


def _topic(rule: str) -> str:
    known = registry().get(rule)
    return TOPICS.get(known.group, known.group) if known else "Exceptions"


def _badge(report: AuditReport, rules: Sequence[str], worst: Numbers) -> str:
    """How many failures there are, in the colour of the worst; else whether anything is unknown."""
    counted = sum((Counter(report.results.get(rule, {})) for rule in rules), Counter[Result]())
    failed, unsure = counted[Result.FAIL], counted[Result.UNKNOWN]
    rank = min((worst[rule] for rule in rules if rule in worst), default=0)
    colour, badge = (_KINDS[rank], str(failed)) if failed else ("unknown", "?") if unsure else ("pass", "✓")
    if not counted.total():
        colour, badge = "unknown", "–"  # nothing was there to be looked at
    words = f"{failed} of {sum(counted.values())} fail" + (f", {unsure} unknown" if unsure else "")
    return f'<b class="{colour}" title="{words}">{badge}</b>'


def _about(report: AuditReport, rule: str, number: int) -> str:
    """What a rule is about; shown when it is chosen."""
    counted = report.results.get(rule, {})
    said = ", ".join(f"{counted.get(result, 0)} {result}" for result in Result if counted.get(result, 0))
    known = report.rules.get(rule)
    text = _prose(known.documentation) if known else ""
    return f'<section class="about a{number}"><h2>{escape(rule)}</h2><p class="counts">{said}</p>{text}</section>\n'


def _card(
    findings: Sequence[Finding], facts: Mapping[str, Facts], numbers: Numbers, topics: Numbers, many: bool
) -> str:
    """One entity with its facts and findings."""
    first = findings[0]
    kinds = "".join(map(str, sorted({_rank(finding) for finding in findings})))
    rules = (f"r{numbers[finding.rule]} t{topics[_topic(finding.rule)]}" for finding in findings)
    classes = " ".join(dict.fromkeys(f"card k{kinds} {' '.join(rules)}".split()))
    shown = "".join(
        f'<div class="f-{name.replace(" ", "-")}"><dt>{escape(name)}</dt><dd>{_text(value)}</dd></div>'
        for name, value in facts.get(first.entity.arn, {}).items()
    )
    account = f'<span class="account">{_text(first.account or first.file)}</span>' if many else ""
    return (
        f'<article class="{classes}"><h3><span class="type">{escape(first.entity.type)}</span> '
        f'<bdi>{_text(first.entity.name)}</bdi>{account}</h3><p class="arn">{_text(first.entity.arn)}</p>'
        f"{f'<dl>{shown}</dl>' if shown else ''}<ul>"
        f"{''.join(_finding(f, numbers[f.rule], topics[_topic(f.rule)]) for f in findings)}</ul></article>\n"
    )


def _finding(finding: Finding, number: int, topic: int) -> str:
    kind = _kind(finding)
    parts = [
        f'<li class="{kind} i{number} j{topic}" data-k="{_rank(finding)}">',
        f'<label for="r{number}" class="name">{escape(finding.rule)}</label> ',
        f'<span class="what">{_inline(finding.message)}</span>',
    ]
    if finding.change == "new":
        parts.append(' <span class="new">new</span>')
    if finding.reason:
        parts.append(f'<p class="reason">excepted: {_inline(finding.reason)}</p>')
    if finding.evidence:
        parts.append("<ul>" + "".join(f"<li>{_inline(fact)}</li>" for fact in finding.evidence) + "</ul>")
    parts += [_command(command, destructive=command in finding.destructive) for command in finding.fix]
    return "".join((*parts, "</li>"))


def _command(command: str, *, destructive: bool) -> str:
    """A command that can be copied; one that destroys is marked before it."""
    mark = '<p class="destructive">destructive, so last:</p>' if destructive else ""
    return f'{mark}<code class="fix" tabindex="0">{_text(command)}</code>'


def _ended(head: str, findings: Sequence[Finding]) -> str:
    if not findings:
        return ""
    items = "".join(
        f"<li><bdi>{_text(finding.policy)}</bdi>: {escape(finding.rule)}"
        f"{f': {_inline(finding.reason)}' if finding.reason else ''}</li>"
        for finding in findings
    )
    return f'<section class="fixed"><h2>{head}: {len(findings)}</h2><ul>{items}</ul></section>\n'


def _filters(numbers: Numbers, topics: Numbers, cards: Iterable[Sequence[Finding]]) -> Iterator[str]:
    """The CSS that makes the menu work: a rule shows its entities, marks its finding and the fact that it is about.

    Every selector ends in a class of its own, so that a browser looks at each card only for what it has.
    """
    radios = ["all", *(f"r{number}" for number in numbers.values()), *(f"t{number}" for number in topics.values())]
    for name in radios:
        yield f"#{name}:checked~nav [for={name}]{{background:var(--card);box-shadow:inset 3px 0 var(--link)}}"
        yield f"#{name}:focus-visible~nav [for={name}]{{outline:2px solid var(--link)}}"
    for index in topics.values():
        chosen = f"#t{index}:checked~#report"
        yield f"{chosen} .t{index}{{display:block}}{chosen} .j{index}{{order:-1;background:var(--mark)}}"
    for rule, number in numbers.items():
        chosen = f"#r{number}:checked~#report"
        yield f"{chosen} .r{number},{chosen} .a{number}{{display:block}}"
        yield f"{chosen} .i{number}{{order:-1;background:var(--mark)}}"
        known = registry().get(rule)
        if known and known.marks:
            fact = f".f-{known.marks.replace(' ', '-')}"
            yield f"{chosen} {fact}{{background:var(--mark);outline:2px solid var(--edge)}}"
    for rank, kind in enumerate(_KINDS):
        yield f"#k{rank}:not(:checked)~#report .{kind}{{display:none}}"
        yield f"#k{rank}:not(:checked)~nav [for=k{rank}]{{text-decoration:line-through;opacity:.6}}"
        yield f"#k{rank}:focus-visible~nav [for=k{rank}]{{outline:2px solid var(--link)}}"
    for ranks in {tuple(sorted({_rank(finding) for finding in findings})) for findings in cards}:
        none = "~".join(f"#k{rank}:not(:checked)" for rank in ranks)
        yield f"{none}~#report .k{''.join(map(str, ranks))}{{display:none!important}}"


def _prose(text: str) -> str:
    paragraphs = "".join(f"<p>{_inline(' '.join(part.split()))}</p>" for part in text.split("\n\n"))
    return re.sub(r"<p>(Why it matters|Instead):", r"<p><b>\1:</b>", paragraphs)


def _inline(text: str) -> str:
    """Escaped text; what stands in backticks is code."""
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", _text(text))


def _text(text: str) -> str:
    return escape(printable(text))


def _asset(name: str) -> str:
    return files("policygen.report").joinpath("assets", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"

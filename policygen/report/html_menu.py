"""The menu of the HTML report: filters by rule, topic and severity in pure CSS."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from policygen.audit.rule import TOPICS, AboutAccounts
from policygen.finding import Finding, Result, Severity
from policygen.report import Report, count

KINDS = (*map(str, Severity), "unknown", "accepted", "pass")
"""The kinds of findings to filter by: failures by severity, and the other results."""

Card = Sequence[Finding]
"""The findings about one entity or policy."""


def kind(finding: Finding) -> str:
    """One of KINDS."""
    return str(finding.severity) if finding.fails else str(finding.result)


def rank(finding: Finding) -> int:
    """The position in KINDS, 0 for the worst."""
    return KINDS.index(kind(finding))


@dataclass(frozen=True)
class Menu:
    """Every rule and topic of a report, with the number used in its classes and inputs (`r3`, `t1`)."""

    report: Report
    cards: Sequence[Card]
    rules: Mapping[str, int]
    topics: Mapping[str, int]
    by_topic: Mapping[str, Sequence[str]]

    def topic(self, rule: str) -> int:
        """The number of the rule's topic."""
        return self.topics[_topic(self.report, rule)]


def menu_of(report: Report, cards: Sequence[Card]) -> Menu:
    """The menu of a report: the rules that ran and those that found something."""
    by_topic: dict[str, list[str]] = {}
    rules = dict.fromkeys([*report.results, *(finding.rule for finding in report.findings)])
    for rule in rules:
        by_topic.setdefault(_topic(report, rule), []).append(rule)
    return Menu(report, cards, _numbered(rules), _numbered(by_topic), by_topic)


def _numbered(names: Mapping[str, object]) -> dict[str, int]:
    return {name: number for number, name in enumerate(names)}


def _topic(report: Report, rule: str) -> str:
    known = report.rules.get(rule)
    return TOPICS.get(known.group, known.group.replace("-", " ").capitalize()) if known else "Exceptions"


def inputs(menu: Menu) -> Iterator[str]:
    """The inputs whose state the CSS reads. They come first, since `~` only selects later siblings."""
    yield from (f'<input type="checkbox" id="k{rank}" checked>' for rank in _counted(menu.report))
    yield '<input type="radio" name="rule" id="all" checked>'
    for topic, rules in menu.by_topic.items():
        yield f'<input type="radio" name="rule" id="t{menu.topics[topic]}">'
        yield from (f'<input type="radio" name="rule" id="r{menu.rules[rule]}">' for rule in rules)


def _counted(report: Report) -> dict[int, int]:
    """How many findings there are of each kind, by rank; kinds without findings are left out."""
    return dict(sorted(Counter(map(rank, report.findings)).items()))


def navigation(menu: Menu) -> Iterator[str]:
    """An entry for every kind of finding, and one for every topic and its rules, with badges."""
    worst: dict[str, int] = {}
    for finding in menu.report.violations:
        worst[finding.rule] = min(rank(finding), worst.get(finding.rule, len(KINDS)))
    yield '<nav aria-label="Rules" tabindex="0">\n<div class="kinds">'
    for index, number in _counted(menu.report).items():
        name = KINDS[index].replace("-", " ")
        yield f'<label for="k{index}" class="kind {KINDS[index]}">{name} <b>{number}</b></label>'
    yield f'</div>\n<label for="all" class="rule"><span>Everything</span><b>{len(menu.cards)}</b></label>\n'
    for topic, rules in menu.by_topic.items():
        head = f"<span>{escape(topic)}</span>{_badge(menu.report, rules, worst)}"
        yield f'<label for="t{menu.topics[topic]}" class="rule topic">{head}</label>\n'
        for rule in rules:
            entry = f"<span>{escape(rule)}</span>{_badge(menu.report, [rule], worst)}"
            yield f'<label for="r{menu.rules[rule]}" class="rule">{entry}</label>\n'
    yield "</nav>\n"


def _badge(report: Report, rules: Sequence[str], worst: Mapping[str, int]) -> str:
    """The number of failures, in the colour of the worst; without failures, `?` if anything is unknown."""
    counted = sum((Counter(report.results.get(rule, {})) for rule in rules), Counter[Result]())
    failed, unsure = counted[Result.FAIL], counted[Result.UNKNOWN]
    index = min((worst[rule] for rule in rules if rule in worst), default=0)
    colour, badge = (KINDS[index], str(failed)) if failed else ("unknown", "?") if unsure else ("pass", "✓")
    if not counted.total():
        colour, badge = "unknown", "–"  # there was nothing to check
    words = f"{failed} of {counted.total()} fail" if report.audit else count(failed, "findings")
    return f'<b class="{colour}" title="{words}{f", {unsure} unknown" if unsure else ""}">{badge}</b>'


def style(menu: Menu) -> Iterator[str]:
    """The CSS behind the menu: a selected rule shows its entities, and highlights its findings and the fact it checks.

    Every selector ends in a class of its own, so that browsers match each card only against the classes it has.
    """
    radios = ["all", *(f"r{number}" for number in menu.rules.values()), *(f"t{n}" for n in menu.topics.values())]
    for name in radios:
        yield f"#{name}:checked~nav [for={name}]{{background:var(--card);box-shadow:inset 3px 0 var(--link)}}"
        yield f"#{name}:focus-visible~nav [for={name}]{{outline:2px solid var(--link)}}"
    for index in menu.topics.values():
        chosen = f"#t{index}:checked~#report"
        yield f"{chosen} .t{index}{{display:block}}{chosen} .j{index}{{order:-1;background:var(--mark)}}"
    for rule, number in menu.rules.items():
        chosen = f"#r{number}:checked~#report"
        yield f"{chosen} .r{number},{chosen} .a{number}{{display:block}}"
        yield f"{chosen} .i{number}{{order:-1;background:var(--mark)}}"
        known = menu.report.rules.get(rule)
        if known and isinstance(known.about, AboutAccounts) and known.about.marks:
            fact = f".f-{known.about.marks.replace(' ', '-')}"
            yield f"{chosen} {fact}{{background:var(--mark);outline:2px solid var(--edge)}}"
    for index, name in enumerate(KINDS):
        yield f"#k{index}:not(:checked)~#report .{name}{{display:none}}"
        yield f"#k{index}:not(:checked)~nav [for=k{index}]{{text-decoration:line-through;opacity:.6}}"
        yield f"#k{index}:focus-visible~nav [for=k{index}]{{outline:2px solid var(--link)}}"
    for ranks in {tuple(sorted({rank(finding) for finding in findings})) for findings in menu.cards}:
        none = "~".join(f"#k{index}:not(:checked)" for index in ranks)
        yield f"{none}~#report .k{''.join(map(str, ranks))}{{display:none!important}}"

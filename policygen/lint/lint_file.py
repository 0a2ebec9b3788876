"""Lint one file: run the rules on each of its policies, and on those of each identity together."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from policygen.access.budget import too_much
from policygen.errors import MissingLibraryError, PolicygenError
from policygen.finding import Finding
from policygen.lint.escalation.findings import across
from policygen.lint.linter import in_order, lint
from policygen.lint.notices import not_a_policy_finding, syntax_finding, too_long_finding
from policygen.lint.quotas import exceeding, exceeding_together
from policygen.lint.rule import Rule
from policygen.lint.settings import Scope
from policygen.loader.found import Found
from policygen.loader.near_misses import near_misses
from policygen.loader.paths import Input, Problem, read
from policygen.loader.policies import load
from policygen.loader.terraform_folder import TerraformFolder
from policygen.policy.model import Kind, Policy
from policygen.policy.source import JsonSyntaxError, Source
from policygen.reference.quotas import longest_document
from policygen.rule.rule import RuleFailedError


@dataclass(frozen=True)
class LintedFile:
    """The result of linting one file."""

    file: str
    format: str = ""
    """What it was read as: `JSON`, `CloudFormation`; "" where it could not be read."""
    findings: tuple[Finding, ...] = ()
    policies: int = 0
    unknown: int = 0
    """Values and whole policies that are known only when a template is deployed, and were not judged."""
    problems: tuple[Problem, ...] = ()
    by_folder: frozenset[Kind] = frozenset()
    """The kinds that policies were taken for because of the name of their folder."""
    source: Source | None = None
    """The text of the file, if it has findings to show."""


def lint_file(item: Input, scope: Scope) -> LintedFile:
    """Lint a file with the rules of a scope; problems are part of the result."""
    source = None
    try:
        source = read(item)
        folder = None if item.alone else TerraformFolder(item.file)
        loaded = load(source, scope.kind, scope.previews, folder)
        missed = [not_a_policy_finding(miss, source) for miss in near_misses(source)] if loaded.is_json else []
    except JsonSyntaxError as error:
        return LintedFile(item.file, findings=(syntax_finding(error, source),), source=source)
    except MissingLibraryError as error:
        return LintedFile(item.file, problems=(Problem(str(error), fails=item.named),))
    except PolicygenError as error:
        return LintedFile(item.file, problems=(Problem(str(error)),))
    found = loaded.policies
    longest = longest_document("any-service")
    too_long = [(source.tree or len(source.text) > longest) and policy.size > longest for policy in found]
    findings = missed + [syntax_finding(error, source) for error in loaded.broken]
    findings += [too_long_finding(policy) for policy, refused in zip(found, too_long, strict=True) if refused]
    held = [policy for policy, refused in zip(found, too_long, strict=True) if not refused]
    problems = [_undecided(item.file, source, one) for one in loaded.undecided]
    # with a given place, `exceeding` measures each policy instead of these rules
    rules = [rule for rule in scope.rules if not (scope.place and _measures(rule))]
    for policy in held:
        try:
            findings += lint(policy, rules)
        except RuleFailedError:
            findings += _one_by_one(policy, rules, problems)
    if source.tree:
        findings = _once(findings)
    findings += _of_owners([policy for policy in held if not too_much(policy)], scope)
    text = Source(source.text, source.file) if findings else None  # without the parsed data, as there are many
    unknown = sum(len(policy.unknown) for policy in held) + len(loaded.undecided)
    return LintedFile(
        item.file,
        loaded.format,
        tuple(in_order(findings)),
        len(found),
        unknown,
        tuple(problems),
        loaded.by_folder,
        text,
    )


def _once(findings: Sequence[Finding]) -> list[Finding]:
    """Each finding once, though several policies may share its place: an alias of YAML, a document with two uses."""
    return list({(f.rule, f.message, f.line, f.column, f.pointer): f for f in reversed(findings)}.values())


def _undecided(file: str, source: Source, found: Found) -> Problem:
    line, column, *_ = source.span(found.pointer)
    what = f"the policy `{found.name}`" if found.name else "a policy"
    return Problem(
        f"{file}:{line}:{column}: {what} is known only at deployment, so it was not judged", False, line, column
    )


def _measures(rule: Rule) -> bool:
    return rule.group == "quotas" or rule.id.startswith("policy-size-exceeds-")


def _one_by_one(policy: Policy, rules: Sequence[Rule], problems: list[Problem]) -> list[Finding]:
    """The findings of the rules that do not fail; those that do are added to the problems."""
    findings: list[Finding] = []
    for rule in rules:
        try:
            findings += lint(policy, [rule])
        except RuleFailedError as error:
            problems.append(Problem(f"{error}; this is a bug in policygen, please report it"))
    return findings


def _of_owners(policies: Sequence[Policy], scope: Scope) -> list[Finding]:
    """What the policies of each owner in a file allow together, and whether they exceed a quota."""
    owned: dict[str, list[Policy]] = {}
    for policy in policies:
        if policy.name.startswith(("user/", "group/", "role/")):
            owned.setdefault("/".join(policy.name.split("/")[:2]), []).append(policy)
    found = [finding for held in owned.values() if len(held) > 1 for finding in across(held)]
    return _selected([*found, *exceeding(policies, scope.place)], scope)


def lint_held(policies: Sequence[Policy], scope: Scope) -> list[Finding]:
    """The escalation paths that the policies of one identity only open together, and the quotas that they exceed."""
    found = across(policies)
    return _selected([*found, *exceeding_together(policies, scope.place)] if scope.place else found, scope)


def _selected(findings: Sequence[Finding], scope: Scope) -> list[Finding]:
    """The findings of the rules in a scope, with the severities they have in it."""
    severities = {rule.id: rule.severity for rule in scope.rules} if findings else {}
    return [replace(f, severity=severities[f.rule]) for f in findings if f.rule in severities]

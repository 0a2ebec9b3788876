"""What the owner decided: which rules run, how strict they are, and what is accepted (`[audit]` and `[[accept]]`)."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from policygen.audit.rule import Rule
from policygen.audit.rules import registry
from policygen.audit.strategy import Carried, Category, Strategy
from policygen.errors import PolicygenError, did_you_mean
from policygen.finding import Severity
from policygen.lint.notices import every_rule
from policygen.manifest.model import Group, Manifest
from policygen.rule.accept import Acceptance, read_acceptances
from policygen.rule.select import ids, names, select


@dataclass(frozen=True, slots=True)
class Chosen:
    """A rule to run, with what the owner made of it."""

    id: str
    severity: Severity
    parameters: Mapping[str, Any]

    @property
    def rule(self) -> Rule:
        """The rule itself; findings and settings travel between processes without it."""
        return registry()[self.id]


@dataclass(frozen=True)
class Settings:
    """Everything that an audit is told. `carried` is what the manifest's groups carry: account id, group, policies."""

    chosen: tuple[Chosen, ...]
    common_groups: tuple[str, ...] = ()
    categories: tuple[Category, ...] = ()
    exempt: frozenset[str] = frozenset()
    carried: Mapping[str, Mapping[str, tuple[Carried, ...]]] = field(default_factory=dict)
    acceptances: tuple[Acceptance, ...] = ()

    def strategy(self, account: str | None) -> Strategy:
        """The strategy for the account of an id."""
        return Strategy(self.common_groups, self.categories, self.exempt, self.carried.get(account or "", {}))

    def told(self, chosen: Chosen) -> dict[str, Any]:
        """What a rule is told beside the snapshot, as JSON: two results compare only where this is the same."""
        told: dict[str, Any] = {**chosen.rule.parameters, **chosen.parameters}
        if chosen.rule.group in ("membership", "common-groups", "groups"):
            said = {name: sorted(map(repr, groups.items())) for name, groups in self.carried.items()}
            digest = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
            told |= {"common_groups": self.common_groups, "exempt": sorted(self.exempt), "carried": digest}
            told["categories"] = [[category.group, *category.patterns] for category in self.categories]
        plain: dict[str, Any] = json.loads(json.dumps(told))
        return plain


def settings(
    manifest: Manifest | None = None,
    *,
    common_groups: Sequence[str] = (),
    categories: Sequence[Category] = (),
    selected: Sequence[str] = (),
    ignored: Sequence[str] = (),
) -> Settings:
    """The settings of a manifest; arguments win over it, and `ignored` adds to it.

    Raises PolicygenError, with `file:line`, for names, types and dates that are not what they should be.
    """
    table: Mapping[str, Any] = manifest.source.data.get("audit", {}) if manifest else {}
    groups = manifest.groups if manifest else ()
    where = _Place(manifest)
    own = _rulesets(table.get("rulesets", {}), where)
    wanted = _rules(selected, own, _Place(None)) or _rules(table.get("select", ()), own, where, "/select")
    unwanted = _rules(ignored, own, _Place(None)) | _rules(table.get("ignore", ()), own, where, "/ignore")
    tuned = _tuned(table.get("rules", {}), where)
    chosen = (
        Chosen(rule.id, *tuned.get(rule.id, (rule.severity, {})))
        for rule in select(registry(), wanted, unwanted, tuned)
    )
    return Settings(
        tuple(chosen),
        tuple(common_groups or (group.name for group in groups if group.common)),
        tuple(categories or _categories(groups)),
        frozenset(name.lower() for name in manifest.exempt) if manifest else frozenset(),
        _carried(manifest) if manifest else {},
        tuple(_acceptances(manifest)) if manifest else (),
    )


def _categories(groups: Iterable[Group]) -> list[Category]:
    """The manifest's categories; the default one takes users that no pattern matches, so it comes last."""
    named = [Category(group.name, group.category) for group in groups if group.category]
    return named + [Category(group.name, (*group.category, "*")) for group in groups if group.default_category]


@dataclass(frozen=True)
class _Place:
    """The manifest that a mistake is in; None if it was made on the command line."""

    manifest: Manifest | None

    def error(self, pointer: str, message: str) -> PolicygenError:
        return self.manifest.source.error(f"/audit{pointer}", message) if self.manifest else PolicygenError(message)


def _rulesets(table: Mapping[str, Sequence[str]], where: _Place) -> dict[str, frozenset[str]]:
    """The owner's rulesets; each may name those before it."""
    sets: dict[str, frozenset[str]] = {}
    for name, members in table.items():
        if name in names(registry()):
            raise where.error(
                f"/rulesets/{name}", f"`{name}` is a rule, topic or ruleset of policygen; take another name"
            )
        sets[name] = _rules(members, sets, where, f"/rulesets/{name}")
    return sets


def _rules(given: Iterable[str], own: Mapping[str, frozenset[str]], where: _Place, pointer: str = "") -> frozenset[str]:
    """The ids of the rules that names of rules, topics and rulesets mean."""
    try:
        return ids(given, registry(), own)
    except PolicygenError as error:
        raise where.error(pointer, str(error)) from None


def _tuned(table: Mapping[str, Mapping[str, Any]], where: _Place) -> dict[str, tuple[Severity, dict[str, Any]]]:
    tuned = {}
    for id, given in table.items():  # noqa: A001
        if id not in registry():
            raise where.error(f"/rules/{id}", f"there is no rule `{id}`{did_you_mean(id, registry())}")
        rule = registry()[id]
        parameters = {key: value for key, value in given.items() if key != "severity"}
        for key, value in parameters.items():
            parameters[key] = _parameter(rule, key, value, where)
        tuned[id] = (Severity(given.get("severity", rule.severity)), parameters)
    return tuned


def _parameter(rule: Rule, key: str, value: Any, where: _Place) -> Any:
    pointer = f"/rules/{rule.id}/{key}"
    if key not in rule.parameters:
        known = did_you_mean(key, rule.parameters) or (
            f" (it has {', '.join(f'`{name}`' for name in rule.parameters)})" if rule.parameters else " (it has none)"
        )
        raise where.error(pointer, f"rule `{rule.id}` has no parameter `{key}`{known}")
    if isinstance(rule.parameters[key], int):
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise where.error(pointer, f"`{key}` must be a whole number, 0 or more")
        return value
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise where.error(pointer, f"`{key}` must be a list of texts")
    return tuple(value)


def _acceptances(manifest: Manifest) -> Iterator[Acceptance]:
    """The manifest's acceptances of findings about accounts, which are named by their ids."""
    accounts = {account.name: account.id for account in manifest.accounts}
    entries = manifest.source.data.get("accept", ())
    for at, one in read_acceptances(entries, manifest.source, manifest.folder, registry(), every_rule):
        if one.account not in ("", *accounts, *accounts.values()):
            hint = did_you_mean(one.account, accounts)
            raise manifest.source.error(f"{at}/account", f"there is no account `{one.account}`{hint}")
        if not one.owner:
            raise manifest.source.error(at, f"nobody answers for `{one.rule}` on `{one.where}`; add an `owner`")
        if one.actions:
            problem = f"`{one.rule}` is not about a set of actions; remove `actions`"
            raise manifest.source.error(f"{at}/actions", problem)
        yield replace(one, account=accounts.get(one.account, one.account), of_account=True)


def _carried(manifest: Manifest) -> dict[str, dict[str, tuple[Carried, ...]]]:
    """What each group of the manifest carries, by account id and group name in lower case."""
    from policygen.manifest.carried import carried

    found: dict[str, dict[str, tuple[Carried, ...]]] = {}
    for policy in carried(manifest, lambda _account, _group, name: name, check=False):
        recipe, document = policy.rendered.recipe, policy.rendered.policy.document
        arn = document["PolicyArn"] if recipe.kind == "managed" else ""
        groups = found.setdefault(policy.account.id, {})
        one = Carried(recipe.name, None if arn else document, arn)
        groups[policy.group.name.lower()] = (*groups.get(policy.group.name.lower(), ()), one)
    return found

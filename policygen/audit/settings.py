"""Which rules run, their severities and parameters, and what is accepted (`[audit]` and `[[accept]]`)."""

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
from policygen.manifest.model import Manifest
from policygen.manifest.places import Group
from policygen.rule.accept import Acceptance, read_acceptances
from policygen.rule.select import ids, names, select


@dataclass(frozen=True, slots=True)
class Chosen:
    """A rule to run, with its severity and parameters."""

    id: str
    severity: Severity
    parameters: Mapping[str, Any]

    @property
    def rule(self) -> Rule:
        """The rule itself, which is not sent to other processes."""
        return registry()[self.id]


@dataclass(frozen=True)
class Settings:
    """The settings of an audit. `carried`: account id → group → the policies that the manifest gives it."""

    chosen: tuple[Chosen, ...]
    common_groups: tuple[str, ...] = ()
    categories: tuple[Category, ...] = ()
    exempt: frozenset[str] = frozenset()
    carried: Mapping[str, Mapping[str, tuple[Carried, ...]]] = field(default_factory=dict)
    acceptances: tuple[Acceptance, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    """Account id → its name in the manifest."""

    def strategy(self, account: str | None) -> Strategy:
        """The strategy for the account with this id."""
        return Strategy(self.common_groups, self.categories, self.exempt, self.carried.get(account or "", {}))

    def told(self, chosen: Chosen) -> dict[str, Any]:
        """All options of a rule, as JSON: results can only be compared if they are the same."""
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
    """The settings of a manifest; arguments override it, and `ignored` adds to it.

    Raises PolicygenError, with `file:line`, for invalid names, types and dates.
    """
    table: Mapping[str, Any] = manifest.source.data.get("audit", {}) if manifest else {}
    groups = manifest.groups if manifest else ()
    own = _rulesets(table.get("rulesets", {}), manifest)
    wanted = _rules(selected, own) or _rules(table.get("select", ()), own, manifest, "/select")
    unwanted = _rules(ignored, own) | _rules(table.get("ignore", ()), own, manifest, "/ignore")
    tuned = _tuned(table.get("rules", {}), manifest)
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
        {account.id: account.name for account in manifest.accounts} if manifest else {},
    )


def _categories(groups: Iterable[Group]) -> list[Category]:
    """The manifest's categories; the default one takes the users that no pattern matches, so it comes last."""
    named = [Category(group.name, group.category) for group in groups if group.category]
    return named + [Category(group.name, (*group.category, "*")) for group in groups if group.default_category]


def _error(manifest: Manifest | None, pointer: str, message: str) -> PolicygenError:
    """A mistake in `[audit]`, or on the command line if there is no manifest."""
    return manifest.source.error(f"/audit{pointer}", message) if manifest else PolicygenError(message)


def _rulesets(table: Mapping[str, Sequence[str]], manifest: Manifest | None) -> dict[str, frozenset[str]]:
    """The manifest's rulesets; each can name those before it."""
    sets: dict[str, frozenset[str]] = {}
    for name, members in table.items():
        if name in names(registry()):
            message = f"`{name}` is a rule, topic or ruleset of policygen; choose another name"
            raise _error(manifest, f"/rulesets/{name}", message)
        sets[name] = _rules(members, sets, manifest, f"/rulesets/{name}")
    return sets


def _rules(
    given: Iterable[str], own: Mapping[str, frozenset[str]], manifest: Manifest | None = None, pointer: str = ""
) -> frozenset[str]:
    """The ids of the rules in the given rules, topics and rulesets."""
    try:
        return ids(given, registry(), own)
    except PolicygenError as error:
        raise _error(manifest, pointer, str(error)) from None


def _tuned(
    table: Mapping[str, Mapping[str, Any]], manifest: Manifest | None
) -> dict[str, tuple[Severity, dict[str, Any]]]:
    tuned = {}
    for id, given in table.items():  # noqa: A001
        if id not in registry():
            raise _error(manifest, f"/rules/{id}", f"there is no rule `{id}`{did_you_mean(id, registry())}")
        rule = registry()[id]
        parameters = {key: _parameter(rule, key, given[key], manifest) for key in given if key != "severity"}
        tuned[id] = (Severity(given.get("severity", rule.severity)), parameters)
    return tuned


def _parameter(rule: Rule, key: str, value: Any, manifest: Manifest | None) -> Any:
    pointer = f"/rules/{rule.id}/{key}"
    if key not in rule.parameters:
        known = did_you_mean(key, rule.parameters) or (
            f" (it has {', '.join(f'`{name}`' for name in rule.parameters)})" if rule.parameters else " (it has none)"
        )
        raise _error(manifest, pointer, f"rule `{rule.id}` has no parameter `{key}`{known}")
    if isinstance(rule.parameters[key], int):
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise _error(manifest, pointer, f"`{key}` must be a whole number, 0 or more")
        return value
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _error(manifest, pointer, f"`{key}` must be a list of strings")
    return tuple(value)


def _acceptances(manifest: Manifest) -> Iterator[Acceptance]:
    """The manifest's acceptances of findings about accounts, with the ids of the accounts."""
    accounts = {account.name: account.id for account in manifest.accounts}
    entries = manifest.source.data.get("accept", ())
    own = {entry["id"] for entry in manifest.source.data.get("rule", ())}
    for at, one in read_acceptances(
        entries, manifest.source, manifest.folder, registry(), lambda: {*every_rule(), *own}
    ):
        if one.account not in ("", *accounts, *accounts.values()):
            hint = did_you_mean(one.account, accounts)
            raise manifest.source.error(f"{at}/account", f"there is no account `{one.account}`{hint}")
        if not one.owner:
            raise manifest.source.error(at, f"nobody answers for `{one.rule}` on `{one.where}`; add an `owner`")
        if one.actions:
            message = f"`{one.rule}` is not about a set of actions; remove `actions`"
            raise manifest.source.error(f"{at}/actions", message)
        yield replace(one, account=accounts.get(one.account, one.account), of_account=True)


def _carried(manifest: Manifest) -> dict[str, dict[str, tuple[Carried, ...]]]:
    """Account id → group name in lower case → the policies that the manifest gives it."""
    from policygen.manifest.carried import carried

    found: dict[str, dict[str, tuple[Carried, ...]]] = {}
    for policy in carried(manifest, lambda wanted, _: wanted.instance.name, check=False):
        if policy.account is None or not isinstance(policy.place, Group):
            continue
        recipe, document = policy.rendered.recipe, policy.rendered.policy.document
        arn = document["PolicyArn"] if recipe.kind == "managed" else ""
        groups = found.setdefault(policy.account.id, {})
        one = Carried(policy.instance.name, None if arn else document, arn)
        groups[policy.place.name.lower()] = (*groups.get(policy.place.name.lower(), ()), one)
    return found

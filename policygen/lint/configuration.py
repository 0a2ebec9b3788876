"""Read the settings of `lint` from the tables `lint` and `accept` of the configuration file."""

import os
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from policygen.configuration import configuration_files, read_configuration
from policygen.errors import PolicygenError
from policygen.finding import Severity
from policygen.lint.notices import every_rule
from policygen.lint.rule import Rule
from policygen.lint.settings import PathSettings, Settings, Severities
from policygen.loader.gitignore import path_patterns
from policygen.policy.model import Kind, escape
from policygen.policy.previews import Previews
from policygen.rule.accept import Acceptance, read_acceptances
from policygen.rule.select import ids, names

if TYPE_CHECKING:
    from policygen.toml import TomlSource

AccountRules = Callable[[], Container[str]]
_TABLES = ("lint", "rule", "accept")


def find_settings(
    account_rules: AccountRules | None = None, start: Path | None = None, top: Path | None = None
) -> Settings:
    """The settings of the nearest configuration file that contains any, or the defaults.

    It is looked for from `start`, or the current folder, up to `top`. Raises PolicygenError as `read_settings` does.
    """
    files = list(configuration_files(start, top))
    for number, path in enumerate(files):
        settings = read_settings(path, account_rules)
        if settings:
            _refuse_second(files[number + 1 :], path)
            return settings
    return Settings()


def _refuse_second(others: Sequence[Path], read: Path) -> None:
    """Raise PolicygenError if another file of the same folder contains settings, too, which nobody would read."""
    for path in others[:1]:
        if path.parent == read.parent:
            source = read_configuration(path, os.path.relpath(path))
            for table in source.data:
                message = f"`{table}` is not read, since {read.name} next to it has settings; move it there"
                raise source.error(f"/{table}", message)


def read_settings(path: Path, account_rules: AccountRules | None = None) -> Settings | None:
    """The settings in a file; None if it does not contain any.

    `account_rules` returns the ids of the rules about accounts, which an `[[accept]]` can name, too; if it is None, any
    unknown name is taken for one. Raises PolicygenError with `file:line` if the settings are not valid.
    """
    source = read_configuration(path, os.path.relpath(path))
    tables = {name: source.data[name] for name in _TABLES if name in source.data}
    return _Reader(source, path.parent.absolute(), account_rules).settings(tables) if tables else None


class _Reader:
    """Reads one file; each error names the line that it is about."""

    def __init__(self, source: "TomlSource", folder: Path, account_rules: AccountRules | None) -> None:
        self.source, self.folder, self.account_rules = source, folder, account_rules

    def settings(self, tables: Mapping[str, Any]) -> Settings:
        from policygen.policy.schema import violations

        for pointer, message in violations("lint-settings", tables):
            raise self.source.error(pointer, message)
        lint = tables.get("lint", {})
        previews = Previews(frozenset(lint.get("extra_actions", ())), frozenset(lint.get("extra_services", ())))
        own = self._own(tables.get("rule", ()), previews)
        self.rules = {**every_rule(), **{rule.id: rule for rule in own}}
        return Settings(
            folder=self.folder,
            select=self._names(lint, "select", "/lint"),
            ignore=self._names(lint, "ignore", "/lint"),
            severity=self._severities(lint, "/lint"),
            fail_on=Severity(lint.get("fail_on", Settings.fail_on)),
            exclude=(path_patterns(self.folder, lint.get("exclude", ())),),
            previews=previews,
            paths=tuple(self._path(pattern, table) for pattern, table in lint.get("per_path", {}).items()),
            acceptances=tuple(self._acceptances(tables.get("accept", ()))),
            own=own,
        )

    def _own(self, entries: Sequence[Mapping[str, Any]], previews: Previews) -> tuple[Rule, ...]:
        if not entries:
            return ()
        from policygen.lint.own_rules import read_rules  # imports the comparer

        accounts = self.account_rules() if self.account_rules else ()
        taken = {*names(every_rule()), *(entry["id"] for entry in entries if entry["id"] in accounts)}
        return read_rules(entries, self.source, taken, previews)

    def _names(self, table: Mapping[str, Any], key: str, at: str) -> tuple[str, ...]:
        for name in table.get(key, ()):
            self._check_name(name, f"{at}/{key}")
        return tuple(table.get(key, ()))

    def _check_name(self, name: str, at: str) -> None:
        try:
            ids((name,), self.rules)
        except PolicygenError as error:
            raise self.source.error(at, str(error)) from None

    def _severities(self, table: Mapping[str, Any], at: str) -> Severities:
        for name in table.get("severity", {}):
            self._check_name(name, f"{at}/severity/{escape(name)}")
        return tuple((name, Severity(value)) for name, value in table.get("severity", {}).items())

    def _path(self, pattern: str, table: Mapping[str, Any]) -> PathSettings:
        at = f"/lint/per_path/{escape(pattern)}"
        ignored, kind = self._names(table, "ignore", at), table.get("type")
        patterns = path_patterns(self.folder, [pattern])
        severity = self._severities(table, at)
        return PathSettings(patterns, ignored, severity, Kind(kind) if kind else None, table.get("for"))

    def _acceptances(self, entries: Sequence[Mapping[str, Any]]) -> Iterator[Acceptance]:
        accounts = self.account_rules() if self.source.root and self.account_rules and entries else ()
        for number, entry in enumerate(entries):
            if entry["rule"] in accounts:
                message = f"`{entry['rule']}` is about accounts, and `audit` only reads policygen.toml; move it there"
                raise self.source.error(f"/accept/{number}", message)
        for at, acceptance in read_acceptances(entries, self.source, self.folder, self.rules, self.account_rules):
            if acceptance.account:
                problem = f"`{acceptance.rule}` is about policies in files, not about accounts; remove `account`"
                raise self.source.error(f"{at}/account", problem)
            yield acceptance

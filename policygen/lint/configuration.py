"""The settings of `lint` from the tables `lint` and `accept` of the configuration file."""

import os
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from policygen.configuration import configuration_files, read_configuration
from policygen.errors import PolicygenError, did_you_mean
from policygen.finding import Severity
from policygen.lint.notices import every_rule
from policygen.lint.settings import PathSettings, Settings, Severities
from policygen.loader.gitignore import path_patterns
from policygen.policy.model import Kind, escape
from policygen.policy.previews import Previews
from policygen.rule.accept import Acceptance
from policygen.rule.select import ids

if TYPE_CHECKING:
    from policygen.toml import TomlSource

_TABLES = ("lint", "accept")


def find_settings() -> Settings:
    """The settings of the nearest configuration file that contains any; the defaults if there is none.

    Raises PolicygenError as `read_settings`.
    """
    return next(filter(None, map(read_settings, configuration_files())), Settings())


def read_settings(path: Path) -> Settings | None:
    """The settings in a file, None if it contains none.

    Raises PolicygenError with `file:line` for whatever is wrong with it.
    """
    source = read_configuration(path, os.path.relpath(path))
    tables = {name: source.data[name] for name in _TABLES if name in source.data}
    return _Reader(source, path.parent.absolute()).settings(tables) if tables else None


class _Reader:
    """Reads one file; each error names the line that it is about."""

    def __init__(self, source: "TomlSource", folder: Path) -> None:
        self.source, self.folder = source, folder

    def settings(self, tables: Mapping[str, Any]) -> Settings:
        from policygen.policy.schema import violations

        for pointer, message in violations("lint-settings", tables):
            raise self.source.error(pointer, message)
        lint = tables.get("lint", {})
        return Settings(
            folder=self.folder,
            select=self._names(lint, "select", "/lint"),
            ignore=self._names(lint, "ignore", "/lint"),
            severity=self._severities(lint, "/lint"),
            fail_on=Severity(lint.get("fail_on", Settings.fail_on)),
            exclude=(path_patterns(self.folder, lint.get("exclude", ())),),
            previews=Previews(frozenset(lint.get("extra_actions", ())), frozenset(lint.get("extra_services", ()))),
            paths=tuple(self._path(pattern, table) for pattern, table in lint.get("per_path", {}).items()),
            acceptances=tuple(self._acceptance(n, entry) for n, entry in enumerate(tables.get("accept", ()))),
        )

    def _names(self, table: Mapping[str, Any], key: str, at: str) -> tuple[str, ...]:
        for name in table.get(key, ()):
            self._check_name(name, f"{at}/{key}")
        return tuple(table.get(key, ()))

    def _check_name(self, name: str, at: str) -> None:
        try:
            ids((name,), every_rule())
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

    def _acceptance(self, number: int, entry: Mapping[str, Any]) -> Acceptance:
        at = f"/accept/{number}"
        if entry["rule"] not in (known := every_rule()):
            raise self.source.error(
                f"{at}/rule", f"no rule is called `{entry['rule']}`{did_you_mean(entry['rule'], known)}"
            )
        until = entry.get("until")
        if until is not None and (not isinstance(until, date) or isinstance(until, datetime)):
            raise self.source.error(f"{at}/until", f"until must be a date without quotes, `2027-01-31`, not `{until}`")
        return Acceptance.of(entry, self.source.file, self.source.line(at))

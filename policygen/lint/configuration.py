"""Settings from a file: the tables `lint` and `accept` of policygen.toml, or of [tool.policygen] in pyproject.toml."""

import os
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from policygen.errors import PolicygenError, did_you_mean
from policygen.finding import Severity
from policygen.lint.accept import Acceptance
from policygen.lint.notice import every_rule
from policygen.lint.select import check_name
from policygen.lint.settings import PathSettings, Settings, Severities
from policygen.loader.gitignore import path_patterns
from policygen.policy.model import Kind, escape
from policygen.policy.previews import Previews

if TYPE_CHECKING:
    from policygen.toml import TomlSource

FILES = ("policygen.toml", "pyproject.toml")
_TABLES = ("lint", "accept")


def find_settings() -> Settings:
    """The settings of the nearest policygen.toml or pyproject.toml that has any, from here up to the repository's top.

    Raises PolicygenError with `file:line` for whatever is wrong with it.
    """
    for folder in (Path.cwd(), *Path.cwd().parents):
        for name in FILES:
            if (folder / name).is_file() and (settings := read_settings(folder / name)):
                return settings
        if (folder / ".git").exists():
            break
    return Settings()


def read_settings(path: Path) -> Settings | None:
    """The settings of a file, None where it has none; other tables than ours are for others to read.

    Raises PolicygenError with `file:line` for whatever is wrong with it.
    """
    from policygen.files import read_text

    text = read_text(path)
    if path.name == "pyproject.toml" and "policygen" not in text:  # parsing takes longer than linting a policy
        return None
    from policygen.toml import TomlSource

    source = TomlSource(text, os.path.relpath(path))
    return _Reader(source, path.parent.absolute()).settings()


class _Reader:
    """Reads one file; every complaint gets the line that it is about."""

    def __init__(self, source: "TomlSource", folder: Path) -> None:
        self.source, self.folder = source, folder
        in_pyproject = "/tool/policygen" if source.file.endswith("pyproject.toml") else ""
        self.root, tables = in_pyproject, source.data
        if in_pyproject:
            tool = tables.get("tool")
            tables = tool.get("policygen", {}) if isinstance(tool, dict) else {}
        self.tables: dict[str, Any] = tables if isinstance(tables, dict) else {}

    def settings(self) -> Settings | None:
        known = self._known()
        for name in self.tables:
            if name not in known:
                raise self.error(f"/{escape(name)}", f"`{name}` does not belong here{did_you_mean(name, known)}")
        ours = {name: self.tables[name] for name in _TABLES if name in self.tables}
        if not ours:
            return None
        self._check_shape(ours)
        lint = ours.get("lint", {})
        return Settings(
            folder=self.folder,
            select=self._names(lint, "select", "/lint"),
            ignore=self._names(lint, "ignore", "/lint"),
            severity=self._severities(lint, "/lint"),
            fail_on=Severity(lint.get("fail_on", Settings.fail_on)),
            exclude=(path_patterns(self.folder, lint.get("exclude", ())),),
            previews=Previews(frozenset(lint.get("extra_actions", ())), frozenset(lint.get("extra_services", ()))),
            paths=tuple(self._path(pattern, table) for pattern, table in lint.get("per_path", {}).items()),
            acceptances=tuple(self._acceptance(n, entry) for n, entry in enumerate(ours.get("accept", ()))),
        )

    def error(self, pointer: str, message: str) -> PolicygenError:
        return PolicygenError(f"{self.source.file}:{self.source.line(self.root + pointer)}: {message}")

    def _known(self) -> Iterable[str]:
        if self.root:
            return _TABLES
        from policygen import shipped

        known: Iterable[str] = shipped.schema("policygen")["properties"]
        return known

    def _check_shape(self, ours: Mapping[str, Any]) -> None:
        from policygen.policy.schema import violations

        for pointer, message in violations("lint-settings", ours):
            raise self.error(pointer, message)

    def _names(self, table: Mapping[str, Any], key: str, at: str) -> tuple[str, ...]:
        for name in table.get(key, ()):
            self._check_name(name, f"{at}/{key}")
        return tuple(table.get(key, ()))

    def _check_name(self, name: str, at: str) -> None:
        try:
            check_name(name)
        except PolicygenError as error:
            raise self.error(at, str(error)) from None

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
            raise self.error(f"{at}/rule", f"no rule is called `{entry['rule']}`{did_you_mean(entry['rule'], known)}")
        until = entry.get("until")
        if until is not None and (not isinstance(until, date) or isinstance(until, datetime)):
            raise self.error(f"{at}/until", f"until must be a date without quotes, `2027-01-31`, not `{until}`")
        return Acceptance.of(entry, self.source.file, self.source.line(self.root + at))

"""Quick fixes: the edits of `lint --fix`, for one finding or for all of a document."""

from collections.abc import Iterator, Sequence

from lsprotocol.types import CodeAction, CodeActionKind, Diagnostic, Range, TextEdit, WorkspaceEdit

from policygen.finding import Finding
from policygen.lint.fix import FIXABLE, fix_text
from policygen.loader.policies import parse_text
from policygen.lsp.document import Document
from policygen.lsp.findings import Findings

ALL = f"{CodeActionKind.SourceFixAll.value}.policygen"
"""The kind of the action that fixes the whole document, which editors can run when they save."""


def fixes(document: Document, found: Findings, place: Range) -> Iterator[CodeAction]:
    """The quick fixes for the findings in a range, and one for all findings if there are several."""
    diagnostics = dict(zip(found.findings, found.diagnostics(document), strict=False))
    fixable = [finding for finding in found.findings if finding.rule in FIXABLE]
    for finding in fixable:
        diagnostic = diagnostics[finding]
        if diagnostic.range.start <= place.end and place.start <= diagnostic.range.end:
            yield from _action(document, [finding], f"Fix `{finding.rule}`", CodeActionKind.QuickFix, diagnostic)
    if fixable:
        yield from _action(document, fixable, "Fix all findings of policygen that can be fixed", ALL)


def _action(
    document: Document,
    findings: Sequence[Finding],
    title: str,
    kind: CodeActionKind | str,
    about: Diagnostic | None = None,
) -> Iterator[CodeAction]:
    fixed = fix_text(parse_text(document.text, document.path), findings)
    edits = [TextEdit(document.range(edit.start, edit.end), edit.text) for edit in fixed.edits]
    if edits:
        edit = WorkspaceEdit(changes={document.uri: edits})
        yield CodeAction(title, kind=kind, diagnostics=[about] if about else None, edit=edit)

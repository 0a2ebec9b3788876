"""Quick fixes: the edits of `lint --fix`, for one finding or for all of a document, and names that were mistyped."""

from collections.abc import Iterator, Sequence

from lsprotocol.types import CodeAction, CodeActionKind, Diagnostic, Range, TextEdit, WorkspaceEdit

from policygen.errors import correction
from policygen.finding import Finding
from policygen.lint.fix import FIXABLE, fix_text
from policygen.loader.policies import parse_text
from policygen.lsp.document import Document
from policygen.lsp.findings import Findings

ALL = f"{CodeActionKind.SourceFixAll.value}.policygen"
"""The kind of the action that fixes the whole document, which editors can run when they save."""


def fixes(document: Document, found: Findings, place: Range) -> Iterator[CodeAction]:
    """The quick fixes for the findings in a range, and one for all that can be fixed without a choice."""
    fixable = [finding for finding in found.findings if finding.rule in FIXABLE]
    for finding, diagnostic in zip(found.findings, found.diagnostics(document), strict=False):
        if not (diagnostic.range.start <= place.end and place.start <= diagnostic.range.end):
            continue
        if finding in fixable:
            yield from _action(document, [finding], f"Fix `{finding.rule}`", CodeActionKind.QuickFix, diagnostic)
        yield from _corrected(document, finding, diagnostic)
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


def _corrected(document: Document, finding: Finding, about: Diagnostic) -> Iterator[CodeAction]:
    """The name that the finding suggests, in the place of the one that is written, where that is written once."""
    start, end = document.offset(about.range.start), document.offset(about.range.end)
    written, meant = correction(finding.message) or ("", "")
    if written and document.text.count(written, start, end) == 1:
        at = document.text.index(written, start, end)
        change = TextEdit(document.range(at, at + len(written)), meant)
        edit = WorkspaceEdit(changes={document.uri: [change]})
        yield CodeAction(f"Replace by `{meant}`", kind=CodeActionKind.QuickFix, diagnostics=[about], edit=edit)

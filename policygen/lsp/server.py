"""The server: which function answers which message of the client."""

import asyncio
import os
import sys
from pathlib import Path
from urllib.parse import unquote

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from policygen import __version__
from policygen.lsp.completion import complete
from policygen.lsp.document import Document
from policygen.lsp.findings import find
from policygen.lsp.fixes import ALL, fixes
from policygen.lsp.hover import hover

_PAUSE = 0.2
"""Seconds without a change after which a document is linted."""
_MOST = 2**22
"""Characters of a document; a longer one would be linted for seconds while somebody types."""


def serve() -> None:
    """Talk to one client over stdin and stdout until it says that it is done."""
    # in full, because pygls splits lines of incremental changes where the protocol does not
    server = LanguageServer("policygen", __version__, text_document_sync_kind=types.TextDocumentSyncKind.Full)
    server.feature(types.TEXT_DOCUMENT_DID_OPEN)(_opened)
    server.feature(types.TEXT_DOCUMENT_DID_CHANGE)(_changed)
    server.feature(types.TEXT_DOCUMENT_DID_CLOSE)(_closed)
    server.feature(types.TEXT_DOCUMENT_HOVER)(_hover)
    server.feature(types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=[":"]))(_complete)
    kinds = [types.CodeActionKind.QuickFix, ALL]
    server.feature(types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(code_action_kinds=kinds))(_fixes)
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as stdout:  # pygls closes it
        server.start_io(stdout=stdout)


def _opened(server: LanguageServer, params: types.DidOpenTextDocumentParams) -> None:
    _publish(server, params.text_document.uri)


async def _changed(server: LanguageServer, params: types.DidChangeTextDocumentParams) -> None:
    await asyncio.sleep(_PAUSE)
    document = server.workspace.text_documents.get(unquote(params.text_document.uri))
    if document and document.version == params.text_document.version:
        _publish(server, params.text_document.uri)


def _closed(server: LanguageServer, params: types.DidCloseTextDocumentParams) -> None:
    server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(params.text_document.uri, []))


def _publish(server: LanguageServer, uri: str) -> None:
    document = _document(server, uri)
    if document:
        found = find(document, _folder(server, document))
        version = server.workspace.text_documents[unquote(uri)].version
        server.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(uri, found.diagnostics(document), version)
        )


def _hover(server: LanguageServer, params: types.HoverParams) -> types.Hover | None:
    document = _document(server, params.text_document.uri)
    if document is None:
        return None
    word, start, end = document.word(params.position)
    found = find(document, _folder(server, document))
    text = hover(word, found.at(document, document.offset(params.position)), found.rules)
    content = types.MarkupContent(types.MarkupKind.Markdown, text)
    return types.Hover(content, document.range(start, end)) if text else None


def _complete(server: LanguageServer, params: types.CompletionParams) -> list[types.CompletionItem]:
    document = _document(server, params.text_document.uri)
    return [*complete(document, document.offset(params.position))] if document else []


def _fixes(server: LanguageServer, params: types.CodeActionParams) -> list[types.CodeAction]:
    document = _document(server, params.text_document.uri)
    if document is None:
        return []
    actions = fixes(document, find(document, _folder(server, document)), params.range)
    wanted = [f"{_text(kind)}." for kind in params.context.only or ()]
    return [one for one in actions if not wanted or f"{_text(one.kind)}.".startswith(tuple(wanted))]


def _text(kind: types.CodeActionKind | str | None) -> str:
    """A kind as the protocol writes it; formatting a member of the enumeration gives its name in Python."""
    return kind.value if isinstance(kind, types.CodeActionKind) else kind or ""


def _document(server: LanguageServer, uri: str) -> Document | None:
    """A document that the client has open; None for any other, which is never read from the disk."""
    opened = server.workspace.text_documents.get(unquote(uri))
    if opened is None or len(opened.source) > _MOST:
        return None
    path = to_fs_path(uri) or opened.path
    return Document.of(uri, unquote(path), opened.language_id or "", opened.source, server.workspace.position_codec)


def _folder(server: LanguageServer, document: Document) -> Path | None:
    """The innermost workspace folder that a document is in; None if it is in none."""
    workspace = server.workspace
    uris = [*workspace.folders] or ([workspace.root_uri] if workspace.root_uri else [])
    folders = [Path(path) for path in map(to_fs_path, uris) if path]
    above = [folder for folder in folders if Path(document.path).is_relative_to(folder)]
    return max(above, key=lambda folder: len(folder.parts), default=None)

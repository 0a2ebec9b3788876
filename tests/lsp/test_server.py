"""An editor's client talks to `policygen lsp` over stdin and stdout."""

import asyncio
import sys
from contextlib import asynccontextmanager

from lsprotocol import types
from pygls.lsp.client import LanguageClient

SECONDS = 60
JSON = """\
{"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
  "Action": ["s3:Get*", "s3:GetObject", "s3:Putt*"], "Resource": "arn:aws:s3:::reports/*"}]}
"""
YAML = """\
Resources:
  Reports:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Action: [s3:Get*, s3:GetObject, s3:Putt*] # 🚀
            Resource: !Sub arn:aws:s3:::${Bucket}/*
"""
HCL = """\
data "aws_iam_policy_document" "reports" {
  statement {
    actions   = [/* 🚀 */ "s3:Get*", "s3:GetObject", "s3:Putt*"]
    resources = ["arn:aws:s3:::reports/*"]
  }
}
"""
TEXTS = {"policy.json": JSON, "template.yaml": YAML, "main.tf": HCL}


class Editor(LanguageClient):
    """What an editor does: it opens and changes documents, and shows the diagnostics that it is sent."""

    def __init__(self, root):
        super().__init__("editor", "1")
        self.root = root
        self.shown = asyncio.Queue()
        self.versions = {}
        for feature in (types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS, types.WINDOW_SHOW_MESSAGE):
            self.feature(feature)(lambda params: self.shown.put_nowait(params))

    def uri(self, name):
        return (self.root / name).as_uri()

    def named(self, name):
        return types.TextDocumentIdentifier(self.uri(name))

    async def open(self, name, text, language="json"):
        self.versions[name] = 1
        item = types.TextDocumentItem(self.uri(name), language, 1, text)
        self.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return await self.diagnostics()

    async def change(self, name, text):
        self.versions[name] += 1
        document = types.VersionedTextDocumentIdentifier(self.versions[name], self.uri(name))
        change = types.TextDocumentContentChangeWholeDocument(text)
        self.text_document_did_change(types.DidChangeTextDocumentParams(document, [change]))
        return await self.diagnostics()

    async def diagnostics(self):
        return list((await asyncio.wait_for(self.shown.get(), SECONDS)).diagnostics)

    async def hover(self, name, line, character):
        params = types.HoverParams(self.named(name), types.Position(line, character))
        found = await self.text_document_hover_async(params)
        return found.contents.value if found else ""

    async def complete(self, name, line, character):
        params = types.CompletionParams(self.named(name), types.Position(line, character))
        return list(await self.text_document_completion_async(params))

    async def actions(self, name, place, only=None):
        context = types.CodeActionContext([], only=only)
        return list(
            await self.text_document_code_action_async(types.CodeActionParams(self.named(name), place, context))
        )


@asynccontextmanager
async def editor(root, *, folder=True):
    """A client with a running server, which is shut down in the end as the protocol says."""
    client = Editor(root)
    await client.start_io(sys.executable, "-m", "policygen", "lsp", "--stdio")
    folders = [types.WorkspaceFolder(root.as_uri(), "root")] if folder else None
    await client.initialize_async(
        types.InitializeParams(types.ClientCapabilities(), process_id=None, root_uri=None, workspace_folders=folders)
    )
    client.initialized(types.InitializedParams())
    try:
        yield client
        await asyncio.wait_for(client.shutdown_async(None), SECONDS)
        client.exit(None)
        assert await asyncio.wait_for(client._server.wait(), SECONDS) == 0
    finally:
        if client._server.returncode is None:
            client._server.kill()
        await client.stop()


def in_editor(root, use, **more):
    async def run():
        async with editor(root, **more) as client:
            return await use(client)

    return asyncio.run(run())


def units(line):
    """The length of a line as the protocol counts it."""
    return len(line.encode("utf-16-le")) // 2


def written(text, place):
    """The text at a range, whose characters are counted in UTF-16."""
    line = text.split("\n")[place.start.line].encode("utf-16-le")
    return line[2 * place.start.character : 2 * place.end.character].decode("utf-16-le")


def applied(text, edits):
    """The text after the edits of a client."""
    lines = text.split("\n")

    def offset(position):
        line = lines[position.line].encode("utf-16-le")[: 2 * position.character].decode("utf-16-le")
        return sum(len(line) + 1 for line in lines[: position.line]) + len(line)

    for edit in sorted(edits, key=lambda edit: offset(edit.range.start), reverse=True):
        text = text[: offset(edit.range.start)] + edit.new_text + text[offset(edit.range.end) :]
    return text


def test_a_document_is_opened_looked_at_fixed_and_closed(tmp_path):
    async def use(client, name, text):
        found = {one.code: one for one in await client.open(name, text)}
        assert written(text, found["dead-wildcard"].range).strip('"') == "s3:Putt*"
        redundant = found["redundant-action"].range
        assert written(text, redundant).strip('"') == "s3:GetObject"

        shown = await client.hover(name, redundant.start.line, redundant.start.character + 2)
        assert "**s3:GetObject** · Read" in shown
        assert "`object` (`arn:${Partition}:s3:::${BucketName}/${ObjectName}`)" in shown
        assert "`s3:ExistingObjectTag/<key>`" in shown
        assert "# redundant-action" in shown
        dead = found["dead-wildcard"].range.start
        assert "# dead-wildcard" in await client.hover(name, dead.line, dead.character + 2)

        (one, everything) = await client.actions(name, redundant)
        assert (one.title, one.diagnostics[0].code) == ("Fix `redundant-action`", "redundant-action")
        (only,) = await client.actions(name, redundant, ["source.fixAll"])
        assert only.kind == everything.kind == "source.fixAll.policygen"
        fixed = applied(text, one.edit.changes[client.uri(name)])
        removed = text.replace('"s3:GetObject", ', "").replace("s3:GetObject, ", "")
        assert fixed == removed
        assert [one.code for one in await client.change(name, fixed)] == [
            code for code in found if code != "redundant-action"
        ]
        client.text_document_did_close(types.DidCloseTextDocumentParams(client.named(name)))
        assert await client.diagnostics() == []

    async def each(client):
        for name, text in TEXTS.items():
            await use(client, name, text)

    in_editor(tmp_path, each)


MISTYPED = [
    ("s3:Putt*", "s3:GetObjekt", "s3:GetObject"),
    ("s3:Putt*", "S3:putobjct", "s3:PutObject"),
    ("s3:Putt*", "sfn:StartExecution", "states:StartExecution"),
    ("arn:aws:", "arn:asw:", "arn:aws:"),
]


def test_a_mistyped_name_is_replaced_by_the_one_that_is_suggested(tmp_path):
    async def each(client):
        for name, text in TEXTS.items():
            for right, wrong, meant in MISTYPED:
                written = text.replace("!Sub ", "").replace("${Bucket}", "b").replace(right, wrong)
                await client.open(name, written)
                lines = written.split("\n")
                line = next(number for number, line in enumerate(lines) if wrong in line)
                at = types.Position(line, units(lines[line].partition(wrong)[0]) + 2)
                (one, *_) = await client.actions(name, types.Range(at, at), ["quickfix"])
                assert applied(written, one.edit.changes[client.uri(name)]) == written.replace(wrong, meant)
                client.text_document_did_close(types.DidCloseTextDocumentParams(client.named(name)))
                await client.diagnostics()

    in_editor(tmp_path, each)


BROKEN = {
    "policy.json": '{"Statement": [{"Effect": "Allow", "Action": "s3:GetOb',
    "template.yaml": YAML.rpartition("s3:GetObject")[0] + "s3:GetOb",
    "main.tf": HCL.rpartition('"s3:GetObject"')[0] + '"s3:GetOb',
}


def test_actions_are_completed_while_the_text_is_broken(tmp_path):
    async def use(client, name, text):
        lines = text.split("\n")
        (broken,) = await client.open(name, text)
        assert broken.severity == types.DiagnosticSeverity.Error
        found = await client.complete(name, len(lines) - 1, units(lines[-1]))
        (item,) = [one for one in found if one.label == "s3:GetObject"]
        assert (item.detail, item.documentation) == ("Read", "Grants permission to retrieve objects from Amazon S3")
        assert applied(text, [item.text_edit]).endswith("s3:GetObject")
        services = await client.change(name, text.removesuffix("s3:GetOb")) and await client.complete(
            name, len(lines) - 1, units(lines[-1]) - len("s3:GetOb")
        )
        assert {"s3:", "iam:"} <= {one.label for one in services}

    async def each(client):
        for name, text in BROKEN.items():
            await use(client, name, text)

    in_editor(tmp_path, each)


KEYS = {
    "policy.json": '{"Statement": [{"Effect": "Allow", "Action": "s3:*", "Condition": {"StringLike": {"s3:pre',
    "template.yaml": YAML + "            Condition:\n              StringLike:\n                s3:pre",
    "main.tf": HCL.rpartition("  }")[0] + '    condition {\n      test     = "StringLike"\n      variable = "s3:pre',
}


def test_condition_keys_are_completed_and_explained(tmp_path):
    async def use(client, name, text):
        lines = text.split("\n")
        await client.open(name, text)
        (item,) = [
            one for one in await client.complete(name, len(lines) - 1, units(lines[-1])) if one.label == "s3:prefix"
        ]
        assert item.detail == "String"
        await client.change(name, applied(text, [item.text_edit]))
        shown = await client.hover(name, len(lines) - 1, units(lines[-1]))
        assert shown.startswith("**s3:prefix** · condition key, String")
        await client.change(name, text.removesuffix("s3:pre") + "aws:")
        found = await client.complete(name, len(lines) - 1, units(lines[-1]) - 2)
        assert {"aws:PrincipalOrgID", "aws:ResourceTag/"} <= {one.label for one in found}

    async def each(client):
        for name, text in KEYS.items():
            await use(client, name, text)

    in_editor(tmp_path, each)


def test_nothing_is_completed_where_neither_actions_nor_keys_belong(tmp_path):
    text = '{"Statement": [{"Action": "s3:*", "Resource": "arn:'

    async def use(client):
        await client.open("policy.json", text)
        assert await client.complete("policy.json", 0, len(text)) == []

    in_editor(tmp_path, use)


HOSTILE = [
    "",
    "\0",
    "{" * 10_000,
    '{"Statement": ' + "[" * 100_000,
    '{"Statement": "\\ud800"}',
    '{"Statement": [{"Effect": "Allow", "Action": 7, "Condition": {"StringLike": []}}]}',
    "\r\r\n\u2028 Statement \x85\x0c {",
    '{"Statement": [{"Effect": "Allow", "Action": "' + "*?" * 5_000 + '", "Resource": "*"}]}',
]


def test_hostile_texts_do_not_end_the_server(tmp_path):
    async def use(client):
        for number, text in enumerate(HOSTILE):
            for ending in ("json", "yaml", "tf"):
                name = f"hostile{number}.{ending}"
                await client.open(name, text)
                await client.hover(name, 0, 5)
                await client.complete(name, 10**6, 10**6)
                await client.actions(name, types.Range(types.Position(0, 0), types.Position(9, 9)))
        assert await client.open("policy.json", JSON)

    in_editor(tmp_path, use)


def test_the_settings_of_the_workspace_folder_apply_and_their_mistakes_are_shown(tmp_path):
    (tmp_path / "policygen.toml").write_text('[lint]\nignore = ["dead-wildcard"]\nexclude = ["old/"]\n')
    (tmp_path / "policies").mkdir()

    async def use(client):
        assert [one.code for one in await client.open("policies/policy.json", JSON)] == ["redundant-action"]
        assert await client.open("old/policy.json", JSON) == []
        (tmp_path / "policygen.toml").write_text('[lint]\nignroe = ["dead-wildcard"]\n')
        (wrong,) = await client.change("policies/policy.json", JSON + " ")
        assert "policygen.toml:2" in wrong.message
        assert wrong.severity == types.DiagnosticSeverity.Error

    in_editor(tmp_path, use)


def test_only_documents_that_the_client_opened_are_read(tmp_path):
    (tmp_path / "policygen.toml").write_text('[lint]\nignore = ["dead-wildcard"]\n')
    (tmp_path / "inside").mkdir()
    (tmp_path / "secret.json").write_text(JSON)

    async def use(client):
        found = {one.code for one in await client.open("policy.json", JSON)}
        assert found == {"redundant-action", "dead-wildcard"}  # the settings are above the workspace folder
        client.root = tmp_path
        assert await client.hover("secret.json", 1, 15) == ""
        assert await client.actions("secret.json", types.Range(types.Position(1, 0), types.Position(1, 60))) == []

    in_editor(tmp_path / "inside", use)


def test_what_is_known_only_at_deployment_is_said_at_its_place(tmp_path):
    text = 'resource "aws_iam_policy" "reports" {\n  policy = file("policy.json")\n}\n'

    async def use(client):
        (unknown,) = await client.open("main.tf", text, "terraform")
        assert unknown.severity == types.DiagnosticSeverity.Information
        assert unknown.range.start == types.Position(1, 11)
        assert unknown.message.endswith("is known only at deployment, so it was not judged")

    in_editor(tmp_path, use)


def test_a_document_without_a_file_is_read_by_its_language(tmp_path):
    async def use(client):
        client.uri = lambda name: f"untitled:{name}"
        assert {one.code for one in await client.open("Untitled-1", YAML, "yaml")} >= {"dead-wildcard"}
        assert await client.open("Untitled-2", "// a comment\n{}", "jsonc") == []

    in_editor(tmp_path, use, folder=False)


def test_a_rule_of_the_folder_is_shown_and_explained(tmp_path):
    (tmp_path / "policygen.toml").write_text(
        '[[rule]]\nid = "no-printing"\nmessage = "Nobody may print."\nnever_allowed = { actions = ["workmail:*"] }\n'
        'fires_on = [{ Effect = "Allow", Action = "*", Resource = "*" }]\n'
        'quiet_on = [{ Effect = "Allow", Action = "s3:*", Resource = "*" }]\n'
    )
    text = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "workmail:List*", "Resource": "*"}]}'

    async def use(client):
        (found,) = [one for one in await client.open("a.json", text) if one.code == "no-printing"]
        assert written(text, found.range).strip('"') == "workmail:List*"
        assert "# no-printing" in await client.hover("a.json", 0, found.range.start.character + 2)

    in_editor(tmp_path, use)

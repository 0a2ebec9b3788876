"""Messages, docstrings and guides say what a native colleague would say; docs/style.md gives the reasons."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

UNWANTED = {
    r"\bst(?:ands?|ood) for\b": "matches, means",
    r"\bst(?:ands?|ood) (?:in|at|on|there|here|twice|before|under|beside|by itself)\b": "is in, appears in",
    r"\bas it stands\b": "as written",
    r"(?<!here )\bis no (?!longer\b|more\b)[a-zA-Z`]": "is not a",
    r"(?<!here )\bare no (?!longer\b|more\b)[a-z`]": "are not",
    r"\bha(?:s|ve) not (?:the|a|an|one|any)\b": "does not have",
    r"\bholds? (?:no|not)\b": "does not hold, does not contain",
    r"\bmay be given again\b": "can be repeated",
    r"\bhangs? on\b": "is attached to",
    r"\b[Mm]end(?:s|ed|ing)?\b": "fix",
    r"\b[Ww]hoever\b": "anyone who",
    r"\bwhere (?:it|they) (?:will )?lives?\b": "what it is attached to",
}
"""What to write instead of each."""

GUIDES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").glob("*.md"))]


def texts(module: Path) -> Iterator[tuple[int, str]]:
    """Every text of a module that is read as prose: docstrings, messages and the fixed parts of messages."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield node.lineno, node.value


def described(value: object) -> Iterator[str]:
    """Every text inside of JSON or TOML."""
    if isinstance(value, str):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from described(item)


def unwanted(text: str) -> list[str]:
    """What a text says that a colleague would say otherwise, each with what to say instead."""
    flat = re.sub(r"\s+", " ", text)
    return [
        f"`{found[0]}` in `…{flat[max(0, found.start() - 30) : found.end() + 30]}…`; say {instead}"
        for pattern, instead in UNWANTED.items()
        for found in re.finditer(pattern, flat)
    ]


@pytest.mark.parametrize("package", sorted({path.parent for path in (ROOT / "policygen").rglob("*.py")}), ids=str)
def test_messages_and_docstrings_are_plain_english(package):
    found = [
        f"{module.relative_to(ROOT)}:{line}: {objection}"
        for module in sorted(package.glob("*.py"))
        for line, text in texts(module)
        for objection in unwanted(text)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_guides_are_plain_english(guide):
    lines = guide.read_text(encoding="utf-8").splitlines()
    if guide.name == "style.md":  # its table shows what not to write
        lines = [line for line in lines if not line.startswith("|")]
    assert not (found := unwanted("\n".join(lines))), "\n".join(found)


@pytest.mark.parametrize("schema", sorted((ROOT / "schemas").glob("*.json")), ids=lambda path: path.name)
def test_schemas_are_plain_english(schema):
    found = [o for text in described(json.loads(schema.read_text(encoding="utf-8"))) for o in unwanted(text)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("recipe", sorted((ROOT / "recipes").glob("*/recipe.toml")), ids=lambda path: path.parent.name)
def test_recipes_are_plain_english(recipe):
    assert not (found := unwanted(recipe.read_text(encoding="utf-8"))), "\n".join(found)


def test_an_unwanted_word_is_found_in_a_message():
    assert unwanted("`s3:Gett*` stands for\n no action")
    assert not unwanted("`s3:Gett*` matches no action; there is no new access, and it is no longer attached")

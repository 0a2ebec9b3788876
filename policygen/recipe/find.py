"""Find a recipe: by words, by service, by whom it is for, by the need that it meets."""

import re
from collections.abc import Iterable, Mapping, Sequence

from policygen.errors import did_you_mean
from policygen.recipe.catalog import Recipe
from policygen.reference.services import services

NEEDS: Mapping[str, str] = {
    "self-service": "I want users to manage what is their own",
    "job": "I want people to do a job",
    "workload": "I want programs, and the people who run them, to use a resource",
    "trust": "I want someone to assume a role",
    "delegation": "I want others to manage IAM, within limits",
    "guardrail": "I want some things never to happen",
    "perimeter": "I want data to stay in the organization",
    "audit": "I want to see what there is",
    "incident": "I want to stop someone now",
}
"""Tag → the need that recipes with this tag meet, for the index; each recipe has one of these tags."""

_ACTION = re.compile(r'"([a-z0-9-]+):[A-Z*]')
_WORD = re.compile(r"[a-z0-9]+")


def find(recipes: Iterable[Recipe], words: Sequence[str]) -> list[Recipe]:
    """The recipes that contain all words, those that have one in the name first.

    Words are looked for in names, titles, summaries, tags, controls, services and the names of what a recipe replaces,
    without regard to case.
    """
    found = [recipe for recipe in recipes if all(word.lower() in _text(recipe) for word in words)]
    return sorted(found, key=lambda recipe: not any(word.lower() in recipe.name for word in words))


def guess(recipes: Iterable[Recipe], words: Sequence[str]) -> str:
    """The end of a message about words that no recipe contains: "; did you mean `mfa`?", or ""."""
    known = {found for recipe in recipes for found in _WORD.findall(_text(recipe)) if len(found) > 2}
    unknown = next((word.lower() for word in words if not any(word.lower() in text for text in known)), "")
    return did_you_mean(unknown, known) if unknown else ""


def is_for(recipe: Recipe, whom: str) -> bool:
    """Whether a recipe is for a `user`, a `role` or an `ou`."""
    if recipe.kind in ("scp", "rcp"):
        return whom == "ou"
    return whom in recipe.principals


def services_of(recipe: Recipe) -> set[str]:
    """The prefixes of the services whose actions the template names."""
    return set(_ACTION.findall(recipe.template)) & services().keys()


def need(recipe: Recipe) -> str:
    """The tag of the need that a recipe meets, "" if it has none of these tags."""
    return next((tag for tag in NEEDS if tag in recipe.tags), "")


def _text(recipe: Recipe) -> str:
    """Everything that a recipe can be found by, in lower case."""
    replaced = (entry["name"] for entry in recipe.metadata.get("replaces", ()))
    named = (f"{prefix} {services()[prefix]}" for prefix in services_of(recipe))
    parts = (recipe.name, recipe.title, recipe.summary, *recipe.tags, *recipe.controls, *replaced, *named)
    return "\n".join(parts).lower()

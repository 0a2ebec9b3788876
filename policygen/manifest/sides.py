"""What can be compared: files, folders, recipes, places of a manifest, and users, groups and roles of a snapshot.

A side is policies by the name of what has them, a file or a role; OLD and NEW are matched by these names.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from os.path import relpath
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from policygen.access.stack import Stacks
from policygen.account.model import Entity
from policygen.account.snapshot import read_entities
from policygen.errors import PolicygenError, did_you_mean
from policygen.evaluate import Layers, layered
from policygen.loader.paths import Input, Problem, find, read, stdin
from policygen.loader.policies import load
from policygen.loader.revision import revision
from policygen.manifest.carried import carried
from policygen.manifest.model import Account, Carried, load_manifest
from policygen.manifest.places import Boundary, Group, Place, Role, Unit
from policygen.policy.model import Kind, Policy
from policygen.recipe.catalog import Recipe
from policygen.recipe.render import render_recipe

Side = Mapping[str, Layers]
"""The name of what has policies → these policies, each in the layer of its kind."""
HOLDERS = ("user", "group", "role")
"""Who can have several identity policies, as the names of policies begin."""


class Pair(NamedTuple):
    """The policies with one name in OLD and in NEW."""

    name: str
    old: Layers
    new: Layers


@dataclass(frozen=True)
class Sources:
    """Where sides are read from, and the policies that apply on both sides."""

    kind_of: Callable[[str], Kind | None]
    """File → the kind of its policies; None to detect it."""
    recipes: Mapping[str, tuple[Recipe, Mapping[str, Any]]] = field(default_factory=dict)
    """`recipe:NAME,KEY=VALUE` → the recipe and all its parameters."""
    manifest: str = ""
    boundary: Sequence[Policy] = ()
    scps: Sequence[Sequence[Policy]] = ()

    def pairs(self, old: str, new: str, snapshots: Sequence[Path] = ()) -> list[Pair]:
        """OLD and NEW, matched by name; if there is one name on each side, the two are matched anyway.

        A side is a file, a folder, `-`, `recipe:NAME,KEY=VALUE`, `manifest:ACCOUNT/GROUP` or `snapshot:user/NAME`;
        behind `manifest:` and `snapshot:`, `*` matches any text. The last snapshot is for NEW, the first for OLD.
        Raises PolicygenError for what does not exist or cannot be read.
        """
        if Path(old).is_dir() is not Path(new).is_dir():
            folder, other = (old, new) if Path(old).is_dir() else (new, old)
            raise PolicygenError(f"`{folder}` is a folder and `{other}` is not; compare a folder with a folder")
        before = self.side(old, snapshots[0] if snapshots else None)
        after = self.side(new, snapshots[-1] if snapshots else None)
        if len(before) == len(after) == 1:
            (older,), ((name, newer),) = before.values(), after.items()
            return [Pair(name, older, newer)]
        return self._matched(before, after) or _nothing(f"neither `{old}` nor `{new}` contains a policy")

    def since(self, earlier: str, paths: Iterable[str]) -> list[Pair]:
        """Files and folders as they were at a git revision, and as they are.

        Raises PolicygenError for a path that does not exist in either, or is not in the repository.
        """
        then, found = revision(earlier), list[Pair]()
        for path in paths:
            here = relpath(path)
            before, exists = list(then.find(here)), Path(here).exists()
            if not (before or exists):
                raise PolicygenError(f"`{path}` does not exist, and did not at `{earlier}`")
            pairs = self._matched(self._files(before), self._files(find([here], ())) if exists else {})
            found += pairs or _nothing(f"`{path}` does not contain a policy, and did not at `{earlier}`")
        return found

    def _matched(self, old: Side, new: Side) -> list[Pair]:
        return [
            Pair(name, old.get(name) or self._missing(new[name]), new.get(name) or self._missing(old[name]))
            for name in sorted(old.keys() | new.keys())
        ]

    def side(self, text: str, snapshot: Path | None = None) -> Side:
        """The policies that one text means, as for `pairs`; raises PolicygenError like it."""
        form, _, name = text.partition(":")
        if form == "recipe":
            return self._recipe(text)
        if form == "manifest":
            return self._manifest(name)
        if form == "snapshot" and snapshot:
            return self._snapshot(name, snapshot)
        if form == "snapshot":
            raise PolicygenError(f"`{text}` needs the folder of a snapshot; give it with `--snapshot DIR`")
        if text == "-":
            return self._files([stdin("<stdin>")], lambda _: "")
        if not Path(text).is_dir():
            return self._files(find([text], ()), lambda _: "")
        return self._files(find([text], ()), lambda file: Path(file).relative_to(text).as_posix())

    def named(self, texts: Iterable[str], snapshot: Path | None = None) -> Side:
        """The policies that several texts mean, under names that tell them apart; raises as `pairs` does."""
        found: dict[str, Layers] = {}
        for text in texts:
            inside = (
                "" if text.startswith(("manifest:", "snapshot:")) else f"{text}/" if Path(text).is_dir() else f"{text} "
            )
            found |= {f"{inside}{name}" if name else text: layers for name, layers in self.side(text, snapshot).items()}
        return found or _nothing(f"{', '.join(f'`{text}`' for text in texts)} does not contain a policy")

    def _files(self, items: Iterable[Input | Problem], name: Callable[[str], str] = str) -> Side:
        """The policies of files, by what the file is called and what has the policies in the file."""
        found: dict[str, list[Policy]] = {}
        unread: dict[str, list[str]] = {}
        for item in items:
            if isinstance(item, Problem):
                raise PolicygenError(item.sentence)
            file = name(item.file)
            try:
                source = read(item)
                loaded = load(source, self.kind_of(item.file))
            except PolicygenError as error:
                if item.named:
                    raise
                unread.setdefault(file, []).append(str(error))
                continue
            if loaded.broken:
                unread.setdefault(file, []).append(str(loaded.broken[0]))
            if item.named and not (loaded.policies or loaded.undecided or loaded.broken):
                raise PolicygenError(f"{item.file}: does not contain a policy")
            for policy in loaded.policies:
                found.setdefault(_called(file, _holder(policy.name, policy.kind)), []).append(policy)
            for one in loaded.undecided:
                line, column, *_ = source.span(one.pointer)
                why = f"{item.file}:{line}:{column}: the policy `{one.name}` is known only at deployment"
                unread.setdefault(_called(file, _holder(one.name, one.kind)), []).append(why)
        return {
            called: replace(self._layers(found.get(called, ())), unread=tuple(unread.get(called, ())))
            for called in {**found, **unread}
        }

    def _recipe(self, text: str) -> Side:
        recipe, values = self.recipes[text]
        if recipe.kind == "managed":
            raise PolicygenError(
                f"`{recipe.name}` is an AWS managed policy, whose document is not included; give a file"
            )
        return {"": self._layers([render_recipe(recipe, values, check=False).policy])}

    def _manifest(self, pattern: str) -> Side:
        manifest = load_manifest(self.manifest)
        every = carried(manifest, lambda wanted, _: wanted.instance.name, check=False)
        places = {
            name: (account, place)
            for place in manifest.places
            for account in (*manifest.accounts, None)
            if (name := _place_name(account, place))
        }
        trusts = {
            f"{_place_name(one.account, one.place)}/trust": one for one in every if one.rendered.recipe.kind == "trust"
        }
        return {
            name: self._layers([trusts[name].rendered.policy]) if name in trusts else self._place(every, *places[name])
            for name in _matching(pattern, {**places, **trusts}, f"`{self.manifest}` has no place")
        }

    def _place(self, every: Iterable[Carried], account: Account | None, place: Place) -> Layers:
        """What a place has, a role's boundary too but not its trust policy."""
        bounds = place.boundary if isinstance(place, Role) else ""
        own = [
            one
            for one in every
            if one.account is account
            and (one.place is place or (isinstance(one.place, Boundary) and one.place.name == bounds))
            and one.rendered.recipe.kind != "trust"
        ]
        attached = [*(place.attach if isinstance(place, Group | Role) else ())]
        attached += [bounds] if bounds.startswith("arn:") else []
        aws = [str(one.rendered.policy.document["PolicyArn"]) for one in own if one.rendered.recipe.kind == "managed"]
        unread = tuple(f"the document of `{name}` is not in the manifest" for name in (*aws, *attached))
        policies = [one.rendered.policy for one in own if one.rendered.recipe.kind != "managed"]
        return replace(self._layers(policies), unread=unread)

    def _snapshot(self, pattern: str, path: Path) -> Side:
        account = read_entities(path)
        stacks = Stacks(account)
        trusts = {f"role/{role.name}/trust": role for role in account.roles}
        every: tuple[Entity, ...] = (*account.users, *account.groups, *account.roles)
        holders = {f"{type(holder).__name__.lower()}/{holder.name}": holder for holder in every}
        return {
            name: self._layers((), stacks.of(holders[name]).layers)
            if name in holders
            else self._layers([Policy(dict(trusts[name].trust), Kind.TRUST, name=name)])
            for name in _matching(pattern, {**holders, **trusts}, f"{path}: the snapshot has no")
        }

    def _layers(self, policies: Iterable[Policy], own: Layers | None = None) -> Layers:
        return layered(policies, own or Layers(), boundary=self.boundary, scps=self.scps)

    def _missing(self, other: Layers) -> Layers:
        """What a side has in place of policies that only the other side has."""
        return replace(self._layers(()), resource=None if other.resource is None else ())


def _place_name(account: Account | None, place: Place) -> str:
    """`prod/Team`, `prod/role/deploy`, `prod/boundary/workload`, `organization` or `ou/Prod`; "" where it is not."""
    if isinstance(place, Unit):
        return "" if account else f"ou/{place.name}" if place.name else "organization"
    if account is None or account.name not in place.accounts:
        return ""
    return f"{account.name}/{place.name}" if isinstance(place, Group) else f"{account.name}/{place.noun}/{place.name}"


def _holder(name: str, kind: Kind | None) -> str:
    """Who has an identity policy together with others: `role/app` for `role/app/inline`; else the policy itself."""
    holder, *names = name.split("/")
    return f"{holder}/{names[0]}" if kind in (Kind.IDENTITY, None) and holder in HOLDERS and names else name


def _called(file: str, holder: str) -> str:
    return " ".join(filter(None, (file, holder)))


def _nothing(sentence: str) -> NoReturn:
    raise PolicygenError(sentence)


def _matching(pattern: str, names: Iterable[str], lacking: str) -> list[str]:
    """The names that a pattern matches; raises PolicygenError, with a guess, if it matches none."""
    if found := [name for name in names if fnmatchcase(name, pattern)]:
        return found
    raise PolicygenError(f"{lacking} `{pattern}`{did_you_mean(pattern, names)}")

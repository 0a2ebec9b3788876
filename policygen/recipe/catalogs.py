"""Where a catalog is: a folder, an installed package, or a git repository at one commit.

Nothing of a catalog is ever run: a package is located without importing it, and a repository is fetched without a
checkout, so that neither hooks nor filters nor submodules of a stranger have an effect.
"""

import os
import re
import subprocess
import tarfile
import tempfile
from importlib.metadata import entry_points
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

from policygen.errors import PolicygenError, did_you_mean

GROUP = "policygen.catalogs"
"""The entry points of packages with catalogs: `acme = "acme_recipes:recipes"`, a package and a folder in it."""

_GIT = re.compile(r"git\+((?:https|ssh|file)://[^\s@#-][^\s#]*)@([0-9a-f]{40})(?:#([A-Za-z0-9_][A-Za-z0-9_./-]*))?")
_SECONDS = 120
_MOST_FILES, _MOST_BYTES = 10_000, 50_000_000


def is_reference(text: str) -> bool:
    """Whether a text names a catalog that is not a folder."""
    return text.startswith(("package:", "git+"))


def catalog_folder(text: str | Path) -> Path:
    """The folder of a catalog: `package:NAME`, `git+URL@COMMIT#FOLDER`, which is fetched once, or a folder itself.

    Raises PolicygenError for a catalog that does not exist or cannot be fetched.
    """
    if isinstance(text, str) and text.startswith("package:"):
        return _of_package(text.removeprefix("package:"))
    if isinstance(text, str) and text.startswith("git+"):
        return _of_git(text)
    if not Path(text).is_dir():
        raise PolicygenError(f"{text}: the catalog folder does not exist")
    return Path(text)


def _of_package(name: str) -> Path:
    known = {point.name: point for point in entry_points(group=GROUP)}
    if name not in known:
        hint = did_you_mean(name, known) or "; install the package that has it"
        raise PolicygenError(f"no installed package has a catalog `{name}`{hint}")
    package, _, inside = known[name].value.partition(":")
    spec = find_spec(package) if package.isidentifier() else None  # a dotted name would import its parent
    roots = list(spec.submodule_search_locations or ()) if spec else []
    folder = Path(roots[0]) / inside if roots else None
    if folder is None or not folder.is_dir() or not folder.resolve().is_relative_to(Path(roots[0]).resolve()):
        raise PolicygenError(f"the catalog `{name}` is declared as `{known[name].value}`, which is not in that package")
    return folder


def _of_git(text: str) -> Path:
    found = _GIT.fullmatch(text)
    if not found or ".." in (found[3] or "").split("/"):
        raise PolicygenError(
            f"`{text}` is not a catalog in git; write `git+https://HOST/REPOSITORY@COMMIT#FOLDER` "
            "with a whole commit hash"
        )
    url, commit, inside = found[1], found[2], (found[3] or "").strip("/")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "policygen" / "catalogs"
    kept = cache / commit
    if not kept.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as temporary:
            new = Path(temporary) / "tree"
            _extract(_fetched(url, commit, Path(temporary) / "git"), new, text)
            try:
                new.rename(kept)
            except OSError:
                if not kept.is_dir():  # otherwise another process was faster
                    raise
    return catalog_folder(kept / inside)


def _fetched(url: str, commit: str, repository: Path) -> bytes:
    """The tree of a commit as a tar archive; git checks that what it fetched has this hash."""
    _git("init", "--quiet", "--bare", str(repository), about=url)
    at = ("-C", str(repository))
    _git(*at, "fetch", "--quiet", "--depth", "1", "--no-tags", "--end-of-options", url, commit, about=url)
    return _git(*at, "archive", "--format=tar", commit, about=url)


def _extract(archive: bytes, folder: Path, text: str) -> None:
    with tarfile.open(fileobj=BytesIO(archive)) as tar:
        files = [member for member in tar.getmembers() if member.isfile()]  # no links, no devices
        if len(files) > _MOST_FILES or sum(member.size for member in files) > _MOST_BYTES:
            raise PolicygenError(f"`{text}` has more than {_MOST_FILES:,} files or {_MOST_BYTES // 10**6} MB")
        folder.mkdir()
        try:
            tar.extractall(folder, members=files, filter="data")
        except tarfile.TarError as error:
            raise PolicygenError(f"`{text}` has a file that cannot be written: {error}") from None


def _git(*arguments: str, about: str) -> bytes:
    allowed = {"GIT_TERMINAL_PROMPT": "0", "GIT_ALLOW_PROTOCOL": "https:ssh:file"}
    try:
        run = subprocess.run(
            ["git", *arguments],  # noqa: S607
            capture_output=True,
            check=False,
            timeout=_SECONDS,
            env={**os.environ, **allowed},
        )
    except FileNotFoundError:
        raise PolicygenError("git is not installed; it is needed to fetch a catalog") from None
    except subprocess.TimeoutExpired:
        raise PolicygenError(f"`{about}` did not answer within {_SECONDS} seconds") from None
    if run.returncode:
        said = (run.stderr.decode("utf-8", "replace").strip().splitlines() or ["no reason"])[-1]
        raise PolicygenError(f"`{about}` cannot be fetched with git: {said.removeprefix('fatal: ')}")
    return run.stdout

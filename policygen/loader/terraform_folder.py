"""The Terraform files of one folder refer to each other: where a document is used, and in which file it is."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path

from policygen.errors import PolicygenError
from policygen.loader.found import Found
from policygen.loader.terraform_files import declared_documents, referred_document, used_documents
from policygen.policy.model import Kind
from policygen.policy.source import decode

_ENDINGS = (".tf", ".tofu")
_MOST, _LARGEST = 500, 2**20
"""Files that are looked at beside one, and bytes of each."""


@dataclass(frozen=True)
class TerraformFolder:
    """What the other files in the folder of a file say about its documents; they are read when they are asked."""

    file: str

    def as_used(self, found: Found) -> Found:
        """A policy of the file; one that another file uses, as what it is used for."""
        if not found.block or found.block not in self._uses:
            return found
        name, kind = self._uses[found.block]
        return replace(found, name=name, kind=kind)

    def file_with(self, found: Found) -> str:
        """The file beside this one that contains the document of a policy; "" if there is none."""
        block = referred_document(found.document)
        return next((file for file, (_, declared) in self._beside.items() if block in declared), "") if block else ""

    @cached_property
    def _uses(self) -> Mapping[str, tuple[str, Kind | None]]:
        return {block: use for uses, _ in self._beside.values() for block, use in uses.items()}

    @cached_property
    def _beside(self) -> dict[str, tuple[Mapping[str, tuple[str, Kind | None]], frozenset[str]]]:
        """File → the documents that it uses, and those that it declares."""
        own, folder = Path(self.file), Path(self.file).parent
        try:
            files = sorted(
                path for path in folder.iterdir() if path.suffix.lower() in _ENDINGS and path.name != own.name
            )
            seen = [(path, path.stat()) for path in files[:_MOST]]
        except OSError:
            return {}
        return {
            path.as_posix(): _read(path, about.st_mtime_ns, about.st_size)
            for path, about in seen
            if about.st_size <= _LARGEST and path.is_file()
        }


@lru_cache(maxsize=2 * _MOST)
def _read(path: Path, _modified: int, _size: int) -> tuple[Mapping[str, tuple[str, Kind | None]], frozenset[str]]:
    from policygen.loader.hcl import parse_hcl

    try:
        text = decode(path.read_bytes(), path.as_posix())
        data = parse_hcl(text, path.as_posix()).data if "aws_iam_policy_document" in text else {}
    except (OSError, PolicygenError):
        return {}, frozenset()  # whoever lints that file is told
    return used_documents(data), declared_documents(data)

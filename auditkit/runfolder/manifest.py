"""The manifest of a run folder: the SHA-256 of each file, and whether the audit was finished.

Whoever can write the folder can also write a new manifest: hashes find what was changed by accident or by one who
overlooked it; a signature over the manifest's own digest finds the rest.
"""

import contextlib
import hashlib
import os
import pathlib
import stat
from collections.abc import Iterator
from typing import Literal, TypeAlias

from pydantic import Field

from auditkit.errors import EvidenceError, EvidenceLost
from auditkit.io import strict_json
from auditkit.io.atomic_files import TEMPORARY, read_plain, write_atomic
from auditkit.results import Record, canonical
from auditkit.runfolder.lock import hold_to_locked
from auditkit.text import first_few, one_line

MANIFEST = "manifest.json"
LOG = "run.log"
ATTESTATION = "attestation.dsse.json"
UNSEALED = (MANIFEST, LOG, ATTESTATION)
"""Files that no manifest lists."""

Kind: TypeAlias = Literal["file", "folder", "other"]


class Entry(Record):
    """One sealed file."""

    size: int = Field(ge=0)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")

    def fits(self, raw: bytes) -> bool:
        """True where these are the bytes that were sealed."""
        return len(raw) == self.size and hashlib.sha256(raw).hexdigest() == self.sha256


class Manifest(Record):
    """What manifest.json holds; `complete` is false until the audit is sealed."""

    auditkit: Literal["run folder"] = "run folder"
    version: Literal[1] = 1
    complete: bool
    files: dict[str, Entry] = {}


def seal(folder: pathlib.Path) -> str:
    """Write the manifest of a finished audit.

    Returns:
        The SHA-256 of manifest.json, which stands for the whole folder.

    Raises:
        EvidenceError: the folder holds a link or something else that is no file, or the system refused.
    """
    # what a killed process left would otherwise be sealed as evidence
    hold_to_locked(folder)
    drop_temporaries(folder)
    files = _entries(folder)
    # the last file that is written: whatever stops the audit before leaves a folder that is not sealed
    raw = canonical(Manifest(complete=True, files=files))
    write_atomic(folder / MANIFEST, raw)
    return hashlib.sha256(raw).hexdigest()


def _entries(folder: pathlib.Path) -> dict[str, Entry]:
    """All that a manifest lists, as it lies there.

    Raises:
        EvidenceError: the folder holds a link or something else that is no file.
    """
    files = {}
    for name, kind in sorted(listing(folder).items()):
        if kind == "other":
            raise EvidenceError(f"{safe_name(name)} in {folder} is no regular file; a run folder holds nothing else")
        if kind == "file" and name not in UNSEALED:
            raw = read_plain(folder / name)
            files[name] = Entry(size=len(raw), sha256=hashlib.sha256(raw).hexdigest())
    return files


@contextlib.contextmanager
def left_as_sealed(folder: pathlib.Path) -> Iterator[None]:
    """See that a folder that was just sealed stays as it is meanwhile; one that was changed is sealed no longer.

    Raises:
        EvidenceLost: a file was changed, added or removed, also where the folder was sealed anew.
    """
    manifest = read_manifest(folder)
    yield
    hold_to_locked(folder)
    try:
        files, is_same = _entries(folder), read_plain(folder / MANIFEST) == canonical(manifest)
    except (OSError, EvidenceError):  # a link in the place of a file, or no manifest
        files, is_same = {}, False
    if files == manifest.files and is_same:
        return
    unseal(folder, manifest)
    changed = sorted(name for name in {*files, *manifest.files} if files.get(name) != manifest.files.get(name))
    named = f" ({first_few([*map(safe_name, changed)], 3)})" if files and changed else ""
    raise EvidenceLost(
        f"the run folder {folder} was changed{named} after it was sealed, while plugins were told that the audit is "
        "over, so it is sealed no longer. See which plugin writes there in audit_finished, and run the audit again"
    )


def unseal(folder: pathlib.Path, before: Manifest | None) -> None:
    """Mark the folder as auditkit's own and not finished; which files an earlier audit left is kept."""
    write_atomic(folder / MANIFEST, canonical(Manifest(complete=False, files=before.files if before else {})))


def read_manifest(folder: pathlib.Path) -> Manifest:
    """The manifest of a run folder.

    Raises:
        EvidenceError: there is none, or it is not byte for byte what auditkit writes.
    """
    try:
        raw = read_plain(folder / MANIFEST)
    except OSError as error:
        raise EvidenceError(f"{MANIFEST} cannot be read in {folder}: {error.strerror or error}") from error
    manifest = strict_json.record(Manifest, strict_json.loads(raw, MANIFEST), MANIFEST)
    if canonical(manifest) != raw:
        raise EvidenceError(f"{MANIFEST} is not byte for byte what auditkit writes, so it was changed")
    return manifest


def listing(folder: pathlib.Path) -> dict[str, Kind]:
    """Everything under the folder by its relative name; links are not followed and count as other."""
    kinds: dict[str, Kind] = {}
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = pathlib.Path(parent, name)
            # lstat and not stat: a link must not be taken for what it leads to
            mode = path.lstat().st_mode
            kind: Kind = "file" if stat.S_ISREG(mode) else "folder" if stat.S_ISDIR(mode) else "other"
            kinds[path.relative_to(folder).as_posix()] = kind
    return kinds


def drop_temporaries(folder: pathlib.Path) -> None:
    """Remove what a killed process was writing."""
    for name, kind in listing(folder).items():
        if is_temporary(name, kind):
            (folder / name).unlink(missing_ok=True)


def is_temporary(name: str, kind: Kind) -> bool:
    """True for a file that a killed process was writing."""
    return kind == "file" and TEMPORARY.fullmatch(name.rpartition("/")[2]) is not None


def safe_name(name: str) -> str:
    """The name of a file as a message may print it."""
    return one_line(name.encode("utf-8", "replace").decode())

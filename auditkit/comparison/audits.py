"""The audits that somebody names: run folders, or results.json files."""

import pathlib
from collections.abc import Sequence
from typing import NamedTuple

from auditkit import runfolder
from auditkit.errors import ConfigError, EvidenceError, Mend
from auditkit.io.atomic_files import read_plain
from auditkit.results import AuditResult, Comparison
from auditkit.text import one_line, unused


class Named(NamedTuple):
    """What was found under a name."""

    name: str
    """Of the folder or file, without where it lies."""
    path: pathlib.Path
    """Of results.json, links resolved."""
    result: AuditResult | Comparison
    sealed: bool = True
    """Whether every byte is as it was sealed; False for a file on its own, of which nobody can say that."""

    @property
    def audits(self) -> tuple[AuditResult, ...]:
        """One for each model."""
        return self.result.audits


def open_audits(names: Sequence[str], *, unverified: bool = False) -> list[Named]:
    """Audits that must not be the same one; see `open_audit`.

    Raises:
        ConfigError: the same audit is named twice.
        EvidenceError: as `open_audit`.
    """
    named_audits: list[Named] = []
    for name in names:
        opened = open_audit(name, unverified=unverified)
        # links are resolved, so two names of one folder are found too
        if any(opened.path == other.path for other in named_audits):
            raise ConfigError(f"every audit must be named once; {one_line(name)!r} is named twice")
        named_audits.append(opened)
    return with_distinct_names(named_audits)


def with_distinct_names(audits: Sequence[Named]) -> list[Named]:
    """The audits, each under a name of its own: `may/audit` and `june/audit` where both lie in a folder `audit`."""
    named_audits: list[Named] = []
    for audit in audits:
        name = audit.name
        if sum(other.name == audit.name for other in audits) > 1:
            home = audit.path.parent if audit.path.name != audit.name else audit.path
            name = f"{home.parent.name}/{audit.name}"
        named_audits.append(audit._replace(name=unused(name, [other.name for other in named_audits])))
    return named_audits


def open_audit(name: str, *, unverified: bool = False) -> Named:
    """A run folder, verified first; or a results.json on its own.

    Args:
        name: a run folder, or a file; results.json beside its manifest counts as the folder.
        unverified: also a folder that was altered or never sealed.

    Raises:
        EvidenceError: there is none, it cannot be read, or it is not as it was sealed.
    """
    path = pathlib.Path(name).resolve()
    if path.is_file():
        # results.json of a sealed folder is verified with it, or naming the file would be a way round the seal
        alone = path.name != runfolder.RESULTS or not (path.parent / runfolder.MANIFEST).exists()
        return _read(path, path.name, sealed=False) if alone else _folder(path.parent, unverified)
    if not path.is_dir():
        raise EvidenceError(f"there is no run folder and no file {one_line(name)!r}")
    if not (path / runfolder.RESULTS).is_file():
        raise EvidenceError(f"{one_line(name)!r} is not a run folder: there is no {runfolder.RESULTS} in it")
    return _folder(path, unverified)


def _folder(path: pathlib.Path, unverified: bool) -> Named:
    problems = runfolder.verify(path)
    if problems and not unverified:
        mend = Mend("--unverified")
        raise EvidenceError(
            f"{one_line(path.name)} is not compared, for it is not as an audit was sealed: {problems[0]}. Run the "
            f"audit again, or give {mend} to compare it as it is",
            mend=mend,
        )
    return _read(path / runfolder.RESULTS, path.name, sealed=not problems)


def _read(path: pathlib.Path, name: str, *, sealed: bool) -> Named:
    try:
        raw = read_plain(path)
    except OSError as error:
        raise EvidenceError(f"{one_line(name)} cannot be read: {error.strerror or error}") from error
    return Named(name, path, runfolder.parse_result(raw), sealed)

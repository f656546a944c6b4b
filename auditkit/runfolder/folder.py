"""The run folder: everything an audit produced, written as it goes.

    results.json      the whole result; every other format is made from it
    report.html, summary.md, model_card.md, junit.xml, metrics.json, measurements.csv …: what formats made
    checks/<id>.json  one per finished check, so that a killed audit resumes; of several models checks/<model>/<id>.json
    answers/*.jsonl   what a model behind HTTP answered, under keyed digests of what it was asked, so that a killed
                      audit resumes; numbers and class numbers, and nothing of what was asked
    run.log           for people; no evidence
    manifest.json     the SHA-256 of each file but run.log, the signature and itself
    attestation.dsse.json  the signature over all of it, where somebody signed

A folder is auditkit's own where it was empty, or has a manifest and nothing that is not listed here.
"""

import contextlib
import os
import pathlib
from collections.abc import Collection, Iterable
from typing import Literal

from auditkit.errors import EvidenceError
from auditkit.io import authenticity, strict_json
from auditkit.io.atomic_files import plain_name, read_plain, real_folder, slug, write_atomic
from auditkit.results import SCHEMAS, AuditResult, CheckResult, Comparison, Record, canonical, digest
from auditkit.results.base import optional
from auditkit.runfolder.lock import hold_to_locked
from auditkit.runfolder.manifest import (
    ATTESTATION,
    MANIFEST,
    UNSEALED,
    Entry,
    Kind,
    Manifest,
    drop_temporaries,
    is_temporary,
    listing,
    read_manifest,
    safe_name,
    unseal,
)
from auditkit.text import first_few, one_line

RESULTS = "results.json"
CHECKS = "checks"
MODELS = "models"
ANSWERS = "answers"
_SUFFIXES = {CHECKS: ".json", MODELS: ".safetensors", ANSWERS: ".jsonl"}
"""{folder in which auditkit keeps what an audit that resumes takes up: how the names of files there end}."""
FORMAT_FILES = (
    "report.html", "report.pdf", "summary.md", "model_card.md", "model_card.html", "model.cdx.json", "junit.xml",
    "metrics.json", "measurements.csv", "measurements.parquet",
)  # fmt: skip


class StoredCheck(Record):
    """What a file under checks/ holds."""

    auditkit: Literal["check"] = "check"
    version: Literal[1] = 1
    key: str
    sha256: str
    """Of the result, so that a torn or altered file is not taken for evidence."""
    result: CheckResult
    changed: tuple[int, ...] = optional(())
    """Positions of the measurements that are not kept as they were measured: hidden, or without a name."""
    code: str = optional("")
    """Made of all of this under the secret of the user who kept it; see `authenticity`."""

    def facts(self, model: str) -> bytes:
        """What the code is made of."""
        return canonical([self.key, model, self.result.check, self.sha256, self.changed])


def prepare(
    folder: str | os.PathLike[str], files: Iterable[str] = FORMAT_FILES, *, fresh: bool = False
) -> pathlib.Path:  # fmt: skip
    """Make a folder ready for an audit, new or resumed, and mark it as not finished; an old signature goes.

    Of a sealed folder in which anything was changed since, nothing is kept.

    Args:
        folder: where the audit goes; made where it does not exist.
        files: names of the files that formats will write.
        fresh: keep no finished check and no model of an earlier run.

    Returns:
        The folder with links resolved.

    Raises:
        EvidenceError: it cannot be made, or holds something that auditkit did not write.
    """
    path = pathlib.Path(folder).resolve()
    try:
        path.mkdir(parents=True, exist_ok=True)
        kinds = listing(path)
    except OSError as error:
        why = "there is a file of this name; name a folder" if path.is_file() else error.strerror or error
        raise EvidenceError(f"the run folder {path} cannot be used: {why}") from error
    # read before anything is removed: only its list tells our files from somebody else's
    before = _own_manifest(path) if MANIFEST in kinds else None
    own_names = {*UNSEALED, RESULTS, *files, *before.files} if before else frozenset[str]()
    foreign = sorted(name for name, kind in kinds.items() if not _is_ours(name, kind, own_names))
    if foreign:
        raise EvidenceError(
            f"the folder {path} holds what auditkit did not write there ({first_few([*map(safe_name, foreign)], 3)}); "
            "choose another folder for the audit, or empty this one"
        )
    drop_temporaries(path)
    if fresh or (before is not None and before.complete and verify(path)):
        # finished checks and models, so that nothing is taken up
        for name, kind in listing(path).items():
            if kind == "file" and name.partition("/")[0] in _SUFFIXES:
                (path / name).unlink()
    (path / ATTESTATION).unlink(missing_ok=True)  # what it was about is about to change
    unseal(path, before)
    return path


def write(folder: pathlib.Path, name: str, data: bytes) -> pathlib.Path:
    """Write one file of the run folder, whole or not at all.

    Raises:
        EvidenceError: the name would leave the folder or belongs to auditkit, or the system refused.
    """
    if plain_name(name).lower() in (*UNSEALED, CHECKS, ANSWERS):
        raise EvidenceError(f"{name!r} is written by auditkit alone; a format needs another file name")
    hold_to_locked(folder)
    write_atomic(folder / name, data)
    return folder / name


def store_check(
    folder: pathlib.Path, key: str, result: CheckResult, model: str = "", changed: tuple[int, ...] = ()
) -> pathlib.Path:
    """Keep what one check found, for an audit that resumes.

    Args:
        folder: the run folder.
        key: digest of all that the result depends on: model, data, check, plugin version, parameters, seed, threads,
            batch.
        result: what the check found, as it may be written.
        model: name of the model, where the folder is about several.
        changed: positions of the measurements that were measured otherwise than they may be written.

    Raises:
        EvidenceError: the file cannot be written inside the folder.
    """
    hold_to_locked(folder)
    path = _check_path(folder, result.check, model)
    for parent in (folder / CHECKS, path.parent):
        _make_inside(parent)
    stored = StoredCheck(key=key, sha256=digest(result), result=result, changed=changed)
    write_atomic(path, canonical(stored.model_copy(update={"code": authenticity.code_of(stored.facts(model))})))
    return path


def store_model(folder: pathlib.Path, name: str, content: bytes, suffix: str = ".safetensors") -> pathlib.Path:
    """Keep a model that a trainer made: part of the evidence; weights are taken up again by a resumed audit."""
    hold_to_locked(folder)
    _make_inside(folder / MODELS)
    path = folder / MODELS / f"{slug(name)}{suffix}"
    write_atomic(path, content)
    return path


def load_model(folder: pathlib.Path, name: str) -> bytes | None:
    """The weights that `store_model` kept under this name; None where there are none."""
    if not real_folder(folder / MODELS):
        return None
    try:
        return read_plain(folder / MODELS / f"{slug(name)}.safetensors")
    except OSError:
        return None


def load_stored(folder: pathlib.Path, check_id: str, key: str, model: str = "") -> StoredCheck | None:
    """What `store_check` kept under this key; None where there is nothing, or nothing that this user kept."""
    path = _check_path(folder, check_id, model)
    # a link may lead to checks of another audit, which somebody else can change
    if not real_folder(folder / CHECKS) or not real_folder(path.parent):
        return None
    try:
        stored = _parse_check(read_plain(path), path.name)
    except (OSError, EvidenceError):
        return None
    # the name of the file is not enough: it is made of the id alone and stays over changes of parameters
    if stored.key != key or stored.result.check != check_id:
        return None
    return stored if authenticity.fits(stored.code, stored.facts(model)) else None


def keep_checks(folder: pathlib.Path, checks: Iterable[tuple[str, str]]) -> None:
    """Remove the stored checks of earlier plans.

    Args:
        folder: the run folder.
        checks: (model, check) of each stored check to keep; the model is empty where the folder is about one.
    """
    hold_to_locked(folder)
    paths = {_check_path(folder, check, model) for model, check in checks}
    for name, kind in listing(folder).items():
        if kind == "file" and name.startswith(f"{CHECKS}/") and folder / name not in paths:
            (folder / name).unlink()
    for parent in sorted((folder / CHECKS).glob("*/")):
        with contextlib.suppress(OSError):  # it is not empty
            parent.rmdir()


def drop_earlier(folder: pathlib.Path, formats: Iterable[str], written: Collection[str], models: Iterable[str]) -> None:
    """Remove what earlier audits left in the folder: files of formats not made now, and models that are not audited.

    Args:
        folder: the run folder, prepared and not yet sealed.
        formats: names of the files that formats may write.
        written: names of the files that were written now.
        models: names of the audited models.
    """
    hold_to_locked(folder)
    before = read_manifest(folder).files if (folder / MANIFEST).is_file() else {}
    # with the dot, so that `a.` does not keep the files of `ab`
    rooms = tuple(f"{MODELS}/{slug(name)}." for name in models)
    for name in {*formats, *before} - {RESULTS, *UNSEALED, *written}:
        room = name.partition("/")[0]
        # kept checks are chosen by `keep_checks`, by the plan and not by the formats
        earlier = room == name or (room == MODELS and not name.startswith(rooms))
        if earlier and listing(folder).get(name) == "file":
            (folder / name).unlink()


def verify(folder: str | os.PathLike[str]) -> list[str]:
    """What is wrong with a finished run folder, each in a sentence; empty where every byte is as it was sealed.

    run.log is not looked at, and whether a signature fits is not judged here.
    """
    path = pathlib.Path(folder).resolve()
    if not path.is_dir():
        return [f"there is no folder {path}"]
    try:
        manifest = read_manifest(path)
    except EvidenceError as error:
        return [str(error)]
    if not manifest.complete:
        return [f"the audit in {path} is running or was stopped: its {MANIFEST} does not seal it"]
    kinds = {name: kind for name, kind in listing(path).items() if name not in UNSEALED or kind != "file"}
    problems = [f"{safe_name(name)} is missing" for name in sorted({RESULTS, *manifest.files} - kinds.keys())]
    for name, kind in sorted(kinds.items()):
        # an empty folder that nobody sealed is foreign; one that holds sealed files is not
        if kind == "folder" and any(file.startswith(f"{name}/") for file in manifest.files):
            continue
        if kind == "file" and name in manifest.files:
            problems += _problems_of(path, name, manifest.files[name])
        else:
            problems.append(f"{safe_name(name)} is not part of the sealed audit")
    return problems


def read_result(folder: str | os.PathLike[str]) -> AuditResult | Comparison:
    """The result that a run folder holds.

    Raises:
        EvidenceError: there is none, or it cannot be read as what auditkit writes.
    """
    path = pathlib.Path(folder)
    try:
        raw = read_plain(path / RESULTS)
    except OSError as error:
        raise EvidenceError(f"there is no {RESULTS} to read in {path}: {error.strerror or error}") from error
    return parse_result(raw)


def read_sealed(folder: pathlib.Path) -> AuditResult | Comparison:
    """The result of a finished audit, as it was sealed; a folder that was never sealed is read as it is.

    Raises:
        EvidenceError: the audit is running or was stopped, or results.json was changed since it was sealed.
    """
    if (folder / MANIFEST).is_file():
        manifest = read_manifest(folder)
        entry = manifest.files.get(RESULTS)
        if not manifest.complete:
            raise EvidenceError(f"the audit in {folder} is running or was stopped: finish it with the same command")
        if entry is None or _problems_of(folder, RESULTS, entry):
            raise EvidenceError(f"{RESULTS} in {folder} is not as it was sealed: nothing is made from it")
    return read_result(folder)


def parse_result(raw: bytes) -> AuditResult | Comparison:
    """An AuditResult or a Comparison from the bytes of results.json.

    Raises:
        EvidenceError: not JSON, a key twice, a number not finite, another schema version, or fields that do not fit.
    """
    plain = strict_json.loads(raw, RESULTS)
    if not isinstance(plain, dict):
        raise EvidenceError(f"{RESULTS} does not have the shape that auditkit writes: it is no object")
    version = plain.get("schema_version")
    if type(version) is not int or version not in SCHEMAS:
        known = ", ".join(map(str, SCHEMAS))
        raise EvidenceError(f"{RESULTS} has schema_version {one_line(version, 40)}; this auditkit reads {known}")
    # both may have a title since schema 2; only one audit has a run of its own
    if "title" in plain and "run" not in plain:
        return strict_json.record(Comparison, plain, RESULTS)
    return strict_json.record(AuditResult, plain, RESULTS)


def _own_manifest(folder: pathlib.Path) -> Manifest:
    try:
        return read_manifest(folder)
    except EvidenceError as error:
        raise EvidenceError(
            f"the folder {folder} holds a {MANIFEST} that is not auditkit's own, or was changed ({error}); "
            "choose another folder for the audit, or empty this one"
        ) from None


def _parse_check(raw: bytes, name: str) -> StoredCheck:
    stored = strict_json.record(StoredCheck, strict_json.loads(raw, name), name)
    if digest(stored.result) != stored.sha256:
        raise EvidenceError(f"{name} was changed after it was written")
    return stored


def _problems_of(folder: pathlib.Path, name: str, entry: Entry) -> list[str]:
    try:
        raw = read_plain(folder / name)
        if not entry.fits(raw):
            return [f"{safe_name(name)} was changed: its SHA-256 is not the one in {MANIFEST}"]
        if name == RESULTS:
            parse_result(raw)
            # the digest fits what was sealed, but another program may have written and sealed it
            if canonical(strict_json.loads(raw, name)) != raw:
                return [f"{RESULTS} is not byte for byte what auditkit writes, so it was changed"]
        elif name.startswith(f"{CHECKS}/"):
            _parse_check(raw, safe_name(name))
        elif name.endswith(".json"):
            strict_json.loads(raw, safe_name(name))
    except OSError as error:
        return [f"{safe_name(name)} cannot be read: {error.strerror or error}"]
    except EvidenceError as error:
        return [str(error)]
    return []


def _make_inside(parent: pathlib.Path) -> None:
    """Make a folder of the run folder; a link in its place, planted or left over, would lead out of it."""
    try:
        parent.mkdir(exist_ok=True)
    except OSError as error:
        raise EvidenceError(f"{parent} cannot be made: {error.strerror or error}") from error
    if not real_folder(parent):
        raise EvidenceError(f"{parent} is a link; auditkit writes only inside the run folder: remove it")


def _check_path(folder: pathlib.Path, check: str, model: str) -> pathlib.Path:
    return (folder / CHECKS / slug(model) if model else folder / CHECKS) / f"{slug(check)}.json"


def _is_ours(name: str, kind: Kind, own_names: Collection[str]) -> bool:
    """`own_names` is empty where no manifest says that the folder belongs to auditkit."""
    if is_temporary(name, kind):
        return True
    room = name.partition("/")[0]
    inside = bool(own_names) and room in _SUFFIXES
    if kind == "folder":
        return inside
    return kind == "file" and (name in own_names or (inside and name.endswith(_SUFFIXES[room])))

"""Signing a run folder, and finding out whether it is what was audited and signed.

The formats of a sealed folder are made again, to see that they say what results.json says.
"""

import pathlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from auditkit import runfolder
from auditkit.errors import EvidenceError, Mend
from auditkit.foreign_code import foreign, raised
from auditkit.host import Host
from auditkit.io.atomic_files import read_plain, write_atomic
from auditkit.provenance.environment import installed
from auditkit.results import PluginInfo, Provenance, canonical
from auditkit.runfolder.manifest import ATTESTATION, MANIFEST, read_manifest, safe_name
from auditkit.signing.keys import Signer, Verifier
from auditkit.signing.statement import PAYLOAD, Letter, disclose, enclose, misfits, statement
from auditkit.text import one_line
from auditkit.version import __version__

DRAWN_WITH = {
    "model_card.html": ("jinja2", "markdown-it-py"),
    ".html": ("jinja2", "vl-convert-python"),
    ".md": ("jinja2",),
    ".parquet": ("pyarrow",),
    ".cdx.json": ("cyclonedx-python-lib",),
}
"""{end of a file's name: packages that may draw the same in other bytes}, the first that fits.

A file is compared only where their versions are the recorded ones.
"""
BY_MACHINE = (".pdf",)
"""Files that depend on the fonts of a machine."""


@dataclass(frozen=True)
class Remade:
    """What became of each file that a format made."""

    same: tuple[str, ...] = ()
    """Files that come out of results.json as they lie there."""
    different: tuple[str, ...] = ()
    """Files that do not."""
    not_compared: tuple[str, ...] = ()
    """Files that could not be made again, each with the reason."""


def remake(folder: pathlib.Path, host: Host) -> Remade:
    """Make every format of an intact folder again, and compare.

    Args:
        folder: a run folder whose bytes are as they were sealed.
        host: offers the formats.
    """
    result, files = runfolder.read_result(folder), read_manifest(folder).files
    formats = {format.file: format for format in host.formats().values()}
    same: list[str] = []
    different: list[str] = []
    not_compared: list[str] = []
    for name in sorted(files):
        # kept checks and models are no formats
        if "/" in name or name == runfolder.RESULTS:
            continue
        reason = _not_here(name, result.audits[0].provenance, host) if name in formats else _NOBODY
        if reason:
            not_compared.append(f"{safe_name(name)}: {reason}")
            continue
        try:
            with foreign(f"the format of {safe_name(name)}"):
                made = formats[name].render(result)
        except Exception as error:  # a plugin may raise anything at all
            not_compared.append(f"{safe_name(name)}: {raised(error)}")
            continue
        (same if made is not None and files[name].fits(made) else different).append(safe_name(name))
    return Remade(tuple(same), tuple(different), tuple(not_compared))


_NOBODY = "no loaded plugin makes it; name the plugin with --plugin"


def _not_here(name: str, recorded: Provenance, host: Host) -> str:
    """Why this machine may make the same file in other bytes; empty where it may not."""
    if name.endswith(BY_MACHINE):
        return "its bytes depend on the fonts of the machine"
    packages = next((listed for suffix, listed in DRAWN_WITH.items() if name.endswith(suffix)), ())
    before = {"auditkit": recorded.auditkit} | {package: recorded.packages.get(package, "") for package in packages}
    now = {"auditkit": __version__} | dict.fromkeys(packages, "none") | installed(packages)
    for package, was in before.items():
        if was != now[package]:
            return (
                f"made with {package} {one_line(was, 40) or 'of an unknown version'}, and {now[package]} is installed"
            )
    # a file of auditkit's own depends on no plugin
    if name not in {format.file for format in Host(discover=False).formats().values()}:
        # all of them, for which plugin makes a file is not recorded
        plugins = [_from_elsewhere(plugin_infos) for plugin_infos in (recorded.plugins, host.plugins())]
        if plugins[0] != plugins[1]:
            return "made by a plugin, and other plugins or versions of them are loaded"
    return ""


def _from_elsewhere(plugins: Iterable[PluginInfo]) -> set[tuple[str, str]]:
    return {(plugin.name, plugin.version) for plugin in plugins if plugin.loaded and plugin.source != "built-in"}


Signed: TypeAlias = Literal["no", "not checked", "yes", "wrong"]


PUBLIC_KEY = Mend("--public-key", "signer.pub")
"""The value is an example: whose key it must be, only the reader knows."""


@dataclass(frozen=True)
class Account:
    """What was found out about a run folder."""

    problems: tuple[str, ...]
    """Why it must not be relied on, each in a sentence; empty where nothing speaks against it."""
    intact: bool
    """Every file is as it was sealed; says nothing about a signature."""
    signed: Signed
    key_id: str = ""
    """Of the key that the signature names; proved only where `signed` is yes."""
    remade: Remade | None = None
    """None where nothing was made again, for the files themselves are not intact or nobody asked."""

    @property
    def mend(self) -> tuple[Mend, ...]:
        """What a signature that was not checked proposes."""
        return (PUBLIC_KEY,) if self.signed == "not checked" else ()


def sign(folder: pathlib.Path, signer: Signer, *, replace: bool = False, host: Host | None = None) -> pathlib.Path:
    """Sign a finished run folder, as it lies there.

    Args:
        folder: a run folder; it is verified first.
        signer: whose key signs.
        replace: also where it is signed already.
        host: offers the formats that are made again first, so that nobody signs a report that says something else than
            the results; None for none.

    Returns:
        The file with the signature.

    Raises:
        EvidenceError: it is not finished, was altered, is signed already, or cannot be written to.
    """
    folder = folder.resolve()
    # whoever signs vouches for the report, not for results.json alone
    problems = runfolder.verify(folder) or [
        *map(_not_made, () if host is None else remake(folder, host).different)
    ]  # fmt: skip
    if problems:
        more = f", and {len(problems) - 1} more" if len(problems) > 1 else ""
        raise EvidenceError(f"nothing is signed that is not intact: {problems[0]}{more}")
    path = folder / ATTESTATION
    if path.exists() and not replace:
        mend = Mend("--replace")
        raise EvidenceError(
            f"{folder} is signed already; {mend} puts a new signature in place of the old one", mend=mend
        )
    write_atomic(path, enclose(PAYLOAD, canonical(_expected(folder)), signer))
    return path


def verify(
    folder: pathlib.Path, verifier: Verifier | None = None, *, required: bool = False, host: Host | None = None
) -> Account:
    """Everything that can be found out about a run folder: its files, whose signature it bears, what made its report.

    Args:
        folder: a run folder.
        verifier: the public key of whoever should have signed; naming one makes a signature required.
        required: a signature that is not there, or cannot be checked, is a problem.
        host: offers the formats that are made again and compared; None for none.
    """
    folder = folder.resolve()
    problems = runfolder.verify(folder)
    # from files that were altered nothing can be made that would prove anything
    remade = remake(folder, host) if host is not None and not problems else None
    different = remade.different if remade is not None else ()
    letter, unreadable = _open(folder)
    if letter is None:
        signed: Signed = "wrong" if unreadable else "no"
        # whoever gives a key expects a signature, so taking it away must not help
        missing = not unreadable and (required or verifier is not None)
        sentences = [f"there is no signature: {ATTESTATION} is missing"] if missing else unreadable
        return Account((*problems, *sentences, *map(_not_made, different)), not problems, signed, remade=remade)
    # of a folder that was altered no statement can be made to compare with
    sentences = [] if problems else _misfits(folder, letter)
    if verifier is not None:
        sentences += [] if letter.signed_by(verifier) else [_not_by(letter, verifier)]
    elif required:
        sentences.append(f"by whom it was signed cannot be checked without a public key: give {PUBLIC_KEY}")
    valid: Signed = "not checked" if verifier is None else "yes" if letter.signed_by(verifier) else "wrong"
    return Account((*problems, *sentences, *map(_not_made, different)), not problems, valid, letter.key_id, remade)


def signed_by(folder: pathlib.Path, signer: Signer) -> bool:
    """Whether nothing speaks against a run folder that this key signed; so it is of one that was never sealed."""
    if not (folder / MANIFEST).is_file() or not read_manifest(folder).complete:
        return True
    return not verify(folder, Verifier(signer.key.public_key(), signer.id)).problems


def _expected(folder: pathlib.Path) -> dict[str, Any]:
    """The statement that fits an intact folder."""
    return statement(runfolder.read_result(folder), read_plain(folder / MANIFEST), read_manifest(folder))


def _open(folder: pathlib.Path) -> tuple[Letter | None, list[str]]:
    """The envelope of the folder, or what is wrong with it; neither where there is none."""
    path = folder / ATTESTATION
    if not path.exists() and not path.is_symlink():
        return None, []
    try:
        return disclose(read_plain(path), ATTESTATION), []
    except OSError as error:
        return None, [f"{ATTESTATION} cannot be read: {error.strerror or error}"]
    except EvidenceError as error:
        return None, [str(error)]


def _misfits(folder: pathlib.Path, letter: Letter) -> list[str]:
    if letter.kind != PAYLOAD:
        return [f"{ATTESTATION} holds a payload of the type {one_line(letter.kind, 80)!r}; {PAYLOAD} is required"]
    return misfits(letter.payload, _expected(folder))


def _not_by(letter: Letter, verifier: Verifier) -> str:
    if letter.key_id != verifier.id:
        return f"it was signed with another key: {letter.key_id[:16]}…, and the one given is {verifier.id[:16]}…"
    return "the signature is not valid for the given key: the signature, or what was signed, was changed"


def _not_made(name: str) -> str:
    return f"{name} is not what results.json gives: it was made from something else"

"""Making the formats of a sealed folder again, to see that they say what results.json says."""

from __future__ import annotations

import importlib.metadata
import pathlib
from dataclasses import dataclass

import auditkit
from auditkit import runfolder
from auditkit.evidence.manifest import read_manifest, shown
from auditkit.host import Host
from auditkit.results import AuditResult
from auditkit.text import one_line

RENDERERS = ("jinja2", "vl-convert-python")
"""Packages that draw: formats are made again only where their versions are the recorded ones."""


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
    drawn = [name for name in sorted(files) if "/" not in name and name != runfolder.RESULTS]
    audits = (result,) if isinstance(result, AuditResult) else result.results
    other = next(filter(None, map(_other_renderer, audits)), "")
    if other:
        return Remade(not_compared=tuple(f"{shown(name)}: {other}" for name in drawn))
    formats = {each.file: each for each in host.formats().values()}
    same: list[str] = []
    different: list[str] = []
    not_compared: list[str] = []
    for name in drawn:
        if name not in formats:
            not_compared.append(f"{shown(name)}: no loaded plugin makes it; name the plugin with --plugin")
            continue
        try:
            made = formats[name].render(result)
        except Exception as error:  # a plugin may raise anything at all
            not_compared.append(f"{shown(name)}: {type(error).__name__}: {one_line(error)}")
            continue
        (same if made is not None and files[name].fits(made) else different).append(shown(name))
    return Remade(tuple(same), tuple(different), tuple(not_compared))


def _other_renderer(audit: AuditResult) -> str:
    """Why this machine may draw the same result in other bytes; empty where it may not."""
    recorded = {"auditkit": audit.provenance.auditkit} | {
        name: audit.provenance.packages.get(name, "") for name in RENDERERS
    }
    here = {"auditkit": auditkit.__version__} | {name: _installed(name) for name in RENDERERS}
    return next(
        (
            f"made with {name} {one_line(was, 40) or 'of an unknown version'}, and {here[name]} is installed"
            for name, was in recorded.items()
            if was != here[name]
        ),
        "",
    )


def _installed(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "none"

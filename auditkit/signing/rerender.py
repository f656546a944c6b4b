"""Making the formats of a sealed folder again, to see that they say what results.json says."""

import importlib.metadata
import pathlib
from collections.abc import Iterable
from dataclasses import dataclass

from auditkit import runfolder
from auditkit.host import Host
from auditkit.results import PluginInfo, Provenance
from auditkit.runfolder.manifest import read_manifest, safe_name
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
            made = formats[name].render(result)
        except (Exception, SystemExit) as error:  # a plugin may raise anything at all, and may not end the audit
            not_compared.append(f"{safe_name(name)}: {type(error).__name__}: {one_line(error)}")
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
    now = {"auditkit": __version__} | {package: _installed(package) for package in packages}
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


def _installed(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "none"

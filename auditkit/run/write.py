"""Writing the evidence: results.json, then every format from it, then the seal."""

import pathlib
from collections.abc import Callable, Collection, Iterable
from typing import TypeVar

from auditkit import runfolder
from auditkit.errors import ConfigError, check_known
from auditkit.foreign_code import foreign, raised, tell
from auditkit.hookspecs import Format
from auditkit.host import Host
from auditkit.judge import outcome_of
from auditkit.redaction import scrubbed
from auditkit.results import AuditResult, Comparison, canonical
from auditkit.text import class_name, one_line
from auditkit.workers.side_by_side import side_by_side

Result = TypeVar("Result", AuditResult, Comparison)


def files(host: Host) -> tuple[str, ...]:
    """The names of the files that the loaded formats write."""
    return tuple(format.file for format in host.formats().values())


def check_formats(host: Host, names: Iterable[str]) -> None:
    """Raise where a format is asked for that nobody offers.

    Raises:
        ConfigError: the message names the nearest.
    """
    check_known(
        names, host.formats(), ConfigError,
        lambda name: f"formats must name known formats; {one_line(name)!r} was given, ",
    )  # fmt: skip


def write(
    host: Host, result: Result, folder: pathlib.Path, requested: Collection[str] = (),
    allowed: Callable[[str], str] = str, at_once: int = 1,
) -> Result:  # fmt: skip
    """Write the whole folder and seal it; what an earlier audit left there and this one did not make is removed.

    A format that fails is a fault: it stops no other, and the result that is written and given back says so. The result
    is on disk before anything is drawn from it.

    Args:
        host: offers the formats.
        result: what is written.
        folder: the run folder.
        requested: formats made on request, beside those that are always made.
        allowed: what of a fault may be written.
        at_once: how many processes may draw.
    """
    from auditkit.reports.charts import drawn_by  # loads what draws, wanted only where a report is written

    runfolder.write(folder, runfolder.RESULTS, canonical(result))
    with drawn_by(at_once, side_by_side):
        rendered, faults = _render(host, result, requested)
        if faults:
            result = _with_faults(result, [scrubbed(allowed(fault)) for fault in host.faults + faults])
            # drawn again: the first drafts do not yet say that a format failed
            rendered, _ = _render(host, result, requested)
    # the result once more, for what draws it may write to the folder too
    for name, content in {runfolder.RESULTS: canonical(result), **rendered}.items():
        runfolder.write(folder, name, content)
    runfolder.drop_earlier(folder, files(host), rendered, [audit.model.name for audit in result.audits])
    names = [
        (audit.model.name, check.check)
        for audit in result.audits
        for check in audit.results
        if check.status == "measured"
    ]
    runfolder.keep_checks(folder, [("", check) for _, check in names] if isinstance(result, AuditResult) else names)
    runfolder.seal(folder)
    tell(sealed=str(folder))
    return result


def render(host: Host, folder: pathlib.Path, wanted: str | None = None) -> list[str]:
    """Make formats again from results.json; the names of the files written.

    Args:
        host: offers the formats.
        folder: the run folder.
        wanted: one format; where left out, all that are there already or always made.

    Raises:
        ConfigError: the format is not known, or failed.
        EvidenceError: results.json cannot be read.
    """
    formats = host.formats()
    check_known(
        () if wanted is None else (wanted,), formats, ConfigError,
        lambda name: f"--format must be a known format; {one_line(name)!r} was given, ",
    )  # fmt: skip
    result = runfolder.read_sealed(folder)
    # a format on request is made again only where somebody asked for it once
    chosen = {
        name: format
        for name, format in formats.items()
        if wanted == name or (wanted is None and (not format.on_request or (folder / format.file).exists()))
    }
    written = []
    for name, format in chosen.items():
        content = _content(name, format, result)
        if content is not None:
            runfolder.write(folder, format.file, content)
            written.append(format.file)
    runfolder.seal(folder)
    return written


def _render(
    host: Host, result: AuditResult | Comparison, requested: Collection[str]
) -> tuple[dict[str, bytes], list[str]]:
    # as it is read back, so that a later render gives the same bytes
    result = runfolder.parse_result(canonical(result))
    rendered: dict[str, bytes] = {}
    faults = []
    for name, format in host.formats().items():
        if format.on_request and name not in requested:
            continue
        try:
            content = _content(name, format, result)
        except ConfigError as error:
            faults.append(str(error))
            continue
        if content is not None:
            rendered[format.file] = content
    return rendered, faults


def _content(name: str, format: Format, result: AuditResult | Comparison) -> bytes | None:
    """What a format makes of a result.

    Raises:
        ConfigError: it failed, or gave something else than bytes or None.
    """
    try:
        with foreign(f"the format {name!r}"):
            content = format.render(result)
    except Exception as error:  # a plugin may raise anything at all
        raise ConfigError(f"the format {name!r} failed: {scrubbed(raised(error, 500))}") from error
    # by its class, for an object may run code when it is asked what it is
    if content is not None and type(content) is not bytes:
        raise ConfigError(f"the format {name!r} must give bytes or None; it gave a {class_name(content)}")
    return content


def _with_faults(result: Result, faults: list[str]) -> Result:
    if isinstance(result, Comparison):
        return result.model_copy(update={"results": tuple(_with_faults(audited, faults) for audited in result.results)})
    return result.model_copy(
        update={"outcome": outcome_of(result.verdicts, result.results, faults, result.outcome.notes)}
    )

"""Small run folders for the tests of tampering, and what somebody does who changes and seals them again."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Callable
from typing import Any

from auditkit import runfolder
from auditkit.results import AuditResult, canonical
from auditkit.results.audit import Comparison
from auditkit.runfolder.manifest import seal
from tests import fakes

KEY = "ab" * 32


def small(name: str = "credit-gbm", shift: float = 0.0) -> AuditResult:
    """An audit with one check and the limits on it, so that a thousand verifications take seconds."""
    whole = fakes.audit(name, shift=shift)
    some = whole.results[:1]
    checks = {result.check for result in some}
    verdicts = tuple(verdict for verdict in whole.verdicts if verdict.limit.measurement.rpartition(".")[0] in checks)
    few = some[0].model_copy(update={"figures": (), "tables": ()})
    return whole.model_copy(
        update={
            "results": (few,),
            "verdicts": verdicts,
            "limits": tuple(verdict.limit for verdict in verdicts),
            "rules": (),
        }
    )


def sealed(folder: pathlib.Path, result: AuditResult | Comparison | None = None) -> pathlib.Path:
    """A finished run folder with plain stand-ins for the formats."""
    result = result or small()
    path = runfolder.prepare(folder)
    runfolder.write(path, "results.json", canonical(result))
    runfolder.write(path, "report.html", b"<!doctype html><title>report</title><p>verdict: missed, 0.871")
    runfolder.write(path, "metrics.json", canonical({"accuracy": 0.871}))
    if isinstance(result, AuditResult):
        runfolder.store_check(path, KEY, result.results[0])
    runfolder.seal(path)
    return path


def edit(folder: pathlib.Path, change: Callable[[dict[str, Any]], object], name: str = "results.json") -> None:
    """Change a JSON file and write it as auditkit would."""
    plain = json.loads((folder / name).read_bytes())
    change(plain)
    (folder / name).write_bytes(canonical(plain))


def reseal(folder: pathlib.Path) -> None:
    """What whoever can write to the folder can do: a new manifest that fits."""
    seal(folder)

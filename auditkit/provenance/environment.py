"""What the numbers depend on apart from the checks: the model, the packages, the machine class, the threads."""

import contextlib
import functools
import importlib.metadata
import os
import pathlib
import platform
import sys
from collections.abc import Sequence

from auditkit import runfolder
from auditkit.data import AuditData
from auditkit.errors import EvidenceError
from auditkit.host import Host
from auditkit.models import Capability, Model
from auditkit.predictions import Predictions
from auditkit.results import Limit, ModelInfo, Plan, PlannedCheck, Provenance, digest
from auditkit.value_spelling import spelling
from auditkit.version import __version__

PACKAGES = (
    "numpy", "scipy", "pandas", "pyarrow", "narwhals", "scikit-learn", "statsmodels", "pluggy", "pydantic", "jinja2",
    "vl-convert-python", "skops", "safetensors", "torch", "fairlearn", "shap", "lime", "captum",
    "adversarial-robustness-toolbox", "opacus", "dp-accounting", "xgboost", "xgboost-cpu", "lightgbm",
)  # fmt: skip
"""The packages that can change a number; those installed are recorded with their versions."""
FORMATTERS = ("markdown-it-py", "cyclonedx-python-lib")
"""Further packages that can change the bytes of a format; recorded too, so that it can be made again and compared."""


def threads() -> int:
    """How many threads libraries may use here: part of what numbers depend on."""
    # a container may use fewer processors than the machine has
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    setting = os.environ.get("OMP_NUM_THREADS", "")
    return int(setting) if setting.isdigit() and int(setting) > 0 else processors


def result_key(
    planned: PlannedCheck, predictions: Predictions, seed: int, device: str, thread_count: int, rows_shown: bool
) -> str:
    """The digest under which a finished check may be taken up again: all that its result depends on.

    The answers are part of it, for a fingerprint cannot see all that decides them: a file that a callable reads, or the
    code of a network.
    """
    model, data = predictions.model, predictions.data
    return digest(
        {
            "auditkit": __version__, "model": model.fingerprint, "answers": predictions.digest, "name": model.name,
            "data": data.digest,
            "outcome": data.outcome, "selected_means": data.selected_means,
            "check": planned.check, "plugin": planned.plugin, "plugin_version": planned.plugin_version,
            "uses": planned.uses,
            "parameters": planned.parameters, "rows": planned.rows, "seed": seed, "device": device,
            "threads": thread_count, "rows_shown": rows_shown, "batch": model.batch, "threshold": model.threshold,
            "classes": list(map(spelling, model.classes)), "positive": spelling(model.positive),
            "inputs": model.stated,
            "packages": installed(),
        }
    )  # fmt: skip


def installed(names: Sequence[str] = PACKAGES) -> dict[str, str]:
    """{package: version} of those that are installed."""
    versions = {}
    for name in names:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[name] = _version(name)
    return versions


@functools.cache  # parsing what was installed takes longer than a small check, and what is loaded stays as it is
def _version(name: str) -> str:
    return importlib.metadata.version(name)


def describe_run_on(
    host: Host,
    model: Model,
    device: str | None,
    plan: Plan,
    folder: pathlib.Path | None,
    limits: Sequence[Limit],
) -> Provenance:
    """The provenance object of a result."""
    return Provenance(
        auditkit=__version__,
        python=platform.python_version(),
        platform=f"{sys.platform} {platform.machine()}",
        packages=installed((*PACKAGES, *FORMATTERS)),
        threads=threads(),
        device=device or model.device,
        plugins=tuple(host.plugins()),
        settings_digest=digest([plan, *limits]),
        notes=_changed_limits(folder, model, plan, limits),
    )


def describe_model(model: Model, data: AuditData, predictions: Predictions) -> ModelInfo:
    """The model object of a result."""
    binary = data.task == "binary"
    own_rule = "the model's own rule" if binary else ""
    return ModelInfo(
        name=model.name,
        kind=model.kind,
        task=model.task,
        classes=tuple(spelling(label) for label in model.classes),
        positive=spelling(predictions.classes[predictions.positive]) if binary else None,
        threshold=model.threshold,
        threshold_note=own_rule if model.threshold is None else f"positive from a score of {model.threshold:g}",
        capabilities=tuple(str(capability) for capability in Capability if capability in model.capabilities),
        device=model.device,
        batch=model.batch,
        fingerprint=model.fingerprint,
        loaded=model.loaded,
        stochastic=predictions.consistency is not None and predictions.consistency.finding == "randomness",
        consistency=predictions.consistency,
        notes=tuple(model.notes),
    )


def _changed_limits(folder: pathlib.Path | None, model: Model, plan: Plan, limits: Sequence[Limit]) -> tuple[str, ...]:
    """Says so where this folder already holds numbers of the same plan, judged by other limits."""
    if folder is None or not (folder / runfolder.RESULTS).is_file():
        return ()
    try:
        before = runfolder.read_result(folder)
    except EvidenceError:
        return ()
    for result in before.audits:
        # only the same plan on the same model gave numbers that the new limits could be fitted to
        if result.model.fingerprint == model.fingerprint and result.plan.checks == plan.checks:
            old = tuple(note for note in result.provenance.notes if note.startswith("limits were changed"))
            changed = "limits were changed after these numbers had been measured once"
            return old if result.limits == tuple(limits) else (changed,)
    return ()

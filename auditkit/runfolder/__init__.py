"""The run folder: everything an audit produced, written as it goes, and the manifest that seals it."""

from auditkit.runfolder.folder import (
    ANSWERS,
    FORMAT_FILES,
    RESULTS,
    StoredCheck,
    drop_earlier,
    keep_checks,
    load_model,
    load_stored,
    parse_result,
    prepare,
    read_result,
    read_sealed,
    store_check,
    store_model,
    verify,
    write,
)
from auditkit.runfolder.lock import locked
from auditkit.runfolder.manifest import LOG, MANIFEST, left_as_sealed, read_manifest, seal

__all__ = [
    "ANSWERS",
    "FORMAT_FILES",
    "LOG",
    "MANIFEST",
    "RESULTS",
    "StoredCheck",
    "drop_earlier",
    "keep_checks",
    "left_as_sealed",
    "load_model",
    "load_stored",
    "locked",
    "parse_result",
    "prepare",
    "read_manifest",
    "read_result",
    "read_sealed",
    "seal",
    "store_check",
    "store_model",
    "verify",
    "write",
]

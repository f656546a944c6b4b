"""Finished checks, kept for an audit that resumes: as they may be written, for a folder holds nothing else."""

import pathlib
from collections.abc import Sequence
from dataclasses import dataclass

from auditkit import runfolder
from auditkit.judge import concerned
from auditkit.redaction import Scrubber
from auditkit.results import CheckResult, Limit, digest
from auditkit.run.hide import Rule, changed


@dataclass(frozen=True)
class Keeper:
    """Keeps the checks of one model."""

    folder: pathlib.Path | None
    """The run folder; None: nothing is kept."""
    shelf: str
    """The name of the model, where the folder is about several."""
    rule: Rule
    scrubber: Scrubber
    limits: Sequence[Limit]
    """By the names of the data, and by those that the evidence shows."""

    def kept(self, measured: CheckResult, key: str) -> CheckResult:
        """What a check measured as it may be written, and now is where it ran to its end."""
        written = self.written(measured)
        # an error is not kept: the same command shall try again what failed, and only that
        if self.folder is not None and measured.status == "measured":
            runfolder.store_check(self.folder, self._key(key), written, self.shelf, changed(measured, written))
        return written

    def written(self, measured: CheckResult) -> CheckResult:
        """What a check measured as it may be written."""
        return self.scrubber.record(self.rule.check(measured))

    def taken_up(self, check: str, key: str) -> CheckResult | None:
        """What was kept of a check; None where nothing was, or where a limit needs a number that was not written."""
        if self.folder is None:
            return None
        stored = runfolder.load_stored(self.folder, check, self._key(key), self.shelf)
        # what a limit is judged by must be the number as it was measured; of a hidden one the folder knows only that
        # it was hidden
        return None if stored is None or needed(stored, self.limits) else stored.result

    def _key(self, key: str) -> str:
        # what was suppressed for other models or groups would leak, by comparison, what is suppressed now
        return digest([key, self.rule.choice]) if self.rule.choice else key


def needed(stored: runfolder.StoredCheck, limits: Sequence[Limit]) -> bool:
    """Whether a limit is about a measurement that was not kept as it was measured."""
    not_kept = {
        id(stored.result.measurements[index]) for index in stored.changed if index < len(stored.result.measurements)
    }
    return any(id(measurement) in not_kept for limit in limits for measurement in concerned(limit, stored.result))

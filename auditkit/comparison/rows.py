"""Whether two audits are about the same rows, and which settings of the data changed where they are."""

from auditkit.results import DataInfo

SETTINGS = ("minimum_rate", "minimum_cell", "largest_left_out", "reference", "disclosure")
"""Fields of DataInfo that say how rows are read and shown, not what they are."""


def rows_of(data: DataInfo) -> str:
    """The digest of the rows alone; of older results, that of rows and settings."""
    return data.rows_digest or data.digest


def same_rows(old: DataInfo, new: DataInfo) -> bool:
    """Whether both are known to be the same rows with the same groups."""
    return old.digest == new.digest or (bool(old.rows_digest) and old.rows_digest == new.rows_digest)


def settings_changed(old: DataInfo, new: DataInfo) -> str:
    """What was read otherwise, in words: `minimum_rate was 10 and is 5`; empty for nothing."""
    if old.digest == new.digest:
        return ""
    sentences = [
        f"{name} was {_setting_text(_setting(old, name))} and is {_setting_text(_setting(new, name))}"
        for name in SETTINGS
        if _setting(old, name) != _setting(new, name)
    ]
    if not sentences and same_rows(old, new):
        sentences = ["kinds, ranges or notation of columns changed"]
    return "; ".join(sentences)


def _setting(data: DataInfo, name: str) -> object:
    """The value of a setting; a result before `minimum_rate` had one minimum for both."""
    value = getattr(data, name)
    return data.minimum_cell if name == "minimum_rate" and value is None else value


def _setting_text(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}={group}" for name, group in value.items()) or "none"
    return str(value)

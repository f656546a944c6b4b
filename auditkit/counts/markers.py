"""Which values mean missing: the same for texts, numbers and dates, so that every reader takes out the same rows."""

import decimal
from collections.abc import Iterable
from typing import Any

from auditkit.times import same_times
from auditkit.value_spelling import NUMBER


class Markers:
    """The texts that mean missing, and which of them were met.

    A number is matched by its value, so that -1 matches -1.0; a moment by its time, so that 1900-01-01 matches a
    midnight; everything else as it is written, but for blanks around it.

    Args:
        texts: as the owner lists them.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self.texts = tuple(texts)
        self.numbers = {float(text): text for text in self.texts if NUMBER.fullmatch(text)}
        """Those that are numbers."""
        self.times = {spelt: text for text in self.texts for spelt in (same_times([text]) or ())}
        """Those that are moments, or lengths of time, as `same_times` spells them."""
        self.met: set[str] = set()
        """The markers that some value has."""

    def means_missing(self, value: Any) -> bool:
        """Whether a value, not missing itself, is one of the markers."""
        marker = self._marker(value)
        if marker is not None:
            self.met.add(marker)
        return marker is not None

    @property
    def notes(self) -> list[str]:
        """What there is to say of markers that no value has; the empty text is listed for good measure."""
        unmet = [text for text in dict.fromkeys(self.texts) if text and not self._is_met(text)]
        return [f"missing lists {', '.join(map(repr, unmet))}, which no value has"] if unmet else []

    def _is_met(self, text: str) -> bool:
        return text in self.met or (bool(NUMBER.fullmatch(text)) and self.numbers[float(text)] in self.met)

    def _marker(self, value: Any) -> str | None:
        # item() would make a plain number of a moment of numpy's
        moment = getattr(getattr(value, "dtype", None), "kind", "") in "mM"
        value = value.item() if hasattr(value, "item") and not moment else value
        if isinstance(value, bytes):
            value = value.decode("utf-8", "replace")
        if isinstance(value, str):
            if value in self.texts or value.strip() in self.texts:
                return str(value) if value in self.texts else value.strip()
            if self.numbers and NUMBER.fullmatch(value.strip()):
                return self.numbers.get(float(value))
        # True equals 1 in Python, and means no missing value
        elif isinstance(value, int | float | decimal.Decimal) and not isinstance(value, bool):
            return self.numbers.get(float(value))
        elif str(value) in self.texts:
            return str(value)
        return next(iter(self.times.get(spelt) for spelt in same_times([value]) or ()), None) if self.times else None

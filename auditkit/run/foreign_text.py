"""Which words of a text that is not auditkit's own may stand in the evidence: the one place that decides.

Libraries and plugins quote rows of the data in what they raise, warn and note. Of such a text these go, with
`[withheld]` in their place: words of values that fewer than `minimum_cell` people share, numbers of more than three
significant digits that an audit does not say of itself, what looks like a row (numbers and values one after the other),
values that together fewer than `minimum_cell` people share, and four words one after the other out of a text. Names of
columns and classes, groups that are shown, and values that many share stay. The data is searched only where there is
such a text.
"""

import functools
import logging
import re
from typing import Final, Literal

from auditkit.data import AuditData
from auditkit.run.data_search import DataSearch
from auditkit.run.own_numbers import NONE, OwnNumbers
from auditkit.run.telling_spans import TellingSpans
from auditkit.run.text_tokens import pattern, plain, tokens, without

Trust = Literal["foreign", "name", "own", "owner"]
"""Whose words they are.

- foreign: of a library or a plugin. All that is above goes.
- name: what a plugin calls something. Long numbers go only where they are rare in the data.
- own: a sentence of auditkit that quotes what it was given. Its numbers stay.
- owner: of whoever orders the audit. Only what tells of somebody together goes: a row, or most of one.
"""

MOST_LETTERS: Final = 20_000
"""Of a text; what is behind is withheld."""

QUOTED: Final = re.compile(
    r"\b[A-Z]\w*(?:Error|Exception|Exit|Group|Interrupt|Iteration|Warning): |\braised |\bdid not load: "
    r"|\bin which (?:it|the model) failed: |\basked about alone: |\bfailed on \w+ with \w+: |\bformat '[^']*' failed: "
)
"""Behind it stands what foreign code said, in a sentence of auditkit."""

log = logging.getLogger(__name__)


class ForeignText:
    """Says what of a text may be written, by what it knows about the data.

    Args:
        data: the audit data.
    """

    def __init__(self, data: AuditData) -> None:
        self._search = DataSearch(data)
        self.is_published = data.disclosure == "publish"
        """Whether the evidence is for anybody."""
        self._seen: dict[tuple[str, Trust, OwnNumbers], str] = {}

    def allowed(self, text: str, trust: Trust = "foreign", own: OwnNumbers = NONE) -> str:
        """What of a text may be written; the text itself where all may. To ask twice is to ask once.

        Args:
            text: any text; what of it is withheld goes to run.log.
            trust: whose words they are.
            own: numbers that the audit says itself, and which may stand.
        """
        key = (text, trust, own)
        if key not in self._seen:
            self._seen[key] = self._allowed(text, trust, own)
            # run.log lies in the folder
            if not self.is_published and self._seen[key] != text:
                log.info("withheld from the evidence: %s", text)
        return self._seen[key]

    def sentence(self, text: str, own: OwnNumbers = NONE) -> str:
        """What of a sentence of auditkit may be written that may quote foreign code.

        Args:
            text: the sentence.
            own: as in `allowed`.
        """
        quoted = QUOTED.search(text)
        if quoted is None:
            return text
        return text[: quoted.end()] + self.allowed(text[quoted.end() :], "foreign", own)

    def _allowed(self, text: str, trust: Trust, own: OwnNumbers) -> str:
        read = plain(text[:MOST_LETTERS])
        telling = TellingSpans(read, self._search, tokens(read, self._finder), own)
        if telling.is_plain() or (trust == "owner" and not telling.holds_numbers()):
            return text
        spans = telling.together()
        if trust != "owner":
            spans += [*telling.rare_words(), *telling.quotations()]
        if trust == "foreign":
            spans += [*telling.long_numbers(), *telling.rows()]
        if trust == "name":
            spans += telling.rare_numbers()
        if len(text) > MOST_LETTERS:
            spans.append((len(read), len(read)))
        return without(read, spans) if spans else text

    @functools.cached_property
    def _finder(self) -> re.Pattern[str]:
        # a name that is itself a row, as in a table without a head line, is none
        return pattern(name for name in self._search.names if not self._is_row(name))

    def _is_row(self, name: str) -> bool:
        read = plain(name)
        telling = TellingSpans(read, self._search, tokens(read, pattern(())))
        return telling.holds_numbers() and bool(telling.together())

"""What may be estimated and what may be shown: the settings that the owner chose, checked."""

import numbers

from auditkit.data.fields import Fields
from auditkit.errors import DataError, Mend
from auditkit.text import number_of
from auditkit.too_few import FEWER, fewer_than

WAYS = ("internal", "publish")


def how_many(count: int, minimum: int, disclosure: str, one: str = "", many: str = "") -> str:
    """How many people or rows of everyone, in the words of a note: a number, as everyone is shown.

    Where the evidence is to leave the house, few are not counted out, wherever the note is read.

    Args:
        count: how many there are.
        minimum: how many are no longer few.
        disclosure: for whom the evidence is.
        one: what follows the number 1, as for `text.number_of`; empty: nothing follows.
        many: what follows any other number.
    """
    words = f"{FEWER} {minimum}" if disclosure == "publish" and 0 < count < minimum else f"{count:,}"
    return number_of(words, one, many) if one else words


def check_disclosure(data: Fields) -> None:
    """Raise where a minimum is no number of people, a share no share, or the way to disclose is not known.

    Raises:
        DataError: the message names the setting, what it must be and what was given.
    """
    for name in ("minimum_cell", "minimum_rate"):
        people = getattr(data, name)
        # True is an integer to Python, and would be a minimum of one person.
        if isinstance(people, bool) or not isinstance(people, numbers.Integral) or people < 0:
            raise DataError(f"{data.name}: {name} must be a whole number of people, 0 or more; {people!r} was given")
    share = data.largest_left_out
    if isinstance(share, bool) or not isinstance(share, numbers.Real) or not 0 <= share <= 1:
        raise DataError(f"{data.name}: largest_left_out must be a share from 0 to 1; {share!r} was given")
    if data.disclosure not in WAYS:
        raise DataError(
            f"{data.name}: disclosure must be {' or '.join(map(repr, WAYS))}; {data.disclosure!r} was given"
        )
    if data.disclosure == "publish" and data.minimum_cell < 2:
        mend = Mend("data.minimum_cell", 10)
        raise DataError(
            f'{data.name}: disclosure = "publish" protects counts of {fewer_than("minimum_cell", "people")}, and '
            f"{data.minimum_cell} leaves nothing to protect; say {mend}",
            mend=mend,
        )

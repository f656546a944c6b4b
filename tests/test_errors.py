"""What auditkit raises on purpose."""

import pytest

from auditkit.errors import present


def test_what_must_be_there_is_given_back_or_missed_aloud():
    assert present(0, "a count") == 0 and present("", "a text") == ""
    with pytest.raises(RuntimeError, match=r"must be there: the check needs labels\. This is a fault of the program"):
        present(None, "the check needs labels")

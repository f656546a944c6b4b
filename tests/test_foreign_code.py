"""Calls of foreign code: what it raises can be asked about itself, whatever the exception's class has in store."""

from __future__ import annotations

import builtins
import json
import sys
import traceback

import pydantic
import pytest

from auditkit.errors import DataError, Mend, TimeLimit
from auditkit.foreign_code import ForeignError, foreign, raised
from auditkit.text import class_name


def anything(_self=None):
    """What a property does that nobody expects."""
    raise KeyboardInterrupt


class Nameless(type):
    """A class of classes without a name."""

    __name__ = property(anything)


def hostile(*bases: type, **fields: object) -> BaseException:
    """An exception of a class with these fields."""
    return type("Odd", bases, fields)("seen")


HOSTILE = {
    "class": hostile(ValueError, __class__=property(anything)),
    "class of another": hostile(ValueError, __class__=SystemExit),
    "traceback": hostile(ValueError, __traceback__="none"),
    "cause": hostile(ValueError, __cause__=property(anything)),
    "context": hostile(ValueError, __context__=property(lambda self: self)),
    "all": hostile(ValueError, __getattribute__=anything),
    "errno": hostile(OSError, errno=property(anything)),
    "exceptions": type("Odd", (ExceptionGroup,), {"exceptions": 3})("seen", [ValueError()]),
    "findings": hostile(TimeLimit, findings=property(anything)),
    "mend": hostile(DataError, mend=property(anything, lambda self, value: None)),
    "name": Nameless("Odd", (ValueError,), {})("seen"),
}


@pytest.mark.parametrize("where", HOSTILE)
def test_an_exception_that_runs_code_when_it_is_asked_is_put_in_words(where):
    with pytest.raises(ForeignError) as caught, foreign("a check"):
        raise HOSTILE[where]
    wordless = where in ("class", "class of another", "all")
    assert raised(caught.value).startswith("Odd: a Odd" if wordless else "Odd: seen")
    assert caught.value.__cause__ is None and caught.value.__suppress_context__
    if where != "traceback":
        assert traceback.extract_tb(caught.value.__traceback__)[-1].line == "raise HOSTILE[where]"


@pytest.mark.parametrize("chain", ["cause", "context", "group"])
def test_nor_is_one_asked_that_led_to_another(chain):
    with pytest.raises(ForeignError, match=r"^\w+Error: seen|^ExceptionGroup: seen"), foreign("a check"):
        if chain == "group":
            raise ExceptionGroup("seen", [HOSTILE["class"]])
        try:
            raise HOSTILE["class"]
        except Exception as error:
            if chain == "cause":
                raise ValueError("seen") from error
            raise DataError("seen")  # noqa: B904


class Common(OSError):
    """What libraries make of an exception: words and fields of its own."""

    code = "e404"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return self.message


def test_any_other_exception_passes_as_it_is():
    class Strict(pydantic.BaseModel):
        number: int

    with pytest.raises(pydantic.ValidationError), foreign("a check"):
        Strict(number="one")
    for error in (Common("no"), DataError("no", mend=Mend("data.task")), ExceptionGroup("two", [ValueError("no")])):
        with pytest.raises(type(error)) as caught, foreign("a check"):
            try:
                raise LookupError("before")
            except LookupError as before:
                raise error from before
        assert caught.value is error


def test_what_means_to_end_the_audit_says_where():
    with pytest.raises(ForeignError, match=r"^SystemExit: the code called sys\.exit") as caught, foreign("a check"):
        raise SystemExit(0)
    assert isinstance(caught.value.__cause__, SystemExit)
    assert raised(caught.value).startswith("SystemExit: ")


class Slippery(str):
    """A text that raises when it is cut."""

    __getitem__ = __len__ = anything


def test_a_class_is_called_by_its_name_whatever_it_says_of_itself():
    assert class_name(HOSTILE["name"]) == class_name(HOSTILE["class"]) == "Odd"
    assert class_name(type("\x1b[2J all\nmet", (), {})()) == "all met"
    with pytest.raises(ValueError) as caught, foreign("a check"):
        raise type("Cut", (ValueError,), {"__str__": lambda self: Slippery("words")})
    assert raised(caught.value) == "Cut: words"


def without_len():
    builtins.len = builtins.next = builtins.isinstance = None


def without_exceptions():
    del builtins.Exception, builtins.BaseException, builtins.str


def without_modules():
    sys.modules = {}


def without_json():
    sys.modules["json"] = None


@pytest.mark.parametrize("replace", [without_len, without_exceptions, without_modules, without_json])
@pytest.mark.parametrize("fails", [True, False])
def test_what_foreign_code_makes_of_the_builtins_ends_with_it(replace, fails):
    before, modules = dict(vars(builtins)), sys.modules
    caught = None
    try:
        with foreign("a format"):
            replace()
            if fails:
                [][1]
    except Exception as error:
        caught = error
    now = dict(vars(builtins))  # put back whatever becomes of this test
    vars(builtins).update(before)
    assert now == before and sys.modules is modules and sys.modules["json"] is json
    assert isinstance(caught, IndexError) if fails else caught is None

"""Where the system refuses to open or to read a file it is not called damaged; where it does not, it is."""

from __future__ import annotations

import errno
import functools
import gzip
import pathlib

import numpy as np
import pandas as pd
import pyarrow.parquet
import pytest

from auditkit import AuditData, wrap
from auditkit.errors import AuditkitError, DataError
from auditkit.io.refusals import refusal
from auditkit.plugins.models import files

TABLE = pd.DataFrame({"a": np.arange(40) % 7, "y": np.arange(40) % 2})
WRITE = {
    "t.csv": lambda path: TABLE.to_csv(path, index=False),
    "t.csv.gz": lambda path: path.write_bytes(gzip.compress(TABLE.to_csv(index=False).encode())),
    "t.json": lambda path: TABLE.to_json(path, orient="records"),
    "t.npz": lambda path: np.savez(path, inputs=TABLE[["a"]].to_numpy(), y=TABLE["y"].to_numpy()),
    "t.parquet": TABLE.to_parquet,
}
NUMBERS = {errno.EMFILE: "Too many open files", errno.EIO: "Input/output error"}


class Exhausted:
    """Opens of a file, of which each from a certain one on is refused."""

    def __init__(self, first: int, number: int) -> None:
        self.left, self.number = first, number

    def __call__(self, original, *arguments, **options):
        self.left -= 1
        if self.left < 0:
            raise OSError(self.number, NUMBERS[self.number])
        return original(*arguments, **options)


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("name", WRITE)
def test_a_table_that_the_system_does_not_let_be_read_is_not_called_damaged(tmp_path, monkeypatch, name, number):
    path = tmp_path / name
    WRITE[name](path)
    AuditData.from_table(path, label="y")
    originals = {"open": pathlib.Path.open, "parquet": pyarrow.parquet.ParquetFile}
    sentences = []
    for first in range(6):
        exhausted = Exhausted(first, number)
        with monkeypatch.context() as patched:
            patched.setattr(pathlib.Path, "open", lambda *a, e=exhausted, **k: e(originals["open"], *a, **k))
            parquet = functools.partial(exhausted, originals["parquet"])
            patched.setattr(pyarrow.parquet, "ParquetFile", parquet)
            try:
                AuditData.from_table(path, label="y")
            except DataError as error:
                sentences.append(str(error))
    assert len(sentences) > 1, "only the first look at it was refused"
    for sentence in sentences:
        assert sentence.startswith(f"{name} cannot be read: ") and NUMBERS[number] in sentence
        assert not any(blame in sentence for blame in ("damaged", "cut off", "write it again"))


@pytest.mark.parametrize("number", NUMBERS)
def test_nor_is_a_model_file(tmp_path, monkeypatch, number):
    path = tmp_path / "model.json"
    path.write_text('{"version": [3, 0, 0], "learner": {}}')
    with pytest.raises(AuditkitError, match=r"the xgboost file (could not be opened|is damaged)"):
        wrap(path, rehearse=False)

    def read(data, name, options):
        raise ValueError("cut off") from OSError(number, "refused")

    monkeypatch.setitem(files._LOADERS, "xgboost", read)
    with pytest.raises(AuditkitError, match=r"cannot be read: the system refused") as caught:
        wrap(path, rehearse=False)
    assert NUMBERS[number] in str(caught.value) and "damaged" not in str(caught.value)


def test_what_a_library_raises_of_a_broken_file_is_no_refusal():
    assert refusal(gzip.BadGzipFile("not gzipped")) == refusal(OSError(errno.EINVAL, "seek")) == refusal(None) == ""
    around = ValueError("a")
    around.__cause__ = around
    assert refusal(around) == ""

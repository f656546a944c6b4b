"""Columns of kind `identifier`: their values are in codes, in no order, and shown nowhere."""

import numpy as np
import pandas as pd
import pytest

from auditkit.config import load
from auditkit.data import AuditData
from auditkit.errors import DataError

ROWS = 40
NODES = [1_000_003 * (row % 7) for row in range(ROWS)]
DECLARED = {"node": {"kind": "identifier"}}


def read(values=NODES, **options):
    frame = pd.DataFrame({"node": values, "age": range(len(values)), "y": np.arange(len(values)) % 2})
    return AuditData.from_table(frame, label="y", **{"schema": DECLARED, **options})


@pytest.mark.parametrize("values", [NODES, [f"user {node}" for node in NODES], [None, *map(str, NODES[1:])]])
def test_ids_are_codes_that_come_back_and_are_shown_nowhere(values):
    data = read(values)
    feature = data.schema[0]
    assert feature.kind == "identifier" and not feature.numeric and feature.categories == ()
    assert feature.low is None and feature.high is None and data.orders == {}
    assert data.identifiers.tolist() == data.uncompared.tolist() == [True, False] and not data.free_text.any()
    assert str(NODES[-1]) not in repr(data.schema)
    assert data.decode(data.codes())["node"].equals(data.inputs["node"])
    known = data.codes()[:, 0]
    assert set(known[~np.isnan(known)]) == set(range(7))


def test_undeclared_ids_are_numbers_and_a_declared_kind_is_another_data_set():
    assert read(schema=None).schema[0].kind == "integer"
    assert not read(schema=None).identifiers.any()


def test_both_splits_have_the_same_codes():
    train = pd.DataFrame({"node": [NODES[3], 5, 6] * 10, "age": range(30), "y": np.arange(30) % 2})
    data = read(train=train)
    assert data.train.schema[0].kind == "identifier"
    assert data.train.codes()[0, 0] == data.codes()[3, 0]
    assert data.decode(data.train.codes())["node"].tolist() == train["node"].tolist()


def test_a_csv_keeps_whole_numbers_and_loses_no_leading_zero(tmp_path):
    for values, kind in ((NODES, "i"), ([f"{node:09}" for node in NODES], "O")):
        pd.DataFrame({"node": values, "y": np.arange(ROWS) % 2}).to_csv(tmp_path / "t.csv", index=False)
        data = AuditData.from_table(tmp_path / "t.csv", label="y", schema=DECLARED)
        assert data.inputs["node"].tolist() == list(values), kind


@pytest.mark.parametrize("values", [np.linspace(0, 1, ROWS), np.arange(ROWS) % 2 == 0])
def test_measurements_are_no_ids(values):
    with pytest.raises(DataError, match=r"'node': an identifier names things by whole numbers or texts; the values"):
        read(values)


def test_ids_have_no_range_and_no_list_of_categories():
    with pytest.raises(DataError, match="low is for numbers; the column is identifier"):
        read(schema={"node": {"kind": "identifier", "low": 0}})
    with pytest.raises(DataError, match="categories are for a category; the column is identifier"):
        read(schema={"node": {"kind": "identifier", "categories": NODES}})


def test_the_configuration_declares_an_identifier(tmp_path):
    (tmp_path / "auditkit.toml").write_text(
        '[model]\npath = "m.skops"\n[data]\npath = "t.csv"\nlabel = "y"\n[data.features.node]\nkind = "identifier"\n'
    )
    settings = load(tmp_path / "auditkit.toml")
    assert settings.data.features["node"].kind == "identifier"


def test_a_series_may_have_gaps_and_infinity_is_none():
    values = np.zeros((4, 5))
    values[0, 1] = np.nan
    assert np.isnan(AuditData(values, modality="sequence").inputs[0, 1])
    values[0, 1] = np.inf
    with pytest.raises(DataError, match="infinite values; replace them, or use NaN where they are missing"):
        AuditData(values, modality="sequence")


@pytest.mark.parametrize(("modality", "shape"), [("sequence", (6, 4)), ("image", (6, 1, 2, 2))])
def test_columns_of_a_table_are_no_sequences_or_pictures_until_they_are_an_array(modality, shape, tmp_path):
    table = pd.DataFrame(np.random.default_rng(0).random((6, 4)), columns=list("abcd")).assign(y=[0, 1] * 3)
    table.to_csv(tmp_path / "rows.csv", index=False)
    for given in (table, tmp_path / "rows.csv"):
        with pytest.raises(DataError, match=r"are one array \(N.*columns.to_numpy\(\) does, or leave modality out$"):
            AuditData.from_table(given, label="y", modality=modality)
    array = table[list("abcd")].to_numpy().reshape(shape)
    assert AuditData(array, table["y"].to_numpy(), modality=modality).modality == modality
    assert AuditData.from_table(table, label="y").modality == "table"


def test_npz_files_hold_sequences(tmp_path):
    ids, series = np.arange(20).reshape(4, 5), np.zeros((4, 5, 2))
    for inputs, options in ((ids, {"modality": "sequence"}), (series, {})):
        np.savez(tmp_path / "rows.npz", X=inputs, y=[0, 1, 0, 1])
        data = AuditData.from_table(tmp_path / "rows.npz", label="y", **options)
        assert data.modality == "sequence" and data.tokens == (inputs is ids)

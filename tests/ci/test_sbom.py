"""The bill of materials: valid, whole, the same each time, and with one licence only that is not open source."""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import subprocess
import sys

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tests.ci import ROOT, script

lock, sbom = script("lock"), script("sbom")

OPEN_SOURCE = {
    "0BSD", "2-clause BSD", "3-Clause BSD License", "Apache 2.0", "Apache 2.0 License", "Apache License 2.0",
    "Apache License v2.0", "Apache License, Version 2.0", "Apache Software License", "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception", "BSD", "BSD License", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CC0-1.0",
    "CNRI-Python",
    "GNU General Public License v2 or later (GPLv2+)", "GNU Lesser General Public License v2 or later (LGPLv2+)",
    "ISC License", "ISC License (ISCL)", "LGPL", "MIT", "MIT License", "MIT License (MIT)", "MIT license", "MIT-0",
    "MIT-CMU", "MPL-2.0", "Mozilla Public License 1.1 (MPL 1.1)", "Mozilla Public License 2.0 (MPL 2.0)", "PSF-2.0",
    "PSFL", "Python Software Foundation License", "Zlib",
    'Licensed under the Apache License, Version 2.0 (the "License");',
}  # fmt: skip
"""What packages of the lock declare, in their words; a further licence is looked at before it is put here."""


@pytest.fixture(scope="module")
def pins() -> list:
    """All of the lock where it was installed from; elsewhere those that are installed in this version."""
    locked = lock.read(lock.LOCK)
    if os.environ.get("LOCKED"):
        return locked
    installed = {(distribution.name, distribution.version) for distribution in importlib.metadata.distributions()}
    return [pin for pin in locked if (pin.name, pin.version) in installed]


@pytest.fixture(scope="module")
def document(pins) -> dict:
    return json.loads(sbom.render(pins))


def not_open_source(components: list[dict]) -> dict[str, set[str]]:
    """{component: its licences that are not known as open source}, what stands inside of a component included."""
    closed = {}
    for component in components:
        licences = component["licenses"]
        texts = [
            entry.get("expression") or entry["license"].get("id") or entry["license"]["name"] for entry in licences
        ]
        if unknown := {term for text in texts for term in re.split(r" AND | OR ", text)} - OPEN_SOURCE:
            closed[component["name"]] = unknown
        closed |= not_open_source(component.get("components", []))
    return closed


def install(folder, monkeypatch, *lines: str) -> object:
    """A package `acme` with these lines of metadata, and its pin."""
    (folder / "acme-1.0.dist-info").mkdir()
    (folder / "acme-1.0.dist-info" / "METADATA").write_text("\n".join(("Name: acme", "Version: 1.0", *lines)))
    monkeypatch.syspath_prepend(str(folder))
    return lock.Pin("acme", "1.0", "0" * 64)


def test_it_validates_strictly_and_an_unknown_field_does_not(document):
    validator = JsonStrictValidator(SchemaVersion.V1_6)
    assert validator.validate_str(json.dumps(document)) is None
    assert validator.validate_str(json.dumps(document | {"surprise": 1})) is not None


def test_it_lists_every_locked_file_with_its_hash(document, pins):
    assert len(pins) > 100
    listed = {(part["name"], part["version"], part["hashes"][0]["content"]) for part in document["components"]}
    assert listed == set(pins)
    purls = [part["purl"].partition("@") for part in document["components"]]
    assert any(name == "pkg:pypi/torch" and version.endswith("%2Bcpu") for name, _, version in purls)
    assert "pkg:pypi/jinja2" in {name for name, _, _ in purls}  # in the spelling of the index, whatever the package's


def test_every_locked_package_is_there_for_something(document):
    needed = {name for entry in document["dependencies"] for name in entry.get("dependsOn", ())}
    assert {part["bom-ref"] for part in document["components"]} == needed


def test_one_part_is_not_open_source_and_it_stands_inside_of_torch(document):
    assert not_open_source(document["components"]) == {
        "oneAPI Math Kernel Library": {"Intel Simplified Software License"}
    }


def test_torch_has_that_part_in_it():
    torch = pytest.importorskip("torch")
    assert "oneAPI Math Kernel Library" in torch.__config__.show()


def test_a_proprietary_package_is_noticed(pins, tmp_path, monkeypatch):
    pin = install(tmp_path, monkeypatch, "License-Expression: MIT AND LicenseRef-NVIDIA-Proprietary")
    (numpy,) = [other for other in pins if other.name == "numpy"]
    document = json.loads(sbom.render([pin, numpy]))
    assert not_open_source(document["components"]) == {"acme": {"LicenseRef-NVIDIA-Proprietary"}}


@pytest.mark.parametrize(
    ("lines", "licences"),
    [
        (["License-Expression: MIT", "License: other"], ["MIT"]),
        (["License: Apache 2.0"], ["Apache 2.0"]),
        (["License: UNKNOWN", "Classifier: License :: OSI Approved :: ISC License (ISCL)"], ["ISC License (ISCL)"]),
        (["License: Copyright\n  all of it", "Classifier: License :: OSI Approved :: BSD License"], ["BSD License"]),
        (["Classifier: License :: OSI Approved"], []),
    ],
)
def test_a_licence_is_what_the_package_declares(tmp_path, monkeypatch, lines, licences):
    install(tmp_path, monkeypatch, *lines)
    assert sbom.declared(importlib.metadata.distribution("acme")) == licences


def test_the_first_line_of_a_licence_file_stands_where_nothing_is_declared(tmp_path, monkeypatch):
    pin = install(tmp_path, monkeypatch)
    with pytest.raises(SystemExit, match="acme declares no licence"):
        sbom.component(pin)
    lines = "\nCopyright 2020 Acme\n\nMIT License\n\nall of it\n"
    (tmp_path / "acme-1.0.dist-info" / "LICENSE").write_text(lines)
    (tmp_path / "acme-1.0.dist-info" / "RECORD").write_text("acme-1.0.dist-info/LICENSE,,\n")
    assert [licence.name for licence in sbom.component(pin).licenses] == ["MIT License"]


def test_only_the_locked_environment_is_listed(tmp_path, monkeypatch):
    with pytest.raises(SystemExit, match="acme of the lock is not installed; install the lock first"):
        sbom.component(lock.Pin("acme", "1.0", "0" * 64))
    install(tmp_path, monkeypatch, "License: MIT")
    with pytest.raises(SystemExit, match=r"acme: the lock has 2.0, not 1.0; install it first: make"):
        sbom.component(lock.Pin("acme", "2.0", "0" * 64))


def test_another_process_writes_the_same_bytes(pins, tmp_path):
    lock.write(tmp_path / "a.lock", *lock.lines(pins))
    code = "import lock, pathlib, sbom, sys; print(sbom.render(lock.read(pathlib.Path(sys.argv[1]))))"
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "a.lock")],
        capture_output=True, text=True, check=True, cwd=ROOT / ".ci",
    )  # fmt: skip
    assert done.stdout == sbom.render(pins) + "\n"

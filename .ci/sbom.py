"""The software bill of materials of the locked environment, as CycloneDX 1.6 on standard output.

    .venv/bin/python .ci/sbom.py > sbom.cdx.json      in an environment that was installed from .ci/test.lock

Names, versions and hashes are those of the lock; licences and dependencies are what the installed packages declare. It
holds no time and no random number: the same lock gives the same bytes. It is made when it is wanted, as a copy kept
beside the lock would be a second truth.
"""

from __future__ import annotations

import importlib.metadata
import sys
import uuid
from collections import defaultdict

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from lock import LOCK, Pin, read
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = "auditkit-rai"
INSIDE = {"torch": ("oneAPI Math Kernel Library", "Intel Simplified Software License")}
"""What is not open source and stands in a wheel under another licence than the package declares."""


def declared(distribution: importlib.metadata.Distribution) -> list[str]:
    """The licences of a package in its own words: an expression, a short text, its classifiers or its licence file."""
    stated = distribution.metadata
    short = stated.get("License-Expression") or stated.get("License") or ""
    if short and short != "UNKNOWN" and "\n" not in short:
        return [short]
    classifiers = [line for line in stated.get_all("Classifier", []) if line.startswith("License :: ")]
    # "OSI Approved" alone names no licence
    if names := [line.rpartition(" :: ")[2] for line in classifiers if not line.endswith(":: OSI Approved")]:
        return names
    files = [file for file in distribution.files or () if file.name.startswith("LICEN")]
    lines = [line for line in files[0].read_text().strip().splitlines() if line.strip()] if files else []
    # some files say whose it is before they say what it is
    return [line for line in lines if not line.startswith("Copyright ")][:1]


def component(pin: Pin) -> Component:
    """One locked package.

    Raises:
        SystemExit: another version or none is installed, or the package declares no licence.
    """
    try:
        distribution = importlib.metadata.distribution(pin.name)
    except importlib.metadata.PackageNotFoundError:
        sys.exit(f"{pin.name} of the lock is not installed; install the lock first: make .venv/locked.stamp")
    version = distribution.version
    if version != pin.version:
        sys.exit(f"{pin.name}: the lock has {pin.version}, not {version}; install it first: make .venv/locked.stamp")
    names = declared(distribution)
    if not names:
        sys.exit(f"{pin.name} declares no licence; look at its files, and leave the package out or say here what it is")
    licences = LicenseFactory()
    part = Component(
        name=pin.name, version=pin.version, bom_ref=canonicalize_name(pin.name),
        purl=PackageURL("pypi", name=canonicalize_name(pin.name), version=pin.version),
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=pin.sha256)],
        licenses=[licences.make_from_string(name) for name in names],
    )  # fmt: skip
    if pin.name in INSIDE:
        name, licence = INSIDE[pin.name]
        part.components.add(
            Component(name=name, bom_ref=f"{pin.name}/{name}", licenses=[licences.make_with_name(licence)])
        )
    return part


def links(names: set[str]) -> dict[str, set[str]]:
    """{package: which of these it requires here}, from the project and its tests on."""
    extras: dict[str, set[str]] = defaultdict(set)
    required: dict[str, set[str]] = defaultdict(set)
    waiting = [(PROJECT, {"", "test"})]
    while waiting:
        package, asked = waiting.pop()
        if asked <= extras[package]:
            continue
        extras[package] |= asked
        for line in importlib.metadata.requires(package) or ():
            requirement = Requirement(line)
            name = canonicalize_name(requirement.name)
            marker = requirement.marker
            if name in names and any(marker is None or marker.evaluate({"extra": extra}) for extra in extras[package]):
                required[package].add(name)
                waiting.append((name, {"", *requirement.extras}))
    return required


def render(pins: list[Pin]) -> str:
    """The document; the project is what it is about."""
    version = importlib.metadata.version(PROJECT)
    project = Component(
        name=PROJECT, version=version, type=ComponentType.APPLICATION, bom_ref=PROJECT,
        purl=PackageURL("pypi", name=PROJECT, version=version),
        licenses=[LicenseFactory().make_from_string("Apache-2.0")],
    )  # fmt: skip
    parts = {canonicalize_name(pin.name): component(pin) for pin in pins}
    # the library would draw a random number and take the present time
    bom = Bom(components=parts.values(), serial_number=uuid.uuid5(uuid.NAMESPACE_URL, repr((version, pins))))
    bom.metadata.timestamp = None
    bom.metadata.component = project
    for package, required in links(set(parts)).items():
        bom.register_dependency(parts.get(package, project), [parts[name] for name in sorted(required)])
    return JsonV1Dot6(bom).output_as_string(indent=1)


if __name__ == "__main__":
    print(render(read(LOCK)))

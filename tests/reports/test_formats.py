"""All formats: what is kept in tests/golden, deterministic, and made without the libraries of checks."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from auditkit import reports, runfolder
from auditkit.results import SCHEMA_VERSION, SCHEMAS, AuditResult, Measurement, canonical
from tests import fakes
from tests.reports import golden


def crossed() -> AuditResult:
    """The fake audit with numbers about attributes crossed, in no order of the alphabet."""
    audit = fakes.audit()
    rate = Measurement(name="rate", value=0.5, exact=True, slice={"sex": "F", "race": "B"}, conditions={"b": 1, "a": 2})
    result = audit.results[0].model_copy(update={"measurements": (rate,)})
    judged = audit.verdicts[2].judged[0].model_copy(update={"measurement": rate})
    verdict = audit.verdicts[2].model_copy(update={"judged": (judged,)})
    return audit.model_copy(update={"results": (result,), "verdicts": (verdict,)})


MADE = dict(golden.files())
OLDER = tuple(f"v{version}/" for version in SCHEMAS if version != SCHEMA_VERSION)


@pytest.mark.parametrize("name", MADE)
def test_a_format_is_as_it_was(name):
    """After a wanted change: python -m tests.reports.golden, and read the difference."""
    difference = golden.difference(name, (golden.FOLDER / name).read_text(), MADE[name].decode())
    assert not difference, difference


def test_nothing_is_kept_that_is_not_compared():
    kept = {str(path.relative_to(golden.FOLDER)) for path in golden.FOLDER.rglob("*") if path.is_file()}
    assert {name for name in kept if not name.startswith(OLDER)} == set(MADE)


@pytest.mark.parametrize(
    ("name", "kept", "new", "under"),
    [
        ("a.md", "# One\n\n## Two\n\nold", "# One\n\n## Two\n\nnew", "under '## Two': it was\nold\nand is\nnew"),
        ("a.csv", "check,value\na,1", "check,value\na,2", "line 2, under 'check,value'"),
        ("a.json", '{\n "rows": {\n  "n": 1\n }\n}', '{\n "rows": {\n  "n": 2\n }\n}', "line 3, under '\"rows\": {'"),
        ("a.xml", "<suite>\n  <case/>", "<suite>\n  <case/>\n  <case/>", "line 3, under 'the beginning'"),
    ],
)  # fmt: skip
def test_a_difference_names_the_nearest_heading(name, kept, new, under):
    assert under in golden.difference(name, kept, new)
    assert golden.difference(name, kept, kept) == ""


def test_the_formats_have_the_names_of_the_run_folder():
    formats = reports.register_formats()
    names = ["html", "pdf", "summary", "card", "cardpage", "bom", "junit", "metrics", "csv", "parquet"]
    assert [format.name for format in formats] == names
    assert [format.name for format in formats if format.on_request] == ["pdf", "bom"]
    assert tuple(format.file for format in formats) == runfolder.FORMAT_FILES


@pytest.mark.parametrize("name", ["summary", "card", "cardpage", "bom", "junit", "metrics", "csv", "parquet"])
@pytest.mark.parametrize(
    "result",
    [fakes.audit(), crossed(), fakes.comparison(), fakes.hostile("é")],
    ids=["one", "crossed", "many", "odd"],
)
def test_a_format_makes_the_same_of_what_was_saved(name, result):
    render = next(format.render for format in reports.register_formats() if format.name == name)
    assert render(result) == render(runfolder.parse_result(canonical(result)))


def test_formats_need_none_of_the_libraries_that_measure(tmp_path):
    fakes.audit().save(tmp_path)
    program = (
        "import sys\n"
        "for name in 'torch pandas scipy sklearn numpy shap captum art opacus fairlearn'.split():\n"
        "    sys.modules[name] = None\n"
        "from auditkit import reports, runfolder\n"
        "result = runfolder.read_result(sys.argv[1])\n"
        "for kind in reports.register_formats():\n"
        "    if kind.name not in ('html', 'pdf', 'cardpage'):\n"
        "        print(kind.name, len(kind.render(result)) > 100)\n"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    command = [sys.executable, "-c", program, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    expected = ["summary", "card", "bom", "junit", "metrics", "csv", "parquet"]
    assert done.stdout.splitlines() == [f"{name} True" for name in expected], done.stderr

"""All formats: what is kept in tests/golden, deterministic, and made without the libraries of checks."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from auditkit import reports, runfolder
from auditkit.results import AuditResult, Measurement, canonical
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


@pytest.mark.parametrize("name", golden.FILES)
def test_a_format_is_as_it_was(name):
    """After a wanted change: python -m tests.reports.golden, and read the difference."""
    assert golden.FILES[name]().decode() == (golden.FOLDER / name).read_text()


def test_the_formats_have_the_names_of_the_run_folder():
    formats = reports.register_formats()
    names = ["html", "pdf", "summary", "card", "cardpage", "bom", "junit", "metrics", "csv", "parquet"]
    assert [each.name for each in formats] == names
    assert [each.name for each in formats if each.on_request] == ["pdf", "bom"]
    assert tuple(each.file for each in formats) == runfolder.FORMAT_FILES


@pytest.mark.parametrize("name", ["summary", "card", "cardpage", "bom", "junit", "metrics", "csv", "parquet"])
@pytest.mark.parametrize(
    "result",
    [fakes.audit(), crossed(), fakes.comparison(), fakes.hostile("é")],
    ids=["one", "crossed", "many", "odd"],
)
def test_a_format_makes_the_same_of_what_was_saved(name, result):
    render = next(each.render for each in reports.register_formats() if each.name == name)
    assert render(result) == render(runfolder.parse_result(canonical(result)))


def test_formats_need_none_of_the_libraries_that_measure(tmp_path):
    fakes.audit().save(tmp_path)
    program = (
        "import sys\n"
        "for name in 'torch pandas scipy sklearn numpy shap captum art opacus fairlearn'.split():\n"
        "    sys.modules[name] = None\n"
        "from auditkit import reports, runfolder\n"
        "result = runfolder.read_result(sys.argv[1])\n"
        "for each in reports.register_formats():\n"
        "    if each.name not in ('html', 'pdf', 'cardpage'):\n"
        "        print(each.name, len(each.render(result)) > 100)\n"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    command = [sys.executable, "-c", program, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    wanted = ["summary", "card", "bom", "junit", "metrics", "csv", "parquet"]
    assert done.stdout.splitlines() == [f"{name} True" for name in wanted], done.stderr

"""The documents are true: their files are written, their code is run, their commands print what they show."""

from __future__ import annotations

import contextlib
import pathlib
import re
import shlex

import numpy as np
import pandas as pd
import pytest

from auditkit.testing import check_plugin
from tests import measures
from tests.command import Done, auditkit

ROOT = pathlib.Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"^( *)```(\w+)(?: title=\"([\w.]+)\")?\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


def blocks(path: pathlib.Path) -> list[tuple[str, str | None, str]]:
    """(language, file to write, text) of every fenced block."""
    return [(language, title, text) for _, language, title, text in BLOCK.findall(path.read_text())]


def command(line: str, folder: pathlib.Path) -> Done:
    words = shlex.split(line)
    assert words[0] == "auditkit", line
    return auditkit(folder, *words[1:], NO_COLOR="1", COLUMNS="100", TERM="dumb")


def check_console(text: str, folder: pathlib.Path) -> None:
    """`$ auditkit …` is run; the lines after it must be its output, `…` standing for any lines."""
    line, _, expected = text.partition("\n")
    done = command(line.removeprefix("$ "), folder)
    pattern = re.escape(expected.strip()).replace("…", r"(?s:.*)")
    assert re.fullmatch(pattern, done.stdout.strip()), f"{line}\n{done.stdout}\n{done.stderr}"


def run_document(path: pathlib.Path, folder: pathlib.Path) -> None:
    names: dict[str, object] = {}
    for language, title, text in blocks(path):
        if title:
            (folder / title).write_text(text)
        elif language == "python":
            with contextlib.chdir(folder):
                exec(compile(text, path.name, "exec"), names)
        elif language == "console":
            check_console(text, folder)


def write_answers(folder: pathlib.Path) -> None:
    """The recorded answers that the documents speak of."""
    rng = np.random.default_rng(0)
    n = 400
    answer = rng.choice(["yes", "no", "unknown"], n, p=[0.5, 0.4, 0.1])
    frame = pd.DataFrame({"sex": rng.choice(["F", "M"], n), "answer": answer})
    frame["truth"] = np.where(rng.random(n) < 0.9, frame.answer, "no")
    frame.to_csv(folder / "answers.csv", index=False)


RECORDED = """
[model]
decisions = "answer"
[data]
path = "answers.csv"
label = "truth"
groups = ["sex"]
"""


@pytest.mark.parametrize("name", ["audit-a-model.md", "write-a-plugin.md", "in-a-pipeline.md"])
def test_a_document_runs_from_top_to_bottom(name, tmp_path):
    if name != "audit-a-model.md":
        write_answers(tmp_path)
        (tmp_path / "auditkit.toml").write_text(RECORDED)
    if name == "in-a-pipeline.md":
        assert command("auditkit run --budget quick --only performance", tmp_path).returncode == 5
    run_document(ROOT / "docs" / name, tmp_path)


def test_the_classes_in_the_plugin_guide_are_proved(tmp_path):
    files = {title: text for _, title, text in blocks(ROOT / "docs" / "write-a-plugin.md") if title}
    assert {"acme.py", "stability.py", "timing.py"} <= set(files)  # those of one kind each are in test_stranger.py
    (tmp_path / "stability.py").write_text(files["stability.py"])
    assert check_plugin(str(tmp_path / "stability.py")) == ["acme.stability"]


def test_the_smallest_plugin_has_six_lines():
    files = {title: text for _, title, text in blocks(ROOT / "docs" / "write-a-plugin.md") if title}
    assert len([line for line in files["acme.py"].splitlines() if line.strip()]) <= 6


def test_the_readme_shows_the_real_output(tmp_path):
    shown = [text for language, title, text in blocks(ROOT / "README.md") if language == "console"]
    assert shown
    for text in shown:
        check_console(text, tmp_path)


def test_the_readme_names_the_two_commands_that_the_makefile_has():
    readme, makefile = (ROOT / "README.md").read_text(), (ROOT / "Makefile").read_text()
    for target in ("demo", "test"):
        assert f"make {target}" in readme
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)
    assert "make test" in (ROOT / ".ci" / "run").read_text()
    assert "auditkit-rai" in readme


def test_every_check_and_its_question_is_in_the_readme():
    from auditkit.host import Host

    readme = " ".join((ROOT / "README.md").read_text().split())
    host = Host(discover=False)
    for id, offer in host.checks().items():
        assert f"| `{id}` | {offer.value.about().question} |" in readme, id
    for id in host.trainers():
        assert f"`{id}`" in readme


@pytest.mark.parametrize("path", sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]), ids=lambda path: path.name)
def test_links_between_documents_resolve(path):
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text()):
        assert (path.parent / target).exists(), target


def test_the_tables_of_fairness_measures_are_those_of_the_code():
    text = measures.DOCUMENT.read_text()
    assert measures.with_section(text) == text, "run python -m tests.measures"


@pytest.mark.parametrize("path", sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]), ids=lambda path: path.name)
def test_checks_that_documents_name_exist(path):
    from auditkit.host import Host

    known = set(Host(discover=False).checks())
    families = {id.partition(".")[0] for id in known}
    named = re.findall(r"`([a-z]+\.[a-z_]+)(?:\.[a-z_]+)?`", path.read_text())
    strange = {text for text in named if text.partition(".")[0] in families and not text.endswith(".py")} - known
    assert strange == set()


def test_every_flag_in_the_documents_is_one_of_the_command_line():
    import typer

    from auditkit.cli import app

    root = typer.main.get_command(app)
    commands = [root, *root.commands.values()]
    known = {"--help"} | {flag for command in commands for parameter in command.params for flag in parameter.opts}
    for path in (ROOT / "README.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").glob("*.md"))):
        for line in path.read_text().splitlines():
            words = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", line))
            foreign = {"--", *re.findall(r"(?:pip|pytest|make|python|docker|uv|git)\b.*?(--[a-z-]+)", line)}
            assert words - foreign <= known, f"{path.name}: {sorted(words - known)} in {line!r}"

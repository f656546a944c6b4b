"""Files that were changed at random: each is read or refused in a sentence, and nothing else happens.

    python -m benchmarks.mutation                  20 minutes over every format
    python -m benchmarks.mutation --seconds 60 --formats csv toml --seed 3

A child process reads the files, so that one that ends it, or takes more than 1 GB, is found and kept.
"""

import argparse
import contextlib
import functools
import json
import os
import pathlib
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Sequence
from typing import Any

from benchmarks.mutated_files import CLASS, FILES, MODELS, inputs, mutated, write_all

MOST_MEMORY = 1e9
"""Bytes that the child may have held at once."""
SLOW = 60
"""Seconds in which a file must be done with."""


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark; 1 where a file did anything but be read or refused."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutation", description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=1200, help="for all formats together")
    parser.add_argument("--cases", type=int, default=sys.maxsize, help="of each format at most")
    parser.add_argument("--formats", nargs="+", choices=FILES, default=tuple(FILES))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=pathlib.Path, default=pathlib.Path("mutation"), help="where findings go")
    parser.add_argument("--child", type=pathlib.Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.child is not None:
        _read_all(options)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        write_all(pathlib.Path(folder), options.formats)
        cases, findings = run(pathlib.Path(folder), options)
    for form in options.formats:
        print(f"{form}: {cases[form]:,} files, {len(findings[form])} findings")
    print("\n".join(fault for faults in findings.values() for fault in faults))
    return any(findings.values())


def run(folder: pathlib.Path, options: argparse.Namespace) -> tuple[Counter[str], dict[str, list[str]]]:
    """{format: how many files of it were tried}, and {format: what they did that they may not}."""
    ends = time.monotonic() + options.seconds
    tried: Counter[str] = Counter()
    findings: dict[str, list[str]] = {form: [] for form in options.formats}
    forms, start = list(options.formats), 0
    while forms and time.monotonic() < ends:
        outcome = _child(forms, folder, ends - time.monotonic(), start, options)
        tried.update(outcome["tried"])
        if not outcome["fault"]:
            break
        form, start = outcome["format"], outcome["case"] + 1
        options.keep.mkdir(parents=True, exist_ok=True)
        kept = options.keep / f"{options.seed}-{outcome['case']}-{FILES[form]}"
        with contextlib.suppress(FileNotFoundError):
            shutil.copy(outcome["file"], kept)
        findings[form].append(f"{kept}: {outcome['fault']}")
        forms = forms[forms.index(form) :]
    return tried, findings


def _child(
    forms: Sequence[str], folder: pathlib.Path, seconds: float, start: int, options: argparse.Namespace
) -> dict[str, Any]:
    """Let a child read files, of the first format from number `start` on, until one does wrong."""
    limits = ["--seconds", str(seconds), "--cases", str(options.cases), "--seed", str(options.seed)]
    command = [sys.executable, "-m", "benchmarks.mutation", "--child", str(folder), "--formats", *forms, *limits]
    environment = {**os.environ, "MUTATION_START": str(start), "OMP_NUM_THREADS": "1"}
    try:
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=seconds + 2 * SLOW)
    except subprocess.TimeoutExpired as error:
        output = (error.stdout or b"").decode()
        return _outcome(forms[0], output, f"not done with after {2 * SLOW} seconds")
    fault = "" if ended.returncode == 0 else f"the process ended with {ended.returncode}: {ended.stderr[-300:]}"
    return _outcome(forms[0], ended.stdout, fault)


def _outcome(first: str, output: str, fault: str) -> dict[str, Any]:
    lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    begun = [line for line in lines if "case" in line]
    last = begun[-1] if begun else {"format": first, "case": 0, "file": ""}
    stated = next((line["fault"] for line in lines if "fault" in line), "")
    return {**last, "tried": Counter(line["format"] for line in begun), "fault": stated or fault}


def _read_all(options: argparse.Namespace) -> None:
    """The child: say which file is read, read it, and stop at the first that does wrong."""
    ends = time.monotonic() + options.seconds
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for number, form in enumerate(options.formats):
            whole = options.child / FILES[form]
            read_file(form, whole)  # what is imported at the first time is not the file's
            # what one format leaves of its share of the time is the others'
            share = (ends - time.monotonic()) / (len(options.formats) - number)
            start = 0 if number else int(os.environ["MUTATION_START"])
            if not _read_changed(form, whole, range(start, options.cases), share, pathlib.Path(folder), options.seed):
                return


def _read_changed(
    form: str, whole: pathlib.Path, cases: range, seconds: float, folder: pathlib.Path, seed: int
) -> bool:
    """Read changed files of one format, as many of them as the time lets; whether none does wrong."""
    ends = time.monotonic() + seconds
    content, path = whole.read_bytes(), whole.with_name(f"changed-{whole.name}")
    for case in cases:
        if time.monotonic() > ends:
            break
        path.write_bytes(mutated(content, random.Random(f"{form} {seed} {case}")))
        print(json.dumps({"format": form, "case": case, "file": str(path)}), flush=True)
        if "MUTATION_TRIAL" in os.environ:  # of the benchmark itself
            os.kill(os.getpid(), signal.SIGKILL)
        with contextlib.chdir(folder):
            fault = fault_of(form, path)
        if fault:
            print(json.dumps({"fault": fault}), flush=True)
            return False
    return True


def fault_of(form: str, path: pathlib.Path) -> str:
    """What a file did that it may not; empty where it was read or refused in a sentence."""
    from auditkit.errors import AuditkitError

    began = time.monotonic()
    try:
        read_file(form, path)
    except AuditkitError:
        pass
    except BaseException as error:
        places = traceback.extract_tb(error.__traceback__)
        own = [place for place in places if "auditkit" in place.filename]
        where = own[-1] if own else places[-1]
        return f"{type(error).__name__}: {str(error)[:200]} ({os.path.basename(where.filename)}, line {where.lineno})"
    if time.monotonic() - began > SLOW:
        return f"it took {time.monotonic() - began:.0f} seconds"
    return f"{held() / 1e9:.1f} GB were held" if held() > MOST_MEMORY else ""


def held() -> int:
    """Bytes that this process held at most."""
    try:
        status = pathlib.Path("/proc/self/status").read_text()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    # what getrusage says counts the process that started this one, too
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


@functools.cache
def _host() -> Any:
    from auditkit.host import Host

    return Host()


def read_file(form: str, path: pathlib.Path) -> None:
    """Read a file as an audit does, and ask a model for answers."""
    from auditkit.config import load
    from auditkit.data import AuditData
    from auditkit.models import ModelOptions

    if form == "toml":
        load(path)
    elif form in MODELS:
        needs_class = form in ("safetensors", "pt")
        model = _host().load_model(path, ModelOptions(class_path=CLASS if needs_class else None))
        rows = inputs()
        if form in ("categories", "cbm"):
            rows = rows[["a"]].assign(sex=(rows["sex"] > 0).map({True: "f", False: "m"}))
        networks = ("safetensors", "pt", "pt2", "scripted", "keras")
        model.predict(rows.to_numpy(dtype="float32") if form in networks else rows)
    else:
        data = AuditData.from_table(path, label="y", positive=1, groups=["sex"])
        _ = data.digest


if __name__ == "__main__":
    sys.exit(main())

# Everything happens in .venv; nothing else needs to be typed before.
PYTHON ?= python3
BIN := .venv/bin
export OMP_NUM_THREADS ?= 1
export PYTHONWARNINGS ?=
# it would write to the home directory and to its maker
export ORT_DISABLE_TELEMETRY := 1
# where it is set, each process that the tests start would compile the whole package anew
unexport PYTHONDONTWRITEBYTECODE

# to compile every file takes pip half of its time; Python compiles what it imports, a third of them
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile
# CI sets LOCKED: what .ci/test.lock names, by hash, or nothing; without it, the same versions for any platform
STAMP := .venv/$(if $(LOCKED),locked,test).stamp

.PHONY: demo test pytest lint clean

demo: .venv/demo.stamp
	OMP_NUM_THREADS=2 $(BIN)/auditkit demo

# the linters work while tests wait for processes that they started
test: $(STAMP)
	$(MAKE) --jobs=2 lint pytest

pytest: $(STAMP)
	$(BIN)/python -m pytest -n 3 --dist worksteal

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

clean:
	rm -rf .venv audit

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("auditkit needs Python 3.11 or newer; set PYTHON=" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv

.venv/demo.stamp: .venv/bin/python pyproject.toml constraints.txt
	$(PIP) -c constraints.txt -e '.[all]'
	touch $@

.venv/test.stamp: .venv/bin/python pyproject.toml constraints.txt
	$(PIP) -c constraints.txt -e '.[test]'
	touch $@

# a package that is there already would not be compared with its hash, so .venv is made anew
.venv/locked.stamp: pyproject.toml .ci/test.lock .ci/build.lock
	$(PYTHON) .ci/lock.py --check
	rm -rf .venv
	$(PYTHON) -m venv .venv
	$(PIP) --require-hashes -r .ci/build.lock
	$(PIP) --require-hashes --no-build-isolation -r .ci/test.lock
	$(PIP) --no-build-isolation --no-deps -e .
	touch $@

# Everything happens in .venv; nothing else needs to be typed before.
PYTHON ?= python3
BIN := .venv/bin
export OMP_NUM_THREADS ?= 1
export PYTHONWARNINGS ?=
# where it is set, each process that the tests start would compile the whole package anew
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test pytest lint clean

demo: .venv/demo.stamp
	OMP_NUM_THREADS=2 $(BIN)/auditkit demo

# the linters work while tests wait for processes that they started
test: .venv/test.stamp
	$(MAKE) --jobs=2 lint pytest

pytest: .venv/test.stamp
	$(BIN)/python -m pytest -n 3 --dist worksteal

lint: .venv/test.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

clean:
	rm -rf .venv audit

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("auditkit needs Python 3.11 or newer; set PYTHON=" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv

.venv/demo.stamp: .venv/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[all]'
	touch $@

.venv/test.stamp: .venv/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	touch $@

# Needs Python 3.11 or newer, git and make; everything else goes into .venv.
.POSIX:

# The interpreter that .venv is made with. Empty: the first of python3, python3.14 ... python3.11 that is new enough.
PYTHON ?=
# What `make bench` measures: folders or git repositories. Empty: the trees of bench/packages.txt and repositories.txt.
REPO ?=
# More for `make bench`, such as --runs 3 or --write, which puts the figures into docs/performance.md.
BENCH ?=

VENV = .venv
BIN = $(VENV)/bin

help:
	@echo "make demo     open harden on a fresh copy of an example app"
	@echo "make test     lint, type-check and test, as CI does"
	@echo "make test-services  prove fixes of database checks on a PostgreSQL server of its own"
	@echo "make format   format the code and sort its imports"
	@echo "make docs     write the check pages and the key table from the code"
	@echo "make corpus   mend every finding in 1.6 million lines of other people's code"
	@echo "make bench    time scans beside peers and the parser alone (REPO='path ...' BENCH=--write)"
	@echo "make clean    remove .venv, caches and build output"

demo: $(VENV)/.installed
	$(BIN)/python demo/open.py

test: $(VENV)/.installed-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest

# Fixes of database checks on PostgreSQL: the server that is installed, else that of the package pgserver.
test-services: $(VENV)/.installed-services
	$(BIN)/python -m pytest -n0 -m services tests/services

format: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: $(VENV)/.installed
	$(BIN)/python docs/build.py

corpus: $(VENV)/.installed-dev .corpus/.fetched
	$(BIN)/python -m tests.corpus.run .corpus

# Source only, so that nothing of it is ever run.
.corpus/.fetched: tests/corpus/packages.txt $(VENV)/.installed
	rm -rf .corpus
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-compile \
		--only-binary :all: --target .corpus --requirement tests/corpus/packages.txt
	@touch $@

bench: $(VENV)/.installed .venv-bench/.installed
	@if [ -n '$(REPO)' ]; then \
		$(BIN)/python -m bench.run $(BENCH) $(REPO); \
	else \
		$(BIN)/python -m bench.trees .bench && $(BIN)/python -m bench.run $(BENCH) --fetched .bench; \
	fi

# Peers stand apart: they are measured, not used. Without them the others are.
.venv-bench/.installed: bench/peers.txt $(VENV)/.installed
	@$(BIN)/python -m venv .venv-bench
	@.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --requirement bench/peers.txt \
		|| echo "No peers could be installed; those on the path are measured." >&2
	@touch $@

clean:
	rm -rf $(VENV) .venv-bench .bench .corpus build dist *.egg-info .benchmarks .coverage htmlcov .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find harden tui codemods checklists tests demo bench -name __pycache__ -type d -prune -exec rm -rf {} +

# Made again when pyproject.toml changes. A .venv that is there and new enough is kept.
$(VENV)/.installed: pyproject.toml
	@new_enough='import sys; sys.exit(sys.version_info < (3, 11))'; \
	if ! $(BIN)/python -c "$$new_enough" 2>/dev/null; then \
		chosen=; \
		candidates='$(PYTHON)'; \
		for candidate in $${candidates:-python3 python3.14 python3.13 python3.12 python3.11}; do \
			if $$candidate -c "$$new_enough" 2>/dev/null; then chosen=$$candidate; break; fi; \
		done; \
		if [ -z "$$chosen" ]; then \
			echo "harden needs Python 3.11 or newer: $${candidates:-no python3 on the path} is not." >&2; \
			echo "Install one, or name it: make PYTHON=/path/to/python3 ..." >&2; \
			exit 1; \
		fi; \
		echo "Making $(VENV) with $$chosen"; \
		$$chosen -m venv --clear $(VENV) || exit 1; \
	fi
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

$(VENV)/.installed-services: $(VENV)/.installed-dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,services]'
	@touch $@

.PHONY: help demo test test-services format docs corpus bench clean

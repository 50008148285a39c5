# Anlaufstelle: two commands to start with are `make run` and `make test`; `make help` lists all.
# Needed beforehand: Python 3.11 or newer and make.

.SUFFIXES:
.DELETE_ON_ERROR:
.PHONY: help setup run test check bench format translations clean
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

ARGS =
BIN = .venv/bin
PIP_INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check
# Python in the tree that is checked and formatted; folders that are not there yet are left out.
SOURCES = $(wildcard config.py wsgi.py inquiries migrations tests benchmarks deploy)
TYPED = $(wildcard config.py wsgi.py inquiries deploy tests/servers.py)
CATALOGUES = $(patsubst %.po,%.mo,$(wildcard translations/*/LC_MESSAGES/messages.po))

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

setup: .venv/runtime.stamp $(CATALOGUES) ## install what the product needs, without starting it
	@$(BIN)/python deploy/assets.py

run: setup ## install what is missing, bring the database up to date and serve (PORT, DEMO=0)
	@DEMO=$${DEMO-1}; export DEMO; exec $(BIN)/flask --app wsgi serve

test: .venv/dev.stamp $(CATALOGUES) ## run the whole suite; make test ARGS="-k queue" runs a part
	@$(BIN)/python deploy/assets.py --tests
	@$(BIN)/python tests/servers.py
	@$(BIN)/python -m pytest $(ARGS)

check: .venv/dev.stamp ## formatter, linter, types, import rules, template lint; no tests
	@$(BIN)/ruff format --quiet --check $(SOURCES) || \
		{ echo "Run 'make format': files are not formatted." >&2; exit 1; }
	@$(BIN)/ruff check --quiet $(SOURCES)
	@$(BIN)/mypy $(TYPED)
	@said=$$($(BIN)/lint-imports --no-cache 2>&1) || { echo "$$said" >&2; exit 1; }
	@said=$$($(BIN)/djlint --lint templates 2>&1) || { echo "$$said" >&2; exit 1; }
	@! grep -nE '"resolved"|https?://' package-lock.json || \
		{ echo "package-lock.json names a download address." >&2; exit 1; }

bench: .venv/dev.stamp $(CATALOGUES) ## measure against the floor; writes docs/benchmarks.md
	@$(BIN)/python deploy/assets.py
	@$(BIN)/python tests/servers.py
	@$(BIN)/python -m benchmarks $(ARGS)

format: .venv/dev.stamp ## format the Python files and sort their imports
	@$(BIN)/ruff check --quiet --fix-only $(SOURCES)
	@$(BIN)/ruff format --quiet $(SOURCES)

translations: .venv/runtime.stamp ## bring translations/ up to date with templates and code
	@$(BIN)/python deploy/messages.py

clean: ## remove what make has installed; keeps instance/ with your data
	@rm -rf .venv static/vendor tests/vendor $(CATALOGUES)
	@rm -rf .pytest_cache .ruff_cache .mypy_cache .hypothesis test-results
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The first Python that is new enough and can make environments. Each is asked by running it, for
# a name on PATH may be a shim without a Python behind it.
.venv/bin/python:
	@for python in $(PYTHON) python3.13 python3.12 python3.11 python3; do \
		if $$python -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
		then echo "Making .venv with $$($$python --version)."; exec $$python -m venv .venv; fi; \
	done; \
	echo "Python 3.11 or newer with venv is needed (Debian: apt install python3-venv)." >&2; exit 1

.venv/runtime.stamp: requirements.txt | .venv/bin/python
	@echo "Installing the product's packages."
	@$(PIP_INSTALL) -r requirements.txt
	@touch $@

.venv/dev.stamp: requirements-dev.txt .venv/runtime.stamp
	@echo "Installing the tools for tests and checks."
	@$(PIP_INSTALL) -r requirements-dev.txt
	@touch $@

# One catalogue per language, compiled for Flask-Babel.
$(CATALOGUES): %.mo: %.po .venv/runtime.stamp
	@$(BIN)/pybabel --quiet compile --input-file $< --output-file $@

# Every target works from a fresh clone: the virtual environment is made and kept up to date by two stamps.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help demo demo-production serve test lint bench crash-campaign clean

VENV    := .venv
BIN     := $(VENV)/bin
INPUTS  := pyproject.toml constraints.txt
PIP     := $(BIN)/python -m pip --quiet --disable-pip-version-check
ARGS    ?=
WORKERS ?= auto

help:  ## Show this list.
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 18

demo: $(VENV)/.runtime  ## Run a whole platform in one process (make demo ARGS=--once to let it end by itself).
	$(BIN)/gearbroker demo $(ARGS)

demo-production: $(VENV)/.dev  ## The production shape on this machine's PostgreSQL and RabbitMQ (ARGS=--once to let it end).
	PYTHONPATH=. $(BIN)/python -m tools.demo_production $(ARGS)

serve: $(VENV)/.runtime  ## Serve the REST API with embedded database, bus and DNS (ARGS are passed on).
	$(BIN)/gearbroker serve $(ARGS)

test: $(VENV)/.dev  ## Run all tests (REQUIRE_SERVICES=1: a missing server is a failure, not a skip).
	$(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

lint: $(VENV)/.dev  ## Check style, formatting, types and import contracts.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	PYTHONPATH=. $(BIN)/lint-imports

bench: $(VENV)/.dev  ## Run every benchmark under tests/bench.
	@shopt -s nullglob; failed=0; \
	for script in tests/bench/bench_*.py; do \
	    echo "== $$script"; PYTHONPATH=.:tests $(BIN)/python "$$script" $(ARGS) || failed=1; \
	done; exit $$failed

crash-campaign: $(VENV)/.dev  ## Kill everything 500 times on both stacks, and see that nothing is lost (ARGS are passed on).
	$(BIN)/python -m tests.campaign $(ARGS)

clean:  ## Remove the virtual environment, caches and the demo's data.
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis gearbroker-data
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.dev: $(INPUTS) | $(BIN)/python
	$(PIP) install -e '.[dev]' -c constraints.txt
	@touch $(VENV)/.runtime $@

$(VENV)/.runtime: $(INPUTS) | $(BIN)/python
	$(PIP) install -e . -c constraints.txt
	@touch $@

# The first interpreter that is new enough; a half-made environment is not left behind.
$(BIN)/python:
	@for python in $(PYTHON) python3 python3.11 python3.12 python3.13 python3.14; do \
	    if "$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	        echo "making $(VENV) with $$(command -v "$$python")"; \
	        "$$python" -m venv $(VENV) && exit 0; rm -rf $(VENV); exit 1; \
	    fi; \
	done; \
	echo "No Python 3.11 or newer with venv was found (tried $(PYTHON) python3, python3.11 to python3.14)." >&2; \
	echo "On Debian: apt-get install python3 python3-venv. Or name one: make PYTHON=/path/to/python3.11" >&2; \
	exit 1

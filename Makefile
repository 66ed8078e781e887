.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= python3
PY := .venv/bin/python
SETUP := .venv/.setup-done
.PHONY: help setup check lint test test-fast bed bench demo docs shape

help: ## this text
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(SETUP) ## .venv with the locked dependencies; does nothing when they are there
$(SETUP): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.12 …" >&2; exit 1; }
	@test -x $(PY) || $(PYTHON) -m venv .venv || { echo "venv is missing: install python3-venv" >&2; exit 1; }
	@echo "installing the locked dependencies into .venv (a minute the first time)" >&2
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

check: lint test-fast ## what every change must pass: lint, types, contracts, shape, fast tests

lint: setup
	$(PY) -m ruff check .
	$(PY) -m mypy
	.venv/bin/lint-imports
	$(PY) -m vulture

test-fast: setup ## everything that needs no Kubernetes
	$(PY) -m pytest -q -m "not bed"

test: setup ## the whole suite on a real Kubernetes (the first run gets or builds its programs)
	.venv/bin/argosy bed build
	$(PY) -m pytest

bed: setup ## start a hub and two targets below .argosy/bed and print their kubeconfigs
	.venv/bin/argosy bed up --dir .argosy/bed --clusters 3 --controllers

bench: setup ## measure the scenarios of bench/ at 200 apps
	.venv/bin/argosy bed build
	$(PY) -m bench

demo: setup ## see it work: push -> Synced, drift -> healed; stays up until Ctrl-C (DEMO_ONCE=1: ends by itself)
	.venv/bin/argosy bed build
	.venv/bin/argosy demo

docs: setup ## write the generated reference pages
	$(PY) -c 'from gitops import settings; print(settings.table(), end="")' > docs/reference/settings.md
	$(PY) tests/shape/diagram.py > docs/reference/sync-machine.md

shape: setup ## the measures of docs/map.md as a table, then their tests
	$(PY) tests/shape/table.py
	$(PY) -m pytest -q tests/shape

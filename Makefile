# `make` alone lists what there is.

PYTHON ?= python3
VENV   := .venv
RUN    := $(VENV)/bin/python
TF     := $(RUN) -m local.terraform

.DEFAULT_GOAL := help
.PHONY: help setup plugins demo demo-stop test test-python test-module test-demo test-stack lint format golden package clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  \033[1m%-12s\033[0m %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(VENV)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "$(PYTHON) is too old: Python 3.11 or newer is needed. Name one: make PYTHON=python3.13 ...")'
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/demo: requirements/demo.txt $(VENV)/python
	$(RUN) -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

$(VENV)/dev: requirements/dev.txt requirements/demo.txt $(VENV)/python
	$(RUN) -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

setup: $(VENV)/dev ## Make the virtual environment with all that tests and linters need
	@$(RUN) -m local.browser

demo: $(VENV)/demo ## Run a workflow on a local AWS  [WORKFLOW=documents|direct|queue|topic|approval] [KEEP=1]
	@$(RUN) -m local.demo

demo-stop: $(VENV)/demo ## Stop the local AWS that KEEP=1 left running
	@$(RUN) -m local.demo --stop

test: plugins ## Run all tests, side by side: most of the time is waiting for the provider
	$(MAKE) -j 4 test-python test-module test-demo test-stack

# Before anything runs side by side: Terraform and its provider are fetched once.
plugins: setup
	@$(TF) init -backend=false -input=false > /dev/null

test-python: setup ## Unit and functional tests
	$(RUN) -m pytest -n 2 tests/unit tests/functional tests/local

test-module: setup ## terraform test, the rendered machine, the package
	$(RUN) -m pytest -n 2 tests/module

test-demo: setup ## make demo, as a newcomer types it
	$(RUN) -m pytest tests/e2e/test_demo.py

test-stack: setup ## End to end: apply one stack on the local AWS, run, destroy
	$(RUN) -m tests.e2e

lint: setup ## ruff, mypy, terraform fmt and validate, and whether the zip is up to date
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy lambda_src local tests
	$(TF) fmt -check -recursive
	$(TF) init -backend=false -input=false
	$(TF) validate
	$(RUN) -m local.package --check

format: setup ## Format Python and HCL
	$(RUN) -m ruff check --fix .
	$(RUN) -m ruff format .
	$(TF) fmt -recursive

golden: setup ## Write what the templates render, after a change that is meant
	$(RUN) -m local.golden

package: ## Build dist/sfn_callback.zip
	$(PYTHON) -m local.package

clean: demo-stop ## Delete all that make made, but for dist/
	rm -rf $(VENV) .tools .local .terraform .pytest_cache .mypy_cache .ruff_cache .hypothesis

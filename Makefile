# `make` alone lists what there is.

PYTHON ?= python3
VENV   := .venv
AUDIT  := .venv-audit
RUN    := $(VENV)/bin/python
TF     := $(RUN) -m tools.terraform

INSTALL := -m pip install --quiet --disable-pip-version-check --require-hashes -r
LOCK    := ../$(AUDIT)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" $(UPGRADE)

# What else the shell has would reach what is started here: a profile or an endpoint of AWS, a PYTHONPATH, a TF_VAR_name.
include tools/shell.mk
# The one target that asks AWS itself.
ifeq ($(MAKECMDGOALS),test-states)
ACCOUNT := AWS_%
endif
unexport $(filter-out $(BASICS) $(TOOLS) $(RUNNERS) $(NETWORK) $(DEMO) $(ACCOUNT),$(foreach name,$(.VARIABLES),$(if $(findstring environment,$(origin $(name))),$(name))))

# What was typed after `make`, but for what is of other targets.
GIVEN = $(if $(filter 0,$(MAKELEVEL)),$(filter-out PYTHON JOBS ONLY UPGRADE MAKE%,$(foreach name,$(.VARIABLES),$(if $(filter command,$(origin $(name))),$(name)))))

.DEFAULT_GOAL := help
.PHONY: help setup plugins demo demo-stop test test-fast test-unit test-operator test-proof test-tooling test-module test-demo test-stack test-examples test-botocore test-states prove bench bench-quick lint audit vulnerabilities format golden docs package lock clean

# The headings of `make help` are the lines that begin with ##@; a target's options are what its description has in brackets.
help: ## List the targets
	@if [ -t 1 ] && [ -z "$$NO_COLOR" ]; then bold=$$(printf '\033[1m'); plain=$$(printf '\033[0m'); fi; \
	awk -F ':.*## ' -v bold="$$bold" -v plain="$$plain" '\
	  /^##@ / { printf "\n%s%s%s\n", bold, substr($$0, 5), plain } \
	  /^[a-z0-9-]+:.*## / { at = index($$2, "  ["); options = at ? substr($$2, at + 2) : ""; \
	    printf "  %s%-15s%s %s\n", bold, $$1, plain, at ? substr($$2, 1, at - 1) : $$2; \
	    if (options) printf "  %-15s %s\n", "", options }' $(firstword $(MAKEFILE_LIST))

$(VENV)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "$(PYTHON) is too old: Python 3.11 or newer is needed. Name one: make PYTHON=python3.13 ...")'
	$(PYTHON) -m venv $(VENV)
	@touch $@

# The operator's command, of this checkout. pip would fetch what builds it, which no lock names.
$(VENV)/bin/sfn-callback: $(VENV)/python Makefile
	@printf '#!/bin/sh\nunset PYTHONHOME\nPYTHONPATH="%s/lambda_src:%s/operator_src" exec "%s" -m sfn_callback_operator "$$@"\n' "$(CURDIR)" "$(CURDIR)" "$(abspath $(RUN))" > $@
	@chmod +x $@

$(VENV)/demo: requirements/demo.txt $(VENV)/python $(VENV)/bin/sfn-callback
	$(RUN) $(INSTALL) $<
	@touch $@

$(VENV)/dev: requirements/dev.txt $(VENV)/python $(VENV)/bin/sfn-callback
	$(RUN) $(INSTALL) $<
	@touch $@

# A virtual environment of its own: checkov pins an old boto3.
$(AUDIT)/lock: requirements/lock.txt $(VENV)/python
	$(PYTHON) -m venv $(AUDIT)
	$(AUDIT)/bin/python $(INSTALL) $<
	@touch $@

# uv takes a tenth of pip's time; pip may know an index that uv does not.
$(AUDIT)/audit: requirements/audit.txt $(AUDIT)/lock
	$(AUDIT)/bin/uv pip install --quiet --require-hashes --python $(AUDIT) -r $< || $(AUDIT)/bin/python $(INSTALL) $<
	@touch $@

# Read, and not installed: nothing of it runs.
$(AUDIT)/provider/lock: requirements/provider.txt $(AUDIT)/lock
	rm -rf $(@D)
	$(AUDIT)/bin/python -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes --dest $(@D) -r $<
	@touch $@

$(VENV)/bench: requirements/bench.txt $(VENV)/dev
	$(RUN) $(INSTALL) $<
	@touch $@

##@ Try it

setup: $(VENV)/dev ## Create the virtual environment for tests and linters
	@$(RUN) -m tools.browser

demo: $(VENV)/demo ## Run a workflow on a local AWS  [WORKFLOW=queue|approval|durable|…] [DOCUMENT=PDF] [KEEP=1]
	@$(RUN) -m demo.run --given '$(GIVEN)'

demo-stop: $(VENV)/demo ## Stop the local AWS that KEEP=1 left running
	@$(RUN) -m demo.run --stop

##@ Check it

# The stack has waits and deadlines: what only computes gives way to it.
GIVE_WAY := nice -n 10

JOBS ?= 7

# Not by its own name: that would have `make -n test` run the tests.
THIS_MAKE = $(MAKE)
# What takes longest comes first.
PARTS := test-stack test-tooling test-operator test-unit test-module test-proof test-demo

test: plugins ## Run all tests in parallel  [JOBS=1: one part after the other]
	@$(RUN) -m tools.parts --make $(THIS_MAKE) --at-once $(JOBS) $(PARTS)

# Before anything runs side by side: Terraform and its provider are fetched once.
plugins: setup $(VENV)/bench
	@echo "Terraform looks for its provider, or downloads it …"
	@$(TF) init -backend=false -input=false > /dev/null

# Unit tests, and the files of functional and operator that take a few seconds and try something of every workflow.
FAST := tests/unit tests/recorded \
  $(foreach name,bad_input documents start unreadable workers,tests/functional/test_$(name).py) \
  $(foreach name,causes executions outages place problems reference tables,tests/operator/test_$(name).py)

test-fast: setup $(VENV)/bench ## The quickest of Python's tests, in a minute, while you edit
	$(RUN) -m pytest -n 2 $(FAST)

test-unit: setup $(VENV)/bench ## Unit and functional tests; what AWS was recorded to do
	$(GIVE_WAY) $(RUN) -m pytest tests/unit tests/functional tests/recorded

test-operator: setup ## Tests of the operator's command
	$(GIVE_WAY) $(RUN) -m pytest tests/operator

test-proof: setup $(VENV)/bench ## Short proofs and benchmarks
	$(GIVE_WAY) $(RUN) -m pytest tests/proof tests/benchmarks

# They mostly wait, for a provider. What a file's tests share is made once.
WAITING := tests/tooling/test_switches.py
TOOLING := $(WAITING) $(filter-out $(WAITING),$(sort $(wildcard tests/tooling/test_*.py)))

test-tooling: setup ## Tests of the local AWS, the demo and the tools
	$(GIVE_WAY) $(RUN) -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(TOOLING)

test-module: setup ## terraform test, the rendered machine, the package
	$(GIVE_WAY) $(RUN) -m pytest tests/module

test-demo: setup ## Run make demo as a newcomer types it
	$(RUN) -m pytest tests/e2e/test_demo.py

test-stack: setup ## End to end: apply one stack on the local AWS, run, destroy
	$(RUN) -m tests.e2e

# Two minutes and more of waiting for the provider, and no part of `test`.
test-examples: setup ## Apply, use and destroy the examples that `test` only plans
	$(RUN) -m pytest -n 4 --dist loadfile tests/examples

# What Lambda's runtimes will bring, and what they brought once; no part of `test`, for it fetches what no lock names.
test-botocore: setup $(VENV)/bench ## Python tests on the newest and the oldest boto3
	$(RUN) -m tools.botocores

# A minute, and no part of `test`: it needs an account.
test-states: setup ## Ask AWS's own engine about every state; needs credentials
	@PYTHONPATH=lambda_src:operator_src:. $(RUN) -m tests.states

##@ Prove and measure

prove: setup ## Prove the promises with many examples; slow
	PYTHONPATH=lambda_src:. $(RUN) -m proof
	$(RUN) -m proof.chaos
	HYPOTHESIS_PROFILE=prove $(RUN) -m tests.e2e tests/e2e/test_parts.py
	HYPOTHESIS_PROFILE=prove $(RUN) -m pytest -n 2 -m "hypothesis or prove" tests/unit tests/functional

bench: $(VENV)/bench ## Measure against the alternatives; write docs/performance.md  [ONLY="cost scale"]
	PYTHONPATH=lambda_src:operator_src:. $(RUN) -m benchmarks $(ONLY)

bench-quick: $(VENV)/bench ## The same in a minute: checks the counts, writes nothing  [ONLY=cost]
	PYTHONPATH=lambda_src:operator_src:. $(RUN) -m benchmarks --quick $(ONLY)

##@ Lint and audit

lint: setup $(VENV)/bench ## Lint Python and HCL; check that generated files are up to date
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy lambda_src operator_src emulator demo tools testing proof benchmarks tests
	PYTHONPATH=lambda_src:operator_src $(VENV)/bin/lint-imports --no-cache
	$(TF) fmt -check -recursive
	$(TF) init -backend=false -input=false
	$(TF) validate
	$(RUN) -m tools.package --check
	$(RUN) -m tools.docs --check
	PYTHONPATH=lambda_src:operator_src:. $(RUN) -m tools.cli_docs --check

audit: $(AUDIT)/audit $(AUDIT)/provider/lock setup ## Run checkov, bandit; check provider schemas and locks
	$(AUDIT)/bin/python -m tools.audit
	$(RUN) -m tools.provider $(AUDIT)/provider
	$(AUDIT)/bin/bandit --quiet --recursive --configfile pyproject.toml lambda_src operator_src emulator demo tools
	$(AUDIT)/bin/python -m pip --disable-pip-version-check check
	$(RUN) -m pip --disable-pip-version-check check

vulnerabilities: $(AUDIT)/audit ## Ask PyPI for known vulnerabilities of the locked packages
	for lock in demo dev bench audit lock; do $(AUDIT)/bin/pip-audit --strict --disable-pip --require-hashes -r requirements/$$lock.txt || exit; done

format: setup ## Format Python and HCL
	$(RUN) -m ruff check --fix .
	$(RUN) -m ruff format .
	$(TF) fmt -recursive

##@ Write what is committed

golden: plugins ## Write what the templates render, after an intended change
	$(RUN) -m tools.golden

docs: setup ## Write the tables in README and docs, and docs/cli.md
	$(RUN) -m tools.docs
	PYTHONPATH=lambda_src:operator_src:. $(RUN) -m tools.cli_docs

package: ## Build dist/sfn_callback.zip
	$(PYTHON) -m tools.package

lock: $(AUDIT)/lock ## Lock requirements/*.in with hashes, for every system  [UPGRADE=--upgrade]
	cd requirements && $(LOCK) demo.in --output-file demo.txt
	cd requirements && $(LOCK) dev.in --constraints demo.txt --output-file dev.txt
	cd requirements && $(LOCK) bench.in --constraints dev.txt --output-file bench.txt
	cd requirements && $(LOCK) audit.in --output-file audit.txt
	cd requirements && $(LOCK) lock.in --output-file lock.txt
	cd requirements && $(LOCK) --no-deps provider.in --output-file provider.txt

##@ Clean up

clean: demo-stop ## Delete everything that make created, except dist/
	rm -rf $(VENV) $(AUDIT) .tools .local .terraform .pytest_cache .mypy_cache .ruff_cache .hypothesis

# The README's two commands are `make up` and `make test`; `make help` lists every target.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
PYTHON := .venv/bin/python
SITE ?= local
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export PYTHONUNBUFFERED := 1

.PHONY: help
help: ## List every target with a sentence
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## Install what this machine needs: Debian packages, uv, the project's environment
	@toolchain/bootstrap.sh

.PHONY: programs
programs: setup ## Build every upstream program that the cache does not hold yet
	@$(PYTHON) -m toolchain build

.PHONY: lab
lab: setup ## Start the lab of SITE (local): an OpenStack cloud and a mirror on this machine
	@$(PYTHON) -m lab up $(SITE)

.PHONY: lab-down
lab-down: ## Stop the lab of SITE (local); its volumes, databases and stack state stay
	@$(PYTHON) -m lab down $(SITE)

.PHONY: check
check: setup ## Everything that needs no lab: format, lint, types, imports, fast tests
	@ruff format --check --quiet .
	@ruff check --quiet .
	@mypy --no-error-summary
	@lint-imports --no-logo > /dev/null || lint-imports
	@codespell
	@yamllint --strict .
	@shellcheck $$(git ls-files '*.sh') .ci/run
	@if [[ -d playbooks ]]; then ansible-lint --quiet; fi
	@pytest -m "not lab and not engine and not long" --quiet

.PHONY: test
test: check programs ## All set-up, then all tests, on the site `ci`; it never touches `local`
	@pytest -m "(lab or engine) and not long"

.PHONY: test-long
test-long: test ## What takes too long for every change
	@pytest -m long

# The README's two commands are `make up` and `make test`; `make help` lists every target.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
PYTHON := .venv/bin/python
SITE ?= local
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export PYTHONUNBUFFERED := 1

.PHONY: help
help: ## List every target with its sentence
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## Install Debian packages, uv and the project's environment; DEPLOY=1 for a machine without a lab
	@toolchain/bootstrap.sh $(if $(DEPLOY),--deploy)

.PHONY: programs
programs: setup ## Build every upstream program that the cache does not have yet
	@$(PYTHON) -m toolchain build

.PHONY: lab
lab: setup ## Start the lab of SITE (local): an OpenStack cloud and a mirror on this machine
	@$(PYTHON) -m lab up $(SITE)

.PHONY: lab-down
lab-down: ## Stop the lab of SITE (local); its volumes, databases and stack state stay
	@$(PYTHON) -m lab down $(SITE)

.PHONY: up
up: setup ## Deploy the site SITE (local) in a lab: cloud, machines, cluster; continues an interrupted run
	@ended() { \
	  status=$$?; if [[ -n $$builds ]]; then kill $$builds 2> /dev/null || true; fi; \
	  case $$status in 0 | 130 | 143) ;; *) \
	    (set +eu; . ./activate $(SITE)) > /dev/null 2>&1 || true; \
	    $(PYTHON) -m lab evidence $(SITE) || true ;; esac; \
	  exit $$status; \
	}; \
	builds=; trap ended EXIT; trap 'exit 130' INT; trap 'exit 143' TERM; \
	$(PYTHON) -m toolchain build & builds=$$!; \
	$(PYTHON) -m lab up $(SITE) --without-evidence; \
	wait $$builds; builds=; \
	set +u; . ./activate $(SITE) > /dev/null; \
	$(PYTHON) -m infra.recovery $(SITE); \
	pulumi up --yes --skip-preview; \
	. ./activate $(SITE); \
	$(PYTHON) -m lab welcome $(SITE)

.PHONY: down
down: ## Destroy the site SITE (local); its protected volume stays in the cloud
	@set +u; . ./activate $(SITE) > /dev/null; $(PYTHON) -m infra.recovery $(SITE); pulumi destroy --exclude-protected --yes --skip-preview

.PHONY: status
status: ## Show the state of the site SITE (local)
	@$(PYTHON) -m lab status $(SITE)
	@set +u; . ./activate $(SITE) > /dev/null; pulumi stack --show-urns=false; if [[ -f $$KUBECONFIG ]]; then kubectl get nodes; fi

.PHONY: check
check: setup ## Run all checks that need no lab: format, lint, types, imports, fast tests
	@ruff format --check --quiet .
	@ruff check --quiet .
	@mypy --no-error-summary
	@lint-imports --no-logo > /dev/null || lint-imports
	@codespell
	@yamllint --strict .
	@shellcheck $$(git ls-files "*.sh") .ci/run activate
	@if [[ -d playbooks ]]; then ANSIBLE_CONFIG=playbooks/ansible.cfg ansible-lint -q; fi
	@pytest -m "not lab and not engine and not long and not site" --quiet

.PHONY: test
test test-long: export SITE := ci
test: check programs ## Run all tests but the long ones, on the site `ci`; `local` is not touched
	@pytest -m "(lab or engine) and not long" --durations=15

.PHONY: test-long
test-long: test ## Run all tests, including those that take too long for every change
	@pytest -m "long and not site"

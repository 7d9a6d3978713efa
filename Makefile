# Every entry point; the work is done in scripts/. Works with GNU Make 3.81 (macOS).
.DEFAULT_GOAL := help
# Parts of one run share caches and the local AWS.
.NOTPARALLEL:

PYTHON ?= python3
MERIDIAN = .venv/bin/meridian
# Without the shims of version managers, which take longer than set-up, once there is an environment.
BEST_PYTHON = $$([ -x .venv/bin/python ] && echo .venv/bin/python || echo "$(PYTHON)")
SET_UP = $(BEST_PYTHON) -S scripts/tools/setup.py
PYTEST = .venv/bin/python -m pytest
# One worker a core; the tests of a file share what they start.
PARALLEL = --numprocesses auto --dist loadfile
TOOLS = PATH="$(CURDIR)/.venv/tools:$$PATH"
# The command line lists the environments when ENV is missing or unknown.
ON = "$(ENV)" $(if $(TARGET),--target "$(TARGET)")

help: ## show this list
	@awk 'BEGIN {FS = ":[^#]*## "} /^[a-z0-9-]+:.*## / {printf "  %-15s %s\n", $$1, $$2}' Makefile
	@echo "ENV: an environment of live/inventory.yaml; TARGET: local or aws (default)."

up: setup ## the main job: ENV (default dev) on a local AWS, verified
	@$(MERIDIAN) up $(if $(ENV),"$(ENV)")

down: setup ## stop the local AWS of ENV (default: all); its state is kept
	@$(MERIDIAN) down $(if $(ENV),"$(ENV)")

test: check scan test-coverage test-slow test-function test-modules test-e2e ## everything that proves it: check and all below

check: setup lint types generated test-unit ## the quick part, no AWS at all

setup: ## pinned tools and locked packages; FORCE=1 does it all again
	@command -v "$(PYTHON)" >/dev/null 2>&1 || { printf 'error: Python 3.11 or newer is needed, and %s is not on PATH.\n  Install it, e.g. apt-get install python3 or brew install python, or name it: make setup PYTHON=/path/to/python3\n' "$(PYTHON)" >&2; exit 2; }
	@$(SET_UP) $(if $(FORCE),--force)

init: setup ## make a fork yours: PROJECT, REPOSITORY, ACCOUNTS="dev=ID ..."
	@$(MERIDIAN) init --project "$(PROJECT)" --repository "$(REPOSITORY)" $(foreach one,$(ACCOUNTS),--account "$(one)")

doctor: ## what is installed, what is missing, what to do
	@$(BEST_PYTHON) scripts/tools/doctor.py

generate: setup ## render live/ from live/inventory.yaml
	@$(MERIDIAN) generate

add-region: setup ## add REGION to ENV and render it; DRY_RUN=1 only shows it
	@$(MERIDIAN) add-region "$(ENV)" "$(REGION)" $(if $(DRY_RUN),--dry-run)

remove-region: setup ## retire REGION of ENV; once destroyed, remove it
	@$(MERIDIAN) remove-region "$(ENV)" "$(REGION)" $(if $(TARGET),--target "$(TARGET)") $(if $(DRY_RUN),--dry-run)

add-env: setup ## add environment ENV like LIKE in ACCOUNT; REGIONS=a,b
	@$(MERIDIAN) add-env "$(ENV)" --like "$(LIKE)" --account "$(ACCOUNT)" --regions "$(REGIONS)" $(if $(DRY_RUN),--dry-run)

bootstrap: setup ## make the state bucket of ENV and its key
	@$(MERIDIAN) bootstrap $(ON)

plan: setup ## plan every unit of ENV and save the plans
	@$(MERIDIAN) plan $(ON)

apply: checkov ## apply the saved plans of ENV, after the final gate over them
	@$(MERIDIAN) apply $(ON) $(if $(CONFIRM),--confirm "$(CONFIRM)")

verify: setup ## sign a user in and call every region of ENV
	@$(MERIDIAN) verify $(ON)

destroy: setup ## destroy ENV; asks for its name
	@$(MERIDIAN) destroy $(ON) $(if $(CONFIRM),--confirm "$(CONFIRM)")

versions: setup ## which version of each module runs in each environment
	@$(MERIDIAN) versions

release: setup ## record MODULE as VERSION in the ledger; NOTE says what it is
	@$(MERIDIAN) release "$(MODULE)" "$(VERSION)" $(if $(NOTE),--note "$(NOTE)") $(if $(DRY_RUN),--dry-run)

promote: setup ## versions of FROM to TO (one MODULE); DRY_RUN=1 shows it
	@$(MERIDIAN) promote "$(FROM)" "$(TO)" $(if $(MODULE),--module "$(MODULE)") $(if $(DRY_RUN),--dry-run)

rollback: setup ## MODULE of ENV back to VERSION; DRY_RUN=1 only shows it
	@$(MERIDIAN) rollback "$(ENV)" "$(MODULE)" "$(VERSION)" $(if $(DRY_RUN),--dry-run)

parity: setup ## what differs where, and whether that is declared
	@$(MERIDIAN) parity

fmt: setup ## format Python and HCL
	@.venv/bin/ruff check --quiet --fix . && .venv/bin/ruff format .
	@.venv/tools/terraform fmt -recursive modules && .venv/tools/terragrunt hcl fmt --working-dir live

lint: setup ## check the format of Python and HCL, and the Python rules
	@.venv/bin/ruff format --check . && .venv/bin/ruff check .
	@.venv/tools/terraform fmt -check -recursive modules && .venv/tools/terragrunt hcl fmt --check --working-dir live

types: setup ## check the Python types
	@.venv/bin/mypy

generated: setup ## check that live/ and the tables in module READMEs are current
	@$(MERIDIAN) generate --check
	@.venv/bin/python -m meridian.modules.docs --check
	@.venv/bin/python -m meridian.scan.policy_docs --check

test-unit: setup ## unit tests: fast, offline, no AWS
	@echo "-> unit tests: Python, then the function"
	@$(PYTEST) $(PARALLEL) -m "not slow and not e2e and not workflows"
	@for test in modules/*/functions/test.mjs; do $(TOOLS) node "$$test" || exit 1; done

test-coverage: setup ## every line and branch of inventory and generator is run
	@echo "-> coverage of scripts/meridian/inventory and generate"
	@$(PYTEST) $(PARALLEL) tests/inventory tests/generate tests/regions -m "not slow and not e2e" --cov=meridian.inventory \
		--cov=meridian.generate --cov-branch --cov-report=term-missing:skip-covered --cov-fail-under=100

bench-generate: setup ## time generate against terragrunt stack generate; minutes
	@.venv/bin/python -m bench.generate --rounds $(or $(ROUNDS),3)

bench-scan: checkov actionlint ## time the gate against one Checkov process a unit; minutes
	@.venv/bin/python -m bench.scan --rounds $(or $(ROUNDS),1)

test-slow: checkov actionlint ## slower tests of the parts: tools that are really run
	@echo "-> slow tests"
	@$(PYTEST) $(PARALLEL) -m "slow and not e2e and not workflows" --ignore tests/functions --ignore tests/modules

test-function: setup ## build the function twice and compare
	@echo "-> function build tests"
	@$(PYTEST) tests/functions -m slow

test-modules: setup ## the modules' own tests, with a mocked provider
	@echo "-> module tests"
	@$(PYTEST) $(PARALLEL) tests/modules -m slow

test-e2e: checkov ## the whole platform on the local AWS, also seen to fail
	@echo "-> end-to-end tests on the local AWS"
	@$(PYTEST) -m e2e

test-workflows: checkov act ## every workflow as it is run, by act, on local AWSs; long
	@echo "-> workflow tests"
	@$(PYTEST) $(PARALLEL) tests/workflows -m workflows

scan: checkov actionlint ## the security gate over modules and live/; ENV=dev adds plans
	@$(MERIDIAN) scan $(if $(filter command,$(origin ENV)),--env "$(ENV)" $(if $(TARGET),--target "$(TARGET)"))

review: checkov actionlint ## what is checked out, or CHANGE, by the gate of BASE
	@$(MERIDIAN) review $(if $(CHANGE),"$(CHANGE)",--base "$(or $(BASE),origin/main)") $(if $(filter command,$(origin ENV)),--env "$(ENV)") $(if $(STATIC),--static) $(if $(RELEASED),--released)

comment: setup ## reviews of FOLDER as our one comment on pull request NUMBER
	@$(MERIDIAN) comment "$(NUMBER)" "$(FOLDER)"

outputs: setup ## reports of OF="plan scan" for a job of GitHub Actions
	@$(MERIDIAN) outputs $(OF)

reviewers: setup ## refuse where ENV of the code host asks nobody
	@$(MERIDIAN) reviewers "$(ENV)"

actionlint: setup ## install actionlint, which reads workflows
	@$(SET_UP) --with actionlint

act: setup ## install act, which runs workflows on this machine
	@$(SET_UP) --with act

checkov: setup ## install Checkov into .venv-checkov
	@$(SET_UP) --with checkov

lock: ## lock the Python packages anew; UPGRADE=1 takes newer versions
	@"$(PYTHON)" scripts/tools/lock.py $(if $(UPGRADE),--upgrade)

clean: ## remove what was made in this checkout, out/ and .venv too
	@rm -rf .venv .venv-checkov out .mypy_cache .pytest_cache .ruff_cache .hypothesis modules/*/functions/dist

.PHONY: help up down test check setup init doctor generate add-region remove-region add-env bootstrap plan apply verify destroy fmt lint types
.PHONY: versions release promote rollback parity
.PHONY: review comment outputs reviewers scan generated test-unit test-slow test-function test-modules test-e2e test-workflows checkov act actionlint lock clean
.PHONY: test-coverage bench-generate bench-scan

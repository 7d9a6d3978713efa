# Every entry point; the work is done in scripts/. Works with GNU Make 3.81 (macOS).
.DEFAULT_GOAL := help
# Parts of one run share caches and the local AWS.
.NOTPARALLEL:

PYTHON ?= python3
MERIDIAN = .venv/bin/meridian
# Without the shims of version managers, which take longer than set-up, once there is an environment.
BEST_PYTHON = "$$([ -x .venv/bin/python ] && echo .venv/bin/python || echo "$(PYTHON)")"
SET_UP = $(BEST_PYTHON) -S scripts/tools/setup.py
PYTEST = .venv/bin/python -m pytest
# One worker a core; the tests of a file share what they start.
PARALLEL = --numprocesses auto --dist loadfile
GUARDS = plans deploy gate verify
TOOLS = PATH="$(CURDIR)/.venv/tools:$$PATH"
# Looked for when the recipe runs, after set-up: OpenTofu formats as Terraform does.
FORMAT = $$(ls .venv/tools/terraform .venv/tools/tofu 2>/dev/null | head -n 1) fmt
# Copies of other repositories' modules stay as they are.
HCL = $$(find modules \( -name vendor -o -name '.*' \) -prune -o \( -name '*.tf' -o -name '*.tftest.hcl' \) -print)
# The tests of the main path choose the engine; all others run what the inventory names.
ENGINES_TEST = tests/e2e/test_engine.py
# The command line lists the environments when ENV is missing or unknown.
ON = "$(ENV)" $(if $(TARGET),--target "$(TARGET)")
STATES = $(if $(STATE_REGION),--state-region "$(STATE_REGION)")
SHARE = $(if $(CANARY),--canary --percent "$(CANARY)")
ONLY = $(if $(REGION),--region "$(REGION)") $(if $(UNIT),--unit "$(UNIT)") $(if $(CHANGED),--changed)

help: ## list the targets
	@awk 'BEGIN {FS = ":[^#]*## "} /^[a-z0-9-]+:.*## / {printf "  %-15s %s\n", $$1, $$2}' Makefile
	@echo "ENV: an environment of live/inventory.yaml; TARGET: local or aws (default)."

up: setup ## start here: deploy ENV (default dev) to a local AWS, verify it
	@$(MERIDIAN) up $(if $(ENV),"$(ENV)")

down: setup ## stop the local AWS of ENV (default: all); its state is kept
	@$(MERIDIAN) down $(if $(ENV),"$(ENV)")

test: check scan test-coverage test-slow test-function test-modules test-e2e ## every test except test-workflows and test-kills, which take longer

check: setup lint types generated test-unit ## format, lint, types, generated files, unit tests; no AWS

setup: ## install pinned tools and packages; FORCE=1 installs again
	@command -v "$(PYTHON)" >/dev/null 2>&1 || { printf 'error: Python 3.11 or newer is needed, and %s is not on PATH.\n  Install it, e.g. apt-get install python3 or brew install python, or name it: make setup PYTHON=/path/to/python3\n' "$(PYTHON)" >&2; exit 2; }
	@$(SET_UP) $(if $(FORCE),--force)

init: setup ## adopt a fork: PROJECT, REPOSITORY, ACCOUNTS="dev=ID ..."
	@$(MERIDIAN) init --project "$(PROJECT)" --repository "$(REPOSITORY)" $(foreach one,$(ACCOUNTS),--account "$(one)")

doctor: ## show which tools are installed and which are missing
	@$(BEST_PYTHON) scripts/tools/doctor.py

generate: setup ## render live/, terragrunt.hcl and the generated docs
	@$(MERIDIAN) generate
	@.venv/bin/python -m meridian.docs

add-region: setup ## add REGION to ENV and render; DRY_RUN=1 only shows the change
	@$(MERIDIAN) add-region "$(ENV)" "$(REGION)" $(if $(DRY_RUN),--dry-run)

remove-region: setup ## retire REGION of ENV; after its destroy, remove it
	@$(MERIDIAN) remove-region "$(ENV)" "$(REGION)" $(if $(TARGET),--target "$(TARGET)") $(if $(DRY_RUN),--dry-run)

add-env: setup ## add ENV with the settings of LIKE in ACCOUNT; REGIONS=a,b
	@$(MERIDIAN) add-env "$(ENV)" --like "$(LIKE)" --account "$(ACCOUNT)" --regions "$(REGIONS)" $(if $(DRY_RUN),--dry-run)

bootstrap: setup ## create the state bucket of ENV, its key and its pipelines' roles; YES=1 does not ask, DRY_RUN=1
	@$(MERIDIAN) bootstrap $(ON) $(if $(YES),--yes) $(if $(DRY_RUN),--dry-run)

plan: setup ## plan every unit of ENV, or only REGION, UNIT, CHANGED=1; DIGEST=FILE writes hashes, NO_LOCK=1
	@$(MERIDIAN) plan $(ON) $(ONLY) $(if $(DIGEST),--digest "$(DIGEST)") $(if $(NO_LOCK),--no-lock) $(STATES)

show: setup ## show the saved plans of ENV; UNIT=eu-west-1/compute in full
	@$(MERIDIAN) show $(ON) $(if $(UNIT),--unit "$(UNIT)")

apply: checkov ## run the final gate over the saved plans of ENV, then apply; APPROVED=FILE, CANARY=PERCENT
	@$(MERIDIAN) apply $(ON) $(ONLY) $(if $(CONFIRM),--confirm "$(CONFIRM)") $(if $(APPROVED),--approved "$(APPROVED)") $(SHARE) $(STATES)

recover: setup ## repair ENV after an interrupted run; YES=1 does not ask, DRY_RUN=1, FORCE_UNLOCK=ID
	@$(MERIDIAN) recover $(ON) $(if $(YES),--yes) $(if $(DRY_RUN),--dry-run) \
	  $(if $(FORCE_UNLOCK),--force-unlock "$(FORCE_UNLOCK)") $(STATES)

audit: setup ## list locks, states and resources of ENV that are wrong
	@$(MERIDIAN) audit $(ON)

drift: setup ## show what was changed in AWS since it was applied; REGION, UNIT
	@$(MERIDIAN) drift $(ON) $(ONLY) $(if $(MARKDOWN),--markdown "$(MARKDOWN)")

verify: setup ## sign in a user and call every region of ENV; VERBOSE=1
	@$(MERIDIAN) verify $(ON) $(if $(VERBOSE),--verbose) $(STATES)

drill: setup ## take REGION or the edge away while calls run; FAULT=region|table|dns|edge, RATE, THROUGH_EDGE=1, YES=1
	@$(MERIDIAN) drill $(ON) --region "$(REGION)" $(if $(FAULT),--fault "$(FAULT)") $(if $(RATE),--rate "$(RATE)") \
	  $(if $(THROUGH_EDGE),--through-edge) $(if $(YES),--yes) $(if $(CONFIRM),--confirm "$(CONFIRM)")

destroy: setup ## destroy ENV after you type its name
	@$(MERIDIAN) destroy $(ON) $(if $(CONFIRM),--confirm "$(CONFIRM)")

lock-provider: setup ## lock the provider for the engine that the inventory names
	@$(MERIDIAN) lock

versions: setup ## show the version of each module in each environment
	@$(MERIDIAN) versions

release: setup ## record MODULE as VERSION in the ledger; NOTE describes it
	@$(MERIDIAN) release "$(MODULE)" "$(VERSION)" $(if $(NOTE),--note "$(NOTE)") $(if $(DRY_RUN),--dry-run)

promote: setup ## copy versions from FROM to TO, or only MODULE; DRY_RUN=1
	@$(MERIDIAN) promote "$(FROM)" "$(TO)" $(if $(MODULE),--module "$(MODULE)") $(if $(DRY_RUN),--dry-run)

rollback: setup ## set MODULE of ENV back to VERSION; DRY_RUN=1 only shows it
	@$(MERIDIAN) rollback "$(ENV)" "$(MODULE)" "$(VERSION)" $(if $(DRY_RUN),--dry-run)

impact: setup ## show which units a change since BASE touches, and why
	@$(MERIDIAN) impact $(if $(BASE),--base "$(BASE)")

parity: setup ## compare environments; fail on undeclared differences
	@$(MERIDIAN) parity

report: setup ## write out/report.html, a page on ENV: regions, health, versions, findings; OFFLINE=1
	@$(MERIDIAN) report $(ON) $(if $(OFFLINE),--offline) $(STATES)

fmt: setup ## format Python and HCL
	@.venv/bin/ruff check --quiet --fix . && .venv/bin/ruff format .
	@$(FORMAT) $(HCL) && .venv/tools/terragrunt hcl fmt --working-dir live

lint: setup ## check the format of Python and HCL, and the Python rules
	@.venv/bin/ruff format --check . && .venv/bin/ruff check .
	@$(FORMAT) -check $(HCL) && .venv/tools/terragrunt hcl fmt --check --working-dir live

types: setup ## check the Python types
	@.venv/bin/mypy

generated: setup ## check that live/ and the generated docs are current
	@$(MERIDIAN) generate --check
	@.venv/bin/python -m meridian.docs --check

test-unit: setup ## unit tests of Python and the function; offline, no AWS
	@echo "-> unit tests: Python, then the function"
	@$(PYTEST) $(PARALLEL) -m "not slow and not e2e and not workflows"
	@for test in modules/*/functions/test.mjs; do $(TOOLS) node "$$test" || exit 1; done
	@for test in modules/*/functions/test.py; do test ! -e "$$test" || .venv/bin/python "$$test" || exit 1; done

test-coverage: setup ## fail if tests cover less of the guards than the floor
	@echo "-> branch coverage of plans, deploy, gate and verify"
	@$(PYTEST) $(PARALLEL) $(GUARDS:%=tests/%) tests/workflows -m "not slow and not e2e and not workflows" $(GUARDS:%=--cov=meridian.%) \
		--cov-branch --cov-report=term:skip-covered --cov-fail-under=78

bench-generate: setup ## time generate against terragrunt stack generate; minutes
	@.venv/bin/python -m bench.generate --rounds $(or $(ROUNDS),3)

bench-scan: checkov actionlint ## time the gate against one Checkov process per unit; minutes
	@.venv/bin/python -m bench.scan --rounds $(or $(ROUNDS),1)

bench-impact: setup ## time impact against generate --check; a minute
	@.venv/bin/python -m bench.impact --rounds $(or $(ROUNDS),3)

bench-run: checkov ## time plans and applies against Terragrunt and one root; an hour
	@.venv/bin/python -m bench.run --rounds $(or $(ROUNDS),3) $(if $(SIZES),--sizes $(SIZES))

test-slow: checkov actionlint ## slow tests, which run Terraform, Go or Checkov
	@echo "-> slow tests"
	@$(PYTEST) $(PARALLEL) -m "slow and not e2e and not workflows" --ignore tests/functions --ignore tests/modules

test-browser: setup ## open the page of `report` in a real Chromium
	@echo "-> browser tests"
	@$(PYTEST) tests/page -m slow

test-function: setup ## build the function twice and compare
	@echo "-> function build tests"
	@$(PYTEST) tests/functions -m slow

test-modules: checkov ## Terraform tests of the modules, or MODULE, with a mocked provider
	@echo "-> module tests"
	@$(PYTEST) $(PARALLEL) tests/modules -m slow $(if $(MODULE),-k "[$(MODULE)]")

test-e2e: checkov $(filter opentofu,$(ENGINE)) ## end-to-end tests; ENGINE=opentofu runs the main path on it
	@echo "-> end-to-end tests on the local AWS"
	@$(if $(ENGINE),MERIDIAN_TEST_ENGINE="$(ENGINE)" $(PYTEST) $(ENGINES_TEST),$(PYTEST) $(PARALLEL) tests/e2e --ignore $(ENGINES_TEST)) -m e2e

test-kills: checkov ## kill a first apply at ten calls and recover; long
	@MERIDIAN_TEST_KILLS=all $(PYTEST) -m e2e tests/e2e/test_recover.py tests/e2e/test_first_apply.py

test-workflows: checkov act ## run every GitHub workflow with act on local AWSs; long
	@echo "-> workflow tests"
	@$(PYTEST) $(PARALLEL) tests/workflows -m workflows

scan: checkov actionlint ## run the security gate on modules and live/; ENV adds plans
	@$(MERIDIAN) scan $(if $(filter command,$(origin ENV)),--env "$(ENV)" $(if $(TARGET),--target "$(TARGET)") $(STATES))

accept: setup ## accept the modules, or MODULE, as they are; shows what changed
	@$(MERIDIAN) accept $(if $(MODULE),"$(MODULE)")

review: checkov actionlint ## check the commit, or CHANGE, with the gate of BASE
	@$(MERIDIAN) review $(if $(CHANGE),"$(CHANGE)",--base "$(or $(BASE),origin/main)") $(if $(filter command,$(origin ENV)),--env "$(ENV)") $(if $(TOUCHED),--touched) $(if $(STATIC),--static) $(if $(RELEASED),--released)

comment: setup ## update the comment on pull request NUMBER from FOLDER
	@$(MERIDIAN) comment "$(NUMBER)" "$(FOLDER)"

issue: setup ## update the GitHub issue of ENV from the reports of OF="scan drift audit"
	@$(MERIDIAN) issue "$(ENV)" $(OF)

outputs: setup ## write reports of OF="plan scan" to a GitHub Actions job
	@$(MERIDIAN) outputs $(OF)

reviewers: setup ## fail unless GitHub environment ENV has required reviewers
	@$(MERIDIAN) reviewers "$(ENV)"

actionlint: setup ## install actionlint, which checks workflows
	@$(SET_UP) --with actionlint

opentofu: setup ## install OpenTofu, from PATH or built once; for `engine: opentofu` set-up does it
	@$(SET_UP) --with opentofu

act: setup ## install act, which runs workflows on this machine
	@$(SET_UP) --with act

checkov: setup ## install Checkov once for this machine, and link it as .venv-checkov
	@$(SET_UP) --with checkov

lock: ## lock the Python packages; UPGRADE=1 accepts newer versions
	@"$(PYTHON)" scripts/tools/lock.py $(if $(UPGRADE),--upgrade)

clean: ## remove what was made in this checkout, also out/ and .venv
	@rm -rf .venv .venv-checkov out .mypy_cache .pytest_cache .ruff_cache .hypothesis modules/*/functions/dist

.PHONY: help up down test check setup init doctor generate add-region remove-region add-env bootstrap plan show apply
.PHONY: recover audit drift drill verify destroy versions release promote rollback impact parity fmt lint types generated
.PHONY: test-unit test-coverage bench-generate bench-scan bench-impact bench-run test-slow test-function test-modules
.PHONY: test-e2e report test-browser
.PHONY: test-kills test-workflows scan accept review comment
.PHONY: issue outputs reviewers actionlint act opentofu checkov lock lock-provider clean

# Two commands: `make run` and `make test`. `make` alone lists all of them.
.DEFAULT_GOAL := help
.PHONY: help run demo check test test-matrix proof docs bench screenshots sample lock clean

# The first Python that is new enough. Another one: make PYTHON=/usr/bin/python3.13 run
PYTHON ?= $(or $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$python; break; }; \
	done),$(error Python 3.11 or newer is needed, and none of python3, python3.14 ... python3.11 is))
VENV := .venv/bin/python
ROWS ?= 500000
EXAMPLES ?= 5000
SEED ?= $(shell date +%s)

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

run: .env ## Start everything on http://127.0.0.1:8000 (another port: PORT=9000 make run)
	@$(PYTHON) requirements/install.py local
	@$(VENV) -m project.devserver.run

demo: .env ## Fill an empty database with demo data
	@$(PYTHON) requirements/install.py local
	@$(VENV) manage.py demo

# Checks do not read a developer's own .env.
check test test-matrix proof docs: export ENV_FILE = /dev/null
check test test-matrix proof docs: export DEBUG = True
check: ## Run the fast part of it: style, types, layers, and the tests that commit nothing
	@$(PYTHON) requirements/install.py development
	$(VENV) -m ruff check .
	$(VENV) -m ruff format --check .
	$(VENV) -m mypy .
	$(VENV) .venv/bin/lint-imports
	$(VENV) -m pytest -q -n auto --dist loadfile --no-loadscope-reorder -m "not slow and not commits"

test: ## Run everything that CI runs: style, types, layers, migrations, tests
	@$(PYTHON) requirements/install.py development
	@.ci/chromium
	@.ci/nginx
	$(VENV) -m ruff check .
	$(VENV) -m ruff format --check .
	$(VENV) -m mypy .
	$(VENV) .venv/bin/lint-imports
	$(VENV) manage.py makemigrations --check --dry-run
	$(VENV) -m pytest -n auto --dist loadfile --no-loadscope-reorder --durations=25

test-matrix: ## Run the tests on PostgreSQL 15 and 18, and on Python 3.13 with Django 6.1
	@$(PYTHON) requirements/install.py development
	@.ci/chromium
	@.ci/nginx
	@$(VENV) -m tests.matrix

proof: ## Run property tests of imports with new cases (EXAMPLES=5000; repeat a run: SEED=...)
	@$(PYTHON) requirements/install.py development
	PROOF_EXAMPLES=$(EXAMPLES) $(VENV) -m pytest --hypothesis-seed=$(SEED) \
		tests/imports/test_proof.py tests/imports/test_fast_path.py

docs: ## Write docs/reference/ from the code
	@$(PYTHON) requirements/install.py local
	@$(VENV) -m docs.generate

bench: .env ## Benchmark imports against a COPY of the same rows
	@$(PYTHON) requirements/install.py development
	@$(VENV) -m bench

screenshots: .env ## Take the pictures of the docs again, from the demo
	@$(PYTHON) requirements/install.py development
	@.ci/chromium
	@$(VENV) -m bench.screenshots

sample: .env ## Write a sample CSV file (ROWS=500000)
	@$(PYTHON) requirements/install.py development
	@$(VENV) -m bench.sample --rows $(ROWS)

lock: ## Update requirements/*.txt from pyproject.toml
	@$(PYTHON) requirements/install.py development
	@$(VENV) requirements/lock.py

clean: ## Remove generated files; .data with your catalog and .env stay
	rm -rf .venv .venv.lock .venv-django61 .venv-django61.lock staticfiles .pytest_cache .mypy_cache .ruff_cache \
		.import_linter_cache .hypothesis
	find . -name __pycache__ -not -path './.data/*' -prune -exec rm -rf {} +

.env:
	@install -m 600 .env.example .env

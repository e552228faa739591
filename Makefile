# Every command of the project. `make run` needs nothing but Python 3.11 to 3.13.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run test check format messages bench-fanout bench-checkout protocol-server requirements clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 22

run: $(STAMP) ## serve the demo shop on http://127.0.0.1:8000 (HOST, PORT, STOCKWIRE_HOME, DEMO=0)
	@exec $(BIN)/python manage.py serve --role all

test: check ## everything that CI runs: the checks, then the tests
	$(BIN)/python -m pytest -n 3 --dist loadgroup

check: $(STAMP) ## style, types, layers, migrations, generated documents
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py render_docs --check

format: $(STAMP) ## let ruff put the code in order
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

LANGUAGES := sv ar hi
CATALOGS := $(LANGUAGES:%=config/locale/%/LC_MESSAGES/django.po)

messages: $(STAMP) ## gather the pages' texts for translation, and compile what is translated (needs gettext)
	$(BIN)/python manage.py makemessages $(LANGUAGES:%=--locale %) --no-location --no-wrap --no-obsolete \
		--ignore .venv --ignore tests --ignore node_modules --ignore staticfiles --ignore build
	@sed -i.before -e '/^"POT-Creation-Date: /d' $(CATALOGS) && rm $(CATALOGS:%=%.before)
	$(BIN)/python manage.py compilemessages $(LANGUAGES:%=--locale %) --ignore .venv

bench-fanout: $(STAMP) ## deliveries/s, latency and memory, beside Node servers: 15 minutes (ARGS=--quick: one)
	$(BIN)/python -m tests.benchmarks.fanout $(ARGS)

bench-checkout: $(STAMP) ## checkouts/s, statements, a rush, lists: 5 minutes (ARGS=--quick: one)
	$(BIN)/python -m tests.benchmarks.checkout $(ARGS)

protocol-server: $(STAMP) ## the bare Socket.IO door, for the protocol's own test suites (PORT=3000)
	@exec $(BIN)/python -m realtime.socketio.protocol_server --port $(or $(PORT),3000)

COMPILE := $(BIN)/pip-compile --quiet --no-header --generate-hashes --strip-extras --allow-unsafe \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host

requirements: $(STAMP) ## pin what pyproject.toml asks for, with hashes
	$(COMPILE) --output-file requirements.txt pyproject.toml
	$(COMPILE) --extra dev --constraint requirements.txt --output-file requirements-dev.txt pyproject.toml

clean: ## remove the environment, caches and the local shop's data
	rm -rf $(VENV) .stockwire staticfiles .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamp is younger than the requirements exactly when they are installed.
$(STAMP): requirements.txt requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
		{ echo "Stockwire needs Python 3.11 to 3.13; $(PYTHON) is $$($(PYTHON) -V 2>&1). Try: make PYTHON=python3.13 …"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing what Stockwire needs into $(VENV) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

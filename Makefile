# Each target does everything that it needs, from a machine that has Python and git only.
DOCUMENT ?= examples/repair-desk.md
HOME_DIR ?= .opsroom
PYTEST_ARGS ?= -n 2 --dist loadfile
BIN := .venv/bin

.PHONY: help setup demo test lint format bench ui clean

help:
	@echo 'make setup   install everything into .venv'
	@echo 'make demo    build $(DOCUMENT), end to end'
	@echo 'make ui      the Dagster UI, with the inbox watched'
	@echo 'make test    the tests (PYTEST_ARGS=... for some of them)'
	@echo 'make lint    linter, formatter, types, Dagster definitions'
	@echo 'make bench   measure; results are described in benchmarks/README.md'

setup:
	@scripts/bootstrap.sh

demo: setup
	@$(BIN)/opsroom build $(DOCUMENT) --home $(HOME_DIR)
	@echo 'See it in the Dagster UI: make ui'

ui: setup
	@$(BIN)/opsroom ui --home $(HOME_DIR)

test: setup
	@$(BIN)/python -m pytest -n auto --dist loadfile $(PYTEST_ARGS)

lint: setup
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/pyright
	@scripts/validate_definitions.sh

format: setup
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

bench: setup
	@$(BIN)/python benchmarks/build.py

clean:
	rm -rf .venv .uv

# policygen: `make demo` shows what it does, `make test` proves it. Both need Python 3.11+, pip and make, nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.PHONY: help demo test check format docs proof wheel bench clean
help: ## say what can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{ printf "make %-8s %s\n", $$1, $$2 }'

$(VENV)/.installed: pyproject.toml policygen/__init__.py
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

test: $(VENV)/.installed ## run every test
	$(BIN)/pytest -n auto -m "not proof" $(ARGS)

check: $(VENV)/.installed ## format, lint, strict types, generated documentation
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(VENV)/.installed ## put the code in its layout
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

proof: $(VENV)/.installed ## the slow proofs
	$(BIN)/pytest -n auto -m proof $(ARGS)

clean: ## remove what was made
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis

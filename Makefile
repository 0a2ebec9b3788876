# `make demo` shows what policygen does, `make test` proves it. Both need Python 3.11 or later with pip, make, nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ACCOUNT ?= 123456789012
ARGS ?=

.PHONY: help demo test coverage check format docs proof wheel bench clean
help: ## say what can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{ printf "make %-9s %s\n", $$1, $$2 }'

# pip compiles what it copies, not what it links to, and Python may be told not to
COMPILE = $(BIN)/python -m compileall -q policygen

# what runs policygen, and what develops it; each is made again when what it is made of changes
$(VENV)/.run: pyproject.toml policygen/__init__.py
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	@$(COMPILE)
	@touch $@
$(VENV)/.develop: pyproject.toml policygen/__init__.py
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@$(COMPILE)
	@touch $@ $(VENV)/.run

demo: $(VENV)/.run ## render self-manage for an account (make demo ACCOUNT=111122223333)
	@echo '$$ policygen render self-manage --account $(ACCOUNT)'
	@$(BIN)/policygen render self-manage --account $(ACCOUNT)
	@echo
	@echo 'Rendered, held against its JSON schema, linted; its promises are proven by `policygen test self-manage`.'
	@echo 'How to go on:'
	@echo '  $(BIN)/policygen list                            the other recipes'
	@echo '  $(BIN)/policygen show enforce-mfa                everything about one of them'
	@echo '  $(BIN)/policygen lint FOLDER                     your own policies'
	@echo '  $(BIN)/policygen render self-manage --account $(ACCOUNT) -o self-manage.json'

test: $(VENV)/.develop ## run every test
	$(BIN)/pytest -n auto -m 'not proof' $(ARGS)

coverage: $(VENV)/.develop ## run every test and measure which lines they reach; fails below the floor in pyproject.toml
	$(BIN)/pytest -n auto -m 'not proof' --cov --cov-report=term $(ARGS)

check: $(VENV)/.develop ## format, lint, strict types, generated documentation
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python docs/generate.py --check

format: $(VENV)/.develop ## put the code into its layout
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(VENV)/.develop ## write the documentation that follows from code and catalog
	$(BIN)/python docs/generate.py

proof: $(VENV)/.develop ## the slow proofs
	$(BIN)/pytest -n auto -m proof $(ARGS)

wheel: $(VENV)/.develop ## build the wheel, and use it in an empty environment
	rm -rf dist
	$(BIN)/python -m build --wheel --outdir dist .
	$(BIN)/python tests/use_wheel.py dist/*.whl

bench: $(VENV)/.develop ## measure, side by side with what one would take instead
	for benchmark in benchmarks/*.py; do $(BIN)/python $$benchmark || exit 1; done

clean: ## remove what was made
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis

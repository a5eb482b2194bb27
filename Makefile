# Everything a person or CI runs. `make chat` and `make test` work on a fresh machine with Python 3.11 or newer.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SAMPLE := corpus/sample/statements.jsonl
PORT ?= 7860

# Nothing of ours or of the libraries calls anywhere at run time.
export GRADIO_ANALYTICS_ENABLED := False
export HF_HUB_DISABLE_TELEMETRY := 1
export HF_HUB_OFFLINE ?= 1
export ANONYMIZED_TELEMETRY := False

.PHONY: help setup chat test check gate bench format clean

help:
	@echo "make chat   set up, take in the sample corpus, serve the chat on http://127.0.0.1:$(PORT)"
	@echo "make test   set up, then lint, types, import rules and tests"
	@echo "make gate   run the sample question set and hold it to its bars"
	@echo "make setup | check | bench | format | clean"

setup: $(READY)

# torch comes first and alone: asked for by another package, the registry's newest build brings gigabytes of CUDA.
$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt torch
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[dev]"
	$(BIN)/onrecord setup-model
	touch $@

chat: setup
	$(BIN)/onrecord ingest $(SAMPLE)
	$(BIN)/onrecord serve --port $(PORT)

test: check
	$(BIN)/python -m pytest

# The sample question set over the sample corpus, held to its bars.
gate: setup
	$(BIN)/onrecord --archive build/gate/archive ingest $(SAMPLE)
	$(BIN)/onrecord --archive build/gate/archive eval run evals/cases/sample.jsonl --out build/gate/run.json
	$(BIN)/onrecord --archive build/gate/archive eval gate build/gate/run.json --bars evals/bars/sample.toml

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[bench]"
	$(BIN)/python -m benchmarks

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) archive build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

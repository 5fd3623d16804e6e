# `make demo` answers questions about a real video; `make test` checks everything. Both set up what is missing.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
HOME_OF_DEMO := .demo
# The tests run in two halves side by side: on two cores that takes two thirds of the time of one after the other.
HALF := tests/agent tests/bench $(wildcard tests/test_*.py)

.PHONY: demo test setup checks models test-tools lint types format clean

demo: models
ifdef VIDEO
	@$(BIN)/vidscout --home $(HOME_OF_DEMO) ask "$(VIDEO)" "$(Q)"
else
	@$(BIN)/python -m vidscout.bench.demo --home $(HOME_OF_DEMO)
endif

test: checks models test-tools lint types
	@$(BIN)/python -m pytest -o cache_dir=.pytest_cache/half $(HALF) & half=$$!; \
	$(BIN)/python -m pytest tests $(HALF:%=--ignore=%); other=$$?; \
	wait $$half; exit $$(($$? | $$other))

# EasyOCR and openai-whisper run in the tests beside a CPU build of torch, and optional models that have their own tests.
test-tools: $(VENV)/checks
	@$(BIN)/python -m pip install --quiet --no-deps --requirement tests/easyocr.txt --requirement tests/openai_whisper.txt
	@$(BIN)/vidscout models pull easyocr-english whisper-tiny-en-ct2

setup: $(VENV)/ready

checks: $(VENV)/checks

# The package alone, for the demo. Python compiles what is imported when it is: pip would compile everything at once.
$(VENV)/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --no-compile --constraint constraints.txt --editable '.[demo]'
	@touch $@

# What checks and tests need beside it. torch comes first and pinned: left to itself, pip takes a build for CUDA of
# several gigabytes.
$(VENV)/checks: $(VENV)/ready
	$(BIN)/python -m pip install --quiet --no-compile --constraint constraints.txt torch
	$(BIN)/python -m pip install --quiet --no-compile --constraint constraints.txt --editable '.[dev]'
	mkdir -p $(VENV)/types && ln -sfn $(CURDIR) $(VENV)/types/vidscout
	@touch $@

models: $(VENV)/ready
	@$(BIN)/vidscout models pull

lint: $(VENV)/checks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	PYTHONPATH=$(VENV)/types $(BIN)/lint-imports --no-logo
	$(BIN)/deptry --no-ansi .

types: $(VENV)/checks
	$(BIN)/basedpyright

format: $(VENV)/checks
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) $(HOME_OF_DEMO) build *.egg-info

PYTHON ?= python3
.PHONY: check lint types test readme

# What .ci/run does, in the environment of $(PYTHON).
check: lint types test readme

lint:
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .

types:
	$(PYTHON) -m mypy

# The README's test command.
test:
	$(PYTHON) -m pytest

# The README's first command on the quick suite, and its table, against the committed results.
readme:
	$(PYTHON) -m results.readme
	$(PYTHON) -m results.quick

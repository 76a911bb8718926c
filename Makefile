# Two commands: `make demo` runs the deck on this machine, `make test` proves it. Both install what they need, once.
.DEFAULT_GOAL := help
.PHONY: help demo test check
PYTHON = .venv/bin/python
export PYTHONUNBUFFERED = 1

help:
	@echo 'make demo                 run the deck here: simulator, embedded Kafka and Redis; Ctrl-C stops it'
	@echo 'make demo FEED=folder     the same with recorded files; SPEED=60 runs them 60 times faster'
	@echo 'CITYDECK_SITE=folder make demo   the same for a city of your own'
	@echo 'make test                 style, types and every test; says what it skipped'
	@echo 'make check                style and types only'

demo:
	@bash tools/setup.sh demo
	@$(PYTHON) -m demo $(if $(FEED),--feed "$(FEED)") $(if $(SPEED),--speed "$(SPEED)")

test: check
	@$(PYTHON) -m pytest -rs

check:
	@bash tools/setup.sh test
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m mypy

# One word for each thing. `make` alone lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PY := .venv/bin
# Parallel test workers: one per core.
WORKERS ?= auto

.PHONY: help setup run demo test check bench peers lock clean

help: ## lists these words
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: ## system packages where missing, .venv/ from requirements.lock
	@scripts/setup.sh

run: setup ## loads the demonstration département if needed and serves on http://127.0.0.1:8000 (PORT= moves it)
	@$(PY)/accueil30 demo --if-missing
	@$(PY)/accueil30 serve $(if $(PORT),--port $(PORT))

demo: setup ## (re)makes the demonstration département, with its coverage
	@$(PY)/accueil30 demo

test: ## every test, browser tests included, in parallel
	@scripts/setup.sh --dev
	@$(PY)/python -m pytest -n $(WORKERS) --dist loadgroup

check: ## ruff, mypy --strict, import rules, docs
	@scripts/setup.sh --dev
	@$(PY)/python -m compileall -q app benchmarks data migrations routing scripts tests
	@$(PY)/ruff check .
	@$(PY)/ruff format --check .
	@$(PY)/mypy
	@$(PY)/lint-imports
	@$(PY)/python scripts/check_docs.py

bench: ## measures side by side, prints ratios; docs/benchmarks.md holds the last figures
	@scripts/setup.sh --dev
	@$(PY)/python -m benchmarks

peers: ## Valhalla, OSRM, pandana and pyrosm in .peers/, to compare with (development only)
	@scripts/peers.sh

lock: ## writes requirements.lock and requirements-dev.lock (hashes, no index address)
	@scripts/setup.sh --dev
	@scripts/lock.sh

clean: ## removes the environment and caches; never the store
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

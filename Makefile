# SPDX-License-Identifier: Apache-2.0
# `make run` and `make test` are all that a newcomer needs; each sets up what it stands on.

VENV ?= .venv
BIN := $(VENV)/bin
PYTEST := "$(BIN)/python" -m pytest
CONFIG ?= configs/local/taxi.yaml
SPAN ?= 1
# How many tests run at a time where they are long.
JOBS ?= 2
CODE := src/penstock pipelines components modules benchmarks data scripts
export VENV
# On Linux, PyPI's torch brings CUDA; elsewhere, and with INDEX=https://download.pytorch.org/whl/cpu, it is small.
VENV_PYTORCH ?= .venv-pytorch
TORCH ?= torch==2.13.0
INDEX ?=

VENV_TFX ?= .venv-tfx
# The last TFX that runs on glibc before 2.39 wants this one.
PYTHON_TFX ?= $(shell for python in python3.10 "$$(pyenv root 2>/dev/null)"/versions/3.10*/bin/python; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 10))' 2>/dev/null && echo "$$python" && break; done)

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test lint format test-unit test-integration test-e2e test-pytorch test-tfx test-kill bench setup pytorch tfx servers names lock clean

help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1|/p' $(firstword $(MAKEFILE_LIST)) | while IFS='|' read -r name what; do \
		printf '  make %-17s %s\n' "$$name" "$$what"; done

run: setup ## the taxi pipeline on the first span of the shipped data [SPAN=2] [ARGS='--runner beam …']
	@"$(BIN)/penstock" run pipelines/taxi.py --config "$(CONFIG)" $(if $(SPAN),--param span=$(SPAN)) $(ARGS)

test: lint test-unit test-integration test-e2e ## lint and every test but test-pytorch, test-tfx and test-kill

lint: setup ## ruff, mypy --strict, import-linter
	@"$(BIN)/ruff" check .
	@"$(BIN)/ruff" format --check --quiet .
	@"$(BIN)/mypy" $(CODE)
	@"$(BIN)/lint-imports"

format: setup ## let ruff sort imports and format
	@"$(BIN)/ruff" check --fix --quiet .
	@"$(BIN)/ruff" format --quiet .

test-unit: setup ## no TensorFlow, seconds [ARGS='-k …']
	@$(PYTEST) tests/unit $(ARGS)

test-integration: setup ## real libraries, stores and processes together [JOBS=2]
	@$(PYTEST) tests/integration -n $(JOBS) --dist loadfile $(ARGS)

test-e2e: setup ## whole pipelines through the command line [JOBS=2]
	@$(PYTEST) tests/e2e -n $(JOBS) --dist loadfile $(ARGS)

test-pytorch: pytorch ## what needs PyTorch, in .venv-pytorch/
	@"$(VENV_PYTORCH)/bin/python" -m pytest tests -m "pytorch and not kill" $(ARGS)

test-tfx: tfx ## what needs TFX itself, in .venv-tfx/
	@if [ -x "$(VENV_TFX)/bin/python" ]; then "$(VENV_TFX)/bin/python" -m pytest tests/integration/guests $(ARGS); fi

test-kill: setup ## 30 random kills of the taxi pipeline, 20 of a stream; half an hour
	@$(PYTEST) tests -m kill $(ARGS)

bench: setup ## every script in benchmarks/, each with its table
	@for script in benchmarks/*.py; do "$(BIN)/python" "$$script" $(ARGS) || exit 1; done

setup: ## .venv/ from the committed lock [PYTHON=python3.11] [VENV=folder]
	@scripts/bootstrap.sh

pytorch: ## .venv-pytorch/: .venv/ with PyTorch and Transformers beside [TORCH=torch==…] [INDEX=https://…]
	@VENV="$(VENV_PYTORCH)" scripts/bootstrap.sh
	@"$(VENV_PYTORCH)/bin/python" -c 'import importlib.util as u, sys; sys.exit(not (u.find_spec("torch") and u.find_spec("transformers")))' \
		|| "$(VENV_PYTORCH)/bin/python" -m pip install --quiet --disable-pip-version-check --no-cache-dir \
		$(if $(INDEX),--extra-index-url "$(INDEX)") "$(TORCH)" "transformers>=4.40"

tfx: ## .venv-tfx/: TFX 1.16 with Penstock beside it, on Python 3.10 [PYTHON_TFX=python3.10]
	@if [ -n "$(PYTHON_TFX)" ]; then PYTHON="$(PYTHON_TFX)" LOCK=tfx-1.16-py310.txt VENV="$(VENV_TFX)" scripts/bootstrap.sh; \
		else echo "tfx: no Python 3.10 here, which TFX 1.16 needs: its tests are skipped"; fi

servers: ## Debian's Redis, PostgreSQL, MariaDB and docker, which some tests start (as root); they are skipped without
	@for program in redis-server postgres mariadbd dockerd busybox; do command -v $$program >/dev/null || missing=1; done; \
		[ -z "$$missing" ] || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
		apt-get install -qq -y --no-install-recommends redis-server postgresql mariadb-server busybox-static \
		$$(command -v dockerd >/dev/null || echo docker.io iptables) >/dev/null; }

names: setup ## the table of TFX's names again, docs/reference/tfx-compatibility.md
	@"$(BIN)/python" scripts/tfx_compatibility.py

lock: setup ## the locks again, from pyproject.toml [ARGS=--upgrade]
	@scripts/lock.sh $(ARGS)

clean: ## the caches of tools; neither .venv/ nor what runs made
	@rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@find src tests pipelines components modules benchmarks -name __pycache__ -type d -exec rm -rf {} + 2>/dev/null || true

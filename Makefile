# Targets for people and for CI; `make help` lists them. The environment lives in .venv.

SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
BIN := $(VENV)/bin

ROBOT ?= h1
SCENE ?= workshop
SEED ?= 0
OUT ?= runs/demo
INSTRUCTION ?= walk to the red marker, then press the button
EPISODES ?= 100
WORKERS ?= 2
ARGS ?=

GL_PACKAGES := libegl1 libegl-mesa0 libgl1-mesa-dri

export OMP_NUM_THREADS ?= 1
# `import mujoco` fails where EGL is asked for and not installed; `disable` switches off drawing alone.
export MUJOCO_GL ?= $(shell PATH="$$PATH:/sbin:/usr/sbin" ldconfig -p | grep -q 'libEGL\.so\.1' && echo egl || echo disable)
# Handed over in the environment, so that quotes and dollar signs in it stay what they are.
export INSTRUCTION
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help setup browser run test test-slow check format lock bench docs golden ros-build ros-test ros-demo eval videos clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(VENV)/.drawing $(VENV)/.installed ## create .venv with the locked packages, and the GL packages where allowed

browser: ## install Chromium, with which the page of --view is tested, where that is allowed and takes no minute
	@command -v chromium >/dev/null || { $(APT_INSTALL); $(APT_FETCH); apt_fetch chromium && apt_install chromium; } \
	  || echo "Chromium is not installed: the test of the page is left out. To have it: apt-get install chromium"

run: setup ## carry out INSTRUCTION="..." in simulation; report and video in OUT (runs/demo)
	$(BIN)/skillblend run "$$INSTRUCTION" --robot $(ROBOT) --scene $(SCENE) --seed $(SEED) --out $(OUT) $(ARGS)

test: setup ## all tests but the slow ones
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile -m "not slow" $(ARGS)

test-slow: setup ## the slow tests
	$(BIN)/python -m pytest -m slow $(ARGS)

check: setup ## lint, format, types, import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports --no-logo

format: setup ## format the code and apply safe lint fixes
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: setup ## rewrite requirements.lock from what .venv holds
	{ grep '^#' requirements.lock; $(BIN)/python -m pip freeze --all --exclude-editable --exclude pip --exclude skillblend \
	  | sed 's/+cpu$$//' | LC_ALL=C sort -f; } > requirements.lock.new && mv requirements.lock.new requirements.lock

bench: setup ## speed of stepping, learning and deciding, as ratios in one run; writes bench.json, bench-planner.json
	$(BIN)/skillblend bench speed $(ARGS)
	$(BIN)/skillblend bench planner

docs: setup ## the documentation as a site in build/site; a broken link ends it
	$(BIN)/python docs/build_site.py

golden: setup ## regenerate tests/golden; read the diff before committing it
	$(BIN)/python -m pytest --regenerate-golden $(ARGS)
	git diff --stat -- tests/golden

eval: setup ## evaluate every trained bundle in models/ on unseen episodes
	@set -e; for config in models/*/*/config.json; do \
	  folder=$${config%/config.json}; name=$${folder##*/}; robot=$${folder#models/}; robot=$${robot%%/*}; \
	  kind=$$($(BIN)/python -c 'import json, sys; print(json.load(open(sys.argv[1])).get("kind", "skill"))' $$config); \
	  [ $$kind != variant ] || continue; \
	  $(BIN)/skillblend eval $$kind $$name --robot $$robot --episodes $(EPISODES) --seed 7 --json $(ARGS); \
	done

videos: setup ## record the default instruction into docs/media: video, GIF and filmstrip
	$(BIN)/skillblend run "$$INSTRUCTION" --robot $(ROBOT) --scene $(SCENE) --seed $(SEED) --out runs/video $(ARGS)
	mkdir -p docs/media && cp runs/video/run.mp4 docs/media/run.mp4 && cp runs/video/filmstrip.png docs/media/run.png
	$(BIN)/python -c 'from pathlib import Path; from rich.status import Status; from rich.console import Console; from sim.video import save_gif; \
	  status = Status("drawing docs/media/run.gif", console=Console(stderr=True)); status.start(); \
	  save_gif(Path("docs/media/run.mp4"), Path("docs/media/run.gif")); status.stop()'

ros-build: ## build the ROS 2 workspace in an environment of its own
	$(MAKE) -C ros_ws build

ros-test: ## test the ROS 2 workspace: real processes, real messages
	$(MAKE) -C ros_ws test ARGS="$(ARGS)"

ros-demo: ## an instruction through ROS 2: simulated robot, guard, skill server, planner
	$(MAKE) -C ros_ws demo ARGS="$(ARGS)"

clean: ## remove caches and build output; keeps .venv, runs and models
	rm -rf build dist .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find skillblend sim robots planners tests -name __pycache__ -type d -prune -exec rm -rf {} +

# --- setup -------------------------------------------------------------------------------------------

# Shell function `apt_install PACKAGE...`: installs as root or with passwordless sudo, else fails.
define APT_INSTALL
apt_install() { \
  command -v apt-get >/dev/null || return 1; \
  if [ "$$(id -u)" = 0 ]; then as_root=""; \
  elif sudo -n true 2>/dev/null; then as_root="sudo -n"; \
  else return 1; fi; \
  $$as_root apt-get update -qq </dev/null || true; \
  $$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$$@" </dev/null; \
}
endef

# Shell function `apt_fetch PACKAGE...`: the same, but only downloads them, and gives up after a minute.
define APT_FETCH
apt_fetch() { \
  command -v apt-get >/dev/null || return 1; \
  if [ "$$(id -u)" = 0 ]; then as_root=""; \
  elif sudo -n true 2>/dev/null; then as_root="sudo -n"; \
  else return 1; fi; \
  $$as_root timeout 30 apt-get update -qq </dev/null || true; \
  $$as_root timeout 60 apt-get install -y -qq --no-install-recommends --download-only "$$@" </dev/null; \
}
endef

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "no python3 found; install Python 3.11 or name it: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; v = sys.version_info; v[:2] == (3, 11) or sys.exit(f"{sys.executable} is Python {v[0]}.{v[1]}; needed: 3.11; name one with: make PYTHON=/path/to/python3.11")'
	@$(APT_INSTALL); $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || apt_install python3.11-venv \
	  || { echo "$(PYTHON) cannot make virtual environments; install the package python3.11-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.lock pyproject.toml | $(BIN)/python
	@# An interrupted first run can leave an environment without pip.
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip
	@echo "installing the packages of requirements.lock into $(VENV)"
	@$(BIN)/python -m pip install --no-deps -r requirements.lock | { grep -v '^Requirement already satisfied' || true; }
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@# A torch built for CUDA needs libraries that the lock leaves out: fetch what its own metadata names.
	@$(BIN)/python -c 'import torch' 2>/dev/null || $(BIN)/python -m pip install "$$(grep '^torch==' requirements.lock)"
	@touch $@

$(VENV)/.drawing: | $(BIN)/python
	@$(APT_INSTALL); dpkg -s $(GL_PACKAGES) >/dev/null 2>&1 || apt_install $(GL_PACKAGES) \
	  || echo "Pictures and videos are off: $(GL_PACKAGES) are not installed, and installing them takes root or sudo." \
	          "Everything else works. To turn them on: apt-get install $(GL_PACKAGES)"
	@touch $@

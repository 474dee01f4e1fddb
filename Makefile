# Every job of this repository. `make` alone lists them.

PYTHON ?= python3
PIP_ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
CORE := $(VENV)/.core-installed
DEV := $(VENV)/.dev-installed
PEERS := .venv-bench
PEERS_DONE := $(PEERS)/.peers-installed
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check -c constraints.txt $(PIP_ARGS)
PIP := $(BIN)/python $(PIP_INSTALL)

# Two test workers share two cores: one thread each, or they slow each other down.
ONE_THREAD := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1

.DEFAULT_GOAL := help
.PHONY: help demo test check bench bench-setup docs clean

help: ## list the jobs
	@grep -hE '^[a-z%-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/%/NAME/; s/^([A-Za-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 22
	@echo
	@echo '  PYTHON=python3.12       the interpreter that makes the environment (3.11 or newer)'
	@echo '  PIP_ARGS="..."          more for pip, for instance the index with the builds of torch for CPUs alone:'
	@echo '                          --extra-index-url https://download.pytorch.org/whl/cpu'

demo: $(CORE) ## a net on 40,000 real flights, from the file to the report
	$(BIN)/netwright fit examples/data/flights.csv.gz --target late --exclude arr_delay --out runs/flights

test: $(DEV) ## check, then all tests and all examples in docstrings
	@$(BIN)/python tools/check.py; checked=$$?; \
	printf '\n== tests\n'; \
	$(ONE_THREAD) $(BIN)/python -m pytest --quiet --numprocesses=auto --maxprocesses=4 --dist=worksteal || exit $$?; \
	if [ $$checked -ne 0 ]; then echo 'The tests passed; the check above them failed.' >&2; exit $$checked; fi

check: $(DEV) ## format, lint, types, floors, budgets, compendium
	@$(BIN)/python tools/check.py

bench: $(DEV) $(PEERS_DONE) ## what netwright costs, beside its peers: every benchmark, about an hour
	@$(BIN)/python tools/bench.py

bench-setup: $(PEERS_DONE) ## the peers, in an environment of their own (.venv-bench)

bench-documents bench-table bench-images bench-doctor bench-doctor_cost bench-doctor_peers bench-doctor_real bench-sentences bench-sequences bench-words: $(PEERS_DONE) # those that need them
bench-%: $(DEV) ## one of them, a file of benchmarks/; options as ARGS="--quick"
	@$(BIN)/python tools/bench.py $* $(ARGS)

docs: $(DEV) ## the documentation, into site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	@echo "The documentation: $(CURDIR)/site/index.html"

clean: ## remove caches and what was built (.venv, .venv-bench and runs stay)
	rm -rf site build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage
	find . -name __pycache__ -not -path './$(VENV)/*' -not -path './$(PEERS)/*' -prune -exec rm -rf {} +

# The build tools come first and under the same pins, which an isolated build would not read.
$(CORE): pyproject.toml constraints.txt | $(BIN)/pip
	@echo 'Installing netwright into $(VENV); about a minute.'
	$(PIP) hatchling editables
	$(PIP) --no-build-isolation -e '.[parquet]'
	@touch $@

$(DEV): pyproject.toml constraints.txt | $(BIN)/pip
	@echo 'Installing netwright and its tools into $(VENV); about a minute and a half.'
	$(PIP) hatchling editables
	$(PIP) --no-build-isolation -e '.[dev]'
	@touch $(CORE) $@

$(PEERS_DONE): pyproject.toml constraints.txt benchmarks/requirements.txt | $(PEERS)/bin/pip
	@echo 'Installing netwright and its peers into $(PEERS); about two minutes.'
	$(PEERS)/bin/python $(PIP_INSTALL) hatchling editables
	$(PEERS)/bin/python $(PIP_INSTALL) --no-build-isolation -e '.[parquet]'
	$(PEERS)/bin/python $(PIP_INSTALL) --no-deps -r benchmarks/requirements.txt
	@touch $@

%/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo 'netwright needs Python 3.11 or newer, and "$(PYTHON)" is not; name one that is: make demo PYTHON=python3.12' >&2; \
	  exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo '"$(PYTHON)" has no venv module; on Debian and Ubuntu: apt-get install python3-venv' >&2; \
	  exit 1; }
	$(PYTHON) -m venv --clear $*

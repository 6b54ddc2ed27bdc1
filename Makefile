# Nothing is needed but Python 3.11 or newer; a C compiler makes it fast.
# Each target makes the virtual environment .venv with what it needs. `make help` lists them.

PYTHON ?= python3
PY     := .venv/bin/python
# Flags, where the result goes, processes at a time, modules (empty: all) of `make ext`.
OPT    ?= -O1
OUT    ?= build/compiled
JOBS   ?= $(shell nproc 2>/dev/null || echo 2)
M      ?=
# What pytest is to run, and how: make test-pure T=tests/wire PYTEST="-x -vv".
T      ?= tests
PYTEST ?= -q -n $(JOBS) --dist worksteal
# Which scenarios of tests/sim `make seeds` is to run, and with how many bytes each way.
SEEDS  ?= 200
FIRST  ?= 0
BYTES  ?= 10e6
# What `make bench` is to measure: make bench BENCH="udp --rounds 3 --json".
BENCH  ?=

EXT     = $(PY) tools/buildext.py --jobs=$(JOBS)
# The one part that has no interpreted form: it redirects the standard library for programs.
NATIVE  = $(EXT) softnet.usr.native._redef softnet.usr.native._trap
ASAN    = -O1 -g -fno-omit-frame-pointer -fsanitize=address --param=asan-stack=0

# The tests start hundreds of interpreters: each would compile the whole package if none may keep the result.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: seeds fast judge-cpython judge-suites determinism packetdrill-adapter help demo demo-tap test test-pure test-compiled lint bench asan ext wheel wheel-check clean

help: ## print this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1@\2/p' Makefile | column -t -s @

demo: .venv/build.stamp ## two real programs talk across a simulated lossy network
	@$(NATIVE) || test $$? -eq 3
	@SOFTNET_NATIVE=$(CURDIR)/$(OUT)/softnet/usr/native PYTHONPATH=src $(PY) -m softnet demo

demo-tap: .venv/build.stamp ## the machine's own ping and curl talk to a softnet host
	@$(EXT) || test $$? -eq 3
	@PYTHONPATH=build/compiled $(PY) -m softnet demo-tap

test: PYTEST_PURE = -m "not slow"
test: PYTEST_COMPILED = -m "not source"
test: test-pure test-compiled ## the suite on both forms; what is slow compiled only, what reads sources once

test-pure: .venv/test.stamp ## the suite on the plain Python form
	@echo "== interpreted =="
	@$(NATIVE) || test $$? -eq 3
	@SOFTNET_PURE=1 SOFTNET_NATIVE=$(CURDIR)/$(OUT)/softnet/usr/native PYTHONPATH=src $(PY) -m pytest $(PYTEST) $(PYTEST_PURE) $(T)

# Without a compiler (status 3) nothing is left to test, unless SOFTNET_REQUIRE_EXT is set.
test-compiled: .venv/test.stamp ## the suite on the compiled form
	@echo "== compiled =="
	@$(EXT); case $$? in \
	 0) SOFTNET_PURE= SOFTNET_COMPILED=1 PYTHONPATH=build/compiled \
	    $(PY) -m pytest $(PYTEST) $(PYTEST_COMPILED) $(T);; \
	 3) test -z "$$SOFTNET_REQUIRE_EXT";; \
	 *) exit 1;; esac

seeds: .venv/test.stamp ## 200 bad paths, 10 MB both ways over each, judged after every event: make seeds SEEDS=2000
	@$(EXT)
	@SOFTNET_PURE= SOFTNET_COMPILED=1 PYTHONPATH=build/compiled SOFTNET_SIM_SEEDS=$(SEEDS) \
	 SOFTNET_SIM_FIRST=$(FIRST) SOFTNET_SIM_BYTES=$(BYTES) \
	 $(PY) -m pytest $(PYTEST) tests/sim/test_two_hosts.py -k everything

lint: export PATH := $(CURDIR)/.venv/bin:$(PATH)
lint: .venv/lint.stamp ## format, style, types, contracts, pxd files, boxing in the generated C
	ruff format --check .
	ruff check .
	mypy
	PYTHONPATH=src lint-imports --no-cache --no-logo
	find src -name '*.pxd' | xargs cython-lint
	@$(EXT) || test $$? -eq 3
	python tools/boxlint.py

# Assertions, ours and those in Python's own headers, are for tests, not for measurements; a wheel has
# none either.
bench: .venv/build.stamp ## compare with the kernel's loopback, compiled as `make fast` does
	@$(PY) tools/fastbuild.py --jobs=$(JOBS) >&2
	@PYTHONPATH=build/fast $(PY) -m bench $(BENCH)

fast: .venv/build.stamp ## compile into build/fast by a profile: the fastest form, in a quarter of an hour
	@$(PY) tools/fastbuild.py --jobs=$(JOBS)

# Which modules, and whose: make judge-cpython J="test_socket test_ssl" JUDGE_PYTHON=python3.12
J            ?=
JUDGE_PYTHON ?= $(PY)
judge-cpython: .venv/build.stamp ## CPython's own network tests, on the kernel and on softnet
	@$(EXT) || test $$? -eq 3
	@PYTHONPATH=$(CURDIR)/$(OUT) $(PY) tools/judge_cpython.py --python=$(JUDGE_PYTHON) $(J)

# Where their source distributions lie unpacked, and which: make judge-suites SUITES=/tmp/s S="anyio"
SUITES       ?= build/suites
S            ?=
judge-suites: .venv/build.stamp ## anyio's, httpx's, urllib3's and uvicorn's own tests, the same way
	@$(EXT) || test $$? -eq 3
	@PYTHONPATH=$(CURDIR)/$(OUT) $(PY) tools/judge_suites.py --python=$(JUDGE_PYTHON) $(SUITES) $(S)

# 3 runs of each program under each of 2 hash seeds in each form: about four minutes.
determinism: .venv/test.stamp ## the example programs, twelve times each: the same seed, the same digest
	@$(EXT) || test $$? -eq 3
	@PYTHONPATH=$(CURDIR)/$(OUT):$(CURDIR) $(PY) tools/determinism.py $(P)

# Python's own allocator and the leaks it leaves at exit would hide what we look for. Stacks are not
# instrumented: greenlet copies them whole.
asan: .venv/test.stamp ## the fuzz tests on a build with AddressSanitizer
	@$(EXT) --opt="$(ASAN)" --out=build/asan
	LD_PRELOAD="$$(gcc -print-file-name=libasan.so)" PYTHONMALLOC=malloc \
	 ASAN_OPTIONS=detect_leaks=0:detect_stack_use_after_return=0 \
	 PYTHONPATH=build/asan $(PY) -m pytest --capture=sys -o timeout=0 tests/fuzz

ext: .venv/build.stamp ## compile the hot modules: make ext M="softnet.wire.ip" OPT=-O3 OUT=dir
	@$(EXT) --opt="$(OPT)" --out="$(OUT)" $(M)

packetdrill-adapter: .venv/run.stamp ## build/packetdrill/softnet.so, for the original packetdrill's --so_filename
	@$(PY) tools/packetdrill_adapter.py

wheel: .venv/build.stamp ## build the wheel into dist/
	@rm -rf dist build/lib* build/bdist.*
	$(PY) -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

wheel-check: wheel ## install the wheel into a fresh environment and run what it installs
	tools/wheel_check.sh

# What a group of requirements is made from; a change of pyproject.toml installs anew.
.venv/%.stamp: pyproject.toml tools/requires.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	 { echo "softnet needs Python 3.11 or newer; set PYTHON=/path/to/python3"; exit 1; }
	@test -x $(PY) || $(PYTHON) -m venv .venv
	@$(PY) tools/requires.py $(GROUPS_$*) > .venv/$*.txt
	@$(PY) -m pip install --quiet --disable-pip-version-check -r .venv/$*.txt
	@touch $@

GROUPS_run   = run
GROUPS_build = run build
GROUPS_test  = run build cli yaml test programs
GROUPS_lint  = run build cli yaml test lint

clean: ## remove what was built; .venv stays
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis src/*.egg-info
	find src tests tools -name __pycache__ -type d -prune -exec rm -rf {} +

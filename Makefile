# softnet: `make help` lists what can be made. Needs Python 3.11+; gcc makes it fast.
PYTHON ?= python3
PY := .venv/bin/python
OPT ?= -O1
OUT ?= build/compiled
JOBS ?= 2

.PHONY: ext
ext: .venv/stamp
	@$(PY) tools/buildext.py --opt="$(OPT)" --out="$(OUT)" --jobs=$(JOBS) $(M)

.venv/stamp:
	@test -x $(PY) || $(PYTHON) -m venv .venv
	@touch $@

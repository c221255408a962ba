# `make lesson` opens the course, `make test` tests it; `make` alone lists everything.
.DEFAULT_GOAL := help
.NOTPARALLEL:

VENV_PYTHON := $(if $(filter Windows_NT,$(OS)),.venv/Scripts/python,.venv/bin/python)
ANY_PYTHON := $(or $(PYTHON),python3)
ENVIRONMENT = command -v "$(ANY_PYTHON)" >/dev/null || { echo "Python 3.11 or newer is needed; \
there is no $(ANY_PYTHON). On Debian or Ubuntu: sudo apt install python3-venv"; exit 1; }; \
"$(ANY_PYTHON)" make_environment.py $(if $(PYTHON),--python "$(PYTHON)") $(if $(TORCH),--torch "$(TORCH)")
PYTEST := $(VENV_PYTHON) -m pytest

.PHONY: help lesson reset test lint unit notebooks-test browser portability last-bits mutants bench notebooks texts format clean
.PHONY: lesson-environment test-environment

help: ## list these commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F '|' '{ printf "%-22s %s\n", $$1, $$2 }'
	@echo "Options of make lesson: LESSON=08  PORT=8889  BROWSER=no  TORCH=cpu  PYTHON=python3.12"

lesson: lesson-environment ## open the course in JupyterLab
	@$(VENV_PYTHON) -m course_lib.app.start $(if $(PORT),--port "$(PORT)") \
	  $(if $(LESSON),--lesson "$(LESSON)") $(if $(filter no,$(BROWSER)),--no-browser)

reset: lesson-environment ## renew your copy of one lesson: make reset LESSON=02
	@$(VENV_PYTHON) -m course_lib.app.copies --reset "$(LESSON)"

test: test-environment ## run every test, and sum up what failed
	@$(VENV_PYTHON) tests/parts.py lint unit notebooks-test browser

lint: test-environment ## style of code and notebooks
	checked=0; $(VENV_PYTHON) -m ruff check . || checked=1; $(VENV_PYTHON) tests/javascript.py || checked=1; \
	  $(VENV_PYTHON) -m ruff format --check . && exit $$checked

unit: test-environment ## tests of the library and the examples in its docstrings
	$(PYTEST) -n 2 --dist worksteal -m "not browser" --doctest-modules tests course_lib

notebooks-test: test-environment ## run every notebook and compare with its stored outputs
	$(PYTEST) --nbval --nbval-current-env -n 2 --dist loadscope --nbval-sanitize-with tests/sanitize.cfg notebooks/

browser: test-environment ## tests in a real browser (needs Chromium)
	$(PYTEST) -n 2 --dist loadfile -m browser tests

portability: test-environment ## run the notebooks again as other processors would, and with other threads
	@$(VENV_PYTHON) tests/portability.py

last-bits: test-environment ## look for text in the notebooks that hangs on rounding (slow)
	@$(VENV_PYTHON) tests/portability.py "other last bits"

mutants: test-environment ## break the library and see whether tests notice (slow): make mutants FILE=course_lib/datasets/search.py SAMPLE=40
	@$(VENV_PYTHON) tests/mutants.py $(if $(SAMPLE),--sample $(SAMPLE)) $(FILE)

bench: test-environment ## measure speed, side by side with PyTorch and diffusers
	$(VENV_PYTHON) -m benchmarks

notebooks: test-environment ## run the notebooks and store their outputs
	$(VENV_PYTHON) tests/notebooks/execute.py

texts: test-environment ## write all texts that can be translated to build/course.pot
	$(VENV_PYTHON) -m tests.texts.catalogue

format: test-environment ## bring code and notebooks into the one style
	$(VENV_PYTHON) -m ruff check --fix .
	$(VENV_PYTHON) -m ruff format .
	$(VENV_PYTHON) tests/javascript.py --write

clean: ## remove .venv and caches; never my_lessons
	rm -rf .venv build course_lib.egg-info .pytest_cache .ruff_cache .hypothesis

lesson-environment:
	@$(ENVIRONMENT)

test-environment:
	@$(ENVIRONMENT) --test

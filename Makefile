# Two commands for a fresh machine: make run, make test. The rest: make help.

PORT ?= 8000
CHROMIUM ?= $(shell command -v chromium || echo /usr/bin/chromium)
export PORT

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
PY := .venv/bin/python

# The name of a stamp holds a checksum of what was installed, so that a changed pin installs anew whatever the dates say.
RUNTIME := .venv/installed-$(shell cat requirements.txt 2>/dev/null | cksum | cut -d' ' -f1)
DEV := .venv/installed-$(shell cat requirements-dev.txt 2>/dev/null | cksum | cut -d' ' -f1)
DJADE := find templates -name '*.html' | xargs .venv/bin/djade --target-version 5.2
INSTALL = $(PY) -m pip install -qq --no-input --disable-pip-version-check --require-hashes

# A process per core (tests/processes.py); ARGS=-n0 keeps all in one, for --pdb. Each reads the portal and all tests
# first, which kept bytecode halves.
PYTEST = env -u PYTHONDONTWRITEBYTECODE $(PY) -m pytest -n auto --maxprocesses 4

# Production as `manage.py check --deploy` and `collectstatic` want to see it; none of it is real.
PRODUCTION = env -u DEBUG -u REDIS_URL SECRET_KEY=only-for-the-check-0123456789-abcdefghijklmnopqrstuvwxyz \
	ALLOWED_HOSTS=portal.example SITE_URL=https://portal.example EMAIL_URL=smtp+tls://portal:secret@mail.example:587 \
	DEFAULT_FROM_EMAIL=portal@portal.example ORGANISER_EMAIL=agenda@portal.example TRUST_PROXY=on \
	DATABASE_URL=sqlite://:memory: DOCUMENTS_DIR=/documents

.PHONY: help run test test-without-browser test-embedded check format messages requirements bench

help: ## show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 24

run: $(RUNTIME) ## the portal with its demo network on http://127.0.0.1:8000 (PORT=... changes it)
	@DEBUG=$${DEBUG:-on} $(PY) -m noord.develop

test: $(DEV) ## the whole suite; PostgreSQL and Redis by DATABASE_URL and REDIS_URL; ARGS=... for pytest
	@$(PY) -m noord.messages --compile
	@$(PYTEST) $(ARGS)

test-without-browser: $(DEV) ## the suite without Chromium
	@$(PY) -m noord.messages --compile
	@$(PYTEST) -m "not browser" $(ARGS)

test-embedded: $(DEV) ## the suite as on a machine with nothing but Python: SQLite, no Redis, no Chromium
	@$(PY) -m noord.messages --compile
	@echo "Embedded: SQLite, no Redis, no browser; the tests that need those are in make test."
	@env -u DATABASE_URL -u REDIS_URL $(PYTEST) -m "not postgres and not redis and not worker and not browser and not dovecot" $(ARGS)

check: $(DEV) ## what must hold before a change lands, the tests aside
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(DJADE) --check
	.venv/bin/lint-imports --no-logo
	$(PRODUCTION) $(PY) manage.py makemigrations --check --dry-run
	$(PRODUCTION) $(PY) manage.py check --deploy --fail-level WARNING
	$(PY) -m noord.messages --check

format: $(DEV) ## bring code and templates into shape
	$(PY) -m ruff check --fix-only .
	$(PY) -m ruff format .
	$(DJADE) >/dev/null 2>&1 || $(DJADE) --check

messages: $(DEV) ## bring locale/nl in line with code and templates; new messages come in empty
	$(PY) -m noord.messages --update --compile --check

bench: $(DEV) ## measure the pages beside a bare Django (needs PostgreSQL)
	@$(PY) -m noord.messages --compile
	@$(PY) -m bench $(ARGS)
	@$(PY) -m bench.mail $(MAIL_ARGS)

requirements: $(DEV) ## compile the pins anew from pyproject.toml; UPGRADE=--upgrade takes newer releases
	CUSTOM_COMPILE_COMMAND="make requirements" .venv/bin/pip-compile --quiet $(UPGRADE) -o requirements.txt pyproject.toml
	CUSTOM_COMPILE_COMMAND="make requirements" .venv/bin/pip-compile --quiet $(UPGRADE) --extra dev -c requirements.txt \
		-o requirements-dev.txt pyproject.toml

$(PY):
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed, as python3." >&2; exit 1; }
	@$(PYTHON) -m venv --clear .venv || { rm -rf .venv; \
		echo "Python could not make a virtual environment (on Debian: apt install python3-venv)." >&2; exit 1; }

$(RUNTIME): | $(PY)
	@echo "Installing the portal's packages..."
	@$(INSTALL) -r requirements.txt
	@touch $@

$(DEV): | $(PY)
	@echo "Installing the portal's packages and the tools for tests and checks..."
	@$(INSTALL) -r requirements-dev.txt
	@touch $@

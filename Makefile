# What this file offers is listed by plain `make`. Everything runs in .venv, which the first command makes.
.DEFAULT_GOAL := help
SHELL := /bin/sh
# One more than the cores of a small machine: many tests wait for a server or a worker.
PYTEST := .venv/bin/python -m pytest -n 3 --dist worksteal
IN_CI := "not long and not speed and not drill"
# Production mode, as `make check` judges it; PostgreSQL and Redis come from config.embedded.
PRODUCTION := .venv/bin/python -m config.embedded run -- env \
	DJANGO_DEBUG=false DJANGO_SECRET_KEY="$$(head -c 48 /dev/urandom | base64)" SITE_URL=https://rollbook.example.org \
	TRUSTED_PROXY_COUNT=1 \
	DJANGO_ALLOWED_HOSTS=rollbook.example.org PRODUCT_NAME=Check PRODUCT_URL=https://product.example.org \
	SUPPORT_EMAIL=help@example.org PRIVACY_URL=https://product.example.org/privacy WONDE_TOKEN=check \
	ADDRESS_KEYS="1:$$(head -c 32 /dev/urandom | base64)" SEALING_KEYS="1:$$(head -c 32 /dev/urandom | base64)" \
	.venv/bin/python manage.py

.PHONY: help demo next-day next-week support-code product-client reset test test-all coverage test-long drill check lock advisories bench bench-check venv venv-dev venv-bench

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: venv ## run everything on this machine: invented schools, real sync, sign-ins printed; stop with Ctrl-C
	@.venv/bin/python -m config.demo run

next-day: venv ## let one school day pass in the running demo, sync, and say what changed
	@.venv/bin/python -m config.demo next-day

next-week: venv ## send the demo's next weekly mail to parents, as if a week had passed
	@.venv/bin/python -m config.demo next-week

support-code: venv ## print the six digits that the demo's support login is asked for now
	@.venv/bin/python -m config.demo support-code

product-client: venv ## print the id and secret with which a product of yours signs people in at the demo
	@.venv/bin/python -m config.demo product-client

reset: venv ## forget the demo's data
	@.venv/bin/python -m config.demo reset

test: venv-dev ## what a change must pass, on real PostgreSQL and Redis (under 8 minutes)
	$(PYTEST)

test-all: venv-dev ## the same and the slow tests: property runs, kill tests, the whole demo (under 17 minutes)
	$(PYTEST) -m $(IN_CI) --durations=25

coverage: venv-dev ## which lines no test of `make test-all` reaches (slow: Python is traced)
	$(PYTEST) -m $(IN_CI) --cov --cov-report=term

test-long: venv-dev ## the longest: 200 stories of schools, every planted bug, the whole fuzz of the site (hours)
	$(PYTEST) -m long --ignore=tests/planted
	$(PYTEST) -m "slow or long" tests/planted

drill: venv-dev ## what CI is spared: speed, broken servers, load, software that needs Node (docs/drill.md)
	.venv/bin/python -m pytest -n 0 -m "speed or drill" -rP

check: venv-dev ## what needs no test run: style, types, import rules, templates, production settings, migrations
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports --no-logo
	.venv/bin/hadolint Dockerfile
	git ls-files -z -- '*.html' | xargs -0 -r .venv/bin/djade --check --target-version 5.2
	$(PRODUCTION) check --deploy --fail-level WARNING
	$(PRODUCTION) makemigrations --check --dry-run

lock: venv-dev ## pin all packages again (UPGRADE=1: at their newest), and write down what each asks for; needs a registry
	.venv/bin/python -m config.lock $(if $(UPGRADE),--upgrade)

advisories: venv-dev ## ask the public databases whether a pinned package has a known flaw; needs a registry
	for file in requirements.txt requirements-dev.txt; do \
		.venv/bin/uv tool run pip-audit --disable-pip --require-hashes --requirement $$file || exit 1; \
	done

bench: venv-bench ## how fast, beside what: one table (make bench PARTS="A B"; all parts take about 25 minutes)
	@.venv/bin/python -m tests.bench $(PARTS)

bench-check: venv-bench ## the same, and fail where a goal is missed
	@.venv/bin/python -m tests.bench --check $(PARTS)

venv:
	@config/venv.sh requirements.txt

venv-dev:
	@config/venv.sh requirements.txt requirements-dev.txt

venv-bench:
	@config/venv.sh requirements.txt requirements-dev.txt requirements-bench.txt

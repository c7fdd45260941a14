# The portal in one image: web (gunicorn noord.wsgi), worker and beat (celery -A noord ...) differ in the command only.
FROM python:3.11-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PATH=/venv/bin:$PATH
WORKDIR /app
RUN python -m venv /venv
COPY requirements.txt ./
RUN pip install --require-hashes --requirement requirements.txt
COPY . .
# The settings refuse to start without these; nothing of them stays in the image.
RUN python -m noord.messages --compile \
    && SECRET_KEY=only-to-collect-static-files-0123456789-abcdefghijkl ALLOWED_HOSTS=build.example \
       SITE_URL=https://build.example EMAIL_URL=smtp://build.example DEFAULT_FROM_EMAIL=build@build.example \
       ORGANISER_EMAIL=build@build.example DATABASE_URL=sqlite://:memory: DOCUMENTS_DIR=/documents \
       python manage.py collectstatic --no-input \
    && python -m compileall -q noord members sectors knowledge_groups events consultations documents

FROM python:3.11-slim-bookworm
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin noord \
    && install -d -o noord -g noord -m 750 /documents
WORKDIR /app
COPY --from=build /venv /venv
COPY --from=build /app /app
USER noord
EXPOSE 8000
# By the portal's own name, which is the only one it answers to.
HEALTHCHECK --interval=30s --timeout=10s --start-period=20s CMD ["python", "-c", "import os, urllib.parse, urllib.request as web; web.urlopen(web.Request('http://127.0.0.1:8000/gezond/', headers={'Host': urllib.parse.urlsplit(os.environ['SITE_URL']).netloc}), timeout=9)"]
CMD ["gunicorn", "noord.wsgi"]

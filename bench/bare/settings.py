"""A Django as startproject makes it, on PostgreSQL with the portal's pool, with two templates of some 20 kB."""

import os

import environ

TEXT = "<p>Samenwerking is niet vanzelfsprekend, maar wel nodig: wie iets weet, deelt het met de anderen.</p>\n"
PAGE = (
    "<!DOCTYPE html><html lang=nl><head><meta charset=utf-8><title>{{ title }}</title></head>"
    "<body><h1>{{ title }}</h1>\n" + TEXT * 190 + "%s</body></html>"
)
ROWS = (
    "<ul>{% for row in rows %}<li><h3>{{ row.title }}</h3><p>{{ row.start }}, {{ row.place }}</p>"
    "<p>{{ row.text }}</p></li>{% endfor %}</ul>"
)
ONE = "<p>{{ row.start }}, {{ row.place }}</p><p>{{ row.text }}</p>"

SECRET_KEY = "only-for-the-measurement-" + "x" * 50
DEBUG = False
ALLOWED_HOSTS = ["portal.example"]
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "bench.bare",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "bench.bare.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        (
                            "django.template.loaders.locmem.Loader",
                            {"one.html": PAGE % ONE, "forty.html": PAGE % ROWS},
                        )
                    ],
                )
            ],
        },
    },
]
DATABASES = {"default": environ.Env.db_url_config(os.environ["DATABASE_URL"])}
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"]["OPTIONS"] = {"pool": {"min_size": 1, "max_size": 8, "timeout": 5}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True

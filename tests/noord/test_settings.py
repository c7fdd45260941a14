import runpy
import time
from pathlib import Path

import pytest
from allauth.core.internal.httpkit import get_client_ip
from celery import Celery
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test import Client, RequestFactory
from kombu.exceptions import OperationalError

from noord.celery import app as celery_app

FILE = Path(__file__).parent.parent.parent / "noord" / "settings.py"
PRODUCTION = {
    "SECRET_KEY": "0123456789" * 6,
    "ALLOWED_HOSTS": "portal.example,www.portal.example",
    "SITE_URL": "https://portal.example/",
    "DATABASE_URL": "postgres://noord:secret@db.example/noord?sslmode=verify-full",
    "EMAIL_URL": "smtp+tls://user:p%40ss@mail.example:2587",
    "DEFAULT_FROM_EMAIL": "portal@portal.example",
    "ORGANISER_EMAIL": "agenda@portal.example",
    "DOCUMENTS_DIR": "/srv/documents",
}
OTHER = [
    "DEBUG",
    "PORT",
    "REDIS_URL",
    "REDIS_PREFIX",
    "TRUST_PROXY",
    "SECRET_KEY_FALLBACKS",
    "DATABASE_POOL_SIZE",
    "DATABASE_KEEP_PLANS",
]


@pytest.fixture
def load(monkeypatch):
    """Return a function that gives the settings for an environment of these variables only."""

    def run(**environment: str) -> dict:
        for name in [*PRODUCTION, *OTHER]:
            monkeypatch.delenv(name, raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(str(FILE))

    return run


@pytest.mark.parametrize(
    "name",
    [
        "SECRET_KEY",
        "ALLOWED_HOSTS",
        "SITE_URL",
        "DATABASE_URL",
        "EMAIL_URL",
        "DEFAULT_FROM_EMAIL",
        "ORGANISER_EMAIL",
        "DOCUMENTS_DIR",
    ],
)
@pytest.mark.parametrize("given", ["missing", "empty"])
def test_production_refuses_to_start_when_a_required_variable_is_missing(load, name, given):
    environment = {key: value for key, value in PRODUCTION.items() if key != name}
    if given == "empty":
        environment[name] = ""

    with pytest.raises(ImproperlyConfigured, match=f"variable {name} is not set"):
        load(**environment)


@pytest.mark.parametrize("key", ["short", "x" * 49, "development-only-" + "x" * 50, "django-insecure-" + "y" * 50])
def test_production_refuses_to_start_when_the_secret_key_is_weak(load, key):
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY"):
        load(**PRODUCTION | {"SECRET_KEY": key})


def test_production_refuses_to_start_when_the_site_has_no_tls(load):
    with pytest.raises(ImproperlyConfigured, match="SITE_URL"):
        load(**PRODUCTION | {"SITE_URL": "http://portal.example"})


def test_production_does_without_tls_when_the_site_is_this_machine(load):
    values = load(**PRODUCTION | {"SITE_URL": "http://localhost:8000"})

    assert (values["SECURE_SSL_REDIRECT"], values["SECURE_HSTS_SECONDS"], values["SESSION_COOKIE_SECURE"]) == (
        False,
        0,
        False,
    )


def test_production_is_secure_when_nothing_asks_for_it(load):
    values = load(**PRODUCTION)
    names = [
        "DEBUG",
        "SITE_URL",
        "SECURE_SSL_REDIRECT",
        "SECURE_HSTS_SECONDS",
        "SECURE_HSTS_PRELOAD",
        "SECURE_HSTS_INCLUDE_SUBDOMAINS",
        "SECURE_REFERRER_POLICY",
        "X_FRAME_OPTIONS",
        "SESSION_COOKIE_NAME",
        "SESSION_COOKIE_SECURE",
        "SESSION_COOKIE_HTTPONLY",
        "CSRF_COOKIE_NAME",
        "CSRF_COOKIE_SECURE",
        "CSRF_COOKIE_HTTPONLY",
        "ALLAUTH_TRUSTED_PROXY_COUNT",
    ]

    assert {name: values[name] for name in names} == {
        "DEBUG": False,
        "SITE_URL": "https://portal.example",
        "SECURE_SSL_REDIRECT": True,
        "SECURE_HSTS_SECONDS": 63072000,
        "SECURE_HSTS_PRELOAD": True,
        "SECURE_HSTS_INCLUDE_SUBDOMAINS": True,
        "SECURE_REFERRER_POLICY": "same-origin",
        "X_FRAME_OPTIONS": "DENY",
        "SESSION_COOKIE_NAME": "__Host-sessionid",
        "SESSION_COOKIE_SECURE": True,
        "SESSION_COOKIE_HTTPONLY": True,
        "CSRF_COOKIE_NAME": "__Host-csrftoken",
        "CSRF_COOKIE_SECURE": True,
        "CSRF_COOKIE_HTTPONLY": True,
        "ALLAUTH_TRUSTED_PROXY_COUNT": 0,
    }
    assert "SECURE_PROXY_SSL_HEADER" not in values


def test_development_needs_no_other_variable(load):
    values = load(DEBUG="on", PORT="8123")

    assert values["DATABASES"]["default"]["ENGINE"] == "django.db.backends.sqlite3"
    assert values["SITE_URL"] == "http://127.0.0.1:8123"
    assert values["CELERY_TASK_ALWAYS_EAGER"] is True
    assert values["MEDIA_ROOT"] == FILE.parent.parent / "var" / "documents"
    assert values["EMAIL_FILE_PATH"] == FILE.parent.parent / "var" / "mail"


@pytest.mark.parametrize("folder", ["static/documents", "staticfiles", "static/../staticfiles/documents"])
def test_documents_never_stand_where_everybody_can_read_them(load, folder):
    with pytest.raises(ImproperlyConfigured, match="DOCUMENTS_DIR is inside a folder that everybody can read"):
        load(**PRODUCTION | {"DOCUMENTS_DIR": folder})


def test_the_database_address_gives_a_pool_and_keeps_its_own_options(load):
    database = load(**PRODUCTION, DATABASE_POOL_SIZE="3")["DATABASES"]["default"]

    assert (database["NAME"], database["HOST"], database["OPTIONS"]["sslmode"]) == (
        "noord",
        "db.example",
        "verify-full",
    )
    assert database["OPTIONS"]["pool"]["max_size"] == 3
    assert database["CONN_HEALTH_CHECKS"] is True


@pytest.mark.parametrize(
    ("query", "options"),
    [
        ("", "-c jit=off"),
        ("?sslmode=require", "-c jit=off"),
        ("?options=-c%20statement_timeout%3D5000", "-c jit=off -c statement_timeout=5000"),
        ("?options=-c%20jit%3Don", "-c jit=off -c jit=on"),
    ],
)
def test_the_database_compiles_no_query_unless_its_address_asks(load, query, options):
    database = load(**PRODUCTION | {"DATABASE_URL": f"postgres://db.example/noord{query}"})["DATABASES"]["default"]

    assert database["OPTIONS"]["options"] == options


@pytest.mark.parametrize(("keep", "threshold"), [({}, 2), ({"DATABASE_KEEP_PLANS": "off"}, None)])
def test_the_database_keeps_its_plans_unless_told_otherwise(load, keep, threshold):
    database = load(**PRODUCTION, **keep)["DATABASES"]["default"]

    assert database["ENGINE"] == "noord.postgresql"
    assert database["OPTIONS"]["server_side_binding"] is True
    assert database["OPTIONS"]["prepare_threshold"] == threshold


@pytest.mark.postgres
@pytest.mark.django_db
def test_the_database_knows_that_it_compiles_no_query():
    with connection.cursor() as cursor:
        cursor.execute("SHOW jit")
        assert cursor.fetchone() == ("off",)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example", ("mail.example", 25, "", "", False, False)),
        ("smtp://user:p%40ss@mail.example:2525", ("mail.example", 2525, "user", "p@ss", False, False)),
        ("smtp+tls://user:pass@mail.example", ("mail.example", 587, "user", "pass", True, False)),
        ("smtp+ssl://user:pass@mail.example", ("mail.example", 465, "user", "pass", False, True)),
    ],
)
def test_the_mail_address_gives_the_mail_settings(load, url, expected):
    values = load(**PRODUCTION | {"EMAIL_URL": url})
    names = ["EMAIL_HOST", "EMAIL_PORT", "EMAIL_HOST_USER", "EMAIL_HOST_PASSWORD", "EMAIL_USE_TLS", "EMAIL_USE_SSL"]

    assert tuple(values[name] for name in names) == expected
    assert values["EMAIL_BACKEND"] == "django.core.mail.backends.smtp.EmailBackend"


def test_redis_is_broker_and_cache_when_it_is_set(load):
    values = load(**PRODUCTION, REDIS_URL="redis://redis.example:6379/0")

    assert values["CELERY_BROKER_URL"] == values["CACHES"]["default"]["LOCATION"] == "redis://redis.example:6379/0"
    assert values["CELERY_TASK_ALWAYS_EAGER"] is False


@pytest.mark.parametrize("proxy", ["on", "off"])
def test_the_proxy_is_believed_only_when_the_settings_say_so(load, settings, proxy):
    values = load(**PRODUCTION, TRUST_PROXY=proxy)
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = values["ALLAUTH_TRUSTED_PROXY_COUNT"]
    settings.SECURE_PROXY_SSL_HEADER = values.get("SECURE_PROXY_SSL_HEADER")
    request = RequestFactory().get(
        "/", REMOTE_ADDR="10.0.0.1", headers={"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.6, 192.0.2.7"}
    )

    assert request.is_secure() is (proxy == "on")
    assert get_client_ip(request) == ("192.0.2.7" if proxy == "on" else "10.0.0.1")


@pytest.mark.django_db
def test_a_page_is_sent_to_https_and_the_health_page_is_not(load, settings):
    values = load(**PRODUCTION)
    for name in ("SECURE_SSL_REDIRECT", "SECURE_REDIRECT_EXEMPT", "SECURE_HSTS_SECONDS"):
        setattr(settings, name, values[name])
    client = Client()

    assert client.get("/agenda/")["Location"] == "https://testserver/agenda/"
    assert client.get("/gezond/", secure=True)["Strict-Transport-Security"].startswith("max-age=63072000")
    assert client.get("/gezond/").status_code == 200


def publish(values: dict, address: str) -> float:
    """Publish a task to a broker that is not there; return how many seconds that took to fail."""
    app = Celery("noord", set_as_current=False)
    app.config_from_object(
        {name: value for name, value in values.items() if name.startswith("CELERY_")}, namespace="CELERY"
    )
    app.conf.broker_url = address
    before = time.monotonic()
    with pytest.raises(OperationalError):
        app.send_task("tests.nothing")
    return time.monotonic() - before


def test_publishing_fails_soon_when_the_broker_is_down(load, free_port, silent_port):
    values = load(**PRODUCTION, REDIS_URL="redis://127.0.0.1/0")

    assert publish(values, f"redis://127.0.0.1:{free_port}/0") < 1
    assert publish(values, f"redis://127.0.0.1:{silent_port}/0") < 2


def test_every_scheduled_job_is_a_task_that_exists():
    celery_app.loader.import_default_modules()

    assert {job["task"] for job in celery_app.conf.beat_schedule.values()} - set(celery_app.tasks) == set()

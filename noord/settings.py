"""One settings file; every value that differs between machines comes from the environment.

Secure by default: production needs no switch, development opts out with DEBUG=on. The README
lists what each variable does.
"""

from pathlib import Path
from urllib.parse import urlsplit

import environ
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

env = environ.Env()
DEBUG = env.bool("DEBUG", default=False)


def optional(name: str, default: str = "") -> str:
    """Return the variable; set but empty counts as not set, which is how compose files pass on what is missing."""
    return env.str(name, default="") or default


def required(name: str, development: str) -> str:
    """Return the variable; only development may go without it.

    Raises ImproperlyConfigured with the variable's name.
    """
    value = optional(name, development if DEBUG else "")
    if not value:
        raise ImproperlyConfigured(f"The environment variable {name} is not set; see README.md.")
    return value


SECRET_KEY = required("SECRET_KEY", "development-only-" + "x" * 50)
if not DEBUG and (len(SECRET_KEY) < 50 or SECRET_KEY.startswith(("development-only-", "django-insecure-"))):
    raise ImproperlyConfigured("SECRET_KEY is too short or a known example: take 50 random characters or more.")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
SITE_URL = required("SITE_URL", f"http://127.0.0.1:{optional('PORT', '8000')}").rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[]) or (["127.0.0.1", "localhost", "[::1]"] if DEBUG else [])
if not ALLOWED_HOSTS:
    raise ImproperlyConfigured("The environment variable ALLOWED_HOSTS is not set; see README.md.")
CSRF_TRUSTED_ORIGINS = [SITE_URL]

INSTALLED_APPS = [
    "noord.administration.apps.AdministrationConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "noord.administration.apps.HistoryConfig",
    "import_export",
    "crispy_forms",
    "crispy_bootstrap5",
    "bootstrap",
    "csp",
    "noord.outbox",
    "noord.inbox",
    "members",
    "sectors",
    "knowledge_groups",
    "events",
    "consultations",
    "documents",
    "noord.demo",
]

# The first two stand before WhiteNoise so that a style sheet carries the security headers too.
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.http.ConditionalGetMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "noord.administration.history.remember_request",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "noord.middleware.keep_private",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "noord.middleware.RefuseOddInput",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "noord.urls"
WSGI_APPLICATION = "noord.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
CRISPY_ALLOWED_TEMPLATE_PACKS = CRISPY_TEMPLATE_PACK = "bootstrap5"

# Data
if DEBUG:
    VAR_DIR.mkdir(exist_ok=True)
DATABASE_URL = required("DATABASE_URL", f"sqlite:///{VAR_DIR / 'noord.sqlite3'}")
DATABASES = {"default": env.db_url_config(DATABASE_URL)}
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"].setdefault("OPTIONS", {})
if DATABASES["default"]["ENGINE"].endswith("postgresql"):
    # One pool per process, opened at its first query. A page fails after 5 seconds without a database instead of
    # 30, and a pool gives up a reconnection after 5 so that the next request tries at once when it is back.
    # Every query here is short: compiling one first took more than its answer, and so did planning one each time
    # (docs/decisions/0007). What DATABASE_URL asks comes after.
    DATABASES["default"]["ENGINE"] = "noord.postgresql"
    asked = DATABASES["default"]["OPTIONS"].get("options", "")
    DATABASES["default"]["OPTIONS"] |= {
        "options": f"-c jit=off {asked}".strip(),
        "connect_timeout": 3,
        "server_side_binding": True,
        "prepare_threshold": 2 if env.bool("DATABASE_KEEP_PLANS", default=True) else None,
        "pool": {
            "min_size": 1,
            "max_size": env.int("DATABASE_POOL_SIZE", default=8),
            "timeout": 5,
            "reconnect_timeout": 5,
        },
    }
else:
    # IMMEDIATE takes the write lock at the start, so that two writers wait instead of failing half-way.
    DATABASES["default"]["OPTIONS"] |= {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Redis is the broker and the cache. The portal goes on without it: see noord/cache.py and noord/outbox.
REDIS_URL = optional("REDIS_URL")
REDIS_PREFIX = optional("REDIS_PREFIX", "noord:")
if REDIS_URL:
    CACHES = {
        "default": {
            "BACKEND": "noord.cache.ForgivingRedisCache",
            "LOCATION": REDIS_URL,
            "KEY_PREFIX": f"{REDIS_PREFIX}cache",
        }
    }
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# Who
AUTH_USER_MODEL = "members.Person"
# The first logs in; the second only gives the rights that come with a role.
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend", "sectors.rights.RoleBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["name", "email"]},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "events:mine"

# Accounts: by e-mail address, with a password or a code that is typed; no link in a mail logs anybody in.
# Signing up asks no password: it is asking for a code (members/README.md says why), and a password can be set later.
ACCOUNT_ADAPTER = "members.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "members.forms.LoginForm",
    "request_login_code": "members.forms.RequestLoginCodeForm",
    "confirm_login_code": "members.forms.ConfirmLoginCodeForm",
    "reset_password": "members.forms.ResetPasswordForm",
    "confirm_password_reset_code": "members.forms.ConfirmPasswordResetCodeForm",
    "reset_password_from_key": "members.forms.ResetPasswordKeyForm",
    "reauthenticate": "members.forms.ReauthenticateForm",
    "add_email": "members.forms.ChangeAddressForm",
    "confirm_email_verification_code": "members.forms.ConfirmEmailVerificationCodeForm",
    "change_password": "members.forms.ChangePasswordForm",
    "set_password": "members.forms.SetPasswordForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT = 15 * 60
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ALLAUTH_USER_CODE_FORMAT = {"numeric": True, "length": 8, "dashed": True}
# On top of allauth's own limits: a code of 8 digits is asked ten times an hour and guessed three times each.
ACCOUNT_RATE_LIMITS = {"request_login_code": "20/m/ip,3/m/key,10/h/key", "reset_password": "20/m/ip,3/m/key,10/h/key"}

# Whoever works in the administration shows a second factor: a code of an app, or a recovery code.
STAFF_MFA_REQUIRED = env.bool("STAFF_MFA_REQUIRED", default=True)
if not STAFF_MFA_REQUIRED and not DEBUG:
    raise ImproperlyConfigured("STAFF_MFA_REQUIRED can only be off in development.")
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Samenwerking Noord"
MFA_ALLOW_UNVERIFIED_EMAIL = False
MFA_ADAPTER = "members.second_factor.SecondFactorAdapter"
MFA_FORMS = {
    "authenticate": "members.second_factor.AuthenticateForm",
    "reauthenticate": "members.second_factor.ReauthenticateForm",
    "activate_totp": "members.second_factor.ActivateForm",
}
MFA_TOTP_TOLERANCE = 1  # a clock that is half a minute off; each step counts once, which the database remembers

# Words and time
LANGUAGE_CODE = "nl"
LANGUAGES = [("nl", "Nederlands"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Europe/Amsterdam"
USE_TZ = True

# Files
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_ALLOW_ALL_ORIGINS = False
# Documents of members: never below what is served as it is, and out only through documents/views.py. MEDIA_URL has no
# use. A folder that is not absolute is one of the project.
MEDIA_ROOT = BASE_DIR / required("DOCUMENTS_DIR", str(VAR_DIR / "documents"))
if any(MEDIA_ROOT.resolve().is_relative_to(served) for served in (STATIC_ROOT, *STATICFILES_DIRS)):
    raise ImproperlyConfigured("DOCUMENTS_DIR is inside a folder that everybody can read; see README.md.")
FILE_UPLOAD_PERMISSIONS, FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o640, 0o750
DOCUMENT_MAX_MB = env.int("DOCUMENT_MAX_MB", default=25)
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = DEBUG

# Mail: without EMAIL_URL, development writes what would leave to files; production must say where mail goes.
EMAIL_URL = required("EMAIL_URL", "filemail://")
mail = env.email_url_config(EMAIL_URL)
EMAIL_BACKEND = mail["EMAIL_BACKEND"]
EMAIL_FILE_PATH = VAR_DIR / "mail"
EMAIL_HOST, EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = (
    mail[name] or "" for name in ("EMAIL_HOST", "EMAIL_HOST_USER", "EMAIL_HOST_PASSWORD")
)
EMAIL_USE_TLS, EMAIL_USE_SSL = mail.get("EMAIL_USE_TLS", False), mail.get("EMAIL_USE_SSL", False)
EMAIL_PORT = mail["EMAIL_PORT"] or (465 if EMAIL_USE_SSL else 587 if EMAIL_USE_TLS else 25)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = required("DEFAULT_FROM_EMAIL", "Samenwerking Noord <noreply@noord.example>")
ORGANISER_EMAIL = required("ORGANISER_EMAIL", "agenda@noord.example")
OUTBOX_KEEP_DAYS = env.int("OUTBOX_KEEP_DAYS", default=90)
OUTBOX_PER_MINUTE = env.int("OUTBOX_PER_MINUTE", default=0)  # over all workers; 0 is no limit
OUTBOX_LEASE_SECONDS = env.int("OUTBOX_LEASE_SECONDS", default=120)
OUTBOX_SWEEP_SECONDS = env.int("OUTBOX_SWEEP_SECONDS", default=60)

# What comes back on invitations; noord/inbox/README.md. The mailbox is only read when IMAP_URL says where it is.
IMAP_URL = optional("IMAP_URL")
IMAP_OAUTH2_TOKEN = optional("IMAP_OAUTH2_TOKEN")
IMAP_OAUTH2_TOKEN_FILE = optional("IMAP_OAUTH2_TOKEN_FILE")
# The server whose word on a sender counts. In production empty means: no answer by mail changes anything by itself.
MAIL_AUTHSERV_ID = optional("MAIL_AUTHSERV_ID", "mx.noord.example" if DEBUG else "")
if IMAP_URL and not MAIL_AUTHSERV_ID:
    raise ImproperlyConfigured("IMAP_URL is set, so MAIL_AUTHSERV_ID must be too; see README.md.")
HISTORY_KEEP_DAYS = env.int("HISTORY_KEEP_DAYS", default=3 * 365)  # docs/decisions/0008
INBOX_KEEP_DAYS = env.int("INBOX_KEEP_DAYS", default=30)

REMINDER_DAYS = (7, 1)  # a meeting reminds people twice: so many days before, on the clock in Amsterdam
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"

# Tasks: in the process without Redis; JSON only, given out again when a worker dies, no results kept.
CELERY_BROKER_URL = REDIS_URL or "memory://"
CELERY_TASK_ALWAYS_EAGER = not REDIS_URL
# A page never waits for a broker that is down: the outbox keeps the mail and the sweep sends it later.
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {
        "global_keyprefix": REDIS_PREFIX,
        "max_retries": 0,
        "socket_connect_timeout": 0.5,
        "socket_timeout": 1,
        "visibility_timeout": 3600,  # longer than the longest task, or a task would be given out twice
    }
    if REDIS_URL
    else {}
)
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_DEFAULT_QUEUE = "tasks"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker waits for its broker for as long as it takes
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"  # no file to keep: every job here may run once more, or a day later
CELERY_BEAT_SCHEDULE = {
    # It expires before the next one: after an hour without a worker one sweep is enough, not sixty.
    "send-outbox": {
        "task": "noord.outbox.tasks.send_outbox",
        "schedule": OUTBOX_SWEEP_SECONDS,
        "options": {"expires": OUTBOX_SWEEP_SECONDS * 0.9},
    },
    "read-mailbox": {"task": "noord.inbox.tasks.read_mailbox", "schedule": 60, "options": {"expires": 55}},
    "forget-incoming-mail": {"task": "noord.inbox.tasks.forget_incoming", "schedule": crontab(hour=3, minute=15)},
    "forget-sent-mail": {"task": "noord.outbox.tasks.forget_sent", "schedule": crontab(hour=3, minute=10)},
    "find-duplicates": {"task": "members.tasks.find_duplicates", "schedule": crontab(hour=3, minute=40)},
    "forget-merges": {"task": "members.tasks.forget_merges", "schedule": crontab(hour=3, minute=45)},
    "forget-history": {"task": "members.tasks.forget_history", "schedule": crontab(hour=3, minute=50)},
    "forget-sessions": {"task": "members.tasks.forget_sessions", "schedule": crontab(hour=3, minute=30)},
    # Each leaves once: the meeting's row says so. A change waits ten minutes for more edits, so a minute is often.
    "send-reminders": {"task": "events.tasks.send_reminders", "schedule": 600, "options": {"expires": 540}},
    "take-topic-steps": {"task": "events.tasks.take_topic_steps", "schedule": 300, "options": {"expires": 270}},
    # A minute: what is closed late shows its results late. Reminders leave once: the row says so.
    "keep-time-of-questions": {"task": "consultations.tasks.keep_time", "schedule": 60, "options": {"expires": 55}},
    "announce-changes": {"task": "events.tasks.announce_changes", "schedule": 60, "options": {"expires": 55}},
    "sweep-documents": {"task": "documents.tasks.sweep_files", "schedule": crontab(hour=3, minute=55)},
    "forget-dietary-wishes": {"task": "events.tasks.forget_dietary_wishes", "schedule": crontab(hour=3, minute=20)},
}

# Safety. TLS is the rule; only a portal on the machine itself (a trial, a measurement) goes without.
site = urlsplit(SITE_URL)
HTTPS = site.scheme == "https"
if not DEBUG and not HTTPS and site.hostname not in ("127.0.0.1", "localhost", "::1"):
    raise ImproperlyConfigured("SITE_URL must start with https:// in production.")
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^gezond/$"]
SECURE_HSTS_SECONDS = 2 * 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
if HTTPS:
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
SESSION_ENGINE = "noord.sessions"
SESSION_COOKIE_AGE = 14 * 24 * 3600
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        # Bootstrap draws a select with one, for as long as our own style sheet has not arrived.
        "img-src": [SELF, "data:"],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}
TRUST_PROXY = env.bool("TRUST_PROXY", default=False)
if TRUST_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
ALLAUTH_TRUSTED_PROXY_COUNT = int(TRUST_PROXY)

# One line per event on standard error; noord/logs.py keeps secrets and line breaks out of it.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {"format": "%(levelname)s %(name)s: %(message)s"},
        "json": {"()": "noord.logs.JsonFormatter"},
    },
    "filters": {"no_secrets": {"()": "noord.logs.HideSecrets"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "filters": ["no_secrets"],
            "formatter": "plain" if DEBUG else "json",
        },
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    # Django's own handler would mail a stack trace with a visitor's data in it.
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        # Scanners ask for any host; the 400 they get says enough.
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        # A warning for each HEAD: Django leaves it to the server to drop the body.
        "gunicorn.http.wsgi": {"level": "ERROR"},
    },
}

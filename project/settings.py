"""Settings, all in one file: the only code that reads the environment (or `.env` beside manage.py).

Invalid values stop the start instead of being guessed at. `.env.example` describes every variable."""

import os
import tomllib
from pathlib import Path
from typing import Any

import dj_database_url
import django_stubs_ext
from corsheaders.defaults import default_headers, default_methods
from django.core.exceptions import ImproperlyConfigured
from dotenv import load_dotenv

from project.devserver import postgres
from project.environment import env_bool, env_int, env_keys, env_list, env_networks, env_text

BASE_DIR = Path(__file__).resolve().parent.parent
VERSION: str = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]["version"]

ENV_FILE = Path(os.environ.get("ENV_FILE", BASE_DIR / ".env"))
load_dotenv(ENV_FILE)

# Forms and admin classes can name their model, as for the type checker, at runtime too.
django_stubs_ext.monkeypatch()


# --- Security basics ---

DEVELOPMENT_SECRET_KEY = "development-only-and-refused-when-DEBUG-is-False"  # noqa: S105 - refused below

DEBUG = env_bool("DEBUG", default=False)
SECRET_KEY = env_text("SECRET_KEY") or (DEVELOPMENT_SECRET_KEY if DEBUG else "")
if not DEBUG and (not SECRET_KEY or SECRET_KEY == DEVELOPMENT_SECRET_KEY):
    raise ImproperlyConfigured(
        "DEBUG is False, so SECRET_KEY must be set to a random value. Make one with: "
        "python -c 'import secrets; print(secrets.token_urlsafe(50))'"
    )
if not DEBUG and (len(SECRET_KEY) < 32 or len(set(SECRET_KEY)) < 5):
    raise ImproperlyConfigured(
        "SECRET_KEY is too weak: use at least 32 characters, 5 of them different. Make one with: "
        "python -c 'import secrets; print(secrets.token_urlsafe(50))'"
    )
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]" if DEBUG else "")
if not DEBUG and (not ALLOWED_HOSTS or "*" in ALLOWED_HOSTS):
    raise ImproperlyConfigured(
        "DEBUG is False, so ALLOWED_HOSTS must list the hosts to serve, for example shop.example.com."
    )

INSTALLED_APPS = [
    "project.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    # For the arrays of imports.models.
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "corsheaders",
    "django_htmx",
    "ninja",
    "pgtrigger",
    "procrastinate.contrib.django",
    "project.apps.ProjectConfig",
    "dashboard",
    "imports",
    "catalog",
    "hooks",
]

MIDDLEWARE = [
    # Outermost: their headers and error format apply to every response.
    "project.middleware.security_headers.ContentSecurityPolicyMiddleware",
    "project.middleware.console.ConsoleMiddleware",
    "project.api.exception_handlers.FailureMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "project.middleware.trailing_slash.EitherSlashMiddleware",
    "project.auth.authentication.AccessNoticeMiddleware",
    "project.middleware.head_and_options.MethodsMiddleware",
    "project.middleware.request_bodies.BodyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "project.auth.requester.RequesterMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "project.urls"
WSGI_APPLICATION = "project.wsgi.application"
# Paths work with and without a slash (project.middleware.trailing_slash); a redirect would lose the body of a POST.
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "project.middleware.console.context",
            ],
        },
    },
]

# --- The web server (project.gunicorn) ---

PORT = env_int("PORT", 8000)
if not 0 < PORT < 65536:
    raise ImproperlyConfigured(f"PORT must be a number from 1 to 65535, got {PORT}.")
WEB_CONCURRENCY = env_int("WEB_CONCURRENCY", 2)
WEB_THREADS = env_int("WEB_THREADS", 256)

# --- PostgreSQL: DATABASE_URL, else DB_*, else the embedded server of a development checkout ---

EMBEDDED_DATABASE = False
default_database: dict[str, Any]
if env_text("DATABASE_URL"):
    default_database = dict(dj_database_url.parse(env_text("DATABASE_URL")))
elif env_text("DB_NAME") or env_text("DB_HOST"):
    default_database = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": env_text("DB_NAME", "product_importer"),
        "USER": env_text("DB_USER"),
        "PASSWORD": env_text("DB_PASSWORD"),
        "HOST": env_text("DB_HOST", "localhost"),
        "PORT": env_text("DB_PORT", "5432"),
    }
elif DEBUG:
    EMBEDDED_DATABASE = True
    default_database = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "product_importer",
        "USER": "postgres",
        "HOST": str(postgres.socket_directory(BASE_DIR / ".data" / "postgres")),
        "PORT": "5432",
    }
else:
    raise ImproperlyConfigured(
        "No database is configured. Set DATABASE_URL, or DB_NAME and the other DB_ variables."
    )

# The wait for a pooled connection while all are in use or the server is unavailable.
DB_WAIT_SECONDS = 10
default_database["ENGINE"] = "project.postgresql"
default_database["CONN_HEALTH_CHECKS"] = True
default_database["OPTIONS"] = {
    **default_database.get("OPTIONS", {}),
    # A host that disappears silently must not block a request or an import forever.
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "tcp_user_timeout": 20_000,
    # Many web threads share few connections; a thread holds one only during its queries.
    "pool": {
        "min_size": 1,
        "max_size": env_int("DB_POOL_SIZE", 16),
        # Then dead connections are replaced (project.postgresql), until DB_WAIT_SECONDS are over.
        "timeout": 1,
        # How long the pool tries to reconnect, with growing waits; then the next request starts over. With a longer
        # limit it would be slower to notice that the database is back.
        "reconnect_timeout": 3,
    },
}
DATABASES = {"default": default_database}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Jobs ---

# A worker without a heartbeat for this long is dead, and its jobs are requeued.
WORKER_STALLED_SECONDS = env_int("WORKER_STALLED_SECONDS", 20)
PROCRASTINATE_WORKER_DEFAULTS = {
    # Imports run one at a time (their lock); the other slots keep rescue and clean-up running beside one. One more slot
    # is for hooks.tasks.deliver, which ends with the worker.
    "concurrency": env_int("WORKER_CONCURRENCY", 4) + 1,
    # Retries, scheduled jobs and the next job of a lock are polled for, not notified.
    "fetch_job_polling_interval": 1.0,
    # An import stops after its current chunk, in well under a second.
    "shutdown_graceful_timeout": 2.0,
    "update_heartbeat_interval": WORKER_STALLED_SECONDS / 4,
    "stalled_worker_timeout": WORKER_STALLED_SECONDS,
    "delete_jobs": "successful",
}

# --- Uploads and imports ---

UPLOAD_MAX_BYTES = env_int("UPLOAD_MAX_BYTES", 1024**3)
UPLOAD_MAX_UNPACKED_BYTES = env_int("UPLOAD_MAX_UNPACKED_BYTES", 4 * 1024**3)
UPLOAD_TOTAL_BYTES = env_int("UPLOAD_TOTAL_BYTES", 20 * 1024**3)
IMPORT_KEEP_FILES_DAYS = env_int("IMPORT_KEEP_FILES_DAYS", 30)
IMPORT_KEEP_JOBS_DAYS = env_int("IMPORT_KEEP_JOBS_DAYS", 365)
STREAMS_MAX = env_int("STREAMS_MAX", 200)
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024**2
DATA_UPLOAD_MAX_NUMBER_FILES = 1

# --- Webhooks ---

# False in a copy that must not send anything; hooks.switch pauses without a restart.
DELIVERIES_ENABLED = env_bool("DELIVERIES_ENABLED", default=True)
# Private networks that webhooks may be sent to.
WEBHOOK_ALLOWED_NETWORKS = env_networks("WEBHOOK_ALLOWED_NETWORKS", "127.0.0.0/8,::1/128" if DEBUG else "")
WEBHOOK_HTTPS_ONLY = env_bool("WEBHOOK_HTTPS_ONLY", default=False)
# Each change of a product is sent up to this many times.
WEBHOOKS_MAX = env_int("WEBHOOKS_MAX", 100)
# The first key encrypts, all decrypt; hooks.secrets.encryption adds one derived from SECRET_KEY.
WEBHOOK_SECRET_KEYS = env_keys("WEBHOOK_SECRET_KEYS")
# Events, deliveries and their attempts.
WEBHOOK_KEEP_DAYS = env_int("WEBHOOK_KEEP_DAYS", 30)

# --- Miscellaneous ---

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STORAGES = {
    "default": {"BACKEND": "imports.files.storage.DatabaseStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_MANIFEST_STRICT = False
TEST_RUNNER = "tests.runner.PytestRunner"

CORS_ALLOWED_ORIGINS = env_list("CORS_ALLOWED_ORIGINS")
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS")
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_HEADERS = [*default_headers, "idempotency-key", "if-match", "if-none-match", "last-event-id"]
CORS_ALLOW_METHODS = [*default_methods, "HEAD"]
CORS_EXPOSE_HEADERS = ["Allow", "Content-Disposition", "ETag", "Location", "Retry-After", "WWW-Authenticate"]

AUTHENTICATION_BACKENDS = ["project.auth.sign_in.SignInBackend"]
LOGIN_URL = "console:sign-in"
LOGIN_REDIRECT_URL = "console:overview"
LOGOUT_REDIRECT_URL = "console:sign-in"
CSRF_FAILURE_VIEW = "project.middleware.console.reject_csrf"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
# Behind a proxy that ends TLS and sets X-Forwarded-Proto itself, as Heroku-like platforms do.
BEHIND_PROXY = env_bool("BEHIND_PROXY", default=False)
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
if not DEBUG:
    SECURE_SSL_REDIRECT = env_bool("HTTPS_ONLY", default=True)
    # Platforms send health checks over plain HTTP from inside.
    SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz)/?$"]
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT
    SECURE_HSTS_SECONDS = 365 * 24 * 3600 if SECURE_SSL_REDIRECT else 0
    # These two also affect other hosts of the domain, so its owner has to decide.
    SECURE_HSTS_INCLUDE_SUBDOMAINS = env_bool("HSTS_SUBDOMAINS", default=False)
    SECURE_HSTS_PRELOAD = env_bool("HSTS_PRELOAD", default=False)
    if SECURE_HSTS_PRELOAD and not SECURE_HSTS_INCLUDE_SUBDOMAINS:
        raise ImproperlyConfigured(
            "HSTS_PRELOAD requires HSTS_SUBDOMAINS: the preload list of browsers does not accept a domain without it."
        )
# `check --deploy` wants both for any domain.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env_text("LOG_LEVEL", "INFO").upper()},
    # Django's own handlers would print every line twice.
    "loggers": {
        "django": {"level": "INFO"},
        "httpx": {"level": "WARNING"},
        "procrastinate": {"level": "WARNING"},
        # Whatever LOG_LEVEL is (lib.security_log).
        "security": {"level": "INFO"},
    },
}

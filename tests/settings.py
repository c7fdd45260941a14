"""The settings of a test run: noord.settings as in development, made quick and alone on its Redis."""

import os
import tempfile
from pathlib import Path

os.environ.setdefault("DEBUG", "on")
# Whatever a run leaves in Redis carries its own prefix: it meets no other run, and goes at the end.
os.environ["REDIS_PREFIX"] = f"noord-test-{os.getpid()}:"

from noord.settings import *  # noqa: F403 - the environment comes first

# Argon2 is slow by design, and every test that logs in would pay for it.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# A test is its own worker; those with a real one (marker worker) say so by a fixture.
CELERY_TASK_ALWAYS_EAGER = True
# The races start two hundred threads in one process; in production a process has a few, and must not wait this long.
if "pool" in DATABASES["default"].get("OPTIONS", {}):  # noqa: F405
    DATABASES["default"]["OPTIONS"]["pool"]["timeout"] = 120  # noqa: F405
# A test that stores files takes the fixture documents_folder; nothing comes in the folder of development.
MEDIA_ROOT = Path(tempfile.gettempdir()) / f"noord-test-{os.getpid()}"
STAFF_MFA_REQUIRED = False  # the tests of the second factor switch it on

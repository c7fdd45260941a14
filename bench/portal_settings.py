"""The portal's own settings; only the static files stand where the measurement put them."""

import os
from pathlib import Path

from noord.settings import *  # noqa: F403

STATIC_ROOT = Path(os.environ["BENCH_STATIC_ROOT"])
INSTALLED_APPS = [*INSTALLED_APPS, "bench"]  # noqa: F405 - for its two commands

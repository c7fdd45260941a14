"""For celery -A noord worker and celery -A noord beat. What they obey is in settings.py under CELERY_."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "noord.settings")

app = Celery("noord")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

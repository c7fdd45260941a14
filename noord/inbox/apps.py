from django.apps import AppConfig
from django.conf import settings
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _

from noord.inbox.address import read_url


class InboxConfig(AppConfig):
    name = "noord.inbox"
    verbose_name = _("Incoming mail")

    def ready(self) -> None:
        if settings.IMAP_URL:
            read_url(settings.IMAP_URL)  # a mistake in it shows at the start, not in a worker's log at night
        autodiscover_modules("replies")  # an app registers there what an answer to its invitation does

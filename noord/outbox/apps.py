from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class OutboxConfig(AppConfig):
    name = "noord.outbox"
    verbose_name = _("Mail")

    def ready(self) -> None:
        autodiscover_modules("mail")  # each app registers there how its mails are written

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class MembersConfig(AppConfig):
    name = "members"
    verbose_name = _("Members and people")

    def ready(self) -> None:
        autodiscover_modules("timeline", "relations")  # each app registers there what it knows of an organisation
        autodiscover_modules("merging")  # and there how its rows of two people or organisations become those of one

from importlib import import_module

from auditlog.apps import AuditlogConfig
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy

from noord.administration.groups import keep_groups


class HistoryConfig(AuditlogConfig):
    """auditlog by a Dutch name."""

    verbose_name = gettext_lazy("History")


class AdministrationConfig(AdminConfig):
    """Django's admin with our own site as admin.site; no app of its own, so no tables either."""

    default_site = "noord.administration.site.PortalAdminSite"

    def ready(self) -> None:
        super().ready()
        # allauth's own page shows the secrets; what may be done with a second factor is in second_factor.py.
        admin.site.unregister(apps.get_model("mfa", "Authenticator"))
        import_module("noord.administration.history_pages").install()  # it needs the models, which are there now
        import_module("noord.administration.permissions").install()
        post_migrate.connect(keep_groups, dispatch_uid="noord.administration.keep_groups")

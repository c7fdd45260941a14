from django.contrib.admin.apps import AdminConfig


class AdministrationConfig(AdminConfig):
    """Django's admin with our own site as admin.site; no app of its own, so no tables either."""

    default_site = "noord.administration.site.PortalAdminSite"

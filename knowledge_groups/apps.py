from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class KnowledgeGroupsConfig(AppConfig):
    name = "knowledge_groups"
    verbose_name = _("Knowledge groups")

"""The permission groups of the administration: made, and kept as they are written here, at every migration."""

from django.apps import apps as apps_of_today
from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions

EVENT_MANAGER = "Eventmanager"
RELATION_MANAGER = "Relatiemanager"

ALL = ("add", "change", "delete", "view", "import", "export")
LOOK = ("view",)

# Per app: the rights over its models. "*" is every model of the app, also one that comes later.
GROUPS: dict[str, dict[str, dict[str, tuple[str, ...]]]] = {
    EVENT_MANAGER: {
        "documents": {"document": ("view", "change", "delete")},
        "events": {"*": ALL},
        # Whom a meeting is of and for: to choose from, not to change.
        "knowledge_groups": {"knowledgegroup": LOOK},
        "members": {"organisation": LOOK, "person": LOOK},
        "sectors": {"sector": LOOK},
    },
    RELATION_MANAGER: {
        "members": {"*": ALL, "role": LOOK},
        "knowledge_groups": {"knowledgegroup": LOOK},
        "sectors": {"sector": LOOK},
    },
}


def codenames(wanted: dict[str, tuple[str, ...]], models: list[str]) -> set[str]:
    """Return the codenames that `wanted` gives over the models (names in small letters) of one app."""
    return {f"{action}_{model}" for model in models for action in wanted.get(model, wanted.get("*", ()))}


def keep_groups(sender, using: str, apps: Apps = apps_of_today, **kwargs) -> None:
    """Give the groups their rights over the models of the app that was migrated just now, and no other rights there.

    Rights over apps that are not named above stay as somebody gave them.
    """
    if not any(sender.label in wanted for wanted in GROUPS.values()):
        return
    try:
        Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
        models = [model._meta.model_name for model in apps.get_app_config(sender.label).get_models()]
    except LookupError:  # a migration back to before there were any
        return
    create_permissions(sender, verbosity=0, using=using, apps=apps)  # Django's own turn comes after ours
    permissions = Permission.objects.using(using).filter(content_type__app_label=sender.label)
    for name, wanted in GROUPS.items():
        group, _made = Group.objects.using(using).get_or_create(name=name)
        right = set(permissions.filter(codename__in=codenames(wanted.get(sender.label, {}), models)))
        present = set(group.permissions.using(using).filter(content_type__app_label=sender.label))
        group.permissions.add(*right - present)
        group.permissions.remove(*present - right)

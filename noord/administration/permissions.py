"""Permissions in the reader's words: the database has their names in English."""

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import Group, Permission
from django.db.models import ManyToManyField
from django.forms import ModelMultipleChoiceField
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from noord.administration.deleting import ToldInWords

ACTIONS = {
    "add": gettext_lazy("add"),
    "change": gettext_lazy("change"),
    "delete": gettext_lazy("delete"),
    "view": gettext_lazy("view"),
    "import": gettext_lazy("import"),
    "export": gettext_lazy("export"),
}


class PermissionField(ModelMultipleChoiceField):
    def label_from_instance(self, permission: Permission) -> str:
        action = permission.codename.partition("_")[0]
        return f"{permission.content_type.app_labeled_name} | {ACTIONS.get(action, permission.name)}"


class GivesPermissions:
    """Mixin of a ModelAdmin with a field of permissions."""

    def formfield_for_manytomany(self, db_field: ManyToManyField, request: HttpRequest, **kwargs):
        if db_field.remote_field.model is Permission:
            kwargs |= {"form_class": PermissionField}
        return super().formfield_for_manytomany(db_field, request, **kwargs)


class PermissionGroupAdmin(GivesPermissions, ToldInWords, GroupAdmin):
    """Groups of permissions."""


def install() -> None:
    """Let our page of a group stand where Django's own did."""
    admin.site.unregister(Group)
    admin.site.register(Group, PermissionGroupAdmin)

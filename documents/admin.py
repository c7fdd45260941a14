from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from documents import operations
from documents.models import OWNERS, Document
from knowledge_groups.models import KnowledgeGroup
from noord.administration.scoped import ScopedAdmin
from sectors.rights import managed_sectors


class OwnerFilter(admin.SimpleListFilter):
    title = _("belongs to")
    parameter_name = "van"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [(name, Document._meta.get_field(name).verbose_name) for name in OWNERS]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(~Q(**{self.value(): None})) if self.value() in OWNERS else queryset


@admin.register(Document)
class DocumentAdmin(ScopedAdmin):
    """To look after what is there. A document is added on the page of what it belongs to."""

    list_display = ["title", "belongs_to", "kind", "content_type", "file_size", "by", "uploaded_at"]
    list_filter = [OwnerFilter, "kind", "content_type", "is_public", "uploaded_at"]
    search_fields = [
        "title", "original_name", "event__title", "item__title", "topic__title", "group__name", "focal_point__title",
        "sha256",
    ]  # fmt: skip
    date_hierarchy = "uploaded_at"
    show_full_result_count = False
    fields = ["title", "kind", "belongs_to", "link", "content_type", "file_size", "sha256", "by", "uploaded_at"]
    readonly_fields = ["belongs_to", "link", "content_type", "file_size", "sha256", "by", "uploaded_at"]

    def within(self, queryset: QuerySet, person) -> QuerySet:
        groups = KnowledgeGroup.objects.led_by(person).order_by().values("pk")
        return queryset.managed_by(person, managed_sectors(person).order_by().values("pk"), groups)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).with_owner().select_related("by")

    def get_fields(self, request: HttpRequest, obj: Document | None = None) -> list[str]:
        return [*self.fields[:2], "is_public", *self.fields[2:]] if obj and obj.focal_point_id else self.fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.display(description=_("belongs to"))
    def belongs_to(self, document: Document) -> str:
        return str(document.owner)

    @admin.display(description=_("size"), ordering="size")
    def file_size(self, document: Document) -> str:
        return filesizeformat(document.size)

    @admin.display(description=_("file"))
    def link(self, document: Document) -> SafeString:
        return format_html('<a href="{}">{}</a>', document.get_absolute_url(), document.original_name)

    def delete_model(self, request: HttpRequest, obj: Document) -> None:
        operations.erase(document=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        for document in queryset:
            operations.erase(document=document)

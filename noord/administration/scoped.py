"""What every page of the administration starts from: the objects that are this person's to see."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest

from noord.administration.rights import reaches_everything


class ScopedAdmin(admin.ModelAdmin):
    """A ModelAdmin whose lists, pages, autocompletion, actions and exports all start from within().

    Somebody else's object is a 404, as if it did not exist.
    """

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        queryset = super().get_queryset(request)
        right = f"{self.opts.app_label}.view_{self.opts.model_name}"
        return queryset if reaches_everything(request.user, right) else self.within(queryset, request.user)

    def within(self, queryset: QuerySet, person) -> QuerySet:
        """Keep what is this person's, whose right follows from a role; all of it for what belongs to everyone."""
        return queryset

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts, object_id: str):
        raise Http404

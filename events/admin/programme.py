"""The lines of a programme: on the page of their meeting, and each with its speakers."""

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from events.models import Event, ProgrammeItem, SessionBlock, SessionChoice, Speaker
from events.operations import meetings
from events.operations.locks import lock_event
from noord.administration.scoped import ScopedAdmin


class KeepChosen(BaseInlineFormSet):
    """Lines of the programme; what people chose stays, for with it their choice would go without a word."""

    def clean(self) -> None:
        # Before Django's own look at what is deleted, which says it with the names of the people and of our tables.
        deleted = [form.instance.pk for form in self.initial_forms if self._should_delete_form(form)]
        if refused := why_kept(self.model, deleted):
            raise ValidationError(refused)
        super().clean()


def why_kept(model: type[SessionBlock | ProgrammeItem], ids: list[int]) -> list[str]:
    """Return a sentence for each of these lines that people chose, first or second, or have a seat in."""
    choices = SessionChoice.objects.all()
    if model is SessionBlock:
        chosen = Q(pk__in=choices.values("block"))
        text = _("People chose a session in this block: %(title)s. You can only delete it when nobody has chosen it.")
    else:
        chosen = Q(first_choices__isnull=False) | Q(second_choices__isnull=False) | Q(occupied_by__isnull=False)
        text = _("People chose this session: %(title)s. You can only delete it when nobody has chosen it.")
    return [text % {"title": line} for line in model.objects.filter(chosen, pk__in=ids).distinct()]


class BlockInline(admin.TabularInline):
    model = SessionBlock
    formset = KeepChosen
    extra = 0


class ItemInline(admin.TabularInline):
    model = ProgrammeItem
    formset = KeepChosen
    extra = 0
    fields = ["block", "kind", "title", "start", "end", "room", "capacity", "position"]
    show_change_link = True  # the speakers are there

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "block":
            # Only the blocks of this meeting: a session of another one could be chosen by nobody.
            kwargs["queryset"] = SessionBlock.objects.filter(event=request.resolver_match.kwargs.get("object_id"))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class SpeakerInline(admin.TabularInline):
    model = Speaker
    extra = 0
    autocomplete_fields = ["person"]


@admin.register(ProgrammeItem)
class ProgrammeItemAdmin(ScopedAdmin):
    list_display = ["title", "event", "kind", "room", "capacity"]
    list_select_related = ["event"]
    search_fields = ["title", "event__title"]
    autocomplete_fields = ["event"]
    inlines = [SpeakerInline]

    def within(self, queryset: QuerySet, person) -> QuerySet:
        return queryset.filter(event__in=Event.objects.managed_by(person))

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "block":
            # A new item has no meeting to know the blocks of: sessions are added on the page of the meeting.
            item = request.resolver_match.kwargs.get("object_id")
            blocks = SessionBlock.objects
            kwargs["queryset"] = blocks.filter(event__items=item).distinct() if item else blocks.none()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_deleted_objects(self, objs, request: HttpRequest) -> tuple[list, dict, set, list]:
        """Refuse what people chose, on the page of one item and in the action for many alike."""
        objects, counts, permissions, protected = super().get_deleted_objects(objs, request)
        refused = why_kept(ProgrammeItem, [item.pk for item in objs])
        return objects, counts, permissions, refused or protected

    def save_related(self, request: HttpRequest, form, formsets, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        # Who chose this session has it in the calendar: the meeting is newer than they know. It gives out seats too.
        meetings.save_event(event=lock_event(form.instance.event_id))

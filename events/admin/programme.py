"""The lines of a programme: on the page of their meeting, and each with its speakers."""

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from events.models import Event, ProgrammeItem, SessionBlock, SessionChoice, Speaker, TopicProposal
from events.operations import meetings
from events.operations.locks import lock_event
from events.operations.planning import set_speakers
from events.planning_forms import BlockForm, ItemForm
from noord.administration.scoped import ScopedAdmin, ScopedChoices
from noord.dates import local_day


class KeepChosen(BaseInlineFormSet):
    """Lines of the programme; what people chose stays, for with it their choice would go without a word.

    So does what a topic is planned in: it would be chosen, and stand nowhere.
    """

    def get_queryset(self) -> list:
        """Return the lines that came with the meeting (events/planning.py), which its warnings are about as well."""
        name = self.fk.remote_field.get_accessor_name()
        if not hasattr(self, "_queryset") and name in getattr(self.instance, "_prefetched_objects_cache", {}):
            self._queryset = list(getattr(self.instance, name).all())
        return super().get_queryset()

    def get_form_kwargs(self, index: int | None) -> dict:
        return super().get_form_kwargs(index) | {"meeting": self.instance}

    def clean(self) -> None:
        # Before Django's own look at what is deleted, which says it with the names of the people and of our tables.
        deleted = [form.instance.pk for form in self.initial_forms if self._should_delete_form(form)]
        if refused := why_kept(self.model, deleted):
            raise ValidationError(refused)
        super().clean()


def why_kept(model: type[SessionBlock | ProgrammeItem], ids: list[int]) -> list[str]:
    """Return a sentence for each of these lines that people chose or have a seat in, or that a topic is planned in."""
    planned = ProgrammeItem.objects.filter(topic_proposal__status=TopicProposal.Status.PLANNED)
    if model is SessionBlock:
        chosen = SessionBlock.objects.filter(pk__in=SessionChoice.objects.values("block"))
        planned = SessionBlock.objects.filter(pk__in=planned.filter(block__in=ids).values("block"))
        text = _("People chose a session in this block: %(title)s. You can only delete it when nobody has chosen it.")
        topic = _("A topic is planned in this block: %(title)s. Leave the topic on the wish list first.")
    else:
        chosen = ProgrammeItem.objects.chosen()
        text = _("People chose this session: %(title)s. You can only delete it when nobody has chosen it.")
        topic = _(
            "A topic is planned here: %(title)s. Leave the topic on the wish list first, then this line goes too."
        )
    return [
        sentence % {"title": line}
        for lines, sentence in ((chosen, text), (planned, topic))
        for line in lines.filter(pk__in=ids)
    ]


class ItemLines(KeepChosen):
    """The items in the order of the day, with their speakers."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        blocks = self.instance.blocks.all() if self.instance.pk else []
        self.blocks = [("", "---------"), *((block.pk, str(block)) for block in blocks)]

    def add_fields(self, form: ItemForm, index: int | None) -> None:
        super().add_fields(form, index)
        form.fields["block"].choices = self.blocks  # looked up once for all the lines

    def save_new(self, form: ItemForm, commit: bool = True) -> ProgrammeItem:
        self._join_block(form.instance)
        return self._with_speakers(super().save_new(form, commit), form)

    def save_existing(self, form: ItemForm, obj: ProgrammeItem, commit: bool = True) -> ProgrammeItem:
        self._join_block(form.instance)
        return self._with_speakers(super().save_existing(form, obj, commit), form)

    def _join_block(self, item: ProgrammeItem) -> None:
        """Put a parallel session without a block in the one that begins with it, which may be just as new."""
        if item.kind == ProgrammeItem.Kind.SESSION and item.block is None and item.start:
            item.block = SessionBlock.objects.filter(event=self.instance, start=item.start).first()
            if item.block:
                item.start = item.end = None

    def _with_speakers(self, item: ProgrammeItem, form: ItemForm) -> ProgrammeItem:
        if {"speakers", "people"} & set(form.changed_data):
            set_speakers(item=item, lines=form.cleaned_data["speakers"], tie=form.tied, untie=form.untied)
        return item


def _is_on_more_days(event: Event | None) -> bool:
    """Tell whether a line of this meeting must say on which day it is."""
    if event is None or event.pk is None:
        return False
    day = local_day(event.start)
    moments = [line.start for rows in (event.blocks, event.items) for line in rows.all()]
    return local_day(event.end) != day or any(moment and local_day(moment) != day for moment in moments)


class BlockInline(ScopedChoices, admin.TabularInline):
    model = SessionBlock
    form = BlockForm
    formset = KeepChosen
    extra = 1

    def get_fields(self, request: HttpRequest, obj: Event | None = None) -> list[str]:
        return ["title", *(["day"] if _is_on_more_days(obj) else []), "start", "end"]


class ItemInline(ScopedChoices, admin.StackedInline):
    model = ProgrammeItem
    form = ItemForm
    formset = ItemLines
    extra = 2
    show_change_link = True

    def get_fields(self, request: HttpRequest, obj: Event | None = None) -> list[tuple[str, ...]]:
        day = ("day",) if _is_on_more_days(obj) else ()
        return [
            (*day, "start", "end", "kind", "title"),
            ("block", "room", "capacity", "position"),
            ("speakers", "people"),
            ("text",),
        ]

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "block":
            # Only the blocks of this meeting: a session of another one could be chosen by nobody.
            kwargs["queryset"] = SessionBlock.objects.filter(event=request.resolver_match.kwargs.get("object_id"))
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "block":
            field.help_text = _("A parallel session without a block joins the one that begins at the same time.")
        return field

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        # A block is made in the table above, not in a window of its own.
        return field if db_field.name != "block" else _plain(field)


def _plain(field):
    field.widget = getattr(field.widget, "widget", field.widget)
    return field


class SpeakerInline(ScopedChoices, admin.TabularInline):
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
        """Refuse what why_kept() refuses, on the page of one item and in the action for many alike."""
        objects, counts, permissions, protected = super().get_deleted_objects(objs, request)
        refused = why_kept(ProgrammeItem, [item.pk for item in objs])
        return objects, counts, permissions, refused or protected

    def save_related(self, request: HttpRequest, form, formsets, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        # Who chose this session has it in the calendar: the meeting is newer than they know. It gives out seats too.
        meetings.save_event(event=lock_event(form.instance.event_id))

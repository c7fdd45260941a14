"""Two editors of one object: the second is told what the first changed, and nothing of either is lost.

A page carries a signed digest of every value that it showed. When it comes back and the stored values differ by now,
the form is shown again instead of saved: what only the other editor changed is taken over, what both changed keeps
what was typed and says what is stored, and lines that came or went are there again. A field that the page did not have
yet counts as one that only the other editor changed. Saving the page that is shown again is saving anyway.

An admin locks the object, calls look() before Django reads the post, and puts version() in its page; its form shows
the sentences of request.stale_sentences as its errors.
"""

from collections.abc import Iterable, Set
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from django import forms
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import flatten_fieldsets
from django.contrib.contenttypes.models import ContentType
from django.core import signing
from django.db.models import Model
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from noord.dates import time_of_day

SALT = "administration.version"
NO_VALUES = frozenset({"shift"})  # asked on the page of a meeting, and stored nowhere
Values = dict[str, list[str]]


class Page(NamedTuple):
    """What the form of an object would post untouched: its own values, and those of each line by prefix and id."""

    own: Values
    lines: dict[str, dict[str, Values]]

    def digests(self) -> dict[str, str]:
        found = {name: _digest(values) for name, values in self.own.items()}
        for prefix, rows in self.lines.items():
            for pk, row in rows.items():
                found |= {f"{prefix}:{pk}:{name}": _digest(values) for name, values in row.items()}
        return found


class Merged(NamedTuple):
    data: QueryDict
    sentences: list[str]


def read(form: forms.ModelForm, formsets: Iterable[BaseInlineFormSet]) -> Page:
    lines = {
        formset.prefix: {
            str(line.instance.pk): _as_posted(line, without={"id", formset.fk.name, "DELETE"})
            for line in formset.initial_forms
        }
        for formset in formsets
    }
    return Page(_as_posted(form, without=NO_VALUES), lines)


def sign(page: Page) -> str:
    return signing.dumps({"at": timezone.now().isoformat(), "values": page.digests()}, salt=SALT, compress=True)


def look(model_admin: admin.ModelAdmin, request: HttpRequest, stored: Model) -> None:
    """Put what somebody else stored since the page was opened into the post, with sentences that stop it.

    `stored` is the object as it is now that nobody else can change it.
    """
    fields = flatten_fieldsets(model_admin.get_fieldsets(request, stored))
    form = model_admin.get_form(request, stored, change=True, fields=fields)(instance=stored)
    formsets = [
        formset(instance=stored, prefix=formset.get_default_prefix(), queryset=inline.get_queryset(request))
        for formset, inline in model_admin.get_formsets_with_inlines(request, stored)
    ]
    request.version = request.POST.get("version", "")
    if merged := merge(request.POST, form, formsets, stored=stored):
        request.POST, request.stale_sentences = merged.data, merged.sentences
        request.version = sign(read(form, formsets))


def version(request: HttpRequest, context: dict) -> str:
    """Return what the page of this context carries, to be looked at when it is posted."""
    formsets = [inline.formset for inline in context["inline_admin_formsets"]]
    return getattr(request, "version", None) or sign(read(context["adminform"].form, formsets))


def merge(
    posted: QueryDict, form: forms.ModelForm, formsets: list[BaseInlineFormSet], *, stored: Model
) -> Merged | None:
    """Return the post with the other editor's work in it and what to say of that; None when nobody was in between.

    The form and the formsets are unbound and show what is stored now.
    """
    try:
        signed = signing.loads(posted.get("version", ""), salt=SALT)
    except signing.BadSignature:
        return None
    now, base = read(form, formsets), signed["values"]
    if now.digests() == base:
        return None
    merging = _Merging(posted, base)
    merging.take_values(form, now.own, key="", prefix="", title="")
    for formset in formsets:
        merging.take_lines(formset, now.lines[formset.prefix])
    return Merged(merging.data, [_who_changed(stored, datetime.fromisoformat(signed["at"])), *merging.sentences()])


class _Merging:
    def __init__(self, posted: QueryDict, base: dict[str, str]) -> None:
        self.data = posted.copy()
        self.base = base
        self.taken_over: list[str] = []
        self.said: list[str] = []

    def sentences(self) -> list[str]:
        if not self.taken_over:
            return self.said
        fields = ", ".join(dict.fromkeys(self.taken_over))
        return [_("Taken over from the other change: %(fields)s.") % {"fields": fields}, *self.said]

    def take_values(self, form: forms.ModelForm, now: Values, *, key: str, prefix: str, title: str) -> None:
        """Take over the values of one form that only the other editor changed."""
        for name, values in now.items():
            typed = self.data.getlist(prefix + name)
            before = self.base.get(key + name, _digest([]) if not typed else None)
            if before == _digest(values) or _digest(typed) == _digest(values):
                continue
            label = _label(form, name)
            label = f"{title}: {label}" if title else label
            if _digest(typed) == before:
                self.data.setlist(prefix + name, values)
                self.taken_over.append(label)
            else:
                texts = {"label": label, "value": _in_words(form, name, values)}
                self.said.append(_("%(label)s: here is what you typed. Stored is now: %(value)s.") % texts)

    def take_lines(self, formset: BaseInlineFormSet, now: dict[str, Values]) -> None:
        """Write the lines anew: first those that are stored, then those that only this page knows."""
        prefix = formset.prefix
        forms_by_pk = {str(line.instance.pk): line for line in formset.initial_forms}
        typed = [self._take_line(f"{prefix}-{number}-") for number in range(_total(self.data, prefix))]
        known = {row["id"][0] for row in typed if row.get("id", [""])[0]}
        stored = [row for row in typed if row.get("id", [""])[0] in now]
        new = [row for row in typed if not row.get("id", [""])[0]]
        for row in typed:
            pk = row.get("id", [""])[0]
            if pk and pk not in now and not self._is_untouched(row, f"{prefix}:{pk}:"):
                title = row.get("title", [""])[0] or _("A line")
                self.said.append(_("“%(title)s” was deleted. It is here again as a new line.") % {"title": title})
                new.append({name: values for name, values in row.items() if name != "id"})
        for pk in now.keys() - known:
            stored.append({"id": [pk], **now[pk]})
            self.said.append(_("“%(title)s” was added.") % {"title": forms_by_pk[pk].instance})
        for number, row in enumerate([*stored, *new]):
            for name, values in row.items():
                self.data.setlist(f"{prefix}-{number}-{name}", values)
        self.data[f"{prefix}-TOTAL_FORMS"] = str(len(stored) + len(new))
        self.data[f"{prefix}-INITIAL_FORMS"] = str(len(stored))
        for number, row in enumerate(stored):
            pk = row["id"][0]
            title = str(forms_by_pk[pk].instance)
            self.take_values(
                forms_by_pk[pk], now[pk], key=f"{prefix}:{pk}:", prefix=f"{prefix}-{number}-", title=title
            )

    def _take_line(self, prefix: str) -> Values:
        names = [name for name in self.data if name.startswith(prefix)]
        return {name.removeprefix(prefix): self.data.pop(name) for name in names}

    def _is_untouched(self, row: Values, key: str) -> bool:
        """Tell whether the line is as the page showed it, or to be deleted: then it may go."""
        values = {name: digest for name, digest in self.base.items() if name.startswith(key)}
        same = all(_digest(row.get(name.removeprefix(key), [])) == digest for name, digest in values.items())
        return same or "DELETE" in row


def _as_posted(form: forms.BaseForm, *, without: Set[str]) -> Values:
    """Return what a browser sends for the form when nobody touches it, by the name of the input."""
    values: Values = {}
    for bound in form:
        if bound.name in without:
            continue
        widget, value = getattr(bound.field.widget, "widget", bound.field.widget), bound.value()
        if isinstance(widget, forms.MultiWidget):
            parts = widget.decompress(value) if not isinstance(value, list) else value
            for suffix, part, text in zip(widget.widgets_names, widget.widgets, parts, strict=True):
                values[bound.name + suffix] = [part.format_value(text) or ""]
        elif isinstance(widget, forms.CheckboxInput):
            values[bound.name] = ["on"] if value else []
        elif isinstance(widget, forms.SelectMultiple):
            values[bound.name] = [str(getattr(one, "pk", one)) for one in value or ()]
        else:
            text = widget.format_value(value)
            values[bound.name] = [text[0] if isinstance(text, list) and text else text or ""]
    return values


def _digest(values: Iterable[str]) -> str:
    plain = sorted("\n".join(str(value).strip().splitlines()) for value in values)
    return sha256("\0".join(plain).encode()).hexdigest()[:12]


def _total(data: QueryDict, prefix: str) -> int:
    text = data.get(f"{prefix}-TOTAL_FORMS", "")
    return min(int(text), 1000) if text.isdecimal() else 0


def _label(form: forms.BaseForm, name: str) -> str:
    """Return the label of the field that this input belongs to; a moment has one for its day and its time."""
    field = form.fields.get(name) or form.fields[name.rpartition("_")[0]]
    return str(field.label).lower()


def _in_words(form: forms.BaseForm, name: str, values: list[str]) -> str:
    field = form.fields.get(name)
    if isinstance(field, forms.ModelChoiceField):
        words = [str(one) for one in field.queryset.filter(pk__in=[value for value in values if value])]
    elif isinstance(field, forms.ChoiceField):
        words = [str(dict(field.choices).get(value, value)) for value in values]
    elif isinstance(field, forms.BooleanField):
        words = [_("yes") if values else _("no")]
    else:
        words = values
    return ", ".join(filter(None, words)) or _("nothing")


def _who_changed(stored: Model, since: datetime) -> str:
    """Say who saved the object in between, as far as the log of the administration knows."""
    entries = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(stored))
    last = entries.filter(object_id=str(stored.pk), action_time__gte=since).select_related("user").first()
    if last:
        texts = {"name": last.user, "time": time_of_day(last.action_time)}
        who = _("%(name)s changed this at %(time)s, after you opened this page.") % texts
    else:
        who = _("Somebody changed this after you opened this page.")
    return f"{who} {_('Nothing that you typed is lost: look it over and save again.')}"

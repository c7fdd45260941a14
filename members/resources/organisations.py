"""Organisations in a sheet."""

from collections.abc import Iterable
from typing import Any

import tablib
from django.core.exceptions import ValidationError
from django.core.validators import validate_domain_name
from django.db.models import Prefetch, QuerySet
from django.utils.text import slugify
from django.utils.translation import gettext as _
from import_export.fields import Field

from members import operations
from members.imports import LINE, to_date
from members.models import EmailDomain, Membership, Organisation
from members.resources.sheets import SheetResource, written_day
from noord.domain import DomainError


class OrganisationResource(SheetResource):
    """Organisations with their domains, provinces and the first day of their membership."""

    name = Field("name", "Naam")
    short_name = Field("short_name", "Korte naam")
    kind = Field("kind", "Soort")
    cbs_code = Field("cbs_code", "CBS-code")
    provinces = Field(None, "Provincies")
    website = Field("website", "Website")
    domains = Field(None, "E-maildomein")
    since = Field(None, "Lid sinds")
    search_alias = Field("search_alias", "Ook bekend als")
    note = Field("note", "Notitie")

    ALIASES = {
        "kind": ("Soort organisatie",),
        "cbs_code": ("CBS", "Gemeentecode"),
        "provinces": ("Provincie",),
        "domains": ("E-maildomeinen", "Domein", "Domeinen", "Maildomein"),
        "since": ("Lidmaatschap sinds",),
        "website": ("Site",),
    }

    class Meta:
        model = Organisation
        fields = (
            "name", "short_name", "kind", "cbs_code", "provinces", "website", "domains", "since", "search_alias",
            "note",
        )  # fmt: skip
        import_id_fields = ("name",)
        skip_unchanged = report_skipped = True
        skip_diff = True

    def _check_import_id_fields(self, headers: list[str]) -> None:
        """Leave it to before_import(), which says it with row and column."""

    def prepare(self, dataset: tablib.Dataset) -> None:
        organisations = list(Organisation.objects.prefetch_related("provinces", "email_domains", "memberships"))
        self.by_code = {one.cbs_code.casefold(): one for one in organisations if one.cbs_code}
        self.by_name = {one.slug: one for one in organisations} | {one.name.casefold(): one for one in organisations}
        self.kinds = {
            text.casefold(): value for value, label in Organisation.Kind.choices for text in (value, str(label))
        }
        self.provinces = {
            name.casefold(): one
            for one in organisations
            if one.kind == Organisation.Kind.PROVINCE
            for name in (one.name, one.short_name, one.slug, one.cbs_code, one.name.removeprefix("provincie "))
            if name
        }
        self.owners = dict(EmailDomain.objects.values_list("name", "organisation"))

    def get_instance(self, instance_loader: object, row: dict) -> Organisation | None:
        """Find it by CBS code, else by its name or its address on the site."""
        code, name = str(self.cell(row, "cbs_code")).casefold(), str(self.cell(row, "name")).casefold()
        return self.by_code.get(code) or self.by_name.get(name) or self.by_name.get(slugify(name))

    def import_field(
        self, field: Field, instance: Organisation, row: dict, is_m2m: bool = False, **kwargs: Any
    ) -> None:
        if field.attribute == "kind":
            return
        super().import_field(field, instance, row, is_m2m, **kwargs)

    def read_row(self, organisation: Organisation, row: dict, errors: dict[str, list[str]]) -> None:
        self._read_kind(organisation, row, errors)
        if organisation.website and "://" not in organisation.website:
            organisation.website = f"https://{organisation.website}"
        if not organisation.slug:
            organisation.slug = self._free_slug(organisation.name)
        self._read_provinces(organisation, row, errors)
        self._read_domains(organisation, row, errors)
        self._read_since(organisation, row, errors)
        key = organisation.pk or organisation.cbs_code or organisation.name.casefold()
        if key in self.seen:
            text = _("Row %(row)s is about the same organisation.") % {"row": self.seen[key]}
            errors.setdefault("name", []).append(text)
        self.seen.setdefault(key, row[LINE])

    def _read_kind(self, organisation: Organisation, row: dict, errors: dict[str, list[str]]) -> None:
        text = str(self.cell(row, "kind")).casefold()
        kind = self.kinds.get(text)
        if kind:
            organisation.kind = kind
        elif text or not organisation.kind:
            known = ", ".join(str(label) for label in Organisation.Kind.labels)
            errors.setdefault("kind", []).append(_("Write one of: %(kinds)s.") % {"kinds": known})

    def _free_slug(self, name: str) -> str:
        stem = slugify(name)[:70] or "organisatie"
        taken = set(Organisation.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
        return next(slug for n in range(len(taken) + 1) if (slug := f"{stem}-{n + 1}" if n else stem) not in taken)

    def _read_provinces(self, organisation: Organisation, row: dict, errors: dict[str, list[str]]) -> None:
        self.chosen = None
        names = _split(self.cell(row, "provinces"), ",;/")
        if not names:
            return
        unknown = [name for name in names if name.casefold() not in self.provinces]
        if unknown:
            text = _("There is no province with the name %(name)s.") % {"name": ", ".join(unknown)}
            errors.setdefault("provinces", []).append(text)
            return
        self.chosen = {self.provinces[name.casefold()] for name in names}
        present = set(organisation.provinces.all()) if organisation.pk else set()
        if self.chosen != present:
            self.changed.add("provinces")

    def _read_domains(self, organisation: Organisation, row: dict, errors: dict[str, list[str]]) -> None:
        self.new_domains = []
        for text in _split(self.cell(row, "domains"), ",; "):
            name = text.casefold().removeprefix("@")
            owner = self.owners.get(name)
            try:
                validate_domain_name(name)
            except ValidationError:
                told = _("%(name)s is no e-mail domain. Write it as westerkwartier.nl.") % {"name": name}
                errors.setdefault("domains", []).append(told)
                continue
            if owner is None and not self.may("members.add_emaildomain"):
                told = _("You may not add the e-mail domain %(name)s. Ask an administrator.") % {"name": name}
                errors.setdefault("domains", []).append(told)
            elif owner is None:
                self.new_domains.append(name)
                self.changed.add("domains")
            elif owner != organisation.pk:
                told = _("%(name)s is the domain of another organisation already.") % {"name": name}
                errors.setdefault("domains", []).append(told)

    def _read_since(self, organisation: Organisation, row: dict, errors: dict[str, list[str]]) -> None:
        self.member_since = None
        day = self.parsed(row, "since", to_date, errors)
        if day is None:
            return
        memberships: Iterable[Membership] = organisation.memberships.all() if organisation.pk else []
        starts = {membership.start for membership in memberships}
        if day in starts:
            return
        if any(membership.is_active_on() for membership in memberships):
            text = _("This organisation is a member since another day. Change that on its own page.")
            errors.setdefault("since", []).append(text)
            return
        if not self.may("members.add_membership"):
            text = _("You may not begin a membership. Ask an administrator.")
            errors.setdefault("since", []).append(text)
            return
        self.member_since = day
        self.changed.add("since")

    def do_instance_save(self, instance: Organisation, is_create: bool) -> None:
        if is_create:
            instance.save(force_insert=True)
        elif names := [name for name in self.plain if name in self.changed]:
            instance.save(update_fields=names)

    def after_save_instance(self, organisation: Organisation, row: dict, **kwargs: Any) -> None:
        if self.chosen is not None and "provinces" in self.changed:
            organisation.provinces.set(self.chosen)
        for name in self.new_domains:
            EmailDomain.objects.create(organisation=organisation, name=name)
            self.owners[name] = organisation.pk
        if self.member_since:
            try:
                operations.start_membership(organisation=organisation, start=self.member_since)
            except DomainError as error:
                raise ValidationError({"since": str(error)}) from error

    def filter_export(self, queryset: QuerySet, **kwargs: Any) -> QuerySet:
        present = Membership.objects.active_on()
        return queryset.prefetch_related(
            "provinces", "email_domains", Prefetch("memberships", present, to_attr="present")
        )

    def export_resource(self, instance: Organisation, selected_fields=None, **kwargs: Any) -> list[str]:
        return [
            instance.name,
            instance.short_name,
            str(instance.get_kind_display()),
            instance.cbs_code,
            ", ".join(province.name for province in instance.provinces.all()),
            instance.website,
            ", ".join(domain.name for domain in instance.email_domains.all()),
            written_day(instance.present[0].start) if instance.present else "",
            instance.search_alias,
            instance.note,
        ]


def _split(cell: object, marks: str) -> list[str]:
    text = str(cell)
    for mark in marks[1:]:
        text = text.replace(mark, marks[0])
    return [part.strip() for part in text.split(marks[0]) if part.strip()]

"""What a file of organisations or people may say, how its rows find theirs, and what an export holds."""

from collections.abc import Iterable
from contextlib import nullcontext
from datetime import date
from typing import Any, NamedTuple

import tablib
from django.contrib.auth.hashers import make_password
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.validators import validate_domain_name
from django.db.models import Model, Prefetch, QuerySet
from django.utils.text import slugify
from django.utils.translation import gettext as _
from import_export.fields import Field
from import_export.resources import ModelResource
from import_export.results import Error, Result, RowResult

from members import operations
from members.imports import LINE, bare_heading, to_boolean, to_date
from members.models import EmailDomain, Membership, Organisation, Person, Position
from noord.administration import history
from noord.administration.rights import is_out_of_reach
from noord.domain import DomainError

IN_THE_FILE = "file"  # marks a fault that is of the file and not of one row


class Fault(NamedTuple):
    """What is wrong in one cell; the row as the spreadsheet numbers it."""

    row: int
    column: str
    message: str


class SheetResource(ModelResource):
    """What both imports share: headings by name, an empty cell changes nothing, every fault with row and column."""

    ALIASES: dict[str, tuple[str, ...]] = {}  # other headings for a field, besides its own
    asks_database = True  # whether somebody else has a value already; False when prepare() knows it for all rows

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.faults: list[Fault] = []
        self.changed: set[str] = set()
        self.before: dict[str, Any] = {}
        self.seen: dict[Any, Any] = {}
        self.by: Person | None = None

    def may(self, right: str) -> bool:
        """Tell whether who imports has this right besides that to import."""
        return self.by is not None and self.by.has_perm(right)

    def before_import(self, dataset: tablib.Dataset, **kwargs: Any) -> None:
        self.by = kwargs.get("user")
        known = {}
        for name, field in self.fields.items():
            known |= {
                bare_heading(alias): field.column_name for alias in (field.column_name, *self.ALIASES.get(name, ()))
            }
        headers: list[str] = []
        for number, heading in enumerate(dataset.headers):
            if heading == LINE:
                headers.append(LINE)
                continue
            name = known.get(bare_heading(heading), "")
            if not str(heading).strip():
                filled = any(row[number] != "" for row in dataset)
                message = _("This column has no heading.") if filled else ""
            elif not name:
                message = _("We do not know this column. Known are: %(columns)s.") % {
                    "columns": ", ".join(self.fields[known].column_name for known in self._meta.fields)
                }
            else:
                message = _("This column is there twice.") if name in headers else ""
            if message:
                self.faults.append(Fault(1, str(heading) or f"{number + 1}", message))
            headers.append(f"__{number}__" if message or not name else name)
        if self.fields["name"].column_name not in headers:
            self.faults.append(Fault(1, self.fields["name"].column_name, _("This column is missing.")))
        dataset.headers = headers
        self.prepare(dataset)

    def prepare(self, dataset: tablib.Dataset) -> None:
        """Look up once what every row needs."""

    def cell(self, row: dict, name: str) -> Any:
        """Return what the row says in the column of this field; "" for nothing."""
        return row.get(self.fields[name].column_name, "")

    def import_field(self, field: Field, instance: Model, row: dict, is_m2m: bool = False, **kwargs: Any) -> None:
        """Set a plain field. An empty cell leaves what is there."""
        value = row.get(field.column_name, "")
        if field.attribute and value != "":
            setattr(instance, field.attribute, str(value))

    def import_instance(self, instance: Model, row: dict, **kwargs: Any) -> None:
        self.changed = set()
        before = self.before = {name: getattr(instance, name) for name in self.plain}
        super().import_instance(instance, row, **kwargs)
        errors: dict[str, list[str]] = {}
        self.read_row(instance, row, errors)
        self.changed |= {name for name, value in before.items() if getattr(instance, name) != value}
        if errors:
            raise ValidationError(errors)

    @property
    def plain(self) -> list[str]:
        return [field.attribute for field in self.fields.values() if field.attribute]

    def read_row(self, instance: Model, row: dict, errors: dict[str, list[str]]) -> None:
        """Read the cells that are no plain field, and note under their names in `changed` what they change."""

    def skip_row(self, instance: Model, original: Model | None, row: dict, import_validation_errors=None) -> bool:
        return not import_validation_errors and instance.pk is not None and not self.changed

    def validate_instance(self, instance: Model, import_validation_errors=None, validate_unique: bool = True) -> None:
        """Check only what changed: what was there before is not this file's fault."""
        errors = dict(import_validation_errors or {})
        present = instance.pk is not None
        untouched = [
            field.name for field in instance._meta.concrete_fields if present and field.name not in self.changed
        ]
        try:
            instance.full_clean(
                exclude={*errors, *untouched},
                validate_unique=self.asks_database,
                validate_constraints=self.asks_database,
            )
        except ValidationError as error:
            errors = error.update_error_dict(errors)
        if errors:
            raise ValidationError(errors)

    def import_data(self, dataset: tablib.Dataset, dry_run: bool = False, **kwargs: Any) -> Result:
        """Import it; a dry run need not write the history that is rolled back."""
        with history.quiet() if dry_run else nullcontext():
            return super().import_data(dataset, dry_run=dry_run, **kwargs)

    def after_import_row(self, row: dict, row_result: RowResult, **kwargs: Any) -> None:
        row_result.line = row[LINE]
        row_result.changed = [field.column_name for name, field in self.fields.items() if name in self.changed]

    def after_import(self, dataset: tablib.Dataset, result: Result, **kwargs: Any) -> None:
        """Gather the faults; write in the history what was done when there are none."""
        lines = [row[-1] for row in dataset]
        if any(fault.row == 1 for fault in self.faults):
            result.append_base_error(Error(DomainError(IN_THE_FILE)))
        for invalid in result.invalid_rows:
            for name, messages in invalid.error_dict.items():
                known = self.fields.get("" if name == NON_FIELD_ERRORS else name)
                column = known.column_name if known else ""
                self.faults += [Fault(lines[invalid.number - 1], column, str(message)) for message in messages]
        for failed in result.error_rows:
            message = _("This row cannot be read.")
            self.faults.append(Fault(lines[failed.number - 1], "", message))
        result.faults = sorted(self.faults)
        if not result.faults and not result.has_errors() and not kwargs.get("dry_run"):
            history.note(
                self._meta.model,
                history.LogEntry.Action.UPDATE,
                said="import",
                file=str(kwargs.get("file_name", ""))[:100],
                rows=len(dataset),
                new=result.totals[RowResult.IMPORT_TYPE_NEW],
                changed=result.totals[RowResult.IMPORT_TYPE_UPDATE],
            )

    def after_export(self, queryset: QuerySet, dataset: tablib.Dataset, **kwargs: Any) -> None:
        history.note(self._meta.model, history.LogEntry.Action.ACCESS, said="export", rows=len(dataset))

    def parsed(self, row: dict, name: str, parse, errors: dict[str, list[str]]) -> Any:
        """Return what the parser makes of the cell; None, with the fault noted, when it cannot."""
        try:
            return parse(self.cell(row, name))
        except ValueError as error:
            errors.setdefault(name, []).append(str(error))
            return None


def organisations_by_name() -> dict[str, Organisation | None]:
    """Return the organisations under every name they have; None where a name is of two."""
    found: dict[str, Organisation | None] = {}
    for organisation in Organisation.objects.all():
        names = {organisation.name, organisation.short_name, organisation.search_alias, organisation.cbs_code}
        for name in {name.casefold() for name in (*names, organisation.slug) if name}:
            found[name] = organisation if name not in found else None
    for organisation in Organisation.objects.all():  # its full name is its own, whatever others are called in short
        found[organisation.name.casefold()] = organisation
    return found


def _day(value: date | None) -> str:
    return value.strftime("%d-%m-%Y") if value else ""


class PersonResource(SheetResource):
    """People with their present position. Nothing about rights: no password, no group, no flag."""

    asks_database = False  # whose an address is, is how a row finds its person

    name = Field("name", "Naam")
    email = Field("email", "E-mailadres")
    phone = Field("phone", "Telefoon")
    organisation = Field(None, "Organisatie")
    title = Field(None, "Functie")
    since = Field(None, "Sinds")
    main = Field(None, "Hoofdcontact")

    ALIASES = {
        "email": ("E-mail", "Mail", "Mailadres"),
        "phone": ("Telefoonnummer", "Tel", "Mobiel"),
        "organisation": ("Werkt bij",),
        "since": ("Functie sinds", "In functie sinds"),
        "main": ("Is hoofdcontact",),
    }

    class Meta:
        model = Person
        fields = ("name", "email", "phone", "organisation", "title", "since", "main")
        import_id_fields = ("name",)
        skip_unchanged = report_skipped = True
        skip_diff = True

    def _check_import_id_fields(self, headers: list[str]) -> None:
        """Leave it to before_import(), which says it with row and column."""

    def prepare(self, dataset: tablib.Dataset) -> None:
        self.organisations = organisations_by_name()
        emails = {Person.normalise_email(str(self.cell(row, "email"))) for row in dataset.dict} - {None}
        self.people: dict[str, Person] = {}
        chunk = 500
        for start in range(0, len(emails), chunk):
            wanted = sorted(emails)[start : start + chunk]
            self.people |= {person.email: person for person in Person.objects.filter(email__in=wanted)}
        silent = Person.objects.filter(email=None, positions__isnull=False).order_by()
        self.silent = {
            (name.casefold(), place) for name, place in silent.values_list("name", "positions__organisation")
        }
        positions = Position.objects.active_on().select_related("organisation").order_by("-start", "-pk")
        self.positions: dict[tuple[int, int], Position] = {}
        for start in range(0, len(self.people), chunk):
            some = [person.pk for person in self.people.values()][start : start + chunk]
            for position in positions.filter(person__in=some):
                self.positions.setdefault((position.person_id, position.organisation_id), position)

    def get_instance(self, instance_loader: object, row: dict) -> Person | None:
        """Find the person by address; by name only at the same organisation, and only somebody without an address."""
        email = Person.normalise_email(str(self.cell(row, "email")))
        if email and email in self.people:
            return self.people[email]
        place = self.organisations.get(str(self.cell(row, "organisation")).casefold())
        if place is None or (email and (str(self.cell(row, "name")).casefold(), place.pk) not in self.silent):
            return None
        alike = Person.objects.filter(
            name__iexact=str(self.cell(row, "name")), positions__organisation=place
        ).distinct()
        # Without an address in the row, somebody of this name there is meant; with one, only who has none yet.
        alike = list((alike.filter(email=None) if email else alike)[:2])
        if len(alike) != 1:
            return None
        for position in alike[0].positions.active_on().filter(organisation=place):
            self.positions.setdefault((alike[0].pk, place.pk), position)
        return alike[0]

    def init_instance(self, row: dict | None = None) -> Person:
        return Person(password=make_password(None))

    def read_row(self, person: Person, row: dict, errors: dict[str, list[str]]) -> None:
        person.email = Person.normalise_email(person.email)
        self._read_protected(person, errors)
        self.plan = self._read_position(person, row, errors)
        self._read_twice(person, row, errors)

    def _read_protected(self, person: Person, errors: dict[str, list[str]]) -> None:
        if person.pk is None:
            return
        touched = [name for name in ("name", "email") if self.before[name] != getattr(person, name)]
        if touched and is_out_of_reach(person):
            message = _("This person has a role or rights. An administrator changes the name or the address.")
            for name in touched:
                errors.setdefault(name, []).append(message)

    def _read_position(self, person: Person, row: dict, errors: dict[str, list[str]]) -> dict | None:
        since = self.parsed(row, "since", to_date, errors)
        is_main = self.parsed(row, "main", to_boolean, errors)
        named, title = str(self.cell(row, "organisation")), str(self.cell(row, "title"))
        limit = Position._meta.get_field("title").max_length
        if len(title) > limit:
            text = _("This is too long: at most %(limit)s characters.") % {"limit": limit}
            errors.setdefault("title", []).append(text)
        if not named:
            if title or since or is_main:
                errors.setdefault("organisation", []).append(_("Fill in at which organisation this position is."))
            return None
        organisation = self.organisations.get(named.casefold())
        if organisation is None:
            message = (
                _("Two organisations have this name. Write the full name or the CBS code.")
                if named.casefold() in self.organisations
                else _("There is no organisation with this name.")
            )
            errors.setdefault("organisation", []).append(message)
            return None
        position = self.positions.get((person.pk, organisation.pk)) if person.pk else None
        values = {"title": title or None, "start": since, "is_main_contact": is_main}
        values = {name: value for name, value in values.items() if value is not None}
        if position is None:
            self.changed |= {"organisation", "title", "since", "main"} & {
                name for name in self.fields if self.cell(row, name) != ""
            }
        else:
            columns = {"title": "title", "start": "since", "is_main_contact": "main"}
            values = {name: value for name, value in values.items() if getattr(position, name) != value}
            if "start" in values and position.end and values["start"] > position.end:
                errors.setdefault("since", []).append(_("The last day cannot be before the first day."))
            self.changed |= {columns[name] for name in values}
        return {"organisation": organisation, "position": position, "values": values}

    def _read_twice(self, person: Person, row: dict, errors: dict[str, list[str]]) -> None:
        """Refuse a row about somebody of an earlier row, unless it is about a second organisation."""
        place = str(self.cell(row, "organisation")).casefold()
        # By address, or by name and organisation: a name alone says nothing.
        who = person.email or (str(self.cell(row, "name")).casefold(), place)
        first, name, places = self.seen.setdefault(who, (row[LINE], person.name.casefold(), set()))
        column = "email" if person.email else "name"
        if place in places or name != person.name.casefold():
            errors.setdefault(column, []).append(_("Row %(row)s is about the same person.") % {"row": first})
        places.add(place)

    def after_save_instance(self, person: Person, row: dict, **kwargs: Any) -> None:
        if person.email:
            self.people[person.email] = person
            if "email" in self.changed:
                if self.before["name"]:  # somebody new has no other address yet
                    operations.keep_one_address(person=person)
                operations.know_address(person=person)
        if self.plan is None:
            return
        organisation, position, values = self.plan["organisation"], self.plan["position"], self.plan["values"]
        if position is None:
            position = operations.start_position(person=person, organisation=organisation, **values)
            self.positions[person.pk, organisation.pk] = position
        elif values:
            for name, value in values.items():
                setattr(position, name, value)
            position.save(update_fields=list(values))

    def do_instance_save(self, instance: Person, is_create: bool) -> None:
        if is_create:
            instance.save(force_insert=True)
        elif names := [name for name in self.plain if name in self.changed]:
            instance.save(update_fields=names)

    def filter_export(self, queryset: QuerySet, **kwargs: Any) -> QuerySet:
        present = Position.objects.active_on().select_related("organisation").order_by("-is_main_contact", "-start")
        return queryset.prefetch_related(Prefetch("positions", present, to_attr="present"))

    def export_resource(self, instance: Person, selected_fields=None, **kwargs: Any) -> list[str]:
        position = instance.present[0] if instance.present else None
        return [
            instance.name,
            instance.email or "",
            instance.phone,
            position.organisation.name if position else "",
            position.title if position else "",
            _day(position.start) if position else "",
            ("ja" if position.is_main_contact else "nee") if position else "",
        ]


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
            _day(instance.present[0].start) if instance.present else "",
            instance.search_alias,
            instance.note,
        ]


def _split(cell: object, marks: str) -> list[str]:
    text = str(cell)
    for mark in marks[1:]:
        text = text.replace(mark, marks[0])
    return [part.strip() for part in text.split(marks[0]) if part.strip()]

"""People in a sheet."""

from collections import defaultdict
from typing import Any

import tablib
from django.contrib.auth.hashers import make_password
from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _
from import_export.fields import Field

from members import operations
from members.imports import LINE, to_boolean, to_date
from members.models import Organisation, Person, Position, Role
from members.resources.sheets import SheetResource, written_day
from noord.administration.rights import is_out_of_reach


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


class PersonResource(SheetResource):
    """People with their present position. Nothing about rights: no password, no group, no flag."""

    asks_database = False  # whose an address is, is how a row finds its person

    name = Field("name", "Naam")
    email = Field("email", "E-mailadres")
    phone = Field("phone", "Telefoon")
    organisation = Field(None, "Organisatie")
    title = Field(None, "Functie")
    role = Field(None, "Rol")
    since = Field(None, "Sinds")
    main = Field(None, "Hoofdcontact")

    ALIASES = {
        "email": ("E-mail", "Mail", "Mailadres"),
        "phone": ("Telefoonnummer", "Tel", "Mobiel"),
        "organisation": ("Werkt bij",),
        "role": ("Rol bij de organisatie",),
        "since": ("Functie sinds", "In functie sinds"),
        "main": ("Is hoofdcontact",),
    }

    class Meta:
        model = Person
        fields = ("name", "email", "phone", "organisation", "title", "role", "since", "main")
        import_id_fields = ("name",)
        skip_unchanged = report_skipped = True
        skip_diff = True

    def _check_import_id_fields(self, headers: list[str]) -> None:
        """Leave it to before_import(), which says it with row and column."""

    def prepare(self, dataset: tablib.Dataset) -> None:
        self.organisations = organisations_by_name()
        self.roles = {role.name.casefold(): role for role in Role.objects.all()}
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
        self.positions: dict[tuple[int, int], list[Position]] = defaultdict(list)
        for start in range(0, len(self.people), chunk):
            some = [person.pk for person in self.people.values()][start : start + chunk]
            for position in positions.filter(person__in=some):
                self.positions[position.person_id, position.organisation_id].append(position)

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
        present = alike[0].positions.active_on().filter(organisation=place)
        self.positions[alike[0].pk, place.pk] = list(present.order_by("-start", "-pk"))
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
        role = self._read_role(row, errors)
        named, title = str(self.cell(row, "organisation")), str(self.cell(row, "title"))
        limit = Position._meta.get_field("title").max_length
        if len(title) > limit:
            text = _("This is too long: at most %(limit)s characters.") % {"limit": limit}
            errors.setdefault("title", []).append(text)
        if not named:
            if title or since or is_main or self.cell(row, "role"):
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
        position = self._position_of(person, organisation, role)
        values = {"title": title or None, "role": role, "start": since, "is_main_contact": is_main}
        values = {name: value for name, value in values.items() if value is not None}
        if position is None:
            self.changed |= {"organisation", "title", "role", "since", "main"} & {
                name for name in self.fields if self.cell(row, name) != ""
            }
        else:
            columns = {"title": "title", "role": "role", "start": "since", "is_main_contact": "main"}
            values = {name: value for name, value in values.items() if getattr(position, name) != value}
            if "start" in values and position.end and values["start"] > position.end:
                errors.setdefault("since", []).append(_("The last day cannot be before the first day."))
            self.changed |= {columns[name] for name in values}
        return {"organisation": organisation, "position": position, "values": values}

    def _read_role(self, row: dict, errors: dict[str, list[str]]) -> Role | None:
        name = str(self.cell(row, "role"))
        role = self.roles.get(name.casefold())
        if name and role is None:
            known = ", ".join(role.name for role in self.roles.values())
            text = _("There is no role with this name. Known are: %(roles)s.") % {"roles": known or "-"}
            errors.setdefault("role", []).append(text)
        return role

    def _position_of(self, person: Person, organisation: Organisation, role: Role | None) -> Position | None:
        """Return the present position that the row is about: that with its role, or else the newest."""
        present = self.positions.get((person.pk, organisation.pk), [])
        with_role = [position for position in present if role and position.role_id == role.pk]
        return next(iter([*with_role, *present]), None)

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
            self.positions[person.pk, organisation.pk] = [position]
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
        present = Position.objects.active_on().select_related("organisation", "role")
        present = present.order_by("-is_main_contact", "-start")
        return queryset.prefetch_related(Prefetch("positions", present, to_attr="present"))

    def export_resource(self, instance: Person, selected_fields=None, **kwargs: Any) -> list[str]:
        position = instance.present[0] if instance.present else None
        return [
            instance.name,
            instance.email or "",
            instance.phone,
            position.organisation.name if position else "",
            position.title if position else "",
            position.role.name if position and position.role else "",
            written_day(position.start) if position else "",
            ("ja" if position.is_main_contact else "nee") if position else "",
        ]

"""Provinces, municipalities, offices, consortia and partners of the North, and who of them is a member in the demo."""

from collections import Counter
from datetime import date

from django.utils import timezone
from django.utils.text import slugify

from members.models import EmailDomain, Organisation
from members.operations import start_membership
from noord.demo import facts

Kind = Organisation.Kind
MEMBER_NOTE = "Lid in de demogegevens."
PROSPECT_NOTE = "Mogelijk nieuw lid in de demogegevens."
DEMO_DOMAIN = "noord.example"
DEMO_DOMAIN_OWNER = "gemeente Westerkwartier"


def load() -> None:
    """Load all organisations with their links, memberships and e-mail domains; what is there stays as it is."""
    provinces = {row["cbs_code"]: _province(row) for row in facts.rows("provinces")}
    municipalities = {row["cbs_code"]: _municipality(row, provinces) for row in facts.rows("municipalities")}
    for row in facts.rows("national_agencies"):
        _office(row, provinces)
    for row in facts.rows("partners"):
        _organisation(row, name=row["name"], kind=Kind.PARTNER)
    for row in facts.rows("consortia"):
        _consortium(row, municipalities)
    _email_domains()


def _organisation(row: dict[str, str], *, name: str, kind: str, **fields) -> tuple[Organisation, bool]:
    """Return the organisation with this slug and whether it is new; a new one gets its membership of the demo."""
    since = row.get("demo_member_since")
    domain = row.get("website_domain")
    is_prospect = bool(row.get("demo_prospect"))
    defaults = {
        "name": name,
        "short_name": row.get("short_name", ""),
        "kind": kind,
        "website": f"https://{domain}/" if domain else "",
        "search_alias": row.get("search_alias", ""),
        "note": row.get("note") or (MEMBER_NOTE if since else PROSPECT_NOTE if is_prospect else ""),
        "prospect_since": timezone.localdate() if is_prospect else None,
    }
    organisation = Organisation.objects.filter(slug=slugify(name)).first()
    is_new = organisation is None
    if is_new:
        organisation = Organisation.objects.create(slug=slugify(name), **defaults | fields)
    if is_new and since:
        # One member is always new this year, so that the growth of the sector shows.
        first_day = date(timezone.localdate().year, 1, 1) if since == "this year" else date.fromisoformat(since)
        start_membership(organisation=organisation, start=first_day)
    return organisation, is_new


def _province(row: dict[str, str]) -> Organisation:
    population = {"population": row["population"], "population_year": row["population_year"]}
    name = f"provincie {row['name']}"
    return _organisation(row, name=name, kind=Kind.PROVINCE, cbs_code=row["cbs_code"], **population)[0]


def _municipality(row: dict[str, str], provinces: dict[str, Organisation]) -> Organisation:
    own = ("cbs_code", "population", "population_year", "tile_column", "tile_row", "tile_label")
    municipality, is_new = _organisation(
        row, name=f"gemeente {row['name']}", kind=Kind.MUNICIPALITY, **{field: row[field] for field in own}
    )
    if is_new:
        municipality.provinces.add(provinces[row["province_code"]])
    return municipality


def _office(row: dict[str, str], provinces: dict[str, Organisation]) -> None:
    office, is_new = _organisation(row, name=row["name"], kind=row["kind"])
    if is_new:
        office.provinces.add(*(provinces[code] for code in row["province_codes"].split(";") if code))


def _consortium(row: dict[str, str], municipalities: dict[str, Organisation]) -> None:
    consortium, is_new = _organisation(row, name=row["name"], kind=Kind.CONSORTIUM)
    if is_new:
        participants = [municipalities[code] for code in row["municipality_codes"].split(";")]
        others = Organisation.objects.filter(name__in=row["other_participants"].split("|"))
        consortium.participants.add(*participants, *others)
        consortium.provinces.add(*Organisation.objects.filter(organisations_within__in=participants).distinct())


def _email_domains() -> None:
    """Give every member the domain of its website, unless it shares that with another organisation."""
    named = [
        *((f"provincie {row['name']}", row["website_domain"]) for row in facts.rows("provinces")),
        *((f"gemeente {row['name']}", row["website_domain"]) for row in facts.rows("municipalities")),
        *((row["name"], row["website_domain"]) for row in facts.rows("national_agencies")),
    ]
    times = Counter(domain for _, domain in named)
    members = {organisation.name: organisation for organisation in Organisation.objects.members_on()}
    domains = {domain: members[name] for name, domain in named if domain and times[domain] == 1 and name in members}
    domains[DEMO_DOMAIN] = members[DEMO_DOMAIN_OWNER]
    for known in EmailDomain.objects.filter(name__in=domains).values_list("name", flat=True):
        del domains[known]
    EmailDomain.objects.bulk_create(
        EmailDomain(name=domain, organisation=organisation) for domain, organisation in domains.items()
    )

import pytest

from events.audience import reach_of
from events.forms import InvitationForm
from tests.factories import make_event, make_group, make_person, make_sector

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("field", ["sectors", "groups", "organisations"])
@pytest.mark.parametrize("value", ["9" * 25, "9" * 5000, str(2**63), "-1", "1.5", "abc", "\0", "", "²"])
def test_invitation_form_refuses_what_is_no_id(field, value):
    event, person = make_event(), make_person(is_superuser=True)
    form = InvitationForm({field: [value]}, event=event, reach=reach_of(person, event))
    assert field in form.errors
    assert len(str(form.errors[field])) < 300


def test_invitation_form_takes_the_ids_of_rows():
    sector, group = make_sector(), make_group()
    event, person = make_event(), make_person(is_superuser=True)
    data = {"sectors": [str(sector.pk)], "groups": [str(group.pk)]}
    form = InvitationForm(data, event=event, reach=reach_of(person, event))
    assert form.is_valid(), form.errors
    assert (form.selection.sectors, form.selection.groups) == ((sector.pk,), (group.pk,))

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from knowledge_groups.models import GroupMembership
from tests.factories import make_group, make_participant, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator(client):
    client.force_login(make_person(is_staff=True, is_superuser=True))
    return client


@pytest.mark.parametrize("rows", [1, 3])
def test_list_counts_who_takes_part_today(administrator, django_assert_num_queries, rows):
    for _ in range(rows):
        group = make_group()
        make_participant(group)
        left = make_participant(group)
        GroupMembership.objects.filter(person=left).update(end=timezone.localdate() - timedelta(days=1))
    with django_assert_num_queries(5):
        response = administrator.get(reverse("admin:knowledge_groups_knowledgegroup_changelist"))
    assert [group.participant_total for group in response.context["cl"].result_list] == [1] * rows


def test_form_shows_who_takes_part(administrator):
    group = make_group()
    person = make_participant(group)
    html = administrator.get(reverse("admin:knowledge_groups_knowledgegroup_change", args=[group.pk])).content.decode()
    assert person.name in html


def test_page_costs_the_same_for_one_and_for_three_participants(administrator):
    counts = []
    for rows in (1, 1, 3):
        group = make_group()
        people = [make_participant(group) for _row in range(rows)]
        url = reverse("admin:knowledge_groups_knowledgegroup_change", args=[group.pk])
        with CaptureQueriesContext(connection) as asked:
            html = administrator.get(url).content.decode()
        assert all(f"{person}</option>" in html for person in people)
        counts.append(len(asked))
    assert counts[1] == counts[2] < 20

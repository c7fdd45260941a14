"""Plans that PostgreSQL keeps: a migration in another process may put them out of date."""

import psycopg
import pytest
from django.db import NotSupportedError, connection, transaction

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

QUESTION = "SELECT name FROM plans_example WHERE id = %s"


@pytest.fixture
def migrate():
    """Return a function that runs SQL as another process would, with a table to change."""
    settings = {name: connection.settings_dict[name] for name in ("HOST", "PORT", "USER", "PASSWORD")}
    params = {name.lower(): value for name, value in settings.items() if value}
    with psycopg.connect(dbname=connection.settings_dict["NAME"], autocommit=True, **params) as other:
        other.execute("CREATE TABLE plans_example (id int PRIMARY KEY, name varchar(80))")
        other.execute("INSERT INTO plans_example VALUES (1, 'Tolbert')")
        yield other.execute
        other.execute("DROP TABLE plans_example")


def ask() -> str:
    with connection.cursor() as cursor:
        return cursor.execute(QUESTION, [1]).fetchone()[0]


def plans() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT name FROM plans%%'")
        return cursor.fetchone()[0]


def test_a_question_that_is_asked_often_is_planned_once(migrate):
    for _ in range(5):
        ask()
    assert plans() == 1


def test_nobody_notices_a_longer_column(migrate):
    for _ in range(5):
        ask()
    migrate("ALTER TABLE plans_example ALTER name TYPE varchar(160)")
    assert ask() == "Tolbert"
    for _ in range(5):
        assert ask() == "Tolbert"
    assert plans() == 1


def test_a_transaction_fails_once_and_its_rollback_forgets_the_plans(migrate):
    for _ in range(5):
        ask()
    migrate("ALTER TABLE plans_example ALTER name TYPE varchar(160)")
    with pytest.raises(NotSupportedError), transaction.atomic():
        ask()
    with transaction.atomic():
        assert ask() == "Tolbert"


def test_what_can_never_be_asked_still_fails(migrate):
    with pytest.raises(NotSupportedError), connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT name FROM plans_example FOR UPDATE")

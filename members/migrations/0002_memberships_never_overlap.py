from django.db import migrations

CONSTRAINT = "members_membership_never_overlap"


def add(apps, schema_editor):
    # Only PostgreSQL can refuse overlapping periods itself; elsewhere start_membership() is the guard.
    if schema_editor.connection.vendor != "postgresql":
        return
    schema_editor.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    schema_editor.execute(
        f"ALTER TABLE members_membership ADD CONSTRAINT {CONSTRAINT} "
        'EXCLUDE USING gist (organisation_id WITH =, daterange(start, "end", \'[]\') WITH &&)'
    )


def remove(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"ALTER TABLE members_membership DROP CONSTRAINT {CONSTRAINT}")


class Migration(migrations.Migration):
    dependencies = [("members", "0001_initial")]

    operations = [migrations.RunPython(add, remove)]

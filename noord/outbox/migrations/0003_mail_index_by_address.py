from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models.functions import Lower


class AddIndexWhileMailLeaves(AddIndexConcurrently):
    """The outbox may be large, and workers write in it all day: PostgreSQL makes the index beside them."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor != "postgresql":
            return migrations.AddIndex.database_forwards(self, app_label, schema_editor, from_state, to_state)
        # What was broken off half-way leaves an index that nothing uses and that stands in the way.
        schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {schema_editor.quote_name(self.index.name)}")
        super().database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor != "postgresql":
            return migrations.AddIndex.database_backwards(self, app_label, schema_editor, from_state, to_state)
        super().database_backwards(app_label, schema_editor, from_state, to_state)


class Migration(migrations.Migration):
    atomic = False  # an index beside running work is not made in a transaction

    dependencies = [("outbox", "0002_bulk_about_and_holds")]

    operations = [
        AddIndexWhileMailLeaves(model_name="mail", index=models.Index(Lower("to"), name="outbox_mail_to")),
    ]

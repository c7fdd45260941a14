"""What is said before something is deleted."""

from collections.abc import Iterable

from django.apps import apps
from django.db.models import Model
from django.http import HttpRequest
from django.utils.text import capfirst


class ToldInWords:
    """Mixin of a ModelAdmin: what goes with an object, without the rows of which only the database knows."""

    def get_deleted_objects(self, objs: Iterable[Model], request: HttpRequest) -> tuple:
        deleted, counts, lacking, protected = super().get_deleted_objects(objs, request)
        links = [model._meta for model in apps.get_models(include_auto_created=True) if model._meta.auto_created]
        # Django gives sentences, not rows; this is how it names a row that nobody gave a name.
        unnamed = tuple(f"{capfirst(opts.verbose_name)}: {opts.object_name} object (" for opts in links)
        counted = {str(opts.verbose_name_plural) for opts in links}
        kept = {name: count for name, count in counts.items() if str(name) not in counted}
        return _without(deleted, unnamed), kept, lacking, protected


def _without(sentences: list, unnamed: tuple[str, ...]) -> list:
    return [
        _without(each, unnamed) if isinstance(each, list) else each
        for each in sentences
        if isinstance(each, list) or not str(each).startswith(unnamed)
    ]

"""Import and export in the administration: a file of organisations or people, looked through before it counts."""

from django import forms
from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ERROR_FLAG
from django.core.signing import BadSignature
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from import_export.admin import ImportExportMixin
from import_export.formats.base_formats import Format
from import_export.forms import ConfirmImportForm, ExportForm, ImportForm
from import_export.results import Result, RowResult

from members.admin.merging import MergeTwo
from members.imports import BROKEN, MAX_BYTES, TOO_BIG, CsvFile, InTheForm, Sheet, XlsxFile
from members.resources import OrganisationResource, PersonResource
from noord.administration import history
from noord.domain import DomainError

SHOWN = 100  # rows of the preview; more than anybody reads


class SheetForm(ImportForm):
    import_file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("CSV or XLSX, at most 1.5 MB and 10,000 rows."),
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx"}),
        error_messages={
            "empty": gettext_lazy("This file is empty: there is no row below the headings."),
            "required": gettext_lazy("Choose a file."),
        },
    )
    media = forms.Media()  # no script: the file itself says which format it is

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["format"].widget = forms.HiddenInput()
        self.fields["format"].initial = self.initial["format"] = "0"

    def clean_import_file(self):
        file = self.cleaned_data["import_file"]
        if file.size > MAX_BYTES:
            raise forms.ValidationError(TOO_BIG)
        return file


class ConfirmForm(ConfirmImportForm):
    def clean_import_file_name(self) -> str:
        """Take only what we gave out ourselves, within the hour."""
        name = self.cleaned_data["import_file_name"]
        try:
            InTheForm(name=name).read()
        except BadSignature as error:
            raise forms.ValidationError(_("This page is too old. Choose the file once more.")) from error
        return name

    def clean_format(self) -> str:
        return "0"


class KindForm(ExportForm):
    """Which kind of file an export is."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["format"]
        field.label = _("Kind of file")
        field.choices = [choice for choice in field.choices if choice[0]]
        field.initial = self.initial["format"] = "0"


class SheetAdmin(ImportExportMixin):
    """Mixin of a ScopedAdmin: import and export with the rights "import_…" and "export_…" of its model."""

    import_template_name = "admin/import_export/import.html"
    export_template_name = "admin/import_export/export.html"
    import_form_class, confirm_form_class, export_form_class = SheetForm, ConfirmForm, KindForm
    tmp_storage_class = InTheForm
    skip_admin_log = True  # the history says it, per row and as a whole

    def has_import_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(f"{self.opts.app_label}.import_{self.opts.model_name}")

    def has_export_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request) and request.user.has_perm(
            f"{self.opts.app_label}.export_{self.opts.model_name}"
        )

    def get_import_formats(self) -> list[type[Format]]:
        return [Sheet]

    def get_export_formats(self) -> list[type[Format]]:
        return [CsvFile, XlsxFile]

    def get_import_data_kwargs(self, **kwargs) -> dict:
        return super().get_import_data_kwargs(**kwargs) | {"rollback_on_validation_errors": True}

    def add_data_read_fail_error_to_form(self, form: forms.Form, e: Exception) -> None:
        form.add_error("import_file", str(e) if isinstance(e, DomainError) else BROKEN)

    def import_action(self, request: HttpRequest, **kwargs) -> HttpResponse:
        response = super().import_action(request, **kwargs)
        if isinstance(response, TemplateResponse):
            response.context_data |= self._said(response.context_data.get("result"))
        return response

    def export_action(self, request: HttpRequest) -> HttpResponse:
        try:
            return super().export_action(request)
        except IncorrectLookupParameters:  # a filter that there is not: say so as the list does
            url = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
            return HttpResponseRedirect(f"{url}?{ERROR_FLAG}=1")

    def process_dataset(self, dataset, form: forms.Form, request: HttpRequest, **kwargs) -> Result:
        with history.acting(request.user):
            return super().process_dataset(dataset, form, request, **kwargs)

    def process_result(self, result: Result, request: HttpRequest) -> HttpResponse:
        """Say how it went; what was right at the first look may be wrong at the second."""
        if result.has_errors() or result.has_validation_errors():
            context = self.admin_site.each_context(request) | {
                "title": _("Import"),
                "opts": self.opts,
                "form": self.get_import_form_class(request)(
                    self.get_import_formats(), self.get_import_resource_classes(request)
                ),
            }
            return TemplateResponse(request, [self.import_template_name], context | self._said(result))
        told = _("The file is imported: %(new)s new, %(changed)s changed, %(same)s as they were.") % {
            "new": result.totals[RowResult.IMPORT_TYPE_NEW],
            "changed": result.totals[RowResult.IMPORT_TYPE_UPDATE],
            "same": result.totals[RowResult.IMPORT_TYPE_SKIP],
        }
        self.message_user(request, told, messages.SUCCESS)
        return HttpResponseRedirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"))

    def _said(self, result: Result | None) -> dict:
        """Return what the template shows of a result: its faults, or what would change."""
        resource = self.resource_classes[0]
        context = {"columns": [resource.fields[name].column_name for name in resource._meta.fields]}
        if result is None:
            return context
        changing = [row for row in result.rows if row.import_type in (RowResult.IMPORT_TYPE_NEW, "update")]
        return context | {
            "faults": getattr(result, "faults", []),
            "totals": {
                "new": result.totals[RowResult.IMPORT_TYPE_NEW],
                "changed": result.totals[RowResult.IMPORT_TYPE_UPDATE],
                "same": result.totals[RowResult.IMPORT_TYPE_SKIP],
            },
            "preview": [
                (row.line, row.object_repr, row.import_type == RowResult.IMPORT_TYPE_NEW, ", ".join(row.changed))
                for row in changing[:SHOWN]
            ],
            "unshown": max(len(changing) - SHOWN, 0),
        }

    def get_export_filename(self, request: HttpRequest, queryset: QuerySet, file_format: Format) -> str:
        name = slugify(str(self.opts.verbose_name_plural))
        return f"{name}-{timezone.localdate():%Y-%m-%d}.{file_format.get_extension()}"

    def get_export_data(self, file_format: Format, request: HttpRequest, queryset: QuerySet, **kwargs) -> bytes:
        with history.acting(request.user):
            return super().get_export_data(file_format, request, queryset, **kwargs)


class OrganisationImport(SheetAdmin, MergeTwo):
    """Mixin of the admin of organisations."""

    change_list_template = "admin/members/organisation/change_list.html"  # import_export puts its links around it

    resource_classes = [OrganisationResource]


class PersonImport(SheetAdmin, MergeTwo):
    """Mixin of the admin of people."""

    resource_classes = [PersonResource]

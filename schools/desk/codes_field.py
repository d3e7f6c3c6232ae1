"""A form field that names schools by their short codes, one a line: there may be thousands to choose from."""

from django import forms
from django.db.models.functions import Lower

from schools.models import School


class CodesField(forms.CharField):
    """Cleans to the list of schools named, at most `limit`."""

    widget = forms.Textarea

    def __init__(self, *, limit, beyond, **kwargs):
        self.limit, self.beyond = limit, beyond
        super().__init__(widget=self.widget(attrs={"rows": 4}), required=False, **kwargs)

    def clean(self, value):
        codes = {line.strip().lower() for line in super().clean(value).splitlines() if line.strip()}
        if len(codes) > self.limit:
            raise forms.ValidationError(f"Up to {self.limit} schools by name; {self.beyond}.")
        schools = {
            school.code.lower(): school for school in School.objects.alias(lower=Lower("code")).filter(lower__in=codes)
        }
        if missing := sorted(codes - schools.keys()):
            raise forms.ValidationError(f"No school has the short code {', '.join(missing)}.")
        return list(schools.values())

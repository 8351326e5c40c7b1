"""Where a template or a test relies on the whole list, the fix is explained instead of offered."""

from __future__ import annotations

import pytest

from tests.codemods.conftest import Mend

FLASK = """\
from flask import Flask, render_template

app = Flask(__name__)


@app.route("/notes")
def notes():
    notes = Note.query.order_by(Note.id).all()
    return render_template("notes.html", notes=notes)
"""
DJANGO = """\
from django.shortcuts import render


def notes(request):
    found = Note.objects.order_by("id")
    context = {"notes": found}
    return render(request, "app/notes.html", context)
"""
LISTS = """\
from django.views.generic import ListView


class Notes(ListView):
    model = Note
    ordering = ["id"]
    template_name = "app/notes.html"
"""


@pytest.mark.parametrize(
    ("code", "template"),
    [
        (FLASK, "<p>\n{{ notes|length }} notes"),
        (FLASK, "\n{{ notes | count }}"),
        (DJANGO, "\n{{ notes.count }}"),
        (DJANGO, "\n{% if notes.exists %}"),
        (DJANGO, "\n{% with first=notes.first %}"),
        (LISTS, "\n{{ object_list|length }}"),
        (LISTS, "\n{{ note_list.count }}"),
    ],
)
def test_templates_that_count(code: str, template: str, mend: Mend) -> None:
    path = "templates/notes.html" if code is FLASK else "web/templates/app/notes.html"
    done = mend("unbounded-query", code, path="web/views.py", files={path: template})
    assert [f"{path}:2 counts" in reason for reason in done.refused] == [True]
    assert done.text == code


@pytest.mark.parametrize(
    ("code", "template"),
    [
        (FLASK, "{% for note in notes %}{{ note }}{% endfor %}{{ others|length }}"),
        (FLASK, "{% if notes|length > 0 %}some{% endif %}"),
        (DJANGO, "{% for note in notes %}{{ note.count }}{% empty %}none{% endfor %}{{ notes.0 }}"),
        (LISTS, "{{ page_obj.number }}{% for note in object_list %}{{ note }}{% endfor %}"),
    ],
)
def test_templates_that_only_show(code: str, template: str, mend: Mend) -> None:
    path = "templates/notes.html" if code is FLASK else "web/templates/app/notes.html"
    done = mend("unbounded-query", code, path="web/views.py", files={path: template})
    assert not done.refused
    assert done.text != code


@pytest.mark.parametrize(
    ("test", "line"),
    [
        ("for n in range(60):\n        add(n)\n    assert client.get('/notes').json", 2),
        ("fill()\n    rows = client.get('/notes?x=1').json\n    assert len(rows) == 100", 4),
        ("for n in range(5):\n        add(n)\n    assert client.get('/notes').json", 0),
        ("for n in range(60):\n        add(n)\n    assert client.get('/others').json", 0),
    ],
)
def test_tests_that_fill_more_than_a_page(test: str, line: int, mend: Mend) -> None:
    files = {"tests/test_web.py": f"def test_notes(client):\n    {test}\n"}
    done = mend("unbounded-query", FLASK, path="web/views.py", files=files)
    assert [f"tests/test_web.py:{line} counts" in reason for reason in done.refused] == (
        [True] if line else []
    )


@pytest.mark.parametrize(("size", "refused"), [(80, 0), (50, 1), (20, 1)])
def test_the_chosen_page_size_counts(size: int, refused: int, mend: Mend) -> None:
    test = "def test_notes(client):\n    for n in range(60):\n        add(n)\n    client.get('/notes')\n"
    files = {"tests/test_web.py": test}
    done = mend("unbounded-query", FLASK, path="web/views.py", files=files, page_size=size)
    assert len(done.refused) == refused

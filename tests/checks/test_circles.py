"""Names that come back to themselves end in no circle, whatever check follows them."""

from __future__ import annotations

from pathlib import Path

import pytest

from harden.registry import checks
from harden.scan import Rules, scan_file
from tests.given import project, write

LOOPS = "query = query + ' and a'\n    when = when + datetime.timedelta(1)\n    path = f'{path}x'\n"
USES = "session.execute(query)\n    x = when < datetime.datetime.utcnow()\n    return requests.get(path, x)\n"


@pytest.mark.parametrize(
    "code",
    [
        f"def run(session):\n    global query, when, path\n    {LOOPS}    {USES}",
        f"def run(session):\n    {LOOPS}    {USES}",
        f"def run(session):\n    query = when\n    when = query\n    path = query + when\n    {USES}",
        "from django.views.generic import ListView\n\n\nclass View(ListView):\n"
        "    queryset = queryset.filter()\n\n"
        "    def get_queryset(self):\n        return super().get_queryset()\n",
        "from rest_framework.viewsets import ModelViewSet\n\n\nclass View(ModelViewSet):\n"
        "    pagination_class = Pages\n    queryset = get_queryset().filter(a=1)\n",
    ],
)
def test_names_that_come_back_to_themselves(tmp_path: Path, code: str) -> None:
    write(tmp_path, {"app/main.py": f"import datetime\nimport sqlite3\n\nimport requests\n\n\n{code}"})
    result = scan_file(project(tmp_path), Rules(tuple(checks().values())), "app/main.py")
    assert not result.problems

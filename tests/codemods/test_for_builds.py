"""A variable that becomes required reaches the commands by which an image that is built runs the program."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.codemods.conftest import Mend, Mended

GIVEN = "SECRET_KEY=only-for-build-secret-key-000000 "


def fixed(mend: Mend, dockerfile: str, path: str = "Dockerfile") -> Mended:
    return mend(
        "hardcoded-secret", 'SECRET_KEY = "otter-8841-lagoon"\n', files={path: dockerfile}, template=False
    )


@pytest.mark.parametrize(
    "command",
    [
        "RUN >python manage.py collectstatic --noinput",
        "RUN >flask translate compile",
        "RUN --mount=type=cache,target=/root/.cache >uv run manage.py compress",
        "RUN pip install . && >python3 -m flask digest && rm -r /tmp/x; >django-admin check",
        "RUN set -eux; \\\n  # the files\n  >python src/manage.py check \\\n  && >alembic upgrade head",
        "RUN \\\n  >python manage.py check; \\\n  >flask assets build",
        "RUN DEBUG=0 LANG=C >./manage.py compilemessages",
        "run  >python manage.py collectstatic",
    ],
)
@pytest.mark.parametrize("path", ["Dockerfile", "docker/web.Dockerfile", "Dockerfile.prod", "Containerfile"])
def test_commands_that_load_the_program_get_it(mend: Mend, command: str, path: str) -> None:
    text = f"FROM python:3.12\n{command}\nCMD run\n"
    mended = fixed(mend, text.replace(">", ""), path)
    assert not mended.refused
    assert mended.others == {path: text.replace(">", GIVEN)}


@pytest.mark.parametrize(
    "lines",
    [
        "RUN pip install flask\n",
        "RUN pip install \\\n    flask \\\n    celery \\\n    gunicorn\n",
        "RUN apt-get update && apt-get install -y \\\n    # a broker\n    celery \\\n    && true\n",
        "RUN echo manage.py && cp manage.py /app/\n",
        "# RUN python manage.py check\n",
        "CMD python manage.py migrate && gunicorn app\n",
        'RUN ["python", "manage.py", "check"]\n',
        "RUN <<EOF\npython manage.py check\nEOF\n",
        "ARG SECRET_KEY\nRUN python manage.py check\n",
        "ENV SECRET_KEY=x\nRUN python manage.py check\n",
        "RUN SECRET_KEY=x python manage.py check\n",
    ],
)
def test_all_else_stays(mend: Mend, lines: str) -> None:
    mended = fixed(mend, f"FROM python:3.12\n{lines}")
    assert not mended.refused
    assert mended.others == {}


def test_other_files_stay(mend: Mend) -> None:
    assert fixed(mend, "RUN python manage.py check\n", "notes/Dockerfile-notes.md").others == {}


def test_several_variables_stand_together(mend: Mend) -> None:
    code = "import os\n\nSECRET_KEY = os.getenv('SECRET_KEY', 'otter-8841')\n"
    code += "API_KEY = os.getenv('API_KEY', 'lake-7712-x')\n"
    files = {"Dockerfile": "FROM python:3.12\nRUN python manage.py check\n"}
    mended = mend("secret-default", code, files=files, template=False)
    (line,) = [line for line in mended.others["Dockerfile"].splitlines() if line.startswith("RUN")]
    assert line.endswith(" python manage.py check")
    assert {word.partition("=")[0] for word in line.split()[1:3]} == {"SECRET_KEY", "API_KEY"}

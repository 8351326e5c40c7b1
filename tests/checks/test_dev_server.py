"""What else starts a project, and what only speaks of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from harden.registry import check_named
from harden.scan import Rules, scan_file
from tests.given import project, write

CHECK = check_named("dev-server")
FLASK = "from flask import Flask\n\napp = Flask(__name__)\n\nif __name__ == '__main__':\n    app.run()\n"


def found(root: Path, files: dict[str, str], path: str = "app.py") -> bool:
    result = scan_file(project(write(root, files)), Rules((CHECK,)), path)
    assert not result.problems
    return bool(result.findings)


@pytest.mark.parametrize(
    "files",
    [
        {"Dockerfile": 'CMD ["gunicorn", "app:app"]\n'},
        {"Procfile": "web: waitress-serve app:app\n"},
        {"deploy/shop.service": "ExecStart=/srv/venv/bin/uwsgi --ini shop.ini\n"},
        {"k8s/web.yaml": "command: [gunicorn, app:app]\n"},
        {"app.yaml": "runtime: python312\n"},
        {"requirements.txt": "flask\ngunicorn==22.0\n"},
        {"README.md": "In production: `gunicorn app:app`\n"},
        {"serve.py": "from waitress import serve\n"},
        {"handler.py": "import awsgi\n"},
    ],
)
def test_another_server_starts_it(tmp_path: Path, files: dict[str, str]) -> None:
    assert not found(tmp_path, {"app.py": FLASK, **files})


@pytest.mark.parametrize(
    "files",
    [
        {"Dockerfile": "# CMD gunicorn app:app\nCMD python app.py\n"},
        {"requirements.txt": "gunicorn\n", "Dockerfile": 'CMD ["python", "-u", "app.py"]\n'},
        {"requirements.txt": "gunicorn\n", "Procfile": "web: python3 app.py\n"},
        {"gunicorn.conf.py": "workers = 2\n"},
        {"tests/test_app.py": "import gevent\n"},
    ],
)
def test_what_starts_nothing(tmp_path: Path, files: dict[str, str]) -> None:
    assert found(tmp_path, {"app.py": FLASK, **files})


@pytest.mark.parametrize(
    ("path", "line", "is_found"),
    [
        ("docker-compose.yml", '    command: ["flask", "run", "--host", "0.0.0.0"]', True),
        ("docker-compose.yml", "    command: flask --app shop run -h 0.0.0.0", True),
        ("docker-compose.dev.yml", "    command: flask run", False),
        ("docker-compose.override.yml", "    command: flask run", False),
        (".devcontainer/compose.yml", "    command: flask run", False),
        ("entrypoint.sh", "exec python manage.py runserver_plus 0.0.0.0:80", True),
        ("entrypoint.sh", 'echo "flask run"', False),
        ("entrypoint.sh", "uvicorn app:app --reload-dir app", False),
        ("entrypoint.sh", "flask db upgrade && celery run", False),
        ("Procfile", "web: fastapi dev main.py", True),
    ],
)
def test_commands(tmp_path: Path, path: str, line: str, is_found: bool) -> None:
    assert found(tmp_path, {path: f"{line}\n"}, path) is is_found


def test_a_command_beside_a_server_is_for_development(tmp_path: Path) -> None:
    files = {"docker-compose.yml": "    command: flask run\n", "Dockerfile": "CMD gunicorn app:app\n"}
    assert not found(tmp_path, files, "docker-compose.yml")

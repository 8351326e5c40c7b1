"""Files are named as the project imports them, and an import finds the file it means."""

from __future__ import annotations

import pytest

from harden.layout import Layout


def layout(*paths: str, imported: str = "", itself: str = "") -> Layout:
    """Return a layout; `imported` are names imported somewhere, `itself` files that import their namesake."""
    return Layout(paths, lambda name: name in imported.split(), lambda path, name: path in itself.split())


PACKAGE = ("src/shop/__init__.py", "src/shop/web/__init__.py", "src/shop/web/views.py", "tests/test_views.py")
NAMESPACE = ("app/main.py", "app/routers/items.py", "app/core/config.py")
SCRIPTS = ("run.py", "jobs/nightly.py", "jobs/common.py", "jobs/redis.py")
MONOREPO = (
    "backend/app/__init__.py",
    "backend/app/models.py",
    "backend/worker.py",
    "frontend/app/__init__.py",
    "frontend/app/models.py",
    "tools/check.py",
)


@pytest.mark.parametrize(
    ("paths", "path", "name"),
    [
        (PACKAGE, "src/shop/web/views.py", "shop.web.views"),
        (PACKAGE, "src/shop/web/__init__.py", "shop.web"),
        (PACKAGE, "tests/test_views.py", "tests.test_views"),
        (NAMESPACE, "app/main.py", "app.main"),
        (NAMESPACE, "app/routers/items.py", "app.routers.items"),
        (SCRIPTS, "run.py", "run"),
        (SCRIPTS, "jobs/nightly.py", "jobs.nightly"),
        (MONOREPO, "backend/app/models.py", "app.models"),
        (MONOREPO, "backend/worker.py", "worker"),
        (MONOREPO, "frontend/app/models.py", "frontend.app.models"),
        (MONOREPO, "tools/check.py", "tools.check"),
        (("__init__.py", "a.py"), "__init__.py", "__init__"),
        (("__init__.py", "a.py"), "a.py", "a"),
        (("src/main.py", "src/lib/__init__.py"), "src/main.py", "main"),
        (("my-app/pkg/__init__.py", "my-app/pkg/a.py"), "my-app/pkg/a.py", "pkg.a"),
        (("a.py",), "new/b.py", "new.b"),
    ],
)
def test_names(paths: tuple[str, ...], path: str, name: str) -> None:
    known = layout(*paths)
    assert known.name_of(path) == name
    if path in paths:
        assert known.names[name] == path


def test_a_folder_that_is_imported_by_name_is_no_root() -> None:
    paths = ("app/core/__init__.py", "app/core/config.py", "app/main.py", "src/app.py")
    assert layout(*paths).name_of("app/core/config.py") == "core.config"
    assert layout(*paths, imported="app").name_of("app/core/config.py") == "app.core.config"
    assert layout(*paths, imported="app").name_of("app/main.py") == "app.main"
    assert layout(*paths).name_of("src/app.py") == "app"
    assert layout(*paths, imported="src").name_of("src/app.py") == "src.app"


@pytest.mark.parametrize(
    ("paths", "importer", "module", "found"),
    [
        (PACKAGE, "src/shop/web/views.py", "shop.web", "shop.web"),
        (PACKAGE, "tests/test_views.py", "shop.web.views", "shop.web.views"),
        (PACKAGE, "tests/test_views.py", "src.shop.web.views", "shop.web.views"),
        (PACKAGE, "tests/test_views.py", "web.views", "web.views"),
        (NAMESPACE, "app/main.py", "app.routers.items", "app.routers.items"),
        (NAMESPACE, "app/main.py", "routers.items", "app.routers.items"),
        (NAMESPACE, "app/routers/items.py", "core.config", "app.core.config"),
        (NAMESPACE, "app/main.py", "app.routers", "app.routers"),
        (NAMESPACE, "app/main.py", "routers", "routers"),
        (SCRIPTS, "jobs/nightly.py", "common", "jobs.common"),
        (SCRIPTS, "run.py", "common", "common"),
        (SCRIPTS, "jobs/nightly.py", "redis", "jobs.redis"),
        (MONOREPO, "backend/worker.py", "app.models", "app.models"),
        (MONOREPO, "frontend/app/models.py", "app.models", "app.models"),
        (MONOREPO, "frontend/app/__init__.py", "app.models", "frontend.app.models"),
        (MONOREPO, "backend/app/models.py", "backend.app", "app"),
        (MONOREPO, "tools/check.py", "app.models", "app.models"),
        (MONOREPO, "tools/check.py", "requests", "requests"),
        (PACKAGE, "src/shop/web/views.py", "", ""),
    ],
)
def test_imports(paths: tuple[str, ...], importer: str, module: str, found: str) -> None:
    assert layout(*paths).located(module, importer) == found


def test_a_library_is_not_taken_for_the_file_that_wraps_it() -> None:
    paths = ("app/celery.py", "app/tasks.py", "app/redis.py")
    known = layout(*paths, itself="app/celery.py")
    assert known.located("celery", "app/celery.py") == "celery"
    assert known.located("celery", "app/tasks.py") == "celery"
    assert known.located("redis", "app/redis.py") == "redis"
    assert known.located("app.celery", "app/tasks.py") == "app.celery"


def test_every_file_has_one_name() -> None:
    paths = (
        "a/pkg/__init__.py",
        "b/pkg/__init__.py",
        "c/pkg/__init__.py",
        "a/pkg/x.py",
        "b/pkg/x.py",
        "pkg.py",
    )
    known = layout(*paths)
    assert sorted(known.names.values()) == sorted(paths)
    assert {known.name_of(path) for path in paths} == set(known.names)

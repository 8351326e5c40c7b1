"""Calls that write a file: by what they do it, and where it goes."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from harden.module import Module, keyword

METHODS = frozenset(
    {"open", "write_bytes", "write_text", "save", "savefig", "output", "urlretrieve"}
    | {"to_csv", "to_excel", "to_parquet", "to_json", "to_html", "to_pickle", "move", "copy", "copyfile"}
    | {"copy2", "imwrite", "export", "write_image", "from_string", "write_pdf", "SimpleDocTemplate", "Canvas"}
)
"""Names of the calls that `write_of` knows, for a subscription."""
_OPENS = (
    "builtins.open",
    "io.open",
    "aiofiles.open",
    "anyio.open_file",
    "codecs.open",
    "gzip.open",
    "bz2.open",
)
_REMOTE = ("fsspec.", "s3fs.", "gcsfs.", "smart_open.", "django.core.files.storage.", "storages.", "zipfile.")
_COPIES = ("shutil.move", "shutil.copy", "shutil.copyfile", "shutil.copy2", "os.rename", "os.replace")
_TABLES = frozenset({"to_csv", "to_excel", "to_parquet", "to_json", "to_html", "to_pickle"})
_SECOND = {
    "cv2.imwrite": 0,
    "urllib.request.urlretrieve": 1,
    "pdfkit.from_string": 1,
    "pdfkit.from_url": 1,
    "weasyprint.HTML.write_pdf": 0,
    "reportlab.pdfgen.canvas.Canvas": 0,
    "reportlab.platypus.SimpleDocTemplate": 0,
    "fpdf.FPDF.output": 0,
    "fpdf.fpdf.FPDF.output": 0,
    "matplotlib.pyplot.savefig": 0,
    "pydub.AudioSegment.export": 0,
}
"""Where the path stands among the arguments."""
_ON_DISK = "django.core.files.storage.FileSystemStorage.save"


@dataclass(frozen=True, slots=True)
class Write:
    """A call that makes a file or writes one anew.

    `form` is `open`, `text` (the whole content at once), `save` (of an object that knows its content),
    `copy` or `storage` (of Django); `content` is what is written, where the call says so.
    """

    call: ast.Call
    path: ast.expr
    form: str
    content: ast.expr | None = None


def write_of(module: Module, call: ast.Call) -> Write | None:
    """Return what a call writes to the disk; None where it writes nothing, or elsewhere."""
    path = module.resolve(call.func) or ""
    if path == _ON_DISK:
        return Write(call, call.args[0], "storage", call.args[-1]) if call.args else None
    if path.startswith(_REMOTE):
        return None
    if path in _OPENS:
        return _opened(module, call, 1)
    if path in _COPIES:
        return Write(call, call.args[1], "copy", call.args[0]) if len(call.args) > 1 else None
    if path in _SECOND:
        at = _SECOND[path]
        return Write(call, call.args[at], "save") if len(call.args) > at else None
    if not isinstance(call.func, ast.Attribute) or module.project.function_of(path) is not None:
        return None
    return _by_method(module, call, call.func)


def _by_method(module: Module, call: ast.Call, func: ast.Attribute) -> Write | None:
    match func.attr:
        case "write_bytes" | "write_text" if call.args or call.keywords:
            return Write(call, func.value, "text", call.args[0] if call.args else call.keywords[0].value)
        case "open" if not module.resolve(func.value) or _is_path(module, func.value):
            return _opened(module, call, 0)
        case "save" | "savefig" | "export" | "write_image" | "output" if call.args:
            return Write(call, call.args[0], "save", func.value)
        case name if name in _TABLES and (target := _target(call)) is not None:
            return Write(call, target, "save", func.value)
    return None


def _target(call: ast.Call) -> ast.expr | None:
    given = call.args[:1] + [
        item.value for item in call.keywords if item.arg in ("path_or_buf", "path", "excel_writer", "buf")
    ]
    return next(iter(given), None)


def _opened(module: Module, call: ast.Call, at: int) -> Write | None:
    mode = call.args[at] if len(call.args) > at else keyword(call, "mode")
    text = module.string(mode) or "" if mode is not None else "r"
    if not set(text) & set("wx"):
        return None
    if at == 0 and isinstance(call.func, ast.Attribute):
        return Write(call, call.func.value, "open")
    where = call.args[0] if call.args else keyword(call, "file")
    return Write(call, where, "open") if where is not None else None


def _is_path(module: Module, expr: ast.expr) -> bool:
    return (module.resolve(expr) or "").startswith("pathlib.")


def name_written(module: Module, write: Write) -> ast.Name | None:
    """Return the name that what is opened goes by, in an assignment or a `with` block."""
    match module.parents.get(write.call):
        case ast.withitem(optional_vars=ast.Name() as name) | ast.Assign(targets=[ast.Name() as name]):
            return name
    return None

"""Whatever a file looks like, an edit changes the target and nothing else."""

from __future__ import annotations

import ast
import sysconfig
from pathlib import Path

import libcst as cst
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harden.codemods.codemod import Options, PythonCodemod
from harden.codemods.timeouts import TimeoutOptions
from harden.errors import Refusal, UnreadableSource
from harden.findings import Finding, Severity
from harden.module import Module
from harden.project import Project


class Mark(PythonCodemod):
    """Call `marked` instead of what the target calls; leave calls of `keep` alone."""

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        """Rename the function that is called."""
        if self.target(original_node) is None:
            return updated_node
        if isinstance(original_node.func, cst.Name) and original_node.func.value == "keep":
            self.other_file("notes.txt", b"kept")
            raise Refusal("It is to be kept.")
        return updated_node.with_changes(func=cst.Name("marked"))


class Rename(PythonCodemod):
    """Rename functions, classes and handlers that are targets."""

    def leave_FunctionDef(
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.BaseStatement:
        """Rename a function."""
        renamed = updated_node.with_changes(name=cst.Name("marked"))
        return renamed if self.target(original_node) else updated_node

    def leave_Tuple(self, original_node: cst.Tuple, updated_node: cst.Tuple) -> cst.BaseExpression:
        """Replace a tuple."""
        return cst.Name("marked") if self.target(original_node) else updated_node

    def leave_GeneratorExp(
        self, original_node: cst.GeneratorExp, updated_node: cst.GeneratorExp
    ) -> cst.BaseExpression:
        """Replace a generator."""
        return cst.Name("marked") if self.target(original_node) else updated_node

    def leave_ExceptHandler(
        self, original_node: cst.ExceptHandler, updated_node: cst.ExceptHandler
    ) -> cst.ExceptHandler:
        """Widen a handler."""
        widened = updated_node.with_changes(type=cst.Name("marked"))
        return widened if self.target(original_node) else updated_node

    def leave_ExceptStarHandler(
        self, original_node: cst.ExceptStarHandler, updated_node: cst.ExceptStarHandler
    ) -> cst.ExceptStarHandler:
        """Widen a star handler."""
        widened = updated_node.with_changes(type=cst.Name("marked"))
        return widened if self.target(original_node) else updated_node


def finding(module: Module, node: ast.AST) -> Finding:
    span = module.span(node)
    return Finding("mark", module.path, span, "", Severity.LOW, fingerprint=repr(span))


def calls(module: Module, *names: str) -> list[Finding]:
    return [
        finding(module, call)
        for call in module.nodes(ast.Call)
        if isinstance(call.func, ast.Name) and call.func.id in names
    ]


def edited(folder: Path, data: bytes, codemod: type[PythonCodemod], *kinds: type[ast.AST]) -> bytes:
    (folder / "file.py").write_bytes(data)
    project = Project(folder, ("file.py",))
    module = project.module("file.py")
    targets = [finding(module, node) for kind in kinds for node in module.nodes(kind)]
    if ast.Call in kinds:
        targets = calls(module, "f", "keep")
    result = codemod(project, Options()).edit("file.py", targets)
    assert not result.refused or codemod is Mark
    return result.data


CALLS = {
    "plain": (b"f(1)\n", b"marked(1)\n"),
    "no newline at the end": (b"x = 1\nf(1)", b"x = 1\nmarked(1)"),
    "CRLF": (b"import os\r\ndef g():\r\n    f(1,\r\n      2)\r\n", None),
    "mixed endings": (b"def g():\r\n    f(1,\n      2)\r\nx = 1\n", None),
    "BOM": (b"\xef\xbb\xbff(1)\n", None),
    "latin-1 cookie": (b"# -*- coding: latin-1 -*-\nx = '\xe9\xe8'; f('\xe9')\n", None),
    "non-ASCII columns": ("é = 'ü€𝒳'; f('𝒳', é); f(é)\n".encode(), None),
    "separators in strings": ("x = '\u2028 \x85 \x1c'; f(1)\n# \u2028 c\nf(2)\n".encode(), None),
    "multi-line string before": ("x = '''\n𝒳𝒳 '''; f(x)\n".encode(), None),
    "tabs": (b"def g():\n\tif x:\n\t\tf(1)\n\t\treturn\t f(\t2)\n", None),
    "odd indents": (b"if a:\n  f(1)\n  if b:\n       f(2)\n  else:\n    f(3)\nelse: f(4)\n", None),
    "form feed between": (b"x = 1\n\x0c\ndef g():\n    f(1)\n\x0c\nf(2)\n", None),
    "form feed before": (b"\x0cdef g():\n    f(1)\n\x0cf(2)\n", None),
    "form feed inside": (b"class A:\n    x = f(1)\n\x0c\n    y = f(2)\n", None),
    "continuation inside": (b"x = f(1) \\\n  + f(2)\nif a and \\\n   b: f(3)\n", None),
    "continuation between": (b"a = 1; \\\nf(1); \\\nb = 2\n", None),
    "semicolons": (b"a(); f(1); c();\nf(2); f(3)\n", None),
    "one-line bodies": (b"if x: f(1); y()\nelse: f(2)\nfor i in f(3): f(4)\nwhile f(5): pass\n", None),
    "nested": (b"f(f(1), f(f(2)))\n", None),
    "two in a line": (b"x = f(1) + f(2)\n", None),
    "parenthesised": (b"x = (f(1))\ny = ((f(2)), (f)(3))\n", None),
    "decorators": (
        b"@a(f(1))\n\n# c\n@b\nclass A(f(2), m=f(3)):\n    @f(4)\n    def m(self, x=f(5)): 6\n",
        None,
    ),
    "async": (
        b"async def g():\n    async with f(1) as x, f(2):\n        [await f(3) async for _ in f(4)]\n",
        None,
    ),
    "match": (b"match f(1):\n    case A(y=1) if f(2):\n        f(3)\n", None),
    "walrus": (b"if (n := f(1)) and f(2):\n    pass\n", None),
    "f-string": (b"x = f'{f(1)!r:>10} {f(2)}'\n", None),
    "comments": (b"# a\nf(  # b\n    1,  # c\n)  # d\n# e\n", None),
    "comment after a body": (b"def g():\n    f(1)\n    # tail\n# out\nf(2)\n    # odd\n", None),
    "lambda and default": (b"g = lambda x=f(1): f(2)\n", None),
    "star": (b"f(*f(1), **f(2))\n", None),
    "trailing white space": (b"f(1)   \n\n   \n", None),
}


@pytest.mark.parametrize(("before", "after"), CALLS.values(), ids=CALLS)
def test_only_the_target_changes(before: bytes, after: bytes | None, tmp_path: Path) -> None:
    expected = before.replace(b"f'", b"\0").replace(b"(f)(", b"(f(") if after is None else after
    if after is None:
        expected = expected.replace(b"f(", b"marked(").replace(b"(marked(3))", b"marked(3))")
        expected = expected.replace(b"\0", b"f'").replace(b"demarked(", b"def(")
    assert edited(tmp_path, before, Mark, ast.Call) == expected


def test_a_refused_target_is_left_while_others_are_edited(tmp_path: Path) -> None:
    (tmp_path / "file.py").write_bytes(b"f(keep(f(1)), keep(2))\nf(3)\n")
    project = Project(tmp_path, ("file.py",))
    targets = calls(project.module("file.py"), "f", "keep")
    result = Mark(project, Options()).edit("file.py", targets)
    assert result.data == b"marked(keep(marked(1)), keep(2))\nmarked(3)\n"
    assert list(result.refused.values()) == ["It is to be kept."] * 2
    assert not result.others


def test_a_refusal_without_a_target_goes_up(tmp_path: Path) -> None:
    class Stubborn(PythonCodemod):
        def leave_Module(self, original_node: cst.Module, updated_node: cst.Module) -> cst.Module:
            raise Refusal("not this file")

    (tmp_path / "file.py").write_bytes(b"f(1)\n")
    project = Project(tmp_path, ("file.py",))
    with pytest.raises(Refusal, match="not this file"):
        Stubborn(project, Options()).edit("file.py", calls(project.module("file.py"), "f"))


@pytest.mark.parametrize("data", [b"f(1)\rx = 2\r", b"class A:\n    x = 1\n\x0c    y = f(1)\n"])
def test_what_libcst_cannot_keep_is_refused(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="as it stands"):
        edited(tmp_path, data, Mark, ast.Call)


def test_a_character_that_the_encoding_lacks_is_refused(tmp_path: Path) -> None:
    class Euro(PythonCodemod):
        def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
            return cst.SimpleString("'€'") if self.target(original_node) else updated_node

    with pytest.raises(Refusal, match="lacks a character"):
        edited(tmp_path, b"# coding: latin-1\nf(1)\n", Euro, ast.Call)


@pytest.mark.parametrize(
    ("before", "after", "kinds"),
    [
        (
            b"@a\n@b()\nasync def g(): pass\n",
            b"@a\n@b()\nasync def marked(): pass\n",
            (ast.AsyncFunctionDef,),
        ),
        (
            b"class A:\n\n    # c\n    @a\n    def g(self): pass\n",
            b"class A:\n\n    # c\n    @a\n    def marked(self): pass\n",
            (ast.FunctionDef,),
        ),
        (b"x = (1, 2)\ny = ((3, 4))\nz = 5, 6\n", b"x = marked\ny = marked\nz = marked\n", (ast.Tuple,)),
        (b"\x0cx = (1, 2)\n", b"\x0cx = marked\n", (ast.Tuple,)),
        (b"g((i for i in j), 1)\n", b"g(marked, 1)\n", (ast.GeneratorExp,)),
        (b"try: a()\nexcept A: b()\n", b"try: a()\nexcept marked: b()\n", (ast.ExceptHandler,)),
        (b"try:\n  a()\nexcept* A:\n  b()\n", b"try:\n  a()\nexcept* marked:\n  b()\n", (ast.ExceptHandler,)),
    ],
)
def test_statements_and_parentheses_are_found(
    before: bytes, after: bytes, kinds: tuple[type[ast.AST], ...], tmp_path: Path
) -> None:
    assert edited(tmp_path, before, Rename, *kinds) == after


LINES = st.sampled_from(
    [
        "f(1)",
        "x = f('é') + f(2)",
        "if f(1): f(2)",
        "def g():\n    '''doc'''\n    return f(3)  # c",
        "@f(1)\ndef g():\n\tf(2)",
        "class A:\n  x = f(1)\n\n  def m(self): f(4); f(5)",
        "# comment",
        "",
        "\x0c",
        "x = '''\nf(1)\n'''; f(6)",
        "f(\n    1,  # one\n    f(2),\n)",
        "a = 1; \\\nf(1)",
        "with f(1) as x, f(2): pass",
        "x = (f(1)\n     .y)",
    ]
)


@settings(max_examples=60, deadline=None)
@given(parts=st.lists(LINES, max_size=8), newline=st.sampled_from(["\n", "\r\n"]), ended=st.booleans())
def test_any_mixture_of_lines_keeps_its_text(
    parts: list[str], newline: str, ended: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    text = newline.join("\n".join(parts).split("\n")) + (newline if ended else "")
    folder = tmp_path_factory.mktemp("mixture")
    after = edited(folder, text.encode(), Mark, ast.Call).decode()
    assert after.replace("marked(", "f(") == text
    assert "f(" not in after.replace("'''" + newline + "f(1)", "").replace("def", "")


def test_real_files_keep_every_byte_around_the_target() -> None:
    root = Path(sysconfig.get_paths()["purelib"])
    files = sorted(root.glob("*/*.py"), key=lambda path: (path.stat().st_size % 997, path.name))
    for file in [file for file in files if 500 < file.stat().st_size < 12_000][:25]:
        path = file.relative_to(root).as_posix()
        project = Project(root, (path,))
        try:
            module = project.module(path)
        except UnreadableSource:
            continue
        nodes = [call for call in module.nodes(ast.Call) if isinstance(call.func, ast.Name)]
        chosen = nodes[:: max(1, len(nodes) // 4)]
        result = Mark(project, Options()).edit(path, [finding(module, call) for call in chosen])
        expected = list(module.lines)
        for call in sorted(chosen, key=lambda call: (call.lineno, call.col_offset), reverse=True):
            span = module.span(call.func)
            line = expected[span.line - 1]
            expected[span.line - 1] = line[: span.column] + "marked" + line[span.end_column :]
        assert result.data == module.source.encode("".join(expected)), path


def test_an_empty_option_is_the_default() -> None:
    options = TimeoutOptions.model_validate({"timeout": "5", "connect_timeout": ""})
    assert options.model_dump(exclude_defaults=True) == {"timeout": 5}

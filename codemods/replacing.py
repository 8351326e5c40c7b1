"""Write a file beside the old one, and put it in its place in one step."""

from __future__ import annotations

import ast

import libcst as cst

from harden.codemods.codemod import PythonCodemod, expression
from harden.errors import Refusal
from harden.tree import FunctionNode

_NAME = "replacing"
_HELPER = '''
@{manager}
def replacing(path{any}, mode{text}, **options{any}){result}:
    """Open a file that takes the place of `path` in one step when it is complete."""
    temporary = f"{{path}}.{{{uuid}.uuid4().hex}}.tmp"
    try:
        with open(temporary, mode, **options) as file:
            yield file
            file.flush()
            {os}.fsync(file.fileno())
        {os}.replace(temporary, path)
    except BaseException:
        if {os}.path.exists(temporary):
            {os}.unlink(temporary)
        raise
'''
_NOTE = (
    "The file gets the usual permissions of a new one, and a link in its place is replaced; a single file"
    " that is mounted into a container cannot be replaced."
)


class ReplaceFile(PythonCodemod):
    """Open what is rewritten by a context manager that replaces it, which is added to the file."""

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        """Open by `replacing`, with the path first."""
        finding = self.target(original_node)
        if finding is None or finding.facts["form"] != "open":
            return updated_node
        self._add()
        func, args = updated_node.func, list(updated_node.args)
        if isinstance(func, cst.Attribute) and not self._is_io(func):
            comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
            args.insert(0, cst.Arg(func.value, comma=comma if args else cst.MaybeSentinel.DEFAULT))
        return updated_node.with_changes(func=cst.Name(_NAME), args=args)

    def _is_io(self, func: cst.Attribute) -> bool:
        return isinstance(func.value, cst.Name) and func.value.value == "io"

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.BaseStatement:
        """Write the whole content within a `with` block."""
        small = original_node.body[0]
        call = small.value if isinstance(small, cst.Expr) else None
        finding = self.target(call) if isinstance(call, cst.Call) else None
        if finding is None or finding.facts["form"] != "text":
            return updated_node
        if len(original_node.body) > 1:
            raise Refusal("Several statements share the line: put this one on a line of its own first.")
        made = cst.ensure_type(cst.ensure_type(updated_node.body[0], cst.Expr).value, cst.Call)
        self._add()
        return self._written(made, updated_node)

    def _written(self, call: cst.Call, line: cst.SimpleStatementLine) -> cst.With:
        func = cst.ensure_type(call.func, cst.Attribute)
        data = [arg for arg in call.args if arg.keyword is None or arg.keyword.value == "data"]
        options = [arg for arg in call.args if arg not in data]
        mode = '"wb"' if func.attr.value == "write_bytes" else '"w"'
        none = cst.SimpleWhitespace("")
        plain = [
            arg.with_changes(comma=cst.MaybeSentinel.DEFAULT, whitespace_after_arg=none) for arg in options
        ]
        args = [cst.Arg(func.value), cst.Arg(expression(mode)), *plain]
        name = cst.Name("file")
        if any(node.value == "file" for node in _names(call)):
            raise Refusal("The name file is in use here.")
        last = call.args[-1]  # the brackets close as they did
        content = cst.Arg(
            data[0].value,
            comma=last.comma,
            whitespace_after_arg=last.whitespace_after_arg,
        )
        write = cst.Call(
            cst.Attribute(name, cst.Name("write")),
            [content],
            whitespace_before_args=call.whitespace_before_args,
        )
        inner = cst.SimpleStatementLine([cst.Expr(write)], trailing_whitespace=line.trailing_whitespace)
        item = cst.WithItem(cst.Call(cst.Name(_NAME), args), cst.AsName(name))
        return cst.With([item], cst.IndentedBlock([inner]), leading_lines=line.leading_lines)

    def _add(self) -> None:
        """Add the context manager, unless an earlier fix has put it there."""
        known = self.module.names.scopes[self.module.tree].bindings.get(_NAME, ())
        if any(
            isinstance(node, ast.FunctionDef) and "os.replace" in self.module.segment(node) for node in known
        ):
            return
        functions: list[FunctionNode] = [
            *self.module.nodes(ast.FunctionDef),
            *self.module.nodes(ast.AsyncFunctionDef),
        ]
        names = {
            "manager": self.import_member("contextlib", "contextmanager", top=True),
            "uuid": self.import_name("uuid", top=True),
            "os": self.import_name("os", top=True),
        }
        if any(function.returns is not None for function in functions):
            anything = self.import_member("typing", "Any", top=True)
            file = self.import_member("typing", "IO", top=True)
            iterator = self.import_name("collections.abc", "Iterator", top=True)
            names |= {
                "any": f": {anything}",
                "text": ": str",
                "result": f" -> {iterator}[{file}[{anything}]]",
            }
        else:
            names |= {"any": "", "text": "", "result": ""}
        self.top_level(_HELPER.format(**names).rstrip("\n"), binds=_NAME)
        if _NOTE not in self.notes:
            self.notes.append(_NOTE)


def _names(node: cst.CSTNode) -> list[cst.Name]:
    found = [node] if isinstance(node, cst.Name) else []
    for child in node.children:
        found += _names(child)
    return found

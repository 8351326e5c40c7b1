"""The quotation marks that a file, or a piece of it, prefers."""

from __future__ import annotations

import ast

import libcst as cst

from harden.module import Module


def favourite_quote(module: Module) -> str:
    """Return the quote that most of the file's strings use."""
    text = module.text.replace('"""', "").replace("'''", "")
    return "'" if text.count("'") > 2 * text.count('"') else '"'


def quote_near(module: Module, node: cst.CSTNode) -> str:
    """Return the quotation mark of the code at hand, else that of the file's first strings."""
    marks = [mark for mark in cst.Module([]).code_for_node(node) if mark in "'\""]
    if not marks:
        texts = [text for text in module.nodes(ast.Constant) if isinstance(text.value, str)]
        marks = [mark for text in texts[:50] if (mark := module.segment(text)[:1]) in "'\""]
    return "'" if marks.count("'") > marks.count('"') else '"'

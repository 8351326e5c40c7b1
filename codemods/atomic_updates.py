"""Let the database work out a new value, or lock the row from which it is worked out."""

from __future__ import annotations

import ast

import libcst as cst

from harden.codemods.chains import extended
from harden.codemods.codemod import expression, source_of
from harden.codemods.handing_on import span_of
from harden.codemods.quotes import favourite_quote
from harden.codemods.transactions import InTransaction, starts
from harden.errors import Refusal
from harden.findings import Finding, Span

_OPS: dict[type[cst.BaseAugOp], type[cst.BaseBinaryOp]] = {
    cst.AddAssign: cst.Add,
    cst.SubtractAssign: cst.Subtract,
    cst.MultiplyAssign: cst.Multiply,
}
_ATOMS = (cst.Name, cst.Attribute, cst.Call, cst.Subscript, cst.Integer, cst.Float)


class ChangeInDatabase(InTransaction):
    """Put the sum into the UPDATE; where the old value is looked at first, lock the row and keep the sum."""

    def prepare(self) -> None:
        """Sort what is to be edited apart from the targets themselves."""
        super().prepare()
        self._places: dict[Span, Finding] = {}
        self._saves: dict[Span, list[Finding]] = {}
        for finding in self._targets:
            facts = finding.facts
            for name in ("place", "text", "given"):
                if facts.get(name):
                    self._places[span_of(facts[name])] = finding
            if facts.get("again"):
                self._saves.setdefault(span_of(facts["save"]), []).append(finding)

    def on_leave(
        self, original_node: cst.CSTNodeT, updated_node: cst.CSTNodeT
    ) -> cst.CSTNodeT | cst.RemovalSentinel | cst.FlattenSentinel[cst.CSTNodeT]:
        """Edit the expressions that a finding names, whatever kind they are of."""
        left = super().on_leave(original_node, updated_node)
        if not isinstance(left, cst.BaseExpression):
            return left
        finding = self._places.get(self.span(original_node))
        if finding is None or finding.fingerprint in self.refused:
            return left
        self._current = finding
        try:
            return self._edited(finding, left, self.span(original_node))  # type: ignore[return-value]
        except Refusal as refusal:
            self.refuse(finding, str(refusal))
            return left

    def _edited(self, finding: Finding, node: cst.BaseExpression, span: Span) -> cst.BaseExpression:
        facts = finding.facts
        if facts.get("note") and facts["note"] not in self.notes:
            self.notes.append(facts["note"])
        match facts["mode"]:
            case "lock":
                return self._locking(facts["lock"], facts["of"], node)
            case "inline":
                return self._column(finding)
            case "mongo":
                quote = favourite_quote(self.module)
                return expression(
                    f"{{{quote}$inc{quote}: {{{quote}{facts['column']}{quote}: {facts['by']}}}}}"
                )
        if span == span_of(facts["given"]):
            return expression(facts["by"])
        return expression(source_of(node).replace(facts["set"], facts["sum"]))

    def _locking(self, form: str, of: str, node: cst.BaseExpression) -> cst.BaseExpression:
        quote = favourite_quote(self.module)
        if form == "keyword":
            call = cst.ensure_type(node, cst.Call)
            last = call.args[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
            given = cst.Arg(cst.Name("True"), cst.Name("with_for_update"), equal=_TIGHT)
            return call.with_changes(args=[*call.args[:-1], last, given])
        if form == "after":
            return extended(node, [("with_for_update", f"of={of}" if of else "")])
        step = ("select_for_update", f"of=({quote}{of}{quote},)" if of else "")
        manager = cst.Attribute(node, cst.Name("objects")) if form == "entity" else node
        return extended(manager, [step])

    def _column(self, finding: Finding) -> cst.BaseExpression:
        """Return the column as SQL knows it: `F("stock")`, `Product.stock`."""
        facts = finding.facts
        quote = favourite_quote(self.module)
        name = facts["entity"]
        if facts["home"] and not self._imports_itself(facts["home"], name):
            name = self.import_name(facts["home"], name)
        if facts["entity"] == "F":
            return expression(f"{name}({quote}{facts['column']}{quote})")
        return expression(f"{name}.{facts['column']}")

    def _imports_itself(self, home: str, name: str) -> bool:
        """Tell whether the file imports a name by itself, which is shorter than by way of its module."""
        return any(
            isinstance(statement, ast.ImportFrom)
            and (statement.module, statement.level) == (home, 0)
            and any(alias.name == name and alias.asname is None for alias in statement.names)
            for statement in self.module.tree.body
        )

    def leave_AugAssign(
        self, original_node: cst.AugAssign, updated_node: cst.AugAssign
    ) -> cst.BaseSmallStatement:
        """Make `row.stock -= n` an assignment of the sum over the column."""
        finding = self.target(original_node)
        if finding is None or finding.facts["mode"] != "column":
            return updated_node
        value = updated_node.value
        if not isinstance(value, _ATOMS) and not value.lpar:
            value = value.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
        operator = _OPS[type(updated_node.operator)]()
        total = cst.BinaryOperation(self._column(finding), operator, value)
        return cst.Assign([cst.AssignTarget(updated_node.target)], total)

    def leave_Assign(self, original_node: cst.Assign, updated_node: cst.Assign) -> cst.BaseSmallStatement:
        """Read the column in SQL where `row.stock = row.stock - n` reads it in Python."""
        finding = self.target(original_node)
        if finding is None or finding.facts["mode"] != "column":
            return updated_node
        read = updated_node.targets[0].target
        return updated_node.with_changes(
            value=updated_node.value.visit(_Replace(read, self._column(finding)))
        )

    def statements_before(self, span: Span) -> list[cst.BaseStatement]:
        """Return what reads a row again, locked, before it is checked."""
        asked = {f.facts["call"]: None for f in self._targets if starts(_before(f), span)}
        return [cst.parse_statement(call) for call in asked]

    def statements_after(self, span: Span) -> list[cst.BaseStatement]:
        """Return what reads again, after a row is saved, what the database worked out."""
        found = [finding for save, some in self._saves.items() if starts(save, span) for finding in some]
        found = [finding for finding in found if finding.fingerprint not in self.refused]
        if not found:
            return []
        quote = favourite_quote(self.module)
        fields = ", ".join(f"{quote}{finding.facts['column']}{quote}" for finding in found)
        row = found[0].facts["row"]
        call = f"{row}.refresh_from_db(fields=[{fields}])"
        if found[0].facts["again"] == "await":
            call = f"await {row}.arefresh_from_db(fields=[{fields}])"
        return [cst.SimpleStatementLine([cst.Expr(expression(call))])]


_TIGHT = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))


class _Replace(cst.CSTTransformer):
    """Put one expression in the place of another that is written the same."""

    def __init__(self, old: cst.BaseExpression, new: cst.BaseExpression) -> None:
        super().__init__()
        self.old, self.new = old, new

    def leave_Attribute(
        self, original_node: cst.Attribute, updated_node: cst.Attribute
    ) -> cst.BaseExpression:
        return self.new if source_of(updated_node) == source_of(self.old) else updated_node


def _before(finding: Finding) -> Span:
    return span_of(finding.facts["before"]) if "before" in finding.facts else Span(0, 0, 0, 0)

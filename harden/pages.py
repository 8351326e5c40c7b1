"""The page of a check: its docstring, read as prose and examples."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass

from harden.checks import Check

_HEADING = re.compile(r"^(Flagged|Fixed|Fine|When to ignore|References)(?: \(([^)]+)\))?:(?:\s*(.*))?$")


@dataclass(frozen=True, slots=True)
class Example:
    """Code of a page: `kind` is `flagged`, `fixed` or `fine`; `path` is where such code lies."""

    kind: str
    path: str
    code: str


@dataclass(frozen=True, slots=True)
class Page:
    """A check's docstring in its parts."""

    lead: str
    text: str
    examples: tuple[Example, ...]
    ignore: str
    references: tuple[str, ...]

    @property
    def pairs(self) -> tuple[tuple[Example, Example], ...]:
        """Return each flagged example with the fixed one that follows it."""
        both = zip(self.examples, self.examples[1:], strict=False)
        return tuple((a, b) for a, b in both if (a.kind, b.kind) == ("flagged", "fixed"))


def page_of(check: Check) -> Page:
    """Read a docstring: lead, prose, `Flagged:`, `Fixed:`, `Fine:`, `When to ignore:`, `References:`.

    A heading may name the file its code lies in: `Flagged (app/main.py):`.
    """
    lead, _, rest = check.load().page.strip().partition("\n")
    parts: list[tuple[str, str, list[str]]] = [("", "", [])]
    for line in textwrap.dedent(rest).splitlines():
        if heading := _HEADING.match(line):
            parts.append((heading[1], heading[2] or "", [heading[3]] if heading[3] else []))
        else:
            parts[-1][2].append(line)
    prose = {name: "\n".join(lines).strip("\n") for name, _, lines in parts}
    examples = tuple(
        Example(name.lower(), path or "app/main.py", textwrap.dedent("\n".join(lines)).strip("\n") + "\n")
        for name, path, lines in parts
        if name in ("Flagged", "Fixed", "Fine")
    )
    return Page(
        lead=lead,
        text=prose[""].strip(),
        examples=examples,
        ignore=" ".join(prose.get("When to ignore", "").split()),
        references=tuple(prose.get("References", "").split()),
    )


def markdown(check: Check) -> str:
    """Return the page as Markdown."""
    page = page_of(check)
    parts = [
        f"# {check.title}",
        f"`{check.id}` · {check.stage} · {check.severity.value} · fix: {check.fix.risk.value}",
        page.lead,
        page.text,
    ]
    for example in page.examples:
        kind = {"flagged": "Flagged", "fixed": "Fixed", "fine": "Fine"}[example.kind]
        language = "python" if example.path.endswith(".py") else ""
        place = "" if example.path == "app/main.py" else f" (`{example.path}`)"
        parts.append(f"## {kind}{place}\n\n```{language}\n{example.code}```")
    if page.ignore:
        parts.append(f"## When to ignore\n\n{page.ignore}")
    parts.append(f"Silence one place with `# harden: ignore[{check.id}] reason`.")
    if check.codes:
        parts.append(f"Also silenced by `noqa` or `nosec` comments with {', '.join(sorted(check.codes))}.")
    if page.references:
        parts.append("## References\n\n" + "\n".join(f"- <{link}>" for link in page.references))
    return "\n\n".join(part for part in parts if part) + "\n"


def all_pages() -> dict[str, str]:
    """Return the Markdown of every check and of their index, by file name."""
    from harden.registry import stages

    pages: dict[str, str] = {}
    index = ["# Checks", ""]
    for stage in stages():
        index += [f"## {stage.title}", "", stage.intro, ""]
        index += ["| check | severity | fix | |", "|---|---|---|---|"]
        for check in stage.checks:
            pages[f"{check.id}.md"] = markdown(check)
            cells = (f"[{check.id}]({check.id}.md)", check.severity.value, check.fix.risk.value, check.title)
            index.append(f"| {' | '.join(cells)} |")
        asked = [f"- {question.ask}" for question in stage.questions]
        index += ["", "Questions for a person:", "", *asked, ""]
    return {"README.md": "\n".join(index), **pages}

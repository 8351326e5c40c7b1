"""The page of a check: its docstring, read as prose and examples."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Collection
from dataclasses import dataclass

from harden.checks import Check

_HEADING = re.compile(
    r"^(Flagged|Fixed|Fine|Pattern|When to ignore|References)(?: \(([^)]+)\))?:(?:\s*(.*))?$"
)
_MAIN = "app/main.py"


@dataclass(frozen=True, slots=True)
class Example:
    """Code of a page: `kind` is `flagged`, `fixed` or `fine`; `path` is where such code lies."""

    kind: str
    path: str
    code: str


@dataclass(frozen=True, slots=True)
class Pattern:
    """What a person is to write, in projects that import one of `packages`, or in any."""

    packages: tuple[str, ...]
    code: str

    @property
    def title(self) -> str:
        """Return its heading, with the packages that it is for."""
        return f"Pattern to follow ({', '.join(self.packages)})" if self.packages else "Pattern to follow"


@dataclass(frozen=True, slots=True)
class Page:
    """A check's docstring in its parts."""

    lead: str
    text: str
    examples: tuple[Example, ...]
    patterns: tuple[Pattern, ...]
    ignore: str
    references: tuple[str, ...]

    @property
    def pairs(self) -> tuple[tuple[Example, Example], ...]:
        """Return each flagged example with the fixed one that follows it."""
        both = zip(self.examples, self.examples[1:], strict=False)
        return tuple((a, b) for a, b in both if (a.kind, b.kind) == ("flagged", "fixed"))

    def patterns_for(self, imported: Collection[str]) -> tuple[Pattern, ...]:
        """Return what to follow in a project that imports these packages: its own way, else any, else all."""
        own = tuple(pattern for pattern in self.patterns if not set(pattern.packages).isdisjoint(imported))
        return own or tuple(pattern for pattern in self.patterns if not pattern.packages) or self.patterns

    def guide(self, imported: Collection[str]) -> tuple[Example, ...]:
        """Return what to show to a person who writes the fix: the patterns, else the first fixed example."""
        patterns = tuple(Example("pattern", _MAIN, one.code) for one in self.patterns_for(imported))
        return patterns or tuple(fixed for _, fixed in self.pairs[:1])


def page_of(check: Check) -> Page:
    """Read a docstring: lead, prose, examples, `Pattern:`, `When to ignore:`, `References:`.

    The heading of an example may name the file its code lies in, `Flagged (app/main.py):`, that of a pattern
    the packages of the projects it is for: `Pattern (django, rest_framework):`.
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
        Example(name.lower(), path or _MAIN, _code(lines))
        for name, path, lines in parts
        if name in ("Flagged", "Fixed", "Fine")
    )
    patterns = tuple(
        Pattern(tuple(re.findall(r"\w+", packages)), _code(lines))
        for name, packages, lines in parts
        if name == "Pattern"
    )
    return Page(
        lead=lead,
        text=prose[""].strip(),
        examples=examples,
        patterns=patterns,
        ignore=" ".join(prose.get("When to ignore", "").split()),
        references=tuple(prose.get("References", "").split()),
    )


def _code(lines: list[str]) -> str:
    return textwrap.dedent("\n".join(lines)).strip("\n") + "\n"


def markdown(check: Check, imported: Collection[str] | None = None) -> str:
    """Return the page as Markdown; with the packages that a project imports, only the patterns for it."""
    page = page_of(check)
    parts = [
        f"# {check.title}",
        f"`{check.id}` · {check.stage} · {check.severity.value} · fix: {fix_words(check)}",
        page.lead,
        page.text,
    ]
    for example in page.examples:
        kind = {"flagged": "Flagged", "fixed": "Fixed", "fine": "Fine"}[example.kind]
        language = "python" if example.path.endswith(".py") else ""
        place = "" if example.path == _MAIN else f" (`{example.path}`)"
        parts.append(f"## {kind}{place}\n\n```{language}\n{example.code}```")
    for pattern in page.patterns if imported is None else page.patterns_for(imported):
        parts.append(f"## {pattern.title}\n\n```python\n{pattern.code}```")
    if page.ignore:
        parts.append(f"## When to ignore\n\n{page.ignore}")
    parts.append(f"Silence one place with `# harden: ignore[{check.id}] reason`.")
    if check.codes:
        parts.append(f"Also silenced by `noqa` or `nosec` comments with {', '.join(sorted(check.codes))}.")
    if page.references:
        parts.append("## References\n\n" + "\n".join(f"- <{link}>" for link in page.references))
    return "\n\n".join(part for part in parts if part) + "\n"


def fix_words(check: Check) -> str:
    """Return who mends what a check finds, and whether a file can be added that helps."""
    return f"{check.fix.risk.value}, scaffold" if check.scaffold else check.fix.risk.value


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
            cells = (f"[{check.id}]({check.id}.md)", check.severity.value, fix_words(check), check.title)
            index.append(f"| {' | '.join(cells)} |")
        asked = [f"- {question.ask}" for question in stage.questions]
        index += ["", "Questions for a person:", "", *asked, ""]
    return {"README.md": "\n".join(index), **pages}

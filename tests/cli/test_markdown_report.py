"""`harden scan --format md`: what people and code wrote is text in it, whatever it holds."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from markdown_it import MarkdownIt

from harden.decisions import AnswerKind
from harden.errors import HardenError
from harden.places import REPORT_MARK
from harden.report import made
from harden.report.markdown import code, text
from harden.session import Session
from tests.given import git, repository, write

if TYPE_CHECKING:
    from tests.cli.conftest import Run

GET = 'import requests\n\nrequests.get("https://example.com/").raise_for_status()\n'
KEY = "sk_live_51H8xxPpQqRrSsTtUuVvWw"
HOSTILE = (
    "a | b",
    "a \\| b",
    "<script>alert(1)</script>",
    "<!-- never closed",
    "[link](https://example.com)",
    "![image](x.png)",
    "**bold** _it_ ~~gone~~ `code` ``",
    "# title",
    "- item",
    "12. item",
    "1) item",
    "+ item",
    "> quote",
    "&lt;b&gt; &amp; &#42;",
    "line\nnext | line\r\n\r\n# title",
    "ends in \\",
    "$x$ and $$y$$",
    "<https://example.com> https://example.com www.example.com a@example.com",
    "\\",
    "---",
    "```",
    "| a | b |",
    "",
)


def shown(markdown: str) -> str:
    """Return what a reader of the Markdown sees, its HTML made by a parser that knows tables and links."""
    return str(MarkdownIt("gfm-like").render(markdown))


def seen(words: str) -> str:
    return " ".join(words.split())


@pytest.mark.parametrize("words", HOSTILE)
def test_words_read_as_they_were_written(words: str) -> None:
    for written in (f"- {text(words)}", f"### {text(words)}"):
        page = shown(f"{written}\n")
        body = re.fullmatch(r"<(?:ul|h3)>\s*(?:<li>)?(.*?)(?:</li>)?\s*</(?:ul|h3)>\s*", page, re.DOTALL)
        assert body is not None
        assert html.unescape(body[1]).replace("\u200b", "").strip() == seen(words)


@pytest.mark.parametrize("words", HOSTILE)
def test_words_stay_in_their_cell(words: str) -> None:
    page = shown(f"| one | two |\n|---|---|\n| {text(words)} | end |\n")
    cells = re.findall(r"<td>(.*?)</td>", page, re.DOTALL)
    assert [html.unescape(cell).replace("\u200b", "") for cell in cells] == [seen(words), "end"]


@pytest.mark.parametrize("name", [*HOSTILE, "a`b.py", "-rf.py", " a", "a|b.py", "ü.py", "src/a b.py:3"])
def test_a_path_is_code_or_text(name: str) -> None:
    page = shown(f"- {code(name)} rest\n")
    body = re.sub(r"</?(ul|li|code)>", "", page).strip()
    assert html.unescape(body).replace("\u200b", "").split() == [*name.split(), "rest"]


def test_nobody_is_called_and_nothing_is_linked() -> None:
    assert "@reviewers" not in text("ask @reviewers")
    assert "#12" not in text("see #12").replace("\\", "")
    assert "<a " not in shown(text("https://example.com www.example.com a@example.com"))


def test_control_characters_are_spelled_out() -> None:
    assert text("a\u202eb\x1b[31m\x00") == "a\\\\u202eb\\\\x1b\\[31m\\\\x00"


def report(root: Path) -> str:
    session = Session(root)
    files = sum(1 for _ in session.scan())
    return made.render(made.scanned(session, files, 0.1), "md")


def test_everything_there_is_to_tell(tmp_path: Path) -> None:
    root = write(tmp_path / "my_[shop]", {"a.py": GET, "b.py": GET, "c.py": "def (:\n"})
    session = Session(root)
    for _ in session.scan():
        pass
    session.ignore(session.findings(path="b.py")[0], "not | <b>here</b>")
    asked = session.stages[0].questions
    session.answer(asked[0], AnswerKind.NO, "ask @ops | soon")
    told = report(root)
    score, potential = session.score(), session.score_with_fixes()
    lines = told.splitlines()
    assert lines[0] == REPORT_MARK
    assert lines[2] == f"# harden: {score.points}/100 for my\\_\\[shop\\]"
    assert lines[4].startswith("1 finding (1 high) in 3 files; 1 fix ready, with which the score is ")
    assert lines[4].endswith(f" {potential.points}; 1 ignored; 1 place could not be checked.")
    for stage in score.stages:
        assert f"| {stage.stage.title} | {stage.points} | " in told
    assert "- `a.py:3` requests.get() waits for ever (fix to review)" in told
    assert f"| {asked[0].ask} | no | ask @&#8203;ops \\| soon |" in told
    assert f"| {asked[1].ask} | not answered |  |" in told
    assert "| `b.py:3` | `http-timeout` | not \\| \\<b\\>here\\</b\\> |" in told
    assert "| `c.py:1` | does not parse: invalid syntax |" in told


def test_a_part_is_not_rated(tmp_path: Path, run: Run) -> None:
    root = repository(tmp_path / "repo", {"a.py": GET})
    for arguments in (["--check", "http-timeout"], ["--stage", "resilience"], ["a.py"]):
        ran = run(root, "scan", "--format", "md", *arguments)
        assert ran.code == 1
        assert "# harden: 1 finding\n" in ran.out
        assert "/100" not in ran.out
        assert "Questions" not in ran.out
    assert "/100 for repo" in run(root, "scan", "--format", "md").out
    ran = run(root, "scan", "--format", "md", "--severity", "high")
    assert "Findings below high are not listed." in ran.out


def test_a_secret_is_never_in_it(tmp_path: Path, run: Run) -> None:
    root = repository(tmp_path / "repo", {"settings.py": f'STRIPE_API_KEY = "{KEY}"\n'})
    ran = run(root, "scan", "--format", "md")
    assert "`settings.py:1`" in ran.out
    assert KEY not in ran.out


def test_a_report_is_no_change_of_the_next_one(tmp_path: Path, run: Run) -> None:
    root = repository(tmp_path / "repo", {"a.py": GET})
    first = run(root, "scan", "--format", "md", "--output", "harden-report.md")
    assert first.out == ""
    written = (root / "harden-report.md").read_text()
    assert run(root, "scan", "--format", "md").out == written
    assert git(root, "status", "--short") == "?? harden-report.md\n"


def test_a_file_that_is_there_is_replaced_only_when_told(tmp_path: Path) -> None:
    session = Session(write(tmp_path, {"a.py": GET, "mine.md": "mine\n"}))
    made_of = made.scanned(session, sum(1 for _ in session.scan()), 0.1)
    with pytest.raises(HardenError, match=r"mine\.md is there by now; nothing was written\."):
        made.write(made_of, "md", tmp_path / "mine.md", replace=False)
    assert (tmp_path / "mine.md").read_text() == "mine\n"
    made.write(made_of, "md", tmp_path / "mine.md", replace=True)
    assert (tmp_path / "mine.md").read_text().startswith(REPORT_MARK)
    with pytest.raises(HardenError, match="is no file: name one"):
        made.write(made_of, "md", tmp_path, replace=True)
    with pytest.raises(HardenError, match=r"a\.py/x\.md cannot be written: "):
        made.write(made_of, "md", tmp_path / "a.py/x.md", replace=False)

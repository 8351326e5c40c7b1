"""Offers: nothing doubtful gets through, one bad place does not cost the others, nothing read is mixed up."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from harden.checks import Check, Fix
from harden.codemods.codemod import Codemod, Edited
from harden.errors import Refusal, UsageError
from harden.findings import Finding, Risk, Severity
from harden.fixing import Offer, make_offer
from harden.module import Module
from harden.scan import Rules, scan_file
from tests.given import Content, project, write

CHECK = Check("no-old", "Old", Severity.LOW, Fix(f"{__name__}:Renames", Risk.AUTO))


@CHECK.call("app.old", "old.call")
def old(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag calls of what is old."""
    yield CHECK.found(module, call, f"{path} is old")


class Renames(Codemod):
    """Write `new` for `old`; what a line says makes it misbehave."""

    def edit(self, path: str, findings: Sequence[Finding]) -> Edited:
        """Edit the lines of the findings."""
        lines = self.project.read(path).decode().split("\n")
        for finding in findings:
            text = lines[finding.line - 1]
            if "refused" in text:
                raise Refusal("It says so.")
            if "raises" in text:
                raise ZeroDivisionError("of the codemod")
            if "recursion" in text:
                raise RecursionError
            lines[finding.line - 1] = self.changed(text)
        return Edited("\n".join(lines).encode())

    def changed(self, text: str) -> str:
        """Return the new line."""
        if "untouched" in text:
            return text
        if "broken" in text:
            return text.replace("call(", "call((")
        if "comment" in text:
            return text.partition("#")[0]
        if "not" in text:
            return text.replace("call()", "call( )")
        return text.replace("old.call", "new.call")


def offer(tmp_path: Path, *lines: str) -> Offer:
    write(tmp_path, {"a.py": "\n".join(["import old", *lines, ""])})
    known = project(tmp_path)
    return make_offer(known, CHECK, scan_file(known, Rules((CHECK,)), "a.py").findings)


def after(made: Offer) -> list[str]:
    assert made.patch is not None
    return made.patch.edits[0].after.decode().splitlines()[1:]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("old.call()  # refused", "It says so."),
        (
            "old.call()  # raises",
            "The codemod failed on a.py (ZeroDivisionError: of the codemod); code untouched.",
        ),
        ("old.call()  # recursion", "a.py is nested too deeply to be edited."),
        ("old.call()  # untouched", "The codemod had nothing to change here."),
        ("old.call()  # broken", "The edit would not parse ("),
        ("old.call()  # comment", "The edit would lose the comment '# comment'."),
        ("old.call()  # not", "a.py: the edit would still trigger no-old; please report this."),
    ],
)
def test_what_is_doubtful_is_refused_with_its_reason(tmp_path: Path, line: str, reason: str) -> None:
    made = offer(tmp_path, line)
    assert made.patch is None
    (told,) = made.refused.values()
    assert told.startswith(reason)


def test_one_bad_place_does_not_cost_the_others(tmp_path: Path) -> None:
    lines = [f"old.call({n})" for n in range(7)] + [
        "old.call()  # refused",
        "old.call()  # broken",
        "old.call(9)",
    ]
    made = offer(tmp_path, *lines)
    assert after(made) == [line.replace("old", "new") if "#" not in line else line for line in lines]
    assert made.patch is not None
    assert len(made.patch.resolves) == 8
    assert len(made.refused) == 2


def test_equal_lines_are_fixed_apart(tmp_path: Path) -> None:
    made = offer(tmp_path, *["old.call()"] * 3, "old.call()  # refused", *["old.call()"] * 2)
    assert after(made) == [*["new.call()"] * 3, "old.call()  # refused", *["new.call()"] * 2]
    assert len(made.refused) == 1


def test_one_of_equal_lines(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "import old\n" + "old.call()\n" * 3})
    known = project(tmp_path)
    findings = scan_file(known, Rules((CHECK,)), "a.py").findings
    made = make_offer(known, CHECK, findings[:1])
    assert after(made) == ["new.call()", "old.call()", "old.call()"]
    assert made.patch is not None
    assert made.patch.resolves == (findings[0].fingerprint,)


def test_what_is_mended_besides_is_told(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "import old\nold.call(old.call())\n"})
    known = project(tmp_path)
    findings = scan_file(known, Rules((CHECK,)), "a.py").findings
    made = make_offer(known, CHECK, findings[:1])
    assert after(made) == ["new.call(new.call())"]
    assert made.patch is not None
    assert set(made.patch.resolves) == {finding.fingerprint for finding in findings}


def test_several_files_and_one_that_went(tmp_path: Path) -> None:
    code: dict[str, Content] = {f"{name}.py": "import old\nold.call()\n" for name in "abc"}
    known = project(write(tmp_path, code))
    findings = [f for path in known.paths for f in scan_file(known, Rules((CHECK,)), path).findings]
    (tmp_path / "b.py").unlink()
    made = make_offer(known, CHECK, findings)
    assert made.patch is not None
    assert made.patch.paths == ("a.py", "c.py")
    assert made.refused == {
        findings[1].fingerprint: "It is no longer there: the file has changed since the scan."
    }


def test_the_file_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The patch has as old content what the codemod worked on, even if the file changes meanwhile."""
    write(tmp_path, {"a.py": "import old\nold.call()\n"})
    known = project(tmp_path)
    findings = scan_file(known, Rules((CHECK,)), "a.py").findings
    real = Renames.edit

    def saved_meanwhile(self: Renames, path: str, wanted: Sequence[Finding]) -> Edited:
        edited = real(self, path, wanted)
        write(tmp_path, {"a.py": "mine = 1\n"})
        return edited

    monkeypatch.setattr(Renames, "edit", saved_meanwhile)
    made = make_offer(known, CHECK, findings)
    assert made.patch is not None
    assert made.patch.edits[0].before == b"import old\nold.call()\n"


def test_a_check_without_codemod_says_so(tmp_path: Path) -> None:
    guide = Check("guide", "Guide", Severity.LOW)
    write(tmp_path, {"a.py": "import old\nold.call()\n"})
    known = project(tmp_path)
    findings = scan_file(known, Rules((CHECK,)), "a.py").findings
    made = make_offer(known, guide, findings)
    assert made.patch is None
    assert list(made.refused.values()) == ["Only a person can fix this."]
    from harden.fixing import codemod_class

    with pytest.raises(UsageError, match="guide has no codemod"):
        codemod_class(guide)


def test_tests_may_rely_on_any_of_the_edited_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Here the codemod hands an argument on in another file, whose function a test replaces."""
    test = "import b\n\n\ndef test(monkeypatch):\n    monkeypatch.setattr(b, 'send', lambda to: None)\n"
    code: dict[str, Content] = {"a.py": "import old\nold.call()\n", "b.py": "send(1)\n", "test_b.py": test}
    known = project(write(tmp_path, code))
    findings = scan_file(known, Rules((CHECK,)), "a.py").findings
    real = Renames.edit

    def handing_on(self: Renames, path: str, wanted: Sequence[Finding]) -> Edited:
        edited = real(self, path, wanted)
        edited.others["b.py"] = b"send(1, timeout=2)\n"
        return edited

    monkeypatch.setattr(Renames, "edit", handing_on)
    made = make_offer(known, CHECK, findings)
    assert made.patch is None
    assert list(made.refused.values()) == [
        "A test would fail: test_b.py replaces send() by a function that takes no `timeout`."
    ]

"""The diff: side by side, folded or not, with more or less around it, copied, and legible in every theme."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.geometry import Offset
from textual.selection import Selection

from harden.tui.lines import LinePane
from tests.tui.driving import Driver, Open

LONG = (
    "\n\ndef late(order):\n"
    "    return peer.fetch(order.url, order.name, order.street, order.town, order.land, order.zone)\n"
)
MANY = "import peer\n\n\n" + "".join(f"KEPT_{n} = {n}\n" for n in range(40))
ENDS = "\n\ndef first():\n    peer.fetch('a')\n\n\n" + "".join(f"MORE_{n} = {n}\n" for n in range(30))


async def at(app: Driver, place: str) -> None:
    """Go to a finding."""
    await app.press("stage.2")
    for _ in range(12):
        if app.row == place:
            return
        await app.press("move.down")
    raise AssertionError(f"no {place}")


async def zoomed(app: Driver, place: str) -> None:
    """Go to a finding and give its diff the whole screen."""
    await at(app, place)
    await app.press("move.open", "pane.zoom")


def shown(app: Driver) -> list[str]:
    """Return the lines of the diff as they are drawn."""
    diff = app.app.review.detail.diff
    height = diff.size.height
    return [diff.render_line(y).text.rstrip() for y in range(height)]


async def test_split_needs_room_and_says_so(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await at(app, "pay.py:9")
        assert app.app.review.check_action("do", ("diff.split",)) is None
        await app.press("diff.split")
        assert not app.app.habits.split
        assert app.toasts == "Split needs 100 columns here. + zooms this pane."


async def test_split_shows_both_sides_and_keeps_the_hunk_keys(repository: Path, open_app: Open) -> None:
    (repository / "pay.py").write_text(MANY + ENDS + "\n\ndef last():\n    peer.fetch('b')\n")
    async with open_app(repository) as app:
        await zoomed(app, "pay.py:47")
        await app.press("diff.split")
        row = next(line for line in shown(app) if " - 47 " in line)
        left, rule, right = row.partition("│")
        assert rule
        assert "peer.fetch('a')" in left
        assert right.startswith(" + 47 ")
        assert "wait=10" in right
        await app.press("hunk.toggle")
        assert "[ ]" in shown(app)[0]
        assert app.app.review.detail.diff.chosen == set()


async def test_a_narrow_pane_falls_back_and_comes_back(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await zoomed(app, "pay.py:9")
        await app.press("diff.split")
        assert any("│" in line for line in shown(app))
        await app.press("pane.zoom")
        assert not any("│" in line for line in shown(app))
        await app.press("pane.zoom")
        assert any("│" in line for line in shown(app))


async def test_long_lines_run_on_and_scroll_sideways(repository: Path, open_app: Open) -> None:
    (repository / "pay.py").write_text("import peer\n" + LONG)
    async with open_app(repository, 80, 24) as app:
        await at(app, "pay.py:5")
        await app.press("move.open")
        diff = app.app.review.detail.diff
        folded = len(diff.lines)
        assert "order.zone)" in "".join(shown(app))
        await app.press("diff.wrap")
        assert len(diff.lines) < folded
        assert "order.zone)" not in "".join(shown(app))
        await app.press(*["move.unfold"] * 30)
        moved = "".join(shown(app))
        assert "order.zone)" in moved
        assert " - 5" in moved  # signs and numbers stay
        await app.press("diff.wrap")
        assert diff.scroll_offset.x == 0
        assert "order.zone)" in "".join(shown(app))


async def test_code_is_folded_on_request_where_it_stands(repository: Path, open_app: Open) -> None:
    (repository / "pay.py").write_text(MANY + LONG + MANY)
    async with open_app(repository, 80, 24) as app:
        await at(app, "pay.py:47")
        await app.press("tab.previous")
        code = app.app.review.detail.code
        assert "order.zone" not in app.text
        top = app.app.review.detail.code.render_line(0).text
        await app.press("diff.wrap")
        assert code.render_line(0).text == top
        assert "order.zone" in "".join(code.render_line(y).text for y in range(code.size.height))
        assert app.app.habits.wrap
        assert app.app.habits.wrap_code


async def test_what_a_person_chose_holds_in_every_repository(
    repository: Path, tmp_path: Path, open_app: Open
) -> None:
    async with open_app(repository) as app:
        await zoomed(app, "pay.py:9")
        await app.press("diff.split", "diff.wrap")
        app.app.theme = "nord"
        await app.press("app.quit")
    other = tmp_path / "other"
    other.mkdir()
    async with open_app(other) as app:
        assert app.app.theme == "nord"
        diff = app.app.review.detail.diff
        assert (diff.split, diff.wrap) == (True, False)


async def test_more_around_a_change_is_only_shown(repository: Path, open_app: Open) -> None:
    (repository / "pay.py").write_text(MANY + ENDS + "\n\ndef last():\n    peer.fetch('b')\n")
    async with open_app(repository) as app:
        await at(app, "pay.py:47")
        diff = app.app.review.detail.diff
        patch = app.app.review.fixing.chosen_patch()
        counts = []
        for _ in range(3):
            counts.append(len(diff.lines))
            assert app.app.review.fixing.chosen_patch() == patch
            await app.press("diff.more")
        assert counts == sorted(set(counts))
        numbers = [row.old for hunk in diff.hunks for row in hunk.rows if row.old]
        assert numbers == list(range(1, len((repository / "pay.py").read_text().splitlines()) + 1))
        assert any("context the whole file" in line.text for line in diff.lines)
        await app.press("diff.more")
        assert "The whole file is shown already." in app.toasts
        for _ in range(4):
            await app.press("diff.less")
        assert {row.kind for hunk in diff.hunks for row in hunk.rows} == {"-", "+"}
        await app.press("diff.less")
        assert "The changed lines stand alone already." in app.toasts


async def test_a_hunk_left_out_stays_out_with_more_around_it(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await at(app, "pay.py:9")
        await app.press("hunk.toggle", "diff.more")
        assert app.app.review.detail.diff.chosen == set()
        assert "[ ]" in app.text


async def test_secrets_further_away_are_masked(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await at(app, "pay.py:14")
        for _ in range(3):
            await app.press("diff.more")
        text = "\n".join(line.text for line in app.app.review.detail.diff.lines)
        assert "API_KEY = " in text
        assert "sk_live" not in text
        assert "••••" in text


async def test_marks_name_the_words_that_changed(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await at(app, "pay.py:9")
        diff = app.app.review.detail.diff
        added = next(line for line in diff.lines if line.kind == "added")
        assert [added.text[a:b] for a, b in diff.marks_of(added)] == [", wait=10"]


def selected(pane: LinePane, start: tuple[int, int], end: tuple[int, int]) -> str:
    """Return what is copied between two places."""
    found = pane.get_selection(Selection(Offset(*start), Offset(*end)))
    assert found is not None
    return found[0]


@pytest.mark.parametrize("is_split", [False, True])
async def test_selected_code_is_copied_without_numbers(
    is_split: bool, repository: Path, open_app: Open
) -> None:
    async with open_app(repository) as app:
        await zoomed(app, "pay.py:9")
        if is_split:
            await app.press("diff.split")
        diff = app.app.review.detail.diff
        at = next(n for n, line in enumerate(diff.lines) if line.kind == "removed")
        assert selected(diff, (0, at - 1), (99, at)).splitlines() == [
            "def charge(order):",
            "    return peer.fetch(order.url)",
        ]
        y = diff.region.y + at
        x = diff.region.x + (diff.room + 1) // 2 + 12 if is_split else diff.region.x + 12
        await app.pilot.mouse_down(offset=(x, y))
        await app.pilot.hover(offset=(x + 8, y))
        await app.pilot.mouse_up(offset=(x + 8, y))
        copied = app.app.screen.get_selected_text()
        assert copied
        assert copied in "    return peer.fetch(order.url, wait=10)"


@pytest.mark.parametrize("is_split", [False, True])
async def test_the_patch_is_copied_whatever_is_shown(
    is_split: bool, repository: Path, open_app: Open
) -> None:
    async with open_app(repository) as app:
        await zoomed(app, "pay.py:9")
        await app.press(*(["diff.split"] if is_split else []), "diff.more", "finding.copy")
        assert app.app.clipboard.startswith("--- a/pay.py\n+++ b/pay.py\n@@ -6,7 +6,7 @@\n")


@pytest.mark.parametrize(
    "theme", ["textual-dark", "textual-light", "solarized-light", "ansi-dark", "ansi-light"]
)
async def test_removed_and_added_lines_differ_in_every_theme(
    theme: str, repository: Path, open_app: Open
) -> None:
    async with open_app(repository) as app:
        app.app.theme = theme
        await at(app, "pay.py:9")
        await app.settle()
        diff = app.app.review.detail.diff
        looks = {}
        for n, line in enumerate(diff.lines):
            style = next(iter(diff.render_line(n))).style
            assert style is not None
            looks[line.kind] = (style.color, style.bgcolor)
        assert len({looks["removed"], looks["added"], looks["plain"]}) == 3
        added = next(n for n, line in enumerate(diff.lines) if line.kind == "added")
        marked = [segment for segment in diff.render_line(added) if "wait" in segment.text]
        assert all(segment.style and segment.style.bold for segment in marked)
        if theme.startswith("ansi"):
            assert all(segment.style and segment.style.reverse for segment in marked)


async def test_all_of_a_check_side_by_side(repository: Path, open_app: Open) -> None:
    async with open_app(repository) as app:
        await at(app, "pay.py:9")
        await app.press("fix.apply_all", "diff.split")
        dialog = app.app.screen.query_one("#all", LinePane)
        assert any("│" in dialog.render_line(y).text for y in range(8))
        await app.press("diff.wrap")
        assert not app.app.habits.wrap

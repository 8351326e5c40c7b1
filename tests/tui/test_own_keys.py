"""A person's own keys: every action follows them, and every hint names them."""

from __future__ import annotations

from pathlib import Path

import pytest

from harden import personal
from harden.errors import SettingsError
from harden.personal import Personal
from harden.tui import keys
from harden.tui.keymap import checked, clashes, normal
from tests.tui.driving import Driver, Open

ALL = (*keys.KEYS, *keys.MOVES)
OWN = {
    key.id: f"alt+{chr(97 + at % 26)}" if at < 26 else f"ctrl+alt+{chr(97 + at % 26)}"
    for at, key in enumerate(ALL)
}
OWN |= {key.id: f"shift+f{at - 51}" for at, key in enumerate(ALL) if at >= 52}


class Own:
    """Presses the person's own keys by their ids."""

    def __init__(self, app: Driver) -> None:
        self.app = app

    async def press(self, *ids: str) -> None:
        await self.app.type(*(OWN[id] for id in ids))


def test_every_action_has_a_key_of_its_own_here() -> None:
    assert len(set(OWN.values())) == len(ALL)


async def test_every_action_follows_its_key(repository: Path, open_app: Open) -> None:
    async with open_app(repository, personal=Personal("c", keys=OWN)) as app:
        own, review = Own(app), app.app.review
        await app.type("2", "j", "a", "question_mark")
        assert (review.browsing.at, app.app.screen) == (review.browsing.at, review)
        await own.press("stage.1", "stage.2")
        assert review.browsing.at == 1
        await own.press("move.down", "move.down")
        row = app.row
        await own.press("move.down")
        assert app.row != row
        await own.press("move.up")
        assert app.row == row
        await own.press("move.last", "move.first", "list.next")
        await own.press("hunk.toggle", "hunk.next", "hunk.previous")
        assert "No hunk is selected" in review.why_not("fix.apply")
        await own.press("hunk.toggle", "fix.apply")
        assert app.state == "applied"
        await own.press("fix.undo")
        assert app.state == "open"
        await own.press("fix.redo", "list.next", "finding.ignore")
        await app.type("o", "k")
        await own.press("field.next", "field.previous", "dialog.keep")
        assert app.state == "ignored"
        await own.press("finding.reopen")
        assert app.state == "open"
        await own.press("finding.ignore", "dialog.leave", "app.help")
        assert type(app.app.screen).__name__ == "Help"
        await own.press("app.help", "app.summary")
        assert "Readiness" in app.text
        await own.press("summary.copy", "summary.leave")
        assert app.app.screen is review
        await own.press("pane.next")
        assert review.detail.has_focus_within
        await own.press("tab.next", "pane.zoom", "tab.previous", "app.back", "app.back")
        assert review.findings.has_focus
        await own.press("list.filter")
        await app.type("z", "z")
        assert review.browsing.words == "zz"
        await own.press("app.back", "app.commit")
        assert "harden: apply" in app.text or "new branch" in app.text


async def test_hints_name_them(repository: Path, open_app: Open) -> None:
    async with open_app(repository, personal=Personal("c", keys=OWN)) as app:
        own = Own(app)
        assert f"{OWN['fix.apply']} Apply" in app.text
        assert f"{OWN['list.filter']} filter  " in app.text
        await own.press("stage.2", "list.next", "fix.apply")
        assert f"{OWN['fix.undo']} undoes." in app.toasts
        await own.press("fix.undo")
        assert f"{OWN['fix.redo']} does it again." in app.toasts
        await own.press("fix.apply_all")
        assert f"{keys.shown(OWN['dialog.keep'])} apply" in app.text
        assert f"{OWN['hunk.previous']} {OWN['hunk.next']} hunk" in app.text
        await own.press("dialog.leave", "app.summary")
        assert f"{keys.shown(OWN['summary.report'])} report" in app.text


async def test_hunks_are_chosen_by_them_in_the_dialog_of_all_fixes(repository: Path, open_app: Open) -> None:
    async with open_app(repository, personal=Personal("c", keys=OWN)) as app:
        own = Own(app)
        await own.press("stage.2", "list.next", "fix.apply_all")
        before = app.text
        await app.type("space", "l")
        assert app.text == before
        await own.press("hunk.toggle")
        assert "[ ]" in app.text
        await own.press("hunk.next", "dialog.keep")
        assert app.app.screen is app.app.review


async def test_a_key_that_two_actions_share_is_taken_from_one_alone(repository: Path, open_app: Open) -> None:
    async with open_app(repository, personal=Personal("c", keys={"list.next_best": "b"})) as app:
        await app.press("stage.3", "move.last")
        await app.type("n")
        answers = list(app.session.decisions.answers.values())
        assert [answer.answer.value for answer in answers] == ["no"]


async def test_a_dimmed_key_answers_on_its_own_key(repository: Path, open_app: Open) -> None:
    async with open_app(repository, personal=Personal("c", keys={"fix.undo": "u"})) as app:
        await app.type("u")
        assert "Nothing to undo." in app.toasts


async def test_the_repository_wins_over_the_person(repository: Path, open_app: Open) -> None:
    (repository / "harden.toml").write_text('[keys]\n"fix.apply" = "ctrl+a"\n')
    own = Personal("c", keys={"fix.apply": "f7", "fix.undo": "u"})
    async with open_app(repository, personal=own) as app:
        assert "ctrl+a Apply" in app.text
        assert "u Undo" in app.text


async def test_a_clash_is_told_by_both_ids(repository: Path, open_app: Open) -> None:
    async with open_app(repository, personal=Personal("c", keys={"fix.apply": "x"})) as app:
        assert "x is the key of two actions: fix.apply and finding.ignore." in app.toasts


def test_the_usual_keys_and_swapped_ones_do_not_clash() -> None:
    assert clashes({}) == []
    assert clashes({"fix.apply": "x", "finding.ignore": "a"}) == []
    assert clashes({"commit.now": "f3", "list.next": "f3"}) == []
    assert clashes({"move.down": "J"}) == ["J is the key of two actions: list.next and move.down."]


@pytest.mark.parametrize(
    ("own", "told"),
    [
        ({"fix.aply": "a"}, "there is no action 'fix.aply' to give a key; did you mean 'fix.apply'?"),
        ({"fix.apply": "hyperspace"}, "fix.apply = 'hyperspace': 'hyperspace' is no key"),
        ({"fix.apply": "a,"}, "fix.apply = 'a,': '' is no key"),
        ({"dialog.keep": "k"}, "dialog.keep = 'k': 'k' is written where this key works."),
    ],
)
async def test_what_is_wrong_is_one_line(
    own: dict[str, str], told: str, repository: Path, open_app: Open
) -> None:
    with pytest.raises(SettingsError) as error:
        checked(own, "c.toml")
    assert str(error.value).startswith(f"c.toml: {told}")
    assert "\n" not in str(error.value)
    id, key = next(iter(own.items()))
    (repository / "harden.toml").write_text(f'[keys]\n"{id}" = "{key}"\n')
    async with open_app(repository) as app:
        assert "harden.toml [keys]" in app.text
        assert "Put it right and press r, or q to leave." in app.text
        (repository / "harden.toml").unlink()
        await app.press("app.rescan")
        assert app.app.session is not None


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("?", "question_mark"),
        ("Esc", "escape"),
        ("ctrl++", "ctrl+plus"),
        ("F5", "f5"),
        ("A", "A"),
        (",", "comma"),
        ("alt+/", "alt+slash"),
        ("pgdn", "pagedown"),
        ("full_stop", "full_stop"),
        ("ctrl+", ""),
        ("cmd+a", ""),
        ("\x1b", ""),
    ],
)
def test_keys_are_read_as_people_write_them(written: str, name: str) -> None:
    assert normal(written) == name


# The person's own file


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file that is read as the person's own."""
    file = tmp_path / "config.toml"
    monkeypatch.setattr(personal, "path", lambda: file)
    return file


def test_the_persons_file_is_read(file: Path) -> None:
    assert personal.load() == Personal()
    file.write_text('theme = "nord"\nascii = true\n[keys]\n"fix.apply" = "enter"\n')
    assert personal.load() == Personal(str(file), "nord", True, {"fix.apply": "enter"})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("them = 1", "there is no setting 'them' (keys: theme, ascii, keys)"),
        ("ascii = 1", "ascii must be true or false."),
        ("[keys]\na = 1", 'the key of an action is text, such as "a" = "ctrl+a".'),
        ("a = = 1", "Invalid value"),
    ],
)
def test_what_is_wrong_in_it_is_one_line(text: str, told: str, file: Path) -> None:
    file.write_text(text)
    with pytest.raises(SettingsError) as error:
        personal.load()
    assert str(error.value).startswith(f"{file}: {told}")
    assert "\n" not in str(error.value)


async def test_a_theme_is_taken_from_it(repository: Path, open_app: Open) -> None:
    async with open_app(repository, personal=Personal("c", theme="nord")) as app:
        assert app.app.theme == "nord"

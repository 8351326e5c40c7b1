"""Ask what to do with one finding."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping

from harden.changes import edited_by_user
from harden.editors import command
from harden.errors import ApplyError, HardenError, Refusal
from harden.findings import Finding
from harden.patches import Hunk, Patch
from harden.plain import review as shared
from harden.plain import wording
from harden.plain.ignoring import ask_ignore
from harden.plain.options import ask_options
from harden.plain.review import Review
from harden.previews import NO_FIX, Preview, preview, reason_of
from harden.registry import check_named
from harden.stages import Stage
from harden.words import plural


class OneFinding:
    """A finding on its turn. Whoever returns True has settled it, or the way has to be looked at anew."""

    def __init__(self, review: Review, stage: Stage, finding: Finding) -> None:
        self._review = review
        self._session = review.session
        self._talk = review.talk
        self._stage = stage
        self._finding = finding
        self._check = check_named(finding.check)
        self._made = Preview(None)

    def ask(self) -> None:
        """Show the finding and act on answers until it is done with. Raises Left."""
        if self._is_gone() or self._went_with_another_file():
            return
        number, total = self._review.walk.position(self._finding, self._stage)
        in_full = self._check.id not in self._review.told
        self._review.told.add(self._check.id)
        self._talk.say(
            "",
            *wording.finding_lines(self._finding, self._check, number=number, total=total, in_full=in_full),
        )
        self._show_fix(self._made)
        while not self._answered():
            pass

    def _is_gone(self) -> bool:
        """Look again at a file that was changed since; tell whether the finding went with that."""
        path = self._finding.path
        if not self._review.is_stale(path):
            return False
        self._review.look_again([path])
        self._talk.say("", f"{path} was changed meanwhile and is scanned again.")
        return self._renewed()

    def _went_with_another_file(self) -> bool:
        """Make the fix; where there is none, look again: a finding may rest on what another file said."""
        self._made = _prepared(self._review, self._finding)
        if self._made.patch is not None or not self._finding.fixable:
            return False
        place = self._finding.place
        self._review.look_again([self._finding.path])
        if self._review.walk.is_open(self._finding):
            return self._renewed()
        self._talk.say("", f"{self._check.title}, {place}: no longer there since another file was changed.")
        return True

    def _renewed(self) -> bool:
        """Take the finding as it stands now; tell whether it is gone."""
        if not self._review.walk.is_open(self._finding):
            self._talk.say("The finding is no longer there.")
            return True
        self._finding = self._session.finding(self._finding.fingerprint) or self._finding
        return False

    def _show_fix(self, made: Preview) -> None:
        self._made = made
        self._talk.say(*wording.fix_lines(self._session, self._finding, self._check, made))

    def _answered(self) -> bool:
        keys, refused = self._keys()
        prompt = self._prompt if self._made.patch else "What now?"
        key = self._talk.choose(prompt, keys, {"J": "the same as n", **_MORE}, refused)
        if action := self._actions().get(key):
            return action()
        self._review.act(key, self._stage)
        return True

    def _actions(self) -> Mapping[str, Callable[[], bool]]:
        return {
            "y": self._apply,
            "h": self._apply_hunks,
            "n": self._leave,
            "J": self._leave,
            "x": lambda: ask_ignore(self._review, self._finding),
            "p": self._options,
            "e": self._edit,
            "w": self._why,
            "K": self._back,
        }

    @property
    def _prompt(self) -> str:
        return "Apply this fix?" if self._finding.fixable else "Add this?"

    def _keys(self) -> tuple[dict[str, str], dict[str, str]]:
        """Return the keys that can do something, and the others with the reason."""
        keys, refused = dict(_KEYS), {}
        if self._made.patch is None:
            reason = self._made.refused[0] if self._made.refused else NO_FIX
            refused = dict.fromkeys(("y", "h"), f"There is no fix to apply: {reason}")
        elif len(_choosable(self._made)) < 2:
            refused["h"] = "The fix is a single hunk: y applies it."
        if not self._check.takes_options(self._finding):
            refused["p"] = "There is no fix with options here."
        return {key: told for key, told in keys.items() if key not in refused}, refused

    # Deeds

    def _apply(self) -> bool:
        return self._made.patch is not None and self._write(self._made.patch)

    def _apply_hunks(self) -> bool:
        if self._made.patch is None:
            return False
        hunks = _choosable(self._made)
        chosen = set()
        for number, hunk in enumerate(hunks, 1):
            self._talk.say("", f"Hunk {number} of {len(hunks)}, {hunk.path}", *_rows(hunk))
            if self._talk.confirm("Apply this hunk?"):
                chosen.add(hunk.index)
        try:
            patch = self._made.patch.select(chosen)
        except Refusal as refusal:
            self._talk.say(str(refusal))
            return False
        return self._write(patch)

    def _write(self, patch: Patch) -> bool:
        """Write a patch that was shown; where that fails, the finding is shown again."""
        if stale := [path for path in patch.paths if self._review.is_stale(path)]:
            self._talk.say(f"{stale[0]} has changed since the preview; look at the fix again.")
            self._review.look_again(patch.paths)
            self._renewed()
            return True
        edited = edited_by_user(self._session, patch.paths)
        new = [path for path in edited if path not in self._review.allowed]
        if new:
            self._talk.say(
                "These files hold changes of yours that are not committed:",
                *(f"  {path}" for path in new),
                "The fix can be undone, and your changes stay. A commit of harden takes only its own lines, "
                "and stops where they touch yours.",
            )
            if not self._talk.confirm("Apply all the same?"):
                return False
            self._review.allowed.update(new)
        try:
            self._session.apply(patch)
        except ApplyError as error:
            self._talk.say(str(error))
            self._review.look_again(patch.paths)
            self._renewed()
            return True
        self._review.note(patch.paths)
        self._review.done["applied"] += 1
        count = sum(not hunk.supports for hunk in patch.hunks())
        self._talk.say(f"Applied: {plural(count, 'hunk')} in {', '.join(patch.paths)}. z undoes.")
        if self._finding.fingerprint not in patch.resolves and self._review.walk.is_open(self._finding):
            self._talk.say("The finding itself stays open.")
            self._review.walk.leave(self._finding, self._stage)
        return True

    def _leave(self) -> bool:
        self._review.walk.leave(self._finding, self._stage)
        return True

    def _options(self) -> bool:
        if ask_options(self._review, self._check):
            self._show_fix(_prepared(self._review, self._finding))
        return False

    def _edit(self) -> bool:
        path = self._finding.path
        try:
            words = command(self._session.root / path, self._finding.line)
            source = None if sys.stdin.isatty() else subprocess.DEVNULL  # else it would take the answers
            done = subprocess.run(words, check=False, stdin=source)
        except ValueError as error:
            self._talk.say(f"EDITOR cannot be understood: {error}.")
            return False
        except OSError as error:
            self._talk.say(f"The editor cannot be started: {error.strerror}. Set EDITOR to your editor.")
            return False
        if done.returncode:
            self._talk.say(f"{words[0]} ended with status {done.returncode}.")
        self._review.look_again([path])
        self._talk.say(f"{path} is scanned again.")
        self._renewed()
        return True

    def _why(self) -> bool:
        self._talk.say("", *wording.page_lines(self._check), "")
        return False

    def _back(self) -> bool:
        if self._review.walk.back(self._stage):
            return True
        self._talk.say("No earlier finding of this stage was left open; z undoes the last thing.")
        return False


_KEYS = {
    "y": "apply the fix as shown",
    "n": "leave the finding open and go on",
    "h": "choose hunk by hunk",
    "x": "ignore the finding, with a reason",
    "p": "change the options of the fix",
    "e": "open the line in your editor, then scan the file again",
    "w": "show the whole page: why, examples, when to ignore",
    **shared.KEYS,
}
_MORE = {"K": "back to the finding that was left open last", **shared.MORE}


def _prepared(review: Review, finding: Finding) -> Preview:
    """Make the fix of a finding; why there is none is told with it."""
    try:
        return preview(review.session, [finding])
    except HardenError as error:
        return Preview(None, refused=(reason_of(error),))


def _choosable(made: Preview) -> list[Hunk]:
    return [hunk for hunk in made.hunks if not hunk.supports]


def _rows(hunk: Hunk) -> list[str]:
    return [hunk.header, *(f"{row.kind}{row.text.removesuffix(chr(10))}" for row in hunk.rows)]

"""Say lines and ask for answers, on a terminal or through pipes."""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping

from harden.masking import DOTS
from harden.printable import printable

ENTER = ""
"""The key that is no key: an empty answer."""

_WORDS = {"yes": "y", "no": "n", "quit": "q", "help": "?", "Y": "y", "N": "n", "Q": "q"}


class Left(Exception):
    """The person has left, or the input has come to its end."""


class Talk:
    """Lines out, lines in. What is said holds no character that could steer a terminal."""

    def __init__(self) -> None:
        if isinstance(sys.stdin, io.TextIOWrapper):
            sys.stdin.reconfigure(errors="replace")
        self._echoed = sys.stdin is not None and sys.stdin.isatty()

    def say(self, *lines: str) -> None:
        """Print lines; one that holds several is printed as several."""
        for line in lines:
            for part in line.split("\n"):
                print(_plain(part.removesuffix("\r")), flush=True)

    def ask(self, prompt: str) -> str:
        """Return what a person types, without spaces around it. Raises Left at the end of the input."""
        print(_plain(prompt), end=" ", flush=True)
        line = sys.stdin.readline() if sys.stdin is not None else ""
        if not (self._echoed and line):
            print(flush=True)
        if not line:
            raise Left
        return line.strip()

    def choose(
        self,
        prompt: str,
        keys: Mapping[str, str],
        more: Mapping[str, str] | None = None,
        refused: Mapping[str, str] | None = None,
    ) -> str:
        """Return one of the keys; `?` tells what each means. Raises Left.

        `more` are keys that are not named in the prompt; `refused` are those that can do nothing
        now, with the reason.
        """
        known = {**keys, **(more or {})}
        shown = [key for key in keys if key not in (ENTER, "q")] + ["?"] + ["q"] * ("q" in keys)
        while True:
            answer = self.ask(f"{prompt} [{','.join(shown)}]")
            answer = _WORDS.get(answer, answer)
            if answer in known:
                return answer
            if answer == "?":
                self.say(*(f"{key or 'enter'} - {meaning}" for key, meaning in known.items()))
            elif refused and answer in refused:
                self.say(refused[answer])
            else:
                self.say(f"Type one of {', '.join(shown)}; ? tells what they mean.")

    def confirm(self, prompt: str) -> bool:
        """Return whether the answer is yes. Raises Left."""
        while True:
            answer = self.ask(f"{prompt} [y,n]")
            answer = _WORDS.get(answer, answer)
            if answer in ("y", "n"):
                return answer == "y"
            self.say("Type y or n.")


def _plain(line: str) -> str:
    return printable(line.replace(DOTS, "****"), keep="\t")

"""Files of container images: which they are, and a Dockerfile as its instructions and stages."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_INSTRUCTION = re.compile(r"\s*([A-Za-z]+)(?:\s+|$)(.*)")
_HEREDOC = re.compile(r"<<-?\s*[\"']?([A-Za-z_][A-Za-z0-9_]*)[\"']?")
_VARIABLE = re.compile(r"\$\{?(\w+)(?::?[-+]([^}]*))?\}?")
_IMAGE = re.compile(r"(^|/)(Dockerfile[^/]*|Containerfile|(docker-)?compose[^/]*\.ya?ml|[^/]*\.dockerfile)$")


def builds_image(path: str) -> bool:
    """Tell by its name whether a file says how a container image is built or run."""
    return _IMAGE.search(path) is not None


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction: its word in capitals, the rest with continued lines joined, and its 1-based lines."""

    word: str
    rest: str
    line: int
    end_line: int


@dataclass(slots=True)
class Stage:
    """What follows one FROM: the image or earlier stage it starts from, its own name, its instructions."""

    image: str
    name: str
    line: int
    instructions: list[Instruction] = field(default_factory=list)

    def last(self, word: str) -> Instruction | None:
        """Return the last instruction of this kind."""
        return next((one for one in reversed(self.instructions) if one.word == word), None)


def instructions(lines: list[str]) -> list[Instruction]:
    """Parse a Dockerfile; comments, continued lines and here-documents are understood."""
    found: list[Instruction] = []
    at = 0
    while at < len(lines):
        start = at
        match = _INSTRUCTION.match(lines[at])
        at += 1
        if match is None or lines[start].lstrip().startswith("#"):
            continue
        parts = [match[2]]
        while parts[-1].rstrip().endswith("\\") and at < len(lines):
            parts[-1] = parts[-1].rstrip()[:-1]
            while at < len(lines) - 1 and (not lines[at].strip() or lines[at].lstrip().startswith("#")):
                at += 1
            parts.append(lines[at])
            at += 1
        rest = " ".join(part.strip() for part in parts)
        for word in _HEREDOC.findall(rest) if match[1].upper() in ("RUN", "COPY", "ADD") else ():
            while at < len(lines) and lines[at].strip() != word:
                at += 1
            at += 1
        found.append(Instruction(match[1].upper(), rest, start + 1, min(at, len(lines))))
    return found


def stages(lines: list[str]) -> list[Stage]:
    """Return the build stages in their order, with the defaults of ARGs put into image names."""
    found: list[Stage] = []
    defaults: dict[str, str] = {}
    for one in instructions(lines):
        if one.word == "FROM":
            words = [word for word in one.rest.split() if not word.startswith("--")]
            image = _VARIABLE.sub(lambda m: defaults.get(m[1], m[2] or ""), words[0]) if words else ""
            name = words[2] if len(words) > 2 and words[1].lower() == "as" else ""
            found.append(Stage(image.strip("\"'"), name, one.line))
        elif found:
            found[-1].instructions.append(one)
        elif one.word == "ARG":
            name, _, value = one.rest.partition("=")
            defaults[name.strip()] = value.strip().strip("\"'")
    return found


def lineage(all_stages: list[Stage], stage: Stage) -> list[Stage]:
    """Return a stage and the stages that it is built on, nearest first."""
    found = [stage]
    while len(found) <= len(all_stages):
        earlier = all_stages[: all_stages.index(found[-1])]
        base = next(
            (one for one in earlier if one.name and one.name.lower() == found[-1].image.lower()), None
        )
        if base is None:
            break
        found.append(base)
    return found

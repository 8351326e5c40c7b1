"""Run every check over every file: one walk each, spread over processes where that pays."""

from __future__ import annotations

import ast
import gc
import hashlib
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from harden.checks import CallFunction, Check, NodeFunction, matches_name
from harden.details import details_of, named
from harden.errors import UnreadableSource
from harden.findings import Finding, Problem
from harden.module import Module, TextFile
from harden.notes import Notes
from harden.project import Project
from harden.roles import FileKind, file_kind
from harden.source import decode
from harden.suppress import (
    comment_suppressions,
    reason_for,
    statement_extents,
    statement_lines,
    suppressions,
)
from harden.syntax import parse
from harden.tree import name_of

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

_POOL_BYTES = 600_000
"""Source size above which a second process pays for its start (about 15,000 lines, 0.15 s of work)."""
_FIRST_CHUNK, _CHUNK = 4, 40
"""Files handed to a process at once, at first and in the end."""


@dataclass(frozen=True, slots=True)
class FileResult:
    """What one file gave: findings in stable order, and what could not be looked at."""

    path: str
    findings: tuple[Finding, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(slots=True)
class Rules:
    """The subscriptions of a set of checks, indexed for dispatch."""

    checks: tuple[Check, ...]
    exact: dict[str, list[tuple[Check, CallFunction]]] = field(default_factory=dict)
    last: dict[str, list[tuple[Check, CallFunction]]] = field(default_factory=dict)
    first: dict[str, list[tuple[str, Check, CallFunction]]] = field(default_factory=dict)
    nodes: dict[type[ast.AST], list[tuple[Check, NodeFunction]]] = field(default_factory=dict)
    named: dict[type[ast.AST], dict[str, list[tuple[Check, NodeFunction]]]] = field(default_factory=dict)
    ends: set[str] = field(default_factory=set)
    _by_kind: dict[FileKind, Rules] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.checks = tuple(check.load() for check in self.checks)
        for check in self.checks:
            for pattern, call in check.calls:
                if pattern.startswith("*."):
                    self.last.setdefault(pattern[2:], []).append((check, call))
                elif pattern.endswith(".*"):
                    self.first.setdefault(pattern.partition(".")[0], []).append((pattern[:-1], check, call))
                else:
                    self.exact.setdefault(pattern, []).append((check, call))
                    self.ends.add(pattern.rpartition(".")[2])
            for on in check.node_types:
                if on.names is None:
                    self.nodes.setdefault(on.kind, []).append((check, on.function))
                for name in on.names or ():
                    named = self.named.setdefault(on.kind, {})
                    named.setdefault(name, []).append((check, on.function))

    def of(self, kind: FileKind) -> Rules:
        """Return the rules for one kind of file."""
        if kind not in self._by_kind:
            self._by_kind[kind] = Rules(tuple(check for check in self.checks if kind in check.kinds))
        return self._by_kind[kind]

    def by_part(self, path: str) -> list[tuple[Check, CallFunction]]:
        """Return the subscriptions that the first or last part of a called path concerns."""
        found = list(self.last.get(path.rpartition(".")[2], ()))
        for prefix, check, function in self.first.get(path.partition(".")[0], ()):
            if path.startswith(prefix):
                found.append((check, function))
        return found


def wanted_by(checks: Sequence[Check], paths: Iterable[str]) -> list[str]:
    """Return the files that any check looks at; a folder that may not be read is told, too."""
    patterns = {pattern for check in checks for pattern in check.patterns}
    return [
        path
        for path in paths
        if path.endswith((".py", "/")) or any(matches_name(path, pattern) for pattern in patterns)
    ]


def scan(
    project: Project, checks: Sequence[Check], *, only: Iterable[str] | None = None
) -> Iterator[FileResult]:
    """Yield the result of each file, in the order of their paths whatever the number of processes.

    `only` restricts the files scanned; the whole project still serves to resolve names.
    """
    rules = Rules(tuple(checks))
    paths = wanted_by(checks, project.paths if only is None else sorted(only))
    workers = min(_processors(), 8)
    if workers > 1 and len(paths) > _CHUNK and project.size_of(paths) > _POOL_BYTES:
        yield from _scan_parallel(project, checks, paths, workers)
    else:
        with collector_off():
            for path in paths:
                yield scan_file(project, rules, path)


@contextmanager
def collector_off() -> Iterator[None]:
    """Stop the cycle collector: syntax trees hold no cycles, and it would walk each of them many times."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def scan_file(project: Project, rules: Rules, path: str) -> FileResult:
    """Run the checks over one file; whatever goes wrong in it becomes a problem, never an exception."""
    try:
        if path.endswith(".py"):
            return _scan_code(project, rules, path)
        return _scan_text(project.text_file(path), rules, project.seen_from(path))
    except UnreadableSource as error:
        return FileResult(path, (), (Problem(path, error.line, error.reason),))
    except RecursionError:
        return FileResult(path, (), (Problem(path, 0, "nested too deeply to be scanned"),))


def _scan_code(project: Project, rules: Rules, path: str) -> FileResult:
    data = project.read(path)
    concerned = rules.of(file_kind(path, data))
    if concerned.checks:
        return _scan_module(project.module(path), concerned)
    decode(path, data)
    parse(path, data)  # what cannot be read is told of every file
    return FileResult(path)


def _scan_module(module: Module, rules: Rules) -> FileResult:
    active = {check.id for check in rules.checks if _has_word_of(check, module)}
    collected = _Collector(module.path)
    for call in module.nodes(ast.Call):
        path = module.resolve(call.func)
        if path is None:
            continue
        for check, on_call in rules.exact.get(path, ()):  # whatever words the file writes it with
            collected.add(check, on_call, module, call, path)
        for check, on_call in rules.by_part(path):
            if check.id in active:
                collected.add(check, on_call, module, call, path)
        last = path.rpartition(".")[2]
        for of_library in module.project.inherited(path) if last in rules.ends or last[:1].isupper() else ():
            for check, on_call in rules.exact.get(of_library, ()):
                collected.add(check, on_call, module, call, of_library)
    for kind, by_name in rules.named.items():
        for node in module.nodes(kind):
            for check, on_node in by_name.get(name_of(node), ()):
                if check.id in active:
                    collected.add(check, on_node, module, node)
    for kind, subscribed in rules.nodes.items():
        nodes = module.nodes(kind)
        for check, on_node in subscribed if nodes else ():
            if check.id in active:
                collected.add_each(check, on_node, module, nodes)
    for check in rules.checks:
        if check.id in active:
            for on_module in check.modules:
                collected.add(check, on_module, module)
    found = identify(collected.findings, module.lines) if collected.findings else []
    if found and (comments := suppressions(module.text)):
        by_id = {check.id: check for check in rules.checks}
        extents = statement_extents(module)
        found = [
            replace(finding, suppressed=reason_for(by_id[finding.check], comments, lines))
            for finding in found
            for lines in [statement_lines(extents, finding.span)]
        ]
    return FileResult(module.path, tuple(found), tuple(collected.problems))


def _has_word_of(check: Check, module: Module) -> bool:
    return not check.words or any(word in module.text for word in check.words)


def _scan_text(file: TextFile, rules: Rules, project: Project) -> FileResult:
    collected = _Collector(file.path)
    for check in rules.checks:
        for name, on_file in check.files:
            if file.kind in check.kinds and matches_name(file.path, name):
                collected.add(check, on_file, file, project)
    comments = comment_suppressions(file.text)
    by_id = {check.id: check for check in rules.checks}
    found = [
        replace(
            finding,
            suppressed=reason_for(
                by_id[finding.check], comments, range(finding.span.line, finding.span.end_line + 1)
            ),
        )
        for finding in identify(collected.findings, file.lines)
    ]
    return FileResult(file.path, tuple(found), tuple(collected.problems))


class _Collector:
    """Findings of one file, and the checks that failed on it, each once."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.findings: list[Finding] = []
        self.problems: list[Problem] = []

    def add(self, check: Check, function: Callable[..., Iterable[Finding]], *arguments: object) -> None:
        """Take what a check function yields; if it raises, the file goes on without that check."""
        try:
            self._take(check, function(*arguments))
        except Exception as error:  # a broken check must not cost the user the other results
            self._failed(check, error)

    def add_each(
        self, check: Check, function: NodeFunction, module: Module, nodes: Iterable[ast.AST]
    ) -> None:
        """Take what a check function yields for each of some nodes."""
        for node in nodes:
            try:
                for finding in function(module, node):
                    self._take(check, (finding,))
            except Exception as error:
                self._failed(check, error)

    def _take(self, check: Check, findings: Iterable[Finding]) -> None:
        for finding in findings:
            if finding.check != check.id:
                raise ValueError(f"it reports as {finding.check}")
            self.findings.append(finding)

    def _failed(self, check: Check, error: Exception) -> None:
        if isinstance(error, UnreadableSource):  # of another file, which has a problem of its own
            return
        if isinstance(error, RecursionError):
            self._add(Problem(self.path, 0, f"nested too deeply for {check.id}", check.id))
            return
        reason = f"{check.id} could not look here: {named(error, quiet=check.secret)}"
        self._add(Problem(self.path, 0, reason, check.id, details_of(error, quiet=check.secret)))

    def _add(self, problem: Problem) -> None:
        if all(known.check != problem.check for known in self.problems):
            self.problems.append(problem)


def identify(findings: Iterable[Finding], lines: Sequence[str]) -> list[Finding]:
    """Return findings in stable order, once each, with fingerprints that survive moved lines.

    A fingerprint is made of check, path, scope, and the text of the finding's first line with its
    white space folded; equal ones are told apart by their order in the file.
    """
    seen: dict[str, int] = {}
    named = []
    unique = {(finding.check, finding.span): finding for finding in reversed(list(findings))}
    for finding in sorted(unique.values(), key=lambda finding: finding.order):
        line = lines[finding.span.line - 1] if finding.span.line <= len(lines) else ""
        key = "\0".join((finding.check, finding.path, finding.scope, " ".join(line.split())))
        nth = seen[key] = seen.get(key, -1) + 1
        digest = hashlib.blake2b(f"{key}\0{nth}".encode("utf-8", "surrogatepass"), digest_size=8)
        named.append(finding.with_fingerprint(digest.hexdigest()))
    return named


def _scan_parallel(
    project: Project, checks: Sequence[Check], paths: list[str], workers: int
) -> Iterator[FileResult]:
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    chunks = list(_chunks(paths))
    context = multiprocessing.get_context("spawn" if os.name == "nt" else None)
    setup = (project.root, project.paths, project.overlay, [check.id for check in checks])

    def start(workers: int) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(workers, mp_context=context, initializer=_start_worker, initargs=setup)

    done = 0
    while done < len(chunks):
        with start(workers) as pool:
            try:
                for results, notes in pool.map(_scan_chunk, chunks[done:]):
                    done += 1
                    project.notes.add(notes)
                    yield from results
                continue
            except BrokenProcessPool:
                pass
            finally:
                pool.shutdown(wait=False, cancel_futures=True)
        yield from _scan_apart(project, start, chunks[done])
        done += 1


def _chunks(paths: list[str]) -> Iterator[list[str]]:
    """Yield small chunks first, so that who waits for results sees the first ones soon."""
    at, size = 0, _FIRST_CHUNK
    while at < len(paths):
        yield paths[at : at + size]
        at, size = at + size, min(size * 2, _CHUNK)


def _scan_apart(
    project: Project, start: Callable[[int], ProcessPoolExecutor], paths: list[str]
) -> Iterator[FileResult]:
    """Scan files of which one may kill its process, halving them until it stands alone."""
    from concurrent.futures.process import BrokenProcessPool

    try:
        with start(1) as pool:
            results, notes = pool.submit(_scan_chunk, paths).result()
    except BrokenProcessPool:
        if len(paths) == 1:
            yield FileResult(paths[0], (), (Problem(paths[0], 0, "ended the process that scanned it"),))
            return
        half = len(paths) // 2
        yield from _scan_apart(project, start, paths[:half])
        yield from _scan_apart(project, start, paths[half:])
    else:
        project.notes.add(notes)
        yield from results


_worker: tuple[Project, Rules, Notes] | None = None


def _start_worker(root: object, paths: tuple[str, ...], overlay: dict[str, bytes], ids: list[str]) -> None:
    global _worker
    import signal
    from pathlib import Path

    from harden.registry import checks

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles ctrl+c and ends the pool
    gc.disable()  # as in collector_off
    known = checks()
    _worker = Project(Path(str(root)), paths, overlay), Rules(tuple(known[id] for id in ids)), Notes()


def _scan_chunk(paths: list[str]) -> tuple[list[FileResult], Notes]:
    if _worker is None:
        raise RuntimeError("the worker was not started by _start_worker")
    project, rules, told = _worker
    return [scan_file(project, rules, path) for path in paths], project.notes.after(told)

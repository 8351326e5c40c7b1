"""What no engine can go below: `python bench/floors.py parse|walk PROCESSES`.

The names of the files are read from standard input. `parse` is `ast.parse` of each file. `walk` also visits
each node once, by a stack, and looks its type up in a table. Nothing is kept, the cycle collector is off, and
files that do not parse are passed.
"""

from __future__ import annotations

import ast
import gc
import sys
import warnings
from multiprocessing import Pool

_CHUNK = 40


def parsed(name: str) -> ast.AST | None:
    """Return the tree of a file, None where there is none."""
    try:
        with open(name, "rb") as file:
            return ast.parse(file.read())
    except (SyntaxError, ValueError, OSError, RecursionError):
        return None


def parse(name: str) -> int:
    """Parse a file."""
    return parsed(name) is not None


def walk(name: str) -> int:
    """Parse a file, visit every node, and count those that something is done for."""
    tree = parsed(name)
    table = {ast.Call: 1, ast.FunctionDef: 1, ast.ExceptHandler: 1}
    found = 0
    stack = [tree] if tree is not None else []
    while stack:
        node = stack.pop()
        found += table.get(type(node), 0)
        for field in node._fields:
            value = getattr(node, field, None)
            if isinstance(value, ast.AST):
                stack.append(value)
            elif isinstance(value, list):
                stack += [item for item in value if isinstance(item, ast.AST)]
    return found


def quiet() -> None:
    """Start a process."""
    gc.disable()
    warnings.simplefilter("ignore")


def main() -> None:
    """Do it."""
    job = {"parse": parse, "walk": walk}[sys.argv[1]]
    processes = int(sys.argv[2])
    names = sys.stdin.read().splitlines()
    quiet()
    if processes == 1:
        print(sum(map(job, names)))
        return
    with Pool(processes, initializer=quiet) as pool:
        print(sum(pool.imap_unordered(job, names, chunksize=_CHUNK)))


if __name__ == "__main__":
    main()

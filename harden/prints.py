"""Which prints are the log of a service, and which are the output of a program."""

from __future__ import annotations

import ast
import re
from pathlib import PurePosixPath

from harden.errors import UnreadableSource
from harden.module import Module, has_star_arguments, keyword
from harden.project import Project
from harden.roles import FileKind, Role, file_kind
from harden.tree import FunctionNode

_WRITES = ("sys.stderr.write", "sys.stdout.write")
PRINTS = ("builtins.print", "pprint.pprint", "pprint.pp", *_WRITES)
"""Calls that write to the terminal."""
TRACEBACKS = ("traceback.print_exc", "traceback.print_exception")

_SERVICES = frozenset(
    {
        "flask",
        "quart",
        "fastapi",
        "starlette",
        "django",
        "rest_framework",
        "sanic",
        "tornado",
        "bottle",
        "falcon",
    }
    | {"pyramid", "cherrypy", "litestar", "blacksheep", "robyn", "nameko", "connexion", "channels", "uvicorn"}
    | {
        "gunicorn",
        "hypercorn",
        "waitress",
        "celery",
        "rq",
        "dramatiq",
        "huey",
        "arq",
        "taskiq",
        "faust",
        "grpc",
    }
    | {
        "pika",
        "kombu",
        "aiokafka",
        "confluent_kafka",
        "kafka",
        "apscheduler",
        "slack_bolt",
        "aiogram",
        "telegram",
        "telebot",
        "pyrogram",
        "telethon",
        "discord",
        "nextcord",
        "disnake",
    }
)
_PROGRAMS = frozenset(
    {"argparse", "click", "typer", "fire", "docopt", "optparse", "cmd", "tqdm", "rich", "getpass", "invoke"}
    | {
        "prompt_toolkit",
        "questionary",
        "inquirer",
        "textual",
        "curses",
        "asyncclick",
        "rich_click",
        "IPython",
    }
    | {"readline", "plumbum", "cement", "code", "pdb"}
)
_PROGRAM_FILES = re.compile(
    r"(^|_)(cli|console|commands?|shell|repl|manage|seeds?|seeder|populate|fixtures|demo|examples?|playground)"
    r"(_|$)|^(__main__|init_?db|create_(admin|user|superuser|tables|db)|initial_data|load_data|import_data|setup"
    r"|train|evaluate|benchmark|fabfile|gunicorn.*|conftest|scratch|debug|generate.*|bootstrap)$"
)
_PROGRAM_FOLDERS = frozenset(
    {"management", "cli", "commands", "console", "scripts", "notebooks", "dev", "tools"}
)
_SETTINGS = re.compile(r"(^|_)(settings|config|conf|configuration)(_|$)")
_PRINTERS = re.compile(
    r"(^|_)(print|show|display|dump|pprint|echo|report|usage|banner|help|prompt|confirm|progress|draw|demo"
    r"|example|main|cli|menu|interactive|repl|debug)(_|$)"
)
_PRINTER_CLASSES = re.compile(
    r"(Console|Printer|Reporter|Display|CLI|Cli|Command|Progress|Prompt|Shell|Repl|Terminal|Logger|Handler|Demo)$"
)
_GUARDS = re.compile(r"verbos|quiet|silent|interactive|isatty|dry_?run|trace|echo|\btty|print")
_EXITS = frozenset({"sys.exit", "builtins.exit", "builtins.quit", "os._exit", "builtins.SystemExit"})


def is_log(module: Module, call: ast.Call) -> bool:
    """Tell whether a call of PRINTS stands in a service where a log record belongs."""
    if module.kind is not FileKind.APP or not _goes_to_terminal(module, call) or module.in_main_guard(call):
        return False
    role = module.role(call)
    if role in (Role.CLI, Role.TEST) or _is_for_people(module, call) or _before_exit(module, call):
        return False
    if role in (Role.HANDLER, Role.TASK):
        return True
    if is_program(module) or not _is_service(module) or _serves_programs(module, call):
        return False
    return module.function(call) is not None or _runs_on_import(module)


def _goes_to_terminal(module: Module, call: ast.Call) -> bool:
    path = module.resolve(call.func)
    if path in _WRITES:  # what is written to the output in parts, or as a whole text, is a program's result
        is_line = len(call.args) == 1 and _ends_line(call.args[0])
        return isinstance(module.parents[call], ast.Expr) and (path == "sys.stderr.write" or is_line)
    target = keyword(call, "file") or keyword(call, "stream")
    if target is None:
        return not any(item.arg is None for item in call.keywords)
    return module.resolve(target) in ("sys.stderr", "sys.stdout")


def _ends_line(text: ast.expr) -> bool:
    """Tell whether a text that is put together here ends with a line break."""
    match text:
        case ast.Constant(value=str() as value):
            return value.endswith("\n") and len(value) > 1
        case ast.JoinedStr(values=[*_, last]) | ast.BinOp(op=ast.Add(), right=last):
            return isinstance(last, ast.Constant) and str(last.value).endswith("\n")
        case ast.BinOp(left=last, op=ast.Mod()) | ast.Call(func=ast.Attribute(value=last, attr="format")):
            return _ends_line(last)
    return False


def prints_traceback(module: Module, call: ast.Call) -> bool:
    """Tell whether a call prints the traceback of the current error, and nothing else."""
    path = module.resolve(call.func) or ""
    target = keyword(call, "file")
    if target is not None and module.resolve(target) not in ("sys.stderr", "sys.stdout"):
        return False
    if path in TRACEBACKS:
        return {item.arg for item in call.keywords} <= {"file", "limit", "chain"}
    match call.args:
        case [ast.Call() as only] if path in ("builtins.print", *_WRITES):
            return module.resolve(only.func) == "traceback.format_exc"
    return False


def _is_for_people(module: Module, node: ast.AST) -> bool:
    """Tell whether a person at a terminal is meant: by the names around, or a condition on a terminal."""
    for outer in module.ancestors(node):
        match outer:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                if _PRINTERS.search(name) or _asks(module, outer):
                    return True
            case ast.ClassDef(name=name):
                if _PRINTER_CLASSES.search(name) or any(
                    base.startswith(("logging.", "cmd.", "argparse.", "code."))
                    for base in module.bases(outer)
                ):
                    return True
            case ast.If(test=test) if _GUARDS.search(ast.unparse(test).lower()):
                return True
    return False


def _asks(module: Module, function: FunctionNode) -> bool:
    """Tell whether a function waits for somebody's answer, or lays values out for the eye."""
    return any(
        path == "builtins.input" or (path == "pprint.pprint" and keyword(call, "stream") is not None)
        for call in module.nodes(ast.Call)
        if module.function(call) is function
        for path in [module.resolve(call.func)]
    )


def _before_exit(module: Module, call: ast.Call) -> bool:
    """Tell whether the program ends right after the print: these are its last words."""
    statement = module.statement(call)
    block = next(
        (
            body
            for name in ("body", "orelse", "finalbody")
            if isinstance(body := getattr(module.parents[statement], name, None), list) and statement in body
        ),
        [],
    )
    for later in block[block.index(statement) + 1 :] if statement in block else []:
        ends = later.exc if isinstance(later, ast.Raise) else getattr(later, "value", None)
        if isinstance(ends, ast.expr) and module.resolve(ends) in _EXITS:
            return True
    return False


def is_program(module: Module) -> bool:
    """Tell whether a file is a program for the terminal, or a part of one."""
    pure = PurePosixPath(module.path)
    return (
        module.has_main_guard
        or module.imports(*_PROGRAMS)
        or not _PROGRAM_FOLDERS.isdisjoint(pure.parts[:-1])
        or _PROGRAM_FILES.search(pure.stem) is not None
        or "# %%" in module.text
        or _is_run_by_hand(module)
    )


def _is_run_by_hand(module: Module) -> bool:
    """Tell whether a file serves nothing itself, works when it is run, and is imported by no other."""
    if module.imports(*_SERVICES) or not any(_works(module, node) for node in module.tree.body):
        return False
    stem = PurePosixPath(module.path).stem
    return all(path == module.path for path in module.project.mentions(stem))


def _works(module: Module, statement: ast.stmt) -> bool:
    """Tell whether a statement of the file is `main()`, `asyncio.run(main())`, or a `with` around such."""
    match statement:
        case ast.With(body=body):
            return any(_works(module, inner) for inner in body)
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr="run", value=ast.Name(id="asyncio")))):
            return True
        case ast.Expr(value=ast.Call(func=ast.Name() as name)):
            return isinstance(module.names.lookup(name), FunctionNode)
    return False


def _serves_programs(module: Module, call: ast.Call) -> bool:
    """Tell whether the function around is named in programs only: commands, scripts."""
    function = module.function(call)
    if function is None or function.name.startswith("__"):
        return False
    users = [
        path
        for path in module.project.naming(function.name)
        if path != module.path and file_kind(path) in (FileKind.APP, FileKind.SCRIPT)
    ]
    alone = len(re.findall(rf"\b{function.name}\b", module.text)) == 1
    return alone and bool(users) and all(_is_program_file(module.project, path) for path in users)


def _is_program_file(project: Project, path: str) -> bool:
    try:
        return file_kind(path) is FileKind.SCRIPT or is_program(project.module(path))
    except UnreadableSource:
        return False


def _is_service(module: Module) -> bool:
    return module.imports(*_SERVICES) or not _SERVICES.isdisjoint(module.project.imported)


def _runs_on_import(module: Module) -> bool:
    """Tell whether the statements outside functions run when a service imports the file."""
    if _SETTINGS.search(PurePosixPath(module.path).stem) or "/settings/" in f"/{module.path}":
        return False  # logging is set up after the settings are read
    return bool(
        module.nodes(ast.FunctionDef) or module.nodes(ast.AsyncFunctionDef) or module.nodes(ast.ClassDef)
    )


_PART = "It prints a part of a line, such as progress: a log has whole lines only."


def why_no_record(module: Module, call: ast.Call) -> str:
    """Return why a print cannot become one log record, or an empty string."""
    if has_star_arguments(call):
        return "It prints a number of values that is not known here."
    text = call.args[0] if module.resolve(call.func) in _WRITES and call.args else None
    if isinstance(text, ast.Constant) and not _ends_line(text):
        return _PART
    for name in ("sep", "end"):
        given = keyword(call, name)
        if given is not None and not isinstance(given, ast.Constant):
            return f"Its `{name}` is computed."
    end = keyword(call, "end")
    if isinstance(end, ast.Constant) and isinstance(end.value, str) and "\n" not in end.value:
        return _PART
    return ""

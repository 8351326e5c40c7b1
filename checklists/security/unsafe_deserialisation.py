"""Whoever can choose the bytes can run code.

pickle, dill, marshal, shelve, joblib and `yaml.load` build whatever objects the data asks for, and building
an object can run any command. When such bytes come from a request, a queue, a cache or another host,
one crafted message takes the server over. Exchange data as JSON (checked by a model), read YAML with
`yaml.safe_load`, and load model weights with `weights_only=True` or as safetensors.

pickle and its kin are flagged only where the data visibly comes from outside: a request, a response,
a socket, a cache or the parameter of a request handler. Files that the program wrote itself are left out,
and so is `torch.load` where the project requires torch 2.6 or newer, which loads weights only by default.

Flagged:

    import yaml


    def read_rules(path):
        with open(path) as file:
            return yaml.load(file, Loader=yaml.Loader)

Fixed:

    import yaml


    def read_rules(path):
        with open(path) as file:
            return yaml.safe_load(file)

Flagged:

    import torch


    def load_model(path):
        return torch.load(path, map_location="cpu")

Fixed:

    import torch


    def load_model(path):
        return torch.load(path, map_location="cpu", weights_only=True)

Flagged (app/rules.py):

    from ruamel.yaml import YAML


    def read_rules(text):
        return YAML(typ="unsafe").load(text)

Fixed (app/rules.py):

    from ruamel.yaml import YAML


    def read_rules(text):
        return YAML(typ="safe").load(text)

Flagged (app/tasks.py):

    from celery import Celery

    app = Celery("shop", broker="redis://queue")
    app.conf.update(task_serializer="json", accept_content=["json", "pickle"])

Fixed (app/tasks.py):

    from celery import Celery

    app = Celery("shop", broker="redis://queue")
    app.conf.update(task_serializer="json", accept_content=["json"])

Fine:

    import json
    import pickle

    import yaml
    from flask import request


    class Tags(yaml.SafeLoader):
        pass


    def read(path, name):
        with open(path, "rb") as file:
            index = pickle.load(file)
        rules = yaml.load(name, Loader=Tags)
        more = yaml.load(name, yaml.CSafeLoader)
        return index, rules, more, json.loads(request.data)

When to ignore: the bytes are signed and the signature is checked before they are loaded.

References:

    https://docs.python.org/3/library/pickle.html
    https://pyyaml.org/wiki/PyYAMLDocumentation
    https://docs.pytorch.org/docs/stable/generated/torch.load.html
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from harden.checklists.taint import taint_of
from harden.checklists.waiting import dependencies
from harden.checks import Check, Fix
from harden.findings import Finding, Risk, Severity
from harden.module import Module, has_star_arguments, is_literal, keyword

check = Check(
    id="unsafe-deserialisation",
    title="Loading data can run code",
    severity=Severity.HIGH,
    fix=Fix("harden.codemods.deserialise:LoadDataOnly", Risk.AUTO),
    codes=frozenset({"S301", "S302", "S506", "S614", "B301", "B302", "B506", "B614"}),
)

_UNSAFE_LOADERS = (
    "yaml.Loader",
    "yaml.UnsafeLoader",
    "yaml.FullLoader",
    "yaml.CLoader",
    "yaml.CUnsafeLoader",
    "yaml.CFullLoader",
    "yaml.loader.Loader",
    "yaml.loader.UnsafeLoader",
    "yaml.loader.FullLoader",
)
_PICKLES = (
    *(
        f"{name}.{verb}"
        for name in ("pickle", "cPickle", "_pickle", "pickle5", "dill", "cloudpickle", "marshal", "joblib")
        for verb in ("load", "loads", "Unpickler")
    ),
    *(
        "jsonpickle.decode",
        "jsonpickle.loads",
        "jsonpickle.unpickler.decode",
        "sklearn.externals.joblib.load",
    ),
    *("pandas.read_pickle", "shelve.open", "shelve.DbfilenameShelf", "compress_pickle.load"),
)
_GIVEN = ("data", "string", "s", "file", "filename", "filepath_or_buffer", "bytes", "path", "str")
_RUAMEL = ("ruamel.yaml.Loader", "ruamel.yaml.UnsafeLoader", "ruamel.yaml.loader.Loader")
_KERAS = ("keras.", "tensorflow.keras.", "tf_keras.", "tensorflow.python.keras.")
_ACCEPTED = re.compile(r"(CELERY_)?(ACCEPT_CONTENT|RESULT_ACCEPT_CONTENT)", re.IGNORECASE)
_SERIALIZER = re.compile(r"(CELERY_)?(TASK|RESULT)_SERIALIZER", re.IGNORECASE)
_JSON = "Let tasks and their results travel as JSON, and take `pickle` out."
_TORCH = re.compile(r"(?im)^[\s\"'-]*torch\s*=?\s*[\"']?\s*(?:={2,3}|>=|~=|\^)\s*(\d+)\.(\d+)")


@check.call(
    *("yaml.load", "yaml.load_all", "yaml.unsafe_load", "yaml.unsafe_load_all"),
    *("yaml.full_load", "yaml.full_load_all"),
)
def yaml_load(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag YAML loaded with a loader that builds any object."""
    name = path.rpartition(".")[2]
    loader = keyword(call, "Loader") or (call.args[1] if len(call.args) > 1 else None)
    if loader is None and has_star_arguments(call):
        return
    if loader is None or module.resolve(loader) in _UNSAFE_LOADERS:
        safe = re.sub("(unsafe_|full_)?load", "safe_load", name)
        yield check.found(
            module, call, f"yaml.{name}() builds any object it is asked for", facts={"call": safe}
        )


@check.call("ruamel.yaml.YAML", "ruamel.yaml.main.YAML")
def ruamel_unsafe(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag `YAML(typ="unsafe")` of ruamel.yaml."""
    typ = keyword(call, "typ") or (call.args[0] if call.args else None)
    if typ is not None and is_literal(typ, "unsafe"):
        yield check.found(module, typ, "YAML() builds any object it is asked for", facts={"value": "safe"})


@check.call("ruamel.yaml.load", "ruamel.yaml.load_all", "ruamel.yaml.unsafe_load")
def ruamel_load(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag the loaders of older releases of ruamel.yaml."""
    loader = keyword(call, "Loader") or (call.args[1] if len(call.args) > 1 else None)
    if loader is None and has_star_arguments(call):
        return
    if loader is None or module.resolve(loader) in _RUAMEL:
        name = path.rpartition(".")[2]
        why_not = 'Newer releases have no such function: YAML(typ="safe").load(...) reads data only.'
        yield check.found(module, call, f"{name}() builds any object it is asked for", why_not=why_not)


@check.call("torch.load")
def torch_load(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag checkpoints loaded as pickles."""
    only = keyword(call, "weights_only")
    if is_literal(only, False):
        why = "The file holds more than weights, says weights_only=False: save a state_dict or safetensors."
        yield check.found(module, call, "torch.load() runs code from the file", why_not=why)
    elif (
        only is None
        and not has_star_arguments(call)
        and keyword(call, "pickle_module") is None
        and not _loads_weights_only(module)
    ):
        yield check.found(
            module, call, "torch.load() runs code from the file", facts={"keyword": "weights_only"}
        )


@check.call(*_PICKLES)
def pickled(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag pickles and the like whose bytes come from outside."""
    given = call.args[0] if call.args else next(filter(None, (keyword(call, name) for name in _GIVEN)), None)
    source = taint_of(module, given) if given is not None else None
    if source is not None:
        name = path.rpartition(".")[2]
        why = "No edit makes this format safe: exchange the data as JSON and check it with a model."
        yield check.found(
            module,
            call,
            f"{path.partition('.')[0]}.{name}() of {source.what}",
            why_not=why,
            steps=source.steps,
        )


@check.call("*.recv_pyobj")
def object_received(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag `recv_pyobj()` of a ZeroMQ socket, which unpickles what it receives."""
    if path.startswith("zmq."):
        why = "No edit makes this format safe: send JSON with send_json() and read it with recv_json()."
        yield check.found(module, call, "recv_pyobj() unpickles what a socket brings", why_not=why)


@check.call("*.load_model", "*.enable_unsafe_deserialization")
def keras_load(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag models of Keras loaded with its safe mode off."""
    off = path.endswith("enable_unsafe_deserialization") or is_literal(keyword(call, "safe_mode"), False)
    if off and path.startswith(_KERAS):
        why = "The file holds code (a Lambda layer): register the layer's class, and save the model anew."
        name = path.rpartition(".")[2]
        yield check.found(module, call, f"{name}() lets models run code from their file", why_not=why)


@check.node(ast.Assign, ast.keyword)
def configured(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag settings that let Celery and the sessions of Django carry pickles."""
    match node:
        case ast.keyword(arg=str() as name, value=ast.List() | ast.Constant() as value):
            call = module.parents.get(node)
            if not _names(name) or not isinstance(call, ast.Call) or not _is_celery(module, call.func):
                return
        case ast.Assign(
            targets=[ast.Name(id=name) | ast.Attribute(attr=name)], value=ast.List() | ast.Constant() as value
        ) if _names(name):
            target = node.targets[0]
            named = isinstance(target, ast.Name) and name.isupper() and node in module.tree.body
            if not named and not _is_celery(module, target):
                return
        case _:
            return
    yield from _pickle_allowed(module, name, value)


def _is_celery(module: Module, expr: ast.expr) -> bool:
    """Tell whether an expression is Celery's, an application of an own class, or its settings."""
    path = module.resolve(expr) or ""
    bases = module.project.ancestry((path, path.rpartition(".conf.")[0]))
    return any(base.startswith("celery.") for base in bases)


def _names(setting: str) -> bool:
    matches = _ACCEPTED.fullmatch(setting) or _SERIALIZER.fullmatch(setting)
    return matches is not None or setting == "SESSION_SERIALIZER"


def _pickle_allowed(module: Module, name: str, value: ast.expr) -> Iterator[Finding]:
    entries = value.elts if isinstance(value, ast.List) else [value]
    for entry in entries:
        match entry:
            case ast.Constant(value="pickle" | "application/x-python-serialize"):
                message = f"{name} lets whoever reaches the broker run code"
                yield check.found(module, entry, message, why_not=_JSON)
            case ast.Constant(value=str() as path) if path.endswith(".PickleSerializer"):
                why_not = "Use django.contrib.sessions.serializers.JSONSerializer."
                yield check.found(module, entry, "whoever can write a session can run code", why_not=why_not)


@check.call("numpy.load")
def numpy_load(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag arrays from outside that may hold pickles."""
    if is_literal(keyword(call, "allow_pickle"), True) and call.args:
        source = taint_of(module, call.args[0])
        if source is not None:
            why = "Without allow_pickle arrays of objects cannot be read: have them sent as numbers or JSON."
            message = f"numpy.load() with pickles of {source.what}"
            yield check.found(module, call, message, why_not=why, steps=source.steps)


def _loads_weights_only(module: Module) -> bool:
    """Tell whether the project requires a torch whose `load()` is safe unless it is told otherwise."""
    required = _TORCH.search(dependencies(module.project))
    return required is not None and (int(required[1]), int(required[2])) >= (2, 6)

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
        for name in ("pickle", "cPickle", "_pickle", "dill", "cloudpickle")
        for verb in ("load", "loads")
    ),
    *("marshal.load", "marshal.loads", "joblib.load", "jsonpickle.decode", "jsonpickle.loads"),
    *("pandas.read_pickle", "shelve.open", "pickle.Unpickler", "dill.Unpickler"),
)


_TORCH = re.compile(r"(?im)^[\s\"'-]*torch\s*=?\s*[\"']?\s*(?:={2,3}|>=|~=|\^)\s*(\d+)\.(\d+)")


@check.call("yaml.load", "yaml.load_all", "yaml.unsafe_load", "yaml.unsafe_load_all")
def yaml_load(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag YAML loaded with a loader that builds any object."""
    name = path.rpartition(".")[2]
    loader = keyword(call, "Loader") or (call.args[1] if len(call.args) > 1 else None)
    if loader is None and has_star_arguments(call):
        return
    if loader is None or module.resolve(loader) in _UNSAFE_LOADERS:
        safe = name.replace("unsafe_load", "load").replace("load", "safe_load")
        yield check.found(
            module, call, f"yaml.{name}() builds any object it is asked for", facts={"call": safe}
        )


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
    source = taint_of(module, call.args[0]) if call.args else None
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

"""Names from other modules: reused where they are, imported in the file's style where they are not."""

from __future__ import annotations

import ast
from pathlib import Path

import libcst as cst
import pytest

from harden.codemods.codemod import Options, PythonCodemod
from harden.errors import Refusal
from harden.findings import Finding, Severity
from harden.project import Project


class Use(PythonCodemod):
    """Replace each call of `use("module", "name", …)` by the names it asks for, `define` by a statement."""

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        """Write the names."""
        if self.target(original_node) is None:
            return updated_node
        given = [arg.value.raw_value for arg in original_node.args if isinstance(arg.value, cst.SimpleString)]
        if isinstance(original_node.func, cst.Name) and original_node.func.value == "define":
            self.top_level(given[0], binds=given[0].partition(" ")[0])
            return cst.Name(given[0].partition(" ")[0])
        names = [self.import_name(*text.split(":")) for text in given]
        return cst.parse_expression(", ".join(names))


def used(folder: Path, code: str | bytes) -> str:
    data = code if isinstance(code, bytes) else code.encode()
    (folder / "own.py").write_bytes(b"")
    (folder / "file.py").write_bytes(data)
    project = Project(folder, ("file.py", "own.py"))
    module = project.module("file.py")
    targets = [
        Finding("use", "file.py", module.span(call), "", Severity.LOW, fingerprint=str(number))
        for number, call in enumerate(module.nodes(ast.Call))
        if isinstance(call.func, ast.Name) and call.func.id in ("use", "define")
    ]
    result = Use(project, Options()).edit("file.py", targets)
    if result.refused:
        raise Refusal(next(iter(result.refused.values())))
    return result.data.decode()


CASES = {
    "nothing but code": ("x = use('time')\n", "import time\n\nx = time\n"),
    "a function first": (
        "def f():\n    return use('time')\n",
        "import time\n\n\ndef f():\n    return time\n",
    ),
    "a comment above a function": (
        "# c\ndef f():\n    return use('time')\n",
        "import time\n\n\n# c\ndef f():\n    return time\n",
    ),
    "docstring": ('"""Doc."""\nx = use("time")\n', '"""Doc."""\n\nimport time\n\nx = time\n'),
    "docstring of several lines": (
        '"""Doc.\n\nMore.\n"""\n\n\ndef f():\n    use("time")\n',
        '"""Doc.\n\nMore.\n"""\n\nimport time\n\n\ndef f():\n    time\n',
    ),
    "docstring and __future__": (
        '"""Doc."""\n\nfrom __future__ import annotations\n\nx = use("time")\n',
        '"""Doc."""\n\nfrom __future__ import annotations\n\nimport time\n\nx = time\n',
    ),
    "shebang and cookie": (
        "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\nx = use('time')\n",
        "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\nimport time\n\nx = time\n",
    ),
    "licence": (
        "# Copyright\n# Licence\n\nx = use('time')\n",
        "# Copyright\n# Licence\n\nimport time\n\nx = time\n",
    ),
    "dunder names": (
        '__all__ = ["f"]\n__version__ = "1"\n\nimport os\n\nx = use("time")\n',
        '__all__ = ["f"]\n__version__ = "1"\n\nimport os\nimport time\n\nx = time\n',
    ),
    "CRLF": (
        "import os\r\n\r\ndef f():\r\n    use('time')\r\n",
        "import os\r\nimport time\r\n\r\ndef f():\r\n    time\r\n",
    ),
    "BOM": (b"\xef\xbb\xbfx = use('time')\n", "\ufeffimport time\n\nx = time\n"),
    "no newline at the end": ("import os\nuse('time')", "import os\nimport time\ntime"),
    "sorted": (
        "import abc\nimport os\n\nuse('logging')\n",
        "import abc\nimport logging\nimport os\n\nlogging\n",
    ),
    "first of its section": ("import os\n\nuse('abc')\n", "import abc\nimport os\n\nabc\n"),
    "plain before from": (
        "import os\nfrom abc import ABC\n\nuse('zlib'), use('dis:dis')\n",
        "import os\nimport zlib\nfrom abc import ABC\nfrom dis import dis\n\nzlib, dis\n",
    ),
    "plain among from": (
        "from abc import ABC\nimport os\nfrom re import A\n\nuse('pickle')\n",
        "from abc import ABC\nimport os\nimport pickle\nfrom re import A\n\npickle\n",
    ),
    "only from": ("from os import path\n\nuse('abc')\n", "import abc\nfrom os import path\n\nabc\n"),
    "a section of its own at the end": (
        "import os\n\nx = use('requests')\n",
        "import os\n\nimport requests\n\nx = requests\n",
    ),
    "two in a new section": (
        "import os\n\nx = use('requests', 'httpx')\n",
        "import os\n\nimport httpx\nimport requests\n\nx = requests, httpx\n",
    ),
    "a section between": (
        "import os\n\nfrom own import a\n\nuse('requests')\n",
        "import os\n\nimport requests\n\nfrom own import a\n\nrequests\n",
    ),
    "a section at the top": (
        "import requests\n\nuse('time')\n",
        "import time\n\nimport requests\n\ntime\n",
    ),
    "a section above a comment": (
        '"""Doc."""\n\n# third party\nimport requests\n\nuse("time")\n',
        '"""Doc."""\n\nimport time\n\n# third party\nimport requests\n\ntime\n',
    ),
    "sections without blank lines": (
        "import os\nimport requests\nfrom own import a\n\nuse('httpx')\n",
        "import os\nimport httpx\nimport requests\nfrom own import a\n\nhttpx\n",
    ),
    "extended": (
        "from datetime import datetime\n\nuse('datetime:timezone')\n",
        "from datetime import datetime, timezone\n\ntimezone\n",
    ),
    "extended in order": (
        "from datetime import date, timezone\n\nuse('datetime:UTC', 'datetime:datetime')\n",
        "from datetime import UTC, date, datetime, timezone\n\nUTC, datetime\n",
    ),
    "extended block": (
        "from datetime import (\n    date,\n    timezone,\n)\n\nuse('datetime:datetime', 'datetime:UTC')\n",
        "from datetime import (\n    UTC,\n    date,\n    datetime,\n    timezone,\n)\n\ndatetime, UTC\n",
    ),
    "a commented line is not extended": (
        "from datetime import date  # noqa: F401\n\nuse('datetime:UTC')\n",
        "from datetime import date  # noqa: F401\nfrom datetime import UTC\n\nUTC\n",
    ),
    "known": ("import time\n\nuse('time')\n", "import time\n\ntime\n"),
    "known under an alias": (
        "import time as t\n\nuse('time', 'time:sleep')\n",
        "import time as t\n\nt, t.sleep\n",
    ),
    "known by from": (
        "from time import sleep as s\n\nuse('time:sleep')\n",
        "from time import sleep as s\n\ns\n",
    ),
    "known by its submodule": ("import os.path\n\nuse('os')\n", "import os.path\n\nos\n"),
    "known submodule by from": (
        "from concurrent import futures\n\nuse('concurrent.futures:Future')\n",
        "from concurrent import futures\n\nfutures.Future\n",
    ),
    "known in the function": (
        "def f():\n    import time\n    return use('time')\n",
        "def f():\n    import time\n    return time\n",
    ),
    "known in another function only": (
        "def f():\n    import time\n\n\ndef g():\n    return use('time')\n",
        "import time\n\n\ndef f():\n    import time\n\n\ndef g():\n    return time\n",
    ),
    "taken in another function only": (
        "def f(time):\n    return time\n\n\ndef g():\n    return use('time')\n",
        "import time\n\n\ndef f(time):\n    return time\n\n\ndef g():\n    return time\n",
    ),
    "taken by an attribute only": (
        "class A:\n    time = 1\n\n    def g(self):\n        return use('time')\n",
        "import time\n\n\nclass A:\n    time = 1\n\n    def g(self):\n        return time\n",
    ),
    "only for types": (
        "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import time\n\nx = use('time')\n",
        "import time\nfrom typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import time\n\nx = time\n",
    ),
    "name taken, module free": (
        "import os\n\nsleep = 1\nx = use('time:sleep')\n",
        "import os\nimport time\n\nsleep = 1\nx = time.sleep\n",
    ),
    "module and class of one name": (
        "x = use('datetime', 'datetime:datetime')\n",
        "import datetime\n\nx = datetime, datetime.datetime\n",
    ),
    "semicolon on the line of an import": (
        "import os; use('time')\n",
        "import time\n\nimport os; time\n",
    ),
    "imports on one line": (
        "import os; import re\nuse('time')\n",
        "import os; import re\nimport time\ntime\n",
    ),
    "continued line": (
        "import abc; \\\nimport os\n\nuse('dis')\n",
        "import abc; \\\nimport os\nimport dis\n\ndis\n",
    ),
    "statement": (
        "import os\n\n\ndef f():\n    define('log = 1')\n",
        "import os\n\nlog = 1\n\n\ndef f():\n    log\n",
    ),
    "statement and code": ("import os\nx = define('log = 1')\n", "import os\n\nlog = 1\n\nx = log\n"),
    "statement without imports": (
        "def f():\n    define('log = 1')\n",
        "log = 1\n\n\ndef f():\n    log\n",
    ),
    "statement after a docstring": (
        '"""Doc."""\n\n\ndef f():\n    define("log = 1")\n',
        '"""Doc."""\n\nlog = 1\n\n\ndef f():\n    log\n',
    ),
    "statement and import": (
        '"""Doc."""\ndef f():\n    define("log = 1"), use("time", "requests")\n',
        '"""Doc."""\n\nimport time\n\nimport requests\n\nlog = 1\n\n\ndef f():\n    log, time, requests\n',
    ),
    "statement and import after imports": (
        "import os\n\n\ndef f():\n    define('log = 1'), use('time', 'requests'), define('tag = 2')\n",
        "import os\nimport time\n\nimport requests\n\nlog = 1\n\ntag = 2\n\n\n"
        "def f():\n    log, time, requests, tag\n",
    ),
    "statement after guarded imports": (
        "import os\n\ntry:\n    import a\nexcept OSError:\n    a = 0\nimport b\n\nx = define('log = 1')\n",
        "import os\n\ntry:\n    import a\nexcept OSError:\n    a = 0\nimport b\n\nlog = 1\n\nx = log\n",
    ),
    "plain into an unsorted section": (
        "import sys\nimport os\nfrom typing import Any\nfrom abc import ABC\n\nuse('functools')\n",
        "import sys\nimport os\nimport functools\nfrom typing import Any\nfrom abc import ABC\n\nfunctools\n",
    ),
    "plain above unsorted from": (
        "from typing import Any\nfrom abc import ABC\n\nuse('functools')\n",
        "import functools\nfrom typing import Any\nfrom abc import ABC\n\nfunctools\n",
    ),
    "plain sorted where only the from imports are not": (
        "import os\nimport sys\nfrom typing import Any\nfrom abc import ABC\n\nuse('re'), use('dis:dis')\n",
        "import os\nimport re\nimport sys\nfrom typing import Any\nfrom abc import ABC\n"
        "from dis import dis\n\nre, dis\n",
    ),
    "one order for all sections": (
        "import json\nimport requests\nimport time\n\nuse('logging', 'zlib')\n",
        "import json\nimport logging\nimport requests\nimport time\nimport zlib\n\nlogging, zlib\n",
    ),
    "third party first": (
        "import requests\nimport time\n\nuse('logging')\n",
        "import logging\nimport requests\nimport time\n\nlogging\n",
    ),
    "third party first, in sections": (
        "import requests\n\nimport abc\nimport time\n\nuse('logging')\n",
        "import requests\n\nimport abc\nimport logging\nimport time\n\nlogging\n",
    ),
    "above the comment of an import": (
        "# Licence\n\n# for units\nimport os\n\nuse('abc')\n",
        "# Licence\n\nimport abc\n# for units\nimport os\n\nabc\n",
    ),
    "statement with an import of the function": (
        "def f():\n    import time\n    define('log = time.time()')\n",
        "import time\n\nlog = time.time()\n\n\ndef f():\n    import time\n    log\n",
    ),
    "statement with an alias of the function": (
        "import os\n\n\ndef f():\n    import time as t\n    define('log = t.time(0, t=t)')\n",
        "import os\nimport time\n\nlog = time.time(0, t=time)\n\n\ndef f():\n    import time as t\n    log\n",
    ),
    "statement with a name of the function": (
        "def f():\n    from time import time as now\n    define('log = now()')\n",
        "from time import time\n\nlog = time()\n\n\ndef f():\n    from time import time as now\n    log\n",
    ),
    "statement below what it uses": (
        "import os\n\nhere = 1\nimport time\n\n\ndef f():\n    define('log = time')\n",
        "import os\n\nhere = 1\nimport time\n\nlog = time\n\n\ndef f():\n    log\n",
    ),
    "statement below what it uses, after code": (
        "x = 1\nimport time\n\n\ndef f():\n    define('log = time'), use('os')\n",
        "import os\n\nx = 1\nimport time\n\nlog = time\n\n\ndef f():\n    log, os\n",
    ),
    "statement after what sets up": (
        "import logging\nfrom environs import Env\n\nenv = Env()\nenv.read_env()\n"
        "logging.basicConfig()\nx = define('log = 1')\n",
        "import logging\nfrom environs import Env\n\nenv = Env()\nenv.read_env()\n"
        "logging.basicConfig()\n\nlog = 1\n\nx = log\n",
    ),
    "statement after the logger": (
        "import logging\n\nLOG = logging.getLogger(__name__)\n\n\ndef f():\n    define('log = 1')\n",
        "import logging\n\nLOG = logging.getLogger(__name__)\n\nlog = 1\n\n\ndef f():\n    log\n",
    ),
    "statement before other calls": (
        "import app\napp.run()\n\n\ndef f():\n    define('log = 1')\n",
        "import app\n\nlog = 1\n\napp.run()\n\n\ndef f():\n    log\n",
    ),
    "statement asked for twice": (
        "def f():\n    define('log = 1')\n    define('log = 1')\n",
        "log = 1\n\n\ndef f():\n    log\n    log\n",
    ),
}


@pytest.mark.parametrize(("before", "after"), CASES.values(), ids=CASES)
def test_written_as_the_owner_would(before: str | bytes, after: str, tmp_path: Path) -> None:
    assert used(tmp_path, before) == after
    compile(after.lstrip("\ufeff"), "file.py", "exec")


@pytest.mark.parametrize("before", [before for before, _ in CASES.values()], ids=CASES)
def test_asked_again_nothing_more_is_imported(before: str | bytes, tmp_path: Path) -> None:
    once = used(tmp_path, before)
    assert used(tmp_path, once) == once


REFUSED = {
    "taken in the module": "time = 1\nuse('time')\n",
    "taken by a parameter": "def f(time):\n    use('time')\n",
    "taken by a parameter, though imported": "import time\n\ndef f(time):\n    use('time')\n",
    "taken by a loop in the function": "def f():\n    use('time')\n    for time in x: pass\n",
    "taken by a comprehension": "x = [use('time') for time in y]\n",
    "taken around the function": "def f():\n    time = 1\n    def g():\n        use('time')\n",
    "taken in the class body": "class A:\n    time = 1\n    x = use('time')\n",
    "taken by another import": "from a import time\n\nuse('time')\n",
    "taken by a star import": "from a import *\n\ntime()\nuse('time')\n",
    "rebound after its import": "import time\n\ntime = 2\nuse('time')\n",
    "imported in the function, but later": "def f():\n    use('time')\n    import time\n",
    "imported in a branch of the function": "def f():\n    if a:\n        import time\n    use('time')\n",
    "an optional dependency": "try:\n    import requests\nexcept ImportError:\n    pass\n\nuse('requests')\n",
    "with a stand-in": "try:\n    import json\nexcept ImportError:\n    json = None\n\nuse('json')\n",
    "both names taken": "sleep = time = 1\nuse('time:sleep')\n",
    "statement taken": "log = 2\ndefine('log = 1')\n",
    "statement hidden": "def f(log):\n    define('log = 1')\n",
    "two statements of one name": "define('log = 1')\ndefine('log = 2')\n",
    "used above the imports": "__version__ = [use('requests')]\nimport os\n",
    "statement with a name of the function": "def f(time):\n    define('log = time')\n",
    "statement used above what it uses": "import os\nx = define('log = time')\nimport time\n",
    "docstring on the line of code": '"""Doc."""; use("time")\n',
}


@pytest.mark.parametrize("before", REFUSED.values(), ids=REFUSED)
def test_refused_rather_than_wrong(before: str, tmp_path: Path) -> None:
    with pytest.raises(Refusal):
        used(tmp_path, before)


def test_an_import_below_a_use_at_module_level_is_not_reused(tmp_path: Path) -> None:
    before = "x = use('time')\nimport time\n"
    assert used(tmp_path, before) == "import time\n\nx = time\nimport time\n"

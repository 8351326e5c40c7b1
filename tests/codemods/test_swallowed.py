"""Silent handlers record their error, and go on as before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.codemods.conftest import Mend

HEAD = "import logging\n\nlog = logging.getLogger(__name__)\n\n\n"


def silent(handler: str) -> str:
    return f"{HEAD}def sync(x):\n    for y in x:\n        try:\n            y.run()\n{handler}"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "        except Exception:\n            pass\n",
            '        except Exception:\n            log.exception("y.run failed")\n',
        ),
        (
            "        except:  # any\n            # all of them\n            pass  # none\n",
            "        except Exception:  # any\n            # all of them\n"
            '            log.exception("y.run failed")  # none\n',
        ),
        (
            "        except (ValueError, Exception):\n            continue\n",
            "        except (ValueError, Exception):\n"
            '            log.exception("y.run failed")\n            continue\n',
        ),
        ("        except Exception: pass\n", '        except Exception: log.exception("y.run failed")\n'),
        ("        except Exception: ...\n", '        except Exception: log.exception("y.run failed")\n'),
        (
            "        except Exception: continue\n",
            '        except Exception: log.exception("y.run failed"); continue\n',
        ),
        (
            "        except Exception as e:\n            return None\n        else:\n            y()\n",
            '        except Exception as e:\n            log.exception("y.run failed")\n'
            "            return None\n        else:\n            y()\n",
        ),
    ],
)
def test_rewritten(mend: Mend, before: str, after: str) -> None:
    mended = mend("swallowed-exception", silent(before))
    assert not mended.refused
    assert mended.text == silent(after)
    assert mend("swallowed-exception", mended.text).text == mended.text
    assert mend("bare-except", silent(before)).text == silent(before)


def test_suppress_becomes_a_handler(mend: Mend) -> None:
    before = (
        "def f(x):\n\t# keep\n\twith contextlib.suppress(Exception):  # why\n"
        "\t\tx.run()\n\t\ty = 1\n\treturn 2\n"
    )
    after = (
        "def f(x):\n\t# keep\n\ttry:  # why\n\t\tx.run()\n\t\ty = 1\n\texcept Exception:\n"
        '\t\tlog.exception("f failed")\n\treturn 2\n'
    )
    mended = mend("swallowed-exception", "import contextlib\n" + HEAD + before)
    assert not mended.refused
    assert mended.text == HEAD + after


def test_several_contexts_are_left_to_the_owner(mend: Mend) -> None:
    code = (
        "from contextlib import suppress\n\n\ndef f(x):\n    with suppress(Exception), x:\n        x.run()\n"
    )
    mended = mend("swallowed-exception", code)
    assert (mended.text, mended.refused) == (code, ("The statement enters something else as well.",))


@pytest.mark.parametrize(
    ("level", "line"),
    [("warning", 'log.warning("y.run failed", exc_info=True)'), ("error", 'log.exception("y.run failed")')],
)
def test_level(mend: Mend, level: str, line: str) -> None:
    code = silent("        except Exception:\n            pass\n")
    assert mend("swallowed-exception", code, level=level).text == code.replace("pass", line)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_file_without_logger_gets_one(mend: Mend, newline: str) -> None:
    before = (
        '"""Doc."""\n\n\ndef __init__(log):\n    try:\n        log()\n    except Exception:\n        pass\n'
    )
    after = (
        '"""Doc."""\n\nimport logging\n\nlogger = logging.getLogger(__name__)\n\n\n'
        "def __init__(log):\n    try:\n        log()\n"
        '    except Exception:\n        logger.exception("log failed")\n'
    )
    assert (
        mend("swallowed-exception", before.replace("\n", newline).encode()).data
        == after.replace("\n", newline).encode()
    )


@pytest.mark.parametrize(
    "handler",
    [
        "except ValueError:\n    pass",
        "except OSError:\n    pass",
        "except Exception:\n    raise",
        "except Exception:\n    x.note()",
        "except Exception as e:\n    y = e",
        "except Exception:\n    failed = True",
        "except Exception:\n    errors += 1",
        "except Exception:\n    answer['status'] = 'away'",
        "except Exception:\n    pass  # it is fine to miss one",
        "except requests.RequestException:\n    y = 1",
        "except redis.WatchError:\n    pass",
    ],
)
def test_handlers_that_are_fine(mend: Mend, handler: str) -> None:
    lines = f"try:\n    x.run()\n{handler}".replace("\n", "\n    ")
    code = f"import redis\nimport requests\n\n\ndef f(x, errors, answer):\n    {lines}\n"
    assert mend("swallowed-exception", code).text == code


@pytest.mark.parametrize(
    "attempt",
    [
        "import ujson",
        "x.close()",
        "n = int(x)",
        "n = json.loads(x)['a']",
        "page = int(request.args.get('page', 1))",
        "x.text.decode().strip()",
        "uuid.UUID(x)",
    ],
)
def test_attempts_whose_failure_is_no_news(mend: Mend, attempt: str) -> None:
    head = "import json\nimport uuid\n\nfrom flask import request\n\n\n"
    code = f"{head}def f(x):\n    try:\n        {attempt}\n    except Exception:\n        pass\n"
    assert mend("swallowed-exception", code).text == code


@pytest.mark.parametrize(
    "name", ["is_up", "has_key", "db_exists", "health", "__del__", "ping_peer", "try_user"]
)
def test_questions_and_destructors(mend: Mend, name: str) -> None:
    code = f"def {name}(x):\n    try:\n        x.run()\n    except Exception:\n        return False\n"
    assert mend("swallowed-exception", code).text == code


@pytest.mark.parametrize(
    ("call", "subject"),
    [
        ("rows = list(x.rows())", "f"),
        ("x._bot.send(1)", "x._bot.send"),
        ("_send(x)", "send"),
        ("open(x)", "open"),
    ],
)
def test_the_message_names_what_failed(mend: Mend, call: str, subject: str) -> None:
    before = f"{HEAD}def f(x):\n    try:\n        {call}\n    except Exception:\n        pass\n"
    mended = mend("swallowed-exception", before)
    assert mended.text == before.replace("pass\n", f'log.exception("{subject} failed")\n')

"""A handler for everything becomes one for errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.codemods.conftest import Mend


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("except:", "except Exception:"),
        ("except :  # all", "except Exception:  # all"),
        ("except BaseException:", "except Exception:"),
        ("except(BaseException):", "except(Exception):"),
        ("except BaseException as e:", "except Exception as e:"),
        ("except \\\n    BaseException:", "except \\\n    Exception:"),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_rewritten(mend: Mend, before: str, after: str, newline: str) -> None:
    code = "while x:\n\ttry: y()\n\t{}\n\t\tlog(y)\n"
    wanted = code.format(after).replace("\n", newline)
    mended = mend("bare-except", code.format(before).replace("\n", newline).encode())
    assert not mended.refused
    assert mended.data == wanted.encode()
    assert mend("bare-except", mended.data).data == mended.data


def test_nested_handlers(mend: Mend) -> None:
    code = "try:\n    a()\nexcept:\n    try:\n        b()\n    except:\n        log(1)\n"
    assert mend("bare-except", code).text == code.replace("except:", "except Exception:")


def test_several_types_are_left_to_the_owner(mend: Mend) -> None:
    code = "try:\n    a()\nexcept (KeyError, BaseException):\n    log(1)\n"
    mended = mend("bare-except", code)
    assert mended.text == code
    assert "several types" in mended.refused[0]


@pytest.mark.parametrize(
    "handler",
    [
        "except:\n    undo()\n    raise",
        "except BaseException as e:\n    future.set_exception(e)",
        "except BaseException as e:\n    result = Result(e)",
        "except BaseException as e:\n    return e",
        "except:\n    os._exit(1)",
        "except BaseException:  # the extension panics\n    log(1)",
        "except Exception:\n    log(1)\nexcept:\n    log(2)",
        "except KeyboardInterrupt:\n    log(1)\nexcept BaseException:\n    log(2)",
        "except Exception:\n    log(1)",
        "except MyBaseException:\n    log(1)",
    ],
)
def test_not_flagged(mend: Mend, handler: str) -> None:
    body = f"try:\n    a()\n{handler}".replace("\n", "\n    ")
    code = f"import os\n\n\ndef f():\n    {body}\n"
    mended = mend("bare-except", code)
    assert (mended.text, mended.refused) == (code, ())

"""Ask for the options of a fix, one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harden import option_fields
from harden.checks import Check
from harden.errors import HardenError, WrongOption
from harden.plain.review import Review

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic.fields import FieldInfo

    from harden.decisions import OptionValue

_DEFAULT = "-"


def ask_options(review: Review, check: Check) -> bool:
    """Ask for every option, keep what was changed, and return whether something was. Raises Left."""
    try:
        options = review.session.options(check)
    except HardenError as error:
        review.talk.say(str(error))
        return False
    fields = type(options).model_fields
    if not fields:
        review.talk.say("This fix has no options.")
        return False
    review.talk.say(f"Empty keeps a value, {_DEFAULT} puts the default back.")
    chosen: dict[str, OptionValue] = {}
    for name, field in fields.items():
        _ask_option(review, check, options, name, field, chosen)
    if not chosen:
        review.talk.say("The options stay as they are.")
        return False
    try:
        review.session.keep_options(check, chosen)
    except HardenError as error:
        review.talk.say(_told(error))
        return False
    review.done["options"] += 1
    now = option_fields.summary(review.session.options(check))
    review.talk.say(f"Kept for this repository: {', '.join(now)}.", "")
    return True


def _ask_option(
    review: Review,
    check: Check,
    options: BaseModel,
    name: str,
    field: FieldInfo,
    chosen: dict[str, OptionValue],
) -> None:
    """Ask until the answer is allowed, and put what is new to `chosen`."""
    current = option_fields.values(options)[name]
    allowed = option_fields.hint(field)
    if choices := option_fields.choices(field):
        allowed = "; ".join(filter(None, (allowed, f"one of {', '.join(choices)}")))
    about = f" ({allowed})" if allowed else ""
    prompt = f"{option_fields.title(name, field)}{about} [{current}]:"
    while answer := review.talk.ask(prompt):
        value = field.get_default(call_default_factory=True) if answer == _DEFAULT else answer
        try:
            review.session.options_with(check, {**chosen, name: value})
        except WrongOption as error:
            review.talk.say(_told(error) + (f" Allowed: {allowed}." if allowed else ""))
            prompt = f"{option_fields.title(name, field)} [{current}]:"
        else:
            chosen[name] = value
            return


def _told(error: HardenError) -> str:
    problem = error.problem if isinstance(error, WrongOption) else str(error)
    return problem.rstrip(".") + "."

"""Ask one question of a stage that no code can answer."""

from __future__ import annotations

from harden.errors import HardenError
from harden.plain import review as shared
from harden.plain import wording
from harden.plain.review import Review
from harden.plain.talk import ENTER
from harden.previews import evidence
from harden.stages import Question, Stage

_ANSWERS = {"y": "yes", "n": "no", "0": "not applicable"}
_KEYS = {
    "y": "yes",
    "n": "no",
    "0": "not applicable",
    "i": "write a note for the team",
    ENTER: "leave it without an answer",
    **shared.KEYS,
}


def ask_question(review: Review, stage: Stage, question: Question) -> None:
    """Show a question with its evidence and record the answer. Raises Left."""
    number = stage.questions.index(question) + 1
    found = evidence(review.session, question.id)
    review.talk.say("", *wording.question_lines(question, found, number=number, total=len(stage.questions)))
    while True:
        key = review.talk.choose("Is that so? Enter skips", _KEYS, shared.MORE)
        if key == "i":
            _note(review, question)
        elif key in _ANSWERS:
            if _answer(review, question, _ANSWERS[key]):
                return
        else:
            if key == ENTER:
                review.walk.skip(question)
            review.act(key, stage)
            return


def _answer(review: Review, question: Question, answer: str, note: str | None = None) -> bool:
    from harden.decisions import AnswerKind

    try:
        review.session.answer(question, AnswerKind(answer), note)
    except HardenError as error:
        review.talk.say(str(error))
        return False
    if note is None:
        review.done["answered"] += 1
        review.talk.say(f"Answered: {answer}.")
    return True


def _note(review: Review, question: Question) -> None:
    """Keep a note; without an answer the question counts as answered no until one is given."""
    known = review.session.answered(question)
    note = review.talk.ask("Note (empty: none):")
    if note and _answer(review, question, known.answer.value if known else "no", note):
        review.talk.say("Noted." if known else "Noted, and answered no until you type y or 0.")

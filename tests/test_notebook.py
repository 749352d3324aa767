"""What chapters show beside figures."""

import json

import pytest

from lrlib import CosineAnnealingLR
from lrlib.notebook import ask, show_source, show_table


def test_source_is_shown_as_it_stands_in_its_file():
    shown = show_source(CosineAnnealingLR._rate, show_table).data
    assert shown.startswith("```python\ndef _rate(self, step: float) -> float:\n    if step")
    assert "\n\ndef show_table(" in shown


def test_a_table_has_headings_and_numbers_to_the_right():
    table = show_table(["a", "b"], [[1, "x"], [2, "y"]]).data
    assert table == "| a | b |\n| :-- | --: |\n| 1 | x |\n| 2 | y |"


def test_a_question_carries_feedback_for_every_answer(capsys, monkeypatch):
    shown = []
    monkeypatch.setattr("lrlib.notebook.display_quiz", lambda quiz, **options: shown.extend(quiz))
    ask("Which?", {"one": "No.", "two": "Yes."}, right="two")
    assert json.loads(json.dumps(shown)) == [
        {
            "question": "Which?",
            "type": "multiple_choice",
            "answers": [
                {"answer": "one", "correct": False, "feedback": "No."},
                {"answer": "two", "correct": True, "feedback": "Yes."},
            ],
        }
    ]


def test_a_question_without_a_right_answer_is_refused():
    with pytest.raises(ValueError, match=r"right must be one of \['one'\], got 'two'"):
        ask("Which?", {"one": "No."}, right="two")

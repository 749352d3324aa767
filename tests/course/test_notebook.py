"""What chapters show beside figures."""

import inspect
import json

import matplotlib.pyplot as plt
import numpy as np
import pytest

from lrlib import CosineAnnealingLR, ReduceLROnPlateau
from lrlib.course import notebook
from lrlib.course.notebook import ask, numbers, show_source
from lrlib.course.tables import show_table
from lrlib.lab import Comparison
from lrlib.plotting import STYLE


def test_a_method_is_shown_in_its_class():
    shown = show_source(CosineAnnealingLR._rate, show_table).data
    assert shown.startswith(
        "```python\nclass CosineAnnealingLR(Schedule):\n    ...\n\n"
        "    def _rate(self, step: float) -> float:\n        if step"
    )
    assert "\n\ndef show_table(" in shown


def test_methods_of_one_class_share_it():
    shown = show_source(ReduceLROnPlateau.update, ReduceLROnPlateau._is_good, show_source).data
    assert shown.count("class ReduceLROnPlateau") == 1
    assert shown.index("class") < shown.index("    def update(") < shown.index("    def _is_good(")
    assert "\n\ndef show_source(" in shown


def test_a_getter_is_shown_as_a_property_and_a_class_whole():
    shown = show_source(Comparison.verdict.fget, CosineAnnealingLR).data
    assert "class Comparison(Estimate):\n    ...\n\n    @property\n    def verdict(" in shown
    assert shown.endswith(inspect.getsource(CosineAnnealingLR).rstrip() + "\n```")


def test_a_function_of_a_function_is_shown_without_what_surrounds_it():
    def inner():
        return 1

    assert show_source(inner).data == "```python\ndef inner():\n    return 1\n```"


def test_a_table_has_headings_and_numbers_to_the_right():
    table = show_table(["a", "b"], [[1, "x"], [2, "y"]]).data
    assert table == "| a | b |\n| :-- | --: |\n| 1 | x |\n| 2 | y |"


def test_a_question_carries_feedback_for_every_answer(capsys, monkeypatch):
    shown = []
    monkeypatch.setattr(notebook, "display_quiz", lambda quiz, **options: shown.extend(quiz))
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


def test_numbers_are_handed_over_unseen_each_by_its_name(capsys, monkeypatch):
    handed = []
    monkeypatch.setattr(notebook, "display", lambda data, **options: handed.append((data, options)))
    numbers(loss=np.float64(0.123456789), runs=np.int64(12), verdict="better")
    key = "application/papermill.record/text/plain"
    assert [data[key] for data, _ in handed] == ["0.123456789", "12", "'better'"]
    assert all(kind.startswith(notebook.GLUE_PREFIX) for data, _ in handed for kind in data)
    assert [options["metadata"]["scrapbook"]["name"] for _, options in handed] == [
        *("loss", "runs", "verdict")
    ]
    assert capsys.readouterr().out == ""


def test_the_style_of_the_book_is_in_force_for_every_later_figure(monkeypatch):
    formats = []
    monkeypatch.setattr(notebook, "set_matplotlib_formats", lambda kind, **_: formats.append(kind))
    with plt.rc_context({"axes.grid": False, "font.size": 3}):
        notebook.use_book_style()
        assert (plt.rcParams["axes.grid"], plt.rcParams["font.size"]) == (True, STYLE["font.size"])
    assert formats == ["svg"]


@pytest.mark.parametrize("value", [True, np.True_, None, [1.0, 2.0], np.ones(2)])
def test_what_no_text_can_show_is_refused_by_name(value):
    with pytest.raises(ValueError, match="wins must be a number, an estimate or a text, got"):
        numbers(wins=value)

"""The grader survives whatever a student hands in, and says what is wrong with it."""

import ast
import math
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import grader
import numpy as np
import pytest
from grader import EXERCISES, Verdict, check, grade
from grader.engine import Predict, Write
from grader.outcome import call

FOLDER = Path(grader.__file__).parent

each_mistake = pytest.mark.parametrize(
    ("name", "cause"),
    [
        pytest.param(name, cause, id=f"{name} {cause.partition('. ')[0]}")
        for name in EXERCISES
        for cause in EXERCISES[name].mistakes
    ],
)


def double(x, plus=0):
    """The reference of an exercise that is small enough to see through."""
    return 2 * x + plus


DOUBLE = Write(
    double,
    cases={"Without plus": [(1,), (2,), (-3.5,)], "With plus": [(2, 1), (0, 5)]},
    mistakes={
        "squared.": lambda x, plus=0: x**2 + plus,
        "plus is lost.": lambda x, plus=0: 2 * x,
    },
    refused=(((1, -1), "plus"),),
)


def refusing(x, plus=0):
    if plus < 0:
        raise ValueError(f"plus must not be negative, got {plus}")
    return double(x, plus)


def message(answer, exercise=DOUBLE):
    verdict = exercise.judge(answer)
    assert not verdict.passed
    assert verdict.attempted
    assert verdict.message.startswith("Not yet. ")
    return verdict.message


def raising(error):
    def answer(x, plus=0):
        raise error

    return answer


# What check and grade do


def test_check_prints_the_verdict_and_returns_nothing(capsys):
    assert check("05.residual", lambda c: 0.0) is None
    assert capsys.readouterr().out == grade("05.residual", lambda c: 0.0).message + "\n"


def test_an_unknown_exercise_is_refused_with_the_names_there_are():
    with pytest.raises(ValueError, match=r"05\.climb, 05\.cosine, .*, got '05\.sine'"):
        check("05.sine", math.sin)


def test_a_right_answer_is_correct():
    assert DOUBLE.judge(refusing) == Verdict(True, True, "Correct: all 5 calls are right.")


def test_a_stub_is_not_attempted_yet():
    verdict = DOUBLE.judge(raising(NotImplementedError()))
    assert verdict == Verdict(False, False, "Not attempted yet.")


# Answers that are no answers


@pytest.mark.parametrize("answer", [4, None, "double"])
def test_what_is_not_a_function_is_asked_for_as_a_function(answer):
    assert f"needs the function itself, got {answer!r}. Pass double without" in message(answer)


def test_a_missing_return_is_named():
    said = message(lambda x, plus=0: None)
    assert "double(x=1) returned None; expected 2." in said
    assert "Likely cause: a missing return" in said


def test_a_return_missing_in_one_branch_is_named():
    said = message(lambda x, plus=0: 2 * x if x > 0 else None)
    assert "double(x=-3.5) returned None; expected -7.\nLikely cause: a missing return" in said


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("2", "'2'"),
        ([2], "[2]"),
        (2 + 0j, "(2+0j)"),
        (np.complex128(2), "np.complex128(2+0j)"),
        (True, "True"),
        (np.True_, "np.True_"),
        (np.array([2.0, 2.0]), "array([2., 2.])"),
        (b"2", "b'2'"),
        (ValueError("plus"), "ValueError('plus')"),
    ],
)
@pytest.mark.filterwarnings("ignore")  # NumPy only warns when a complex number becomes a float
def test_what_is_not_a_number_is_shown(value, shown):
    assert f"double(x=1) returned {shown}, which is not a number; expected 2." in message(
        lambda x, plus=0: value
    )


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_wrong(value):
    assert f"double(x=1) returned {value}; expected 2." in message(lambda x, plus=0: value)


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.array, Fraction])
def test_numbers_of_other_types_are_numbers(kind):
    assert DOUBLE.judge(lambda x, plus=0: kind(refusing(x, plus))).passed


def test_a_value_that_cannot_be_shown_is_named_by_its_type():
    class Shy:
        def __repr__(self):
            raise RuntimeError

    assert "returned an object of type Shy, which is not a number" in message(
        lambda x, plus=0: Shy()
    )


def test_a_long_value_is_cut_short():
    assert len(message(lambda x, plus=0: list(range(10_000)))) < 250


# Exceptions


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ZeroDivisionError("division by zero"), "ZeroDivisionError: division by zero"),
        (SystemExit(3), "SystemExit: 3"),
        (RecursionError("too deep"), "RecursionError: too deep"),
        (ValueError("x is bad"), "ValueError: x is bad"),
    ],
)
def test_an_exception_is_told_with_the_call_that_raised_it(error, told):
    said = message(raising(error))
    assert f"Without plus, double(x=1) raised {told}; expected 2." in said
    assert "Traceback" not in said
    assert ".py" not in said


def test_a_wrong_number_of_parameters_is_told():
    assert "double(x=1) raised TypeError: " in message(lambda x, plus: 2 * x)


def test_not_implemented_later_on_is_an_attempt():
    def answer(x, plus=0):
        if plus:
            raise NotImplementedError("the other branch")
        return 2 * x

    assert "double(x=2, plus=1) raised NotImplementedError: the other branch" in message(answer)


# Wrong numbers


def test_the_first_wrong_call_is_named_with_its_group():
    assert message(lambda x, plus=0: 2 * abs(x) + plus) == (
        "Not yet. Without plus, double(x=-3.5) returned 7; expected -7."
    )


def test_a_likely_cause_is_named_if_it_explains_everything_so_far():
    assert message(lambda x, plus=0: x * x + 7 * plus).endswith("Likely cause: squared.")


def test_no_cause_is_named_that_explains_the_first_wrong_call_alone():
    assert "Likely" not in message(lambda x, plus=0: 1 if x == 1 else 2 * x + plus)


def test_a_number_typed_in_is_recognised():
    assert "the result is the same for all arguments" in message(lambda x, plus=0: 4)


def test_numbers_that_look_the_same_are_shown_with_all_digits():
    said = message(lambda x, plus=0: 2 * x * 1.00001)
    assert "returned 2.00002; expected 2." in said
    said = message(lambda x, plus=0: 2 * x * (1 + 2e-6))
    assert "returned 2.000004; expected 2.0." in said


def test_rounding_errors_of_single_precision_are_forgiven():
    assert DOUBLE.judge(lambda x, plus=0: refusing(x, plus) * (1 + 1e-7)).passed


# State


def test_a_counter_between_calls_is_noticed():
    calls = []

    def answer(x, plus=0):
        calls.append(x)
        return len(calls)

    said = message(answer)
    assert "double(x=1) returned 1. Called again, it returned 10." in said
    assert "something is remembered from call to call" in said


def test_a_default_that_changes_is_noticed():
    def answer(x, plus=0, seen=[]):  # noqa: B006
        seen.append(x)
        return double(x, plus) if seen.count(x) < 2 else 0

    assert "double(x=1) returned 2. Called again, it returned 0." in message(answer)


def test_an_exception_at_the_second_call_is_noticed():
    numbers = iter([2, 4, -7, 5, 5])
    said = message(lambda x, plus=0: next(numbers))
    assert "double(x=1) returned 2. Called again, it raised StopIteration" in said


def test_remembering_right_results_is_allowed():
    known = {}
    assert DOUBLE.judge(lambda x, plus=0: known.setdefault((x, plus), refusing(x, plus))).passed


def test_a_list_that_is_changed_is_noticed_and_the_cases_stay_as_they_are():
    def largest(numbers):
        numbers.sort()
        return numbers.pop()

    cases = {"In any order": [([1],), ([3, 1, 2],)]}
    said = message(largest, Write(lambda numbers: max(numbers), cases, mistakes={}))
    assert "All numbers are right. But <lambda>(numbers=[1]) changes the list" in said
    assert cases == {"In any order": [([1],), ([3, 1, 2],)]}


def test_nan_at_both_calls_is_no_state():
    assert "Called again" not in message(lambda x, plus=0: float("nan"))


# What must be refused


@pytest.mark.parametrize(
    ("refusal", "told"),
    [
        (None, "returned 1. It must raise a ValueError that names plus."),
        (AssertionError("plus"), "raised AssertionError: plus. It must raise a ValueError"),
        (
            ValueError("bad"),
            "raised ValueError: bad. A ValueError is right, but its text must name",
        ),
    ],
)
def test_a_call_that_is_not_refused_as_it_must_be_is_named(refusal, told):
    def answer(x, plus=0):
        if plus < 0 and refusal:
            raise refusal
        return double(x, plus)

    assert f"All numbers are right. But double(x=1, plus=-1) {told}" in message(answer)


def test_the_parameter_may_be_named_late_in_a_long_text():
    def answer(x, plus=0):
        if plus < 0:
            raise ValueError("no " * 100 + "plus")
        return double(x, plus)

    assert DOUBLE.judge(answer).passed


# Predictions

HALVES = Predict(
    {"at 1": 0.5, "at 2": 1.0},
    mistakes={"whole.": {"at 1": 1, "at 2": 2}, "flat.": {"at 2": 0.5}},
)


def test_right_predictions_are_correct():
    assert HALVES.judge({"at 1": 0.5, "at 2": 1}).message == "Correct: all 2 predictions are right."


def test_empty_predictions_are_not_attempted_yet():
    assert HALVES.judge({"at 1": None, "at 2": None}) == Verdict(False, False, "Not attempted yet.")


@pytest.mark.parametrize("answer", [[0.5, 1], {"at 1": 0.5}, None, {1: 2}])
def test_predictions_of_another_form_are_refused(answer):
    assert "needs a dict with the keys 'at 1', 'at 2', got" in message(answer, HALVES)


@pytest.mark.parametrize("value", [None, "1", "100 %", True])
def test_a_prediction_that_is_not_a_number_is_named(value):
    assert f"'at 2' needs a number, got {value!r}." in message({"at 1": 0.5, "at 2": value}, HALVES)


def test_a_wrong_prediction_is_named_with_its_likely_cause():
    said = message({"at 1": 1, "at 2": 2}, HALVES)
    assert said == "Not yet. 'at 1': 1 is not what happens.\nLikely cause: whole."
    assert message({"at 1": 0.5, "at 2": 0.5}, HALVES).endswith(
        "'at 2': 0.5 is not what happens.\nLikely cause: flat."
    )


@pytest.mark.parametrize("value", [3, math.nan, math.inf])
def test_a_wrong_prediction_does_not_give_the_right_one_away(value):
    said = message({"at 1": 0.5, "at 2": value}, HALVES)
    assert said == f"Not yet. 'at 2': {value} is not what happens."


# The exercises


@pytest.mark.parametrize("name", EXERCISES)
def test_the_reference_of_an_exercise_is_right(name):
    exercise = EXERCISES[name]
    answer = exercise.reference if isinstance(exercise, Write) else exercise.expected
    assert grade(name, answer).passed


@pytest.mark.parametrize("name", [n for n in EXERCISES if isinstance(EXERCISES[n], Write)])
def test_the_reference_of_an_exercise_returns_numbers_that_differ(name):
    exercise = EXERCISES[name]
    cases = [case for group in exercise.cases.values() for case in group]
    numbers = [call(exercise.reference, case).number for case in cases]
    assert None not in numbers
    assert len(set(numbers)) > 2


@each_mistake
def test_a_known_mistake_is_rejected_with_its_own_cause(name, cause):
    exercise = EXERCISES[name]
    answer = exercise.mistakes[cause]
    if isinstance(exercise, Predict):
        answer = exercise.expected | answer
    assert message(answer, exercise).endswith(f"\nLikely cause: {cause}")


# Where the grader can run


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_the_grader_is_plain_python_on_lrlib(path):
    imported = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            imported.add(node.module)
    assert imported <= {"__future__", "dataclasses", "math", "lrlib", "lrlib.theory"}


def test_importing_the_grader_imports_the_standard_library_and_lrlib_alone():
    report = "import grader, sys; print(*{name.partition('.')[0] for name in sys.modules})"
    found = subprocess.run(
        [sys.executable, "-c", report],
        cwd=FOLDER.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "grader" in found.stdout.split()
    assert not set(found.stdout.split()) & {"torch", "numpy", "matplotlib", "IPython", "ipywidgets"}

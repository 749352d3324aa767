"""The grader survives whatever a student hands in, and says what is wrong with it."""

import ast
import contextlib
import math
import subprocess
import sys
import threading
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from random import Random

import grader
import numpy as np
import pytest
from grader import EXERCISES, Verdict, check, grade
from grader.engine import DRAWN, DRAWS, Write
from grader.outcome import Outcome, agree, call, digits
from grader.predict import Predict

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
    drawn=lambda rng: (rng.uniform(-9, 9), rng.uniform(0.5, 9)),
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
    said = grade("05.residual", lambda c: 0.0).message
    assert capsys.readouterr().out == f"{said}\n0 of 5 done.\n"


def test_check_counts_the_exercises_of_the_chapter_that_are_right(monkeypatch, capsys):
    monkeypatch.setattr(grader, "_done", set())
    right = {
        name: EXERCISES[name].reference for name in ("05.cosine", "05.residual", "04.half_life")
    }
    for name, answer in right.items():
        check(name, answer)
    check("05.cosine", right["05.cosine"])
    check("05.residual", math.sin)
    counts = [line for line in capsys.readouterr().out.splitlines() if line.endswith(" done.")]
    assert counts == [f"{n} of 5 done." for n in (1, 2, 1, 2, 1)]


def test_an_answer_is_found_by_its_name_where_the_check_is_called(capsys):
    known = {"check": check, "grade": grade, "residual": EXERCISES["05.residual"].reference}
    exec("check('05.residual')\nprint(grade('05.residual').passed)", known)
    first, _, last = capsys.readouterr().out.splitlines()
    assert first.startswith("Correct: ")
    assert last == "True"


def test_an_answer_that_is_not_there_yet_is_asked_for(capsys):
    exec("check('05.residual')", {"check": check})
    assert capsys.readouterr().out.startswith(
        "There is no residual yet. Run the cell that defines it, then this one.\n"
    )


def test_an_unknown_exercise_is_refused_with_the_names_there_are():
    with pytest.raises(ValueError, match=r"05\.climb, 05\.cosine, .*, got '05\.sine'"):
        check("05.sine", math.sin)


def test_a_right_answer_is_correct():
    assert DOUBLE.judge(refusing) == Verdict(True, True, "Correct: all 17 calls are right.")


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
        (np.array([2.0]), "array([2.])"),
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
    assert "\nRaised in line " in said
    assert said.endswith(": raise error")
    assert "Traceback" not in said
    assert ".py" not in said


def test_the_innermost_line_of_the_students_own_is_shown():
    def helper(x):
        return math.sqrt(x)

    def answer(x, plus=0):
        return helper(-1) + np.float64(plus)

    line = helper.__code__.co_firstlineno + 1
    assert f"\nRaised in line {line}: return math.sqrt(x)" in message(answer)


def test_the_line_is_shown_where_an_error_is_refused():
    def answer(x, plus=0):
        if plus < 0:
            return [][plus]
        return double(x, plus)

    line = answer.__code__.co_firstlineno + 2
    said = message(answer)
    assert said.endswith(f"that names plus.\nRaised in line {line}: return [][plus]")


def test_a_call_that_does_not_take_the_arguments_has_no_line():
    assert "Raised in" not in message(lambda x, plus: 2 * x)


# Calls that do not end


def spin(x, plus=0):
    while True:
        x += 1


def stubborn(x, plus=0):
    while True:
        with contextlib.suppress(Exception):
            x += 1


@pytest.fixture
def short(monkeypatch):
    """A time limit that a test can wait for."""
    monkeypatch.setattr(grader.outcome, "SECONDS", 0.1)


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("answer", [spin, stubborn])
def test_a_call_that_does_not_end_is_stopped_and_named(answer):
    said = message(answer)
    assert said.startswith(
        "Not yet. Without plus, double(x=1) did not end within 0.1 seconds; expected 2.\n"
        "Stopped in line "
    )
    assert said.endswith(
        "Likely cause: a loop that does not end. What has to become true for it to stop?"
    )


@pytest.mark.usefixtures("short")
def test_a_call_that_does_not_end_is_not_tried_again():
    calls = []

    def answer(x, plus=0):
        calls.append(x)
        if x == 2:
            spin(x)
        return double(x, plus)

    assert "double(x=2) did not end" in message(answer)
    assert calls == [1, 2]


@pytest.mark.usefixtures("short")
def test_a_second_call_that_does_not_end_is_not_followed_by_others():
    calls = []

    def answer(x, plus=0):
        calls.append(x)
        return double(x, plus) if len(calls) < 18 else spin(x)

    assert "Called again, it did not end within 0.1 seconds." in message(answer)
    assert len(calls) == 18


@pytest.mark.usefixtures("short")
def test_a_call_that_waits_is_stopped_too():
    assert "did not end" in message(lambda x, plus=0: time.sleep(60))


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("missing", ["signals", "the main thread"])
def test_without_an_alarm_the_clock_is_looked_at(missing, monkeypatch):
    verdicts = []
    if missing == "signals":
        monkeypatch.setattr(grader.outcome, "signal", None)
        verdicts.append(DOUBLE.judge(spin))
    else:
        thread = threading.Thread(target=lambda: verdicts.append(DOUBLE.judge(spin)))
        thread.start()
        thread.join()
    assert "double(x=1) did not end" in verdicts[0].message
    assert DOUBLE.judge(refusing).passed


@pytest.mark.usefixtures("short")
def test_an_import_is_not_cut_short(tmp_path, monkeypatch):
    (tmp_path / "slow_to_import.py").write_text("import time\ntime.sleep(0.5)\ntwo = 2\n")
    monkeypatch.syspath_prepend(tmp_path)

    def answer(x, plus=0):
        import slow_to_import

        return refusing(x, plus) / 2 * slow_to_import.two

    assert DOUBLE.judge(answer).passed


def test_the_alarm_of_somebody_else_is_kept():
    signal = pytest.importorskip("signal")
    before = signal.signal(signal.SIGALRM, signal.SIG_IGN)
    try:
        signal.setitimer(signal.ITIMER_REAL, 1000)
        DOUBLE.judge(refusing)
        assert signal.setitimer(signal.ITIMER_REAL, 0)[0] > 0
        assert signal.getsignal(signal.SIGALRM) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGALRM, before)


# What is printed


def test_what_the_named_call_printed_is_shown_once_after_the_verdict(capsys):
    def answer(c):
        print("c is", c)
        return 1 - 1 / c

    check("05.residual", answer)
    said = capsys.readouterr().out
    assert said.startswith("Not yet. ")
    assert said.count("c is") == 1
    assert said.index("Likely cause") < said.index("Printed by residual(c=1.25):\nc is 1.25\n")


def test_what_a_right_answer_printed_is_shown_once():
    def answer(x, plus=0):
        print(x, plus)
        return refusing(x, plus)

    assert DOUBLE.judge(answer).printed == "Printed by double(x=1):\n1 0"


def test_prints_without_end_are_cut():
    def answer(x, plus=0):
        for i in range(100):
            print(i)

    lines = DOUBLE.judge(answer).printed.splitlines()
    assert lines == ["Printed by double(x=1):", *map(str, range(20)), "and 80 lines more"]


def test_a_long_printed_line_is_cut():
    def chatty(x, plus=0):
        print("." * 100_000)
        return 1

    printed = DOUBLE.judge(chatty).printed
    assert "... (100,000 characters)" in printed
    assert len(printed) < 400


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


def test_a_cause_that_explains_every_call_is_preferred():
    early = Write(
        double,
        cases=DOUBLE.cases,
        mistakes={
            "squared.": lambda x, plus=0: x**2 + plus,
            "squared and plus is lost.": lambda x, plus=0: x**2,
        },
        drawn=DOUBLE.drawn,
    )
    assert message(lambda x, plus=0: x * x, early).endswith("squared and plus is lost.")


@pytest.mark.parametrize(
    ("places", "said"), [(0, "to whole numbers"), (2, "to 2 digits"), (5, "to 5 digits")]
)
def test_rounding_has_a_cause_of_its_own(places, said):
    def answer(x, plus=0):
        return round(refusing(x, plus), places)

    assert f"Likely cause: rounded {said}" in message(answer)


def test_arguments_that_are_drawn_are_not_shown():
    known = {case: double(*case) for group in DOUBLE.cases.values() for case in group}
    said = message(lambda x, plus=0: known.get((x, plus) if plus else (x,), 0.0))
    assert said == (
        "Not yet. All calls that the check shows are right. But double(...) with arguments drawn "
        f"at random is wrong in {DRAWS} of {DRAWS} calls.\n"
        "Likely cause: it fits the numbers above, and not the question. Try some others."
    )


def test_an_exception_for_arguments_that_are_drawn_is_told():
    def answer(x, plus=0):
        return double(x, plus) / (plus in (0, 1, 5))

    said = message(answer)
    assert (
        "double(...) with arguments drawn at random is wrong in 12 of 12 calls, and raised " in said
    )
    assert "ZeroDivisionError: " in said
    assert "\nRaised in line " in said


def test_the_same_arguments_are_drawn_every_time():
    assert DOUBLE.groups()[DRAWN] == DOUBLE.groups()[DRAWN]


def test_random_numbers_have_a_cause_of_their_own():
    rng = Random(1)
    said = message(lambda x, plus=0: double(x, plus) + rng.gauss(0, 0.1))
    assert "Called again" in said
    assert said.endswith(
        "Likely cause: random numbers. What is asked can be computed, without luck."
    )


def test_a_simulation_with_a_seed_has_a_cause_of_its_own():
    def answer(x, plus=0):
        return double(x, plus) + Random(1).gauss(0, 0.1)

    assert message(answer).endswith(
        "Likely cause: a simulation. It comes near; asked is the exact number."
    )


def test_one_number_that_comes_near_is_no_rounding():
    def answer(x, plus=0):
        right = refusing(x, plus)
        return 0 if 0 < right < 0.5 else right

    exercise = replace(DOUBLE, cases={"small": [(0.1,), (0.2,)]}, mistakes={})
    assert "rounded" not in message(answer, exercise)


SEVERAL = {"twice": DOUBLE, "double": DOUBLE}


def answers(source):
    """Return what a student's cells define."""
    known = {}
    exec(source, known)
    return known


def test_a_wrong_answer_to_an_earlier_exercise_is_named():
    known = answers("def twice(x, plus=0): return x\ndef double(x, plus=0): return twice(x)")
    assert DOUBLE.judge(known["double"], SEVERAL).message.endswith(
        "Likely cause: your `twice` of exercise 1 is not right yet. Mend it first."
    )


def test_a_variable_of_its_own_is_no_other_exercise_and_no_simulation():
    known = answers(
        "def twice(x, plus=0): raise NotImplementedError\n"
        "def double(x, plus=0):\n    twice = choice = 3 * x\n    return twice + plus\n"
    )
    told = DOUBLE.judge(known["double"], SEVERAL).message
    assert "twice" not in told
    assert "simulation" not in told


def test_an_earlier_exercise_that_is_not_written_is_named():
    known = answers(
        "def twice(x, plus=0): raise NotImplementedError\ndef double(x, plus=0): return twice(x)"
    )
    assert DOUBLE.judge(known["double"], SEVERAL).message == (
        "Not yet. This one calls another: your `twice` of exercise 1 is not written yet. "
        "Mend it first."
    )


def test_an_earlier_exercise_that_would_mend_nothing_is_not_blamed():
    known = answers(
        "def twice(x, plus=0): return x\ndef double(x, plus=0): return twice(x) * 0 + x * x"
    )
    assert DOUBLE.judge(known["double"], SEVERAL).message.endswith("Likely cause: squared.")


def test_an_earlier_exercise_that_is_not_used_is_not_blamed():
    known = answers("def twice(x, plus=0): return x\ndef double(x, plus=0): return x * x")
    assert DOUBLE.judge(known["double"], SEVERAL).message.endswith("Likely cause: squared.")


def test_an_earlier_answer_is_put_back_after_it_was_tried_without():
    known = answers("def twice(x, plus=0): return x\ndef double(x, plus=0): return twice(x)")
    twice = known["twice"]
    DOUBLE.judge(known["double"], SEVERAL)
    assert known["twice"] is twice


def test_the_square_root_of_the_momentum_is_not_taken_for_the_smaller_root():
    said = message(lambda eta, h, beta=0.0: math.sqrt(beta), EXERCISES["01.growth"])
    assert "the square root of beta" in said


def test_rounding_errors_beside_zero_are_shown_as_zero():
    assert digits(3.7e-17, 0.5) == "0"
    assert digits(3.7e-17, None) == "0"
    assert digits(1e-6, 0.5) == "1e-06"


@pytest.mark.parametrize(("a", "b"), [(1, math.inf), (math.inf, 1), (math.inf, -math.inf)])
def test_nothing_finite_agrees_with_infinity(a, b):
    assert not agree(Outcome(a), Outcome(b), 1e-6)
    assert agree(Outcome(b), Outcome(b), 1e-6)


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
    assert "double(x=1) returned 1. Called again, it returned 34." in said
    assert "something is remembered from call to call" in said


def test_a_default_that_changes_is_noticed():
    def answer(x, plus=0, seen=[]):  # noqa: B006
        seen.append(x)
        return double(x, plus) if seen.count(x) < 2 else 0

    assert "double(x=1) returned 2. Called again, it returned 0." in message(answer)


def test_an_exception_at_the_second_call_is_noticed():
    numbers = iter([double(*case) for group in DOUBLE.groups().values() for case in group])
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
    exercise = Write(lambda numbers: max(numbers), cases, {}, drawn=lambda rng: ([rng.random()],))
    said = message(largest, exercise)
    assert "All numbers are right. But <lambda>(numbers=[1]) changes the list" in said
    assert cases == {"In any order": [([1],), ([3, 1, 2],)]}


def test_a_list_inside_a_tuple_that_is_changed_is_noticed():
    def first(pair):
        return pair[0].pop()

    cases = {"Of two": [(([1], 2),), (([3], 2),)]}
    exercise = Write(lambda pair: pair[0][0], cases, {}, drawn=lambda rng: (([rng.random()], 2),))
    assert "<lambda>(pair=([1], 2)) changes the list" in message(first, exercise)


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
        (
            ValueError("surplus, plus_one and nonplus"),
            "raised ValueError: surplus, plus_one and nonplus. A ValueError is right, but",
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


def test_a_cause_is_named_for_the_number_that_it_explains():
    said = message({"at 1": 7, "at 2": 0.5}, HALVES)
    assert said == "Not yet. 'at 2': 0.5 is not what happens.\nLikely cause: flat."
    by_the_way = Predict({"a": 1, "b": 2}, mistakes={"twice.": {"a": 1, "b": 4}})
    assert "Likely" in message({"a": 1, "b": 4}, by_the_way)
    assert message({"a": 3, "b": 4}, by_the_way) == "Not yet. 'a': 3 is not what happens."


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


each_function = pytest.mark.parametrize(
    "name", [n for n in EXERCISES if isinstance(EXERCISES[n], Write)]
)


@each_function
def test_the_reference_of_an_exercise_returns_numbers_that_differ(name):
    exercise = EXERCISES[name]
    for cases in (sum(exercise.cases.values(), []), exercise.groups()[DRAWN]):
        numbers = [call(exercise.reference, case).number for case in cases]
        assert None not in numbers
        assert len(set(numbers)) > 2


@each_function
def test_an_answer_in_single_precision_is_right(name):
    reference = EXERCISES[name].reference
    assert grade(name, lambda *case: np.float32(reference(*case))).passed


@each_function
def test_a_refusal_must_hold_the_whole_name_of_the_parameter(name):
    exercise = EXERCISES[name]
    for case, parameter in exercise.refused:
        with pytest.raises(ValueError, match=rf"\b{parameter}\b"):
            exercise.reference(*case)


@each_function
def test_a_table_of_the_calls_that_are_shown_is_rejected(name):
    exercise = EXERCISES[name]
    shown = [case for group in exercise.cases.values() for case in group]
    known = {repr(case): exercise.reference(*case) for case in shown}
    refused = {repr(case) for case, _ in exercise.refused}

    def answer(*case):
        if repr(case) in refused:
            return exercise.reference(*case)
        return known.get(repr(case), known[repr(shown[0])])

    assert "with arguments drawn at random is wrong in" in message(answer, exercise)


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
    assert imported <= {*sys.stdlib_module_names, "os.path", "lrlib", "lrlib.theory"}


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

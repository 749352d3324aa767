"""Answers to exercises: how the tests of a chapter register them, and what is asked of each."""

import pytest
from grader import grade


class Answers:
    """The answers of a chapter, as parameters of its tests."""

    def __init__(self):
        self.wrong_ones, self.right_ones = [], []

    def wrong(self, name, *fragments):
        """Register a wrong answer to an exercise, with what the message must hold."""

        def register(answer):
            self.wrong_ones.append(pytest.param(name, answer, fragments, id=answer.__name__))
            return answer

        return register

    def right(self, name):
        """Register a right answer that is not written like the solution."""

        def register(answer):
            self.right_ones.append(pytest.param(name, answer, id=answer.__name__))
            return answer

        return register


def assert_rejected(name, answer, *fragments):
    """Assert that an answer is seen as an attempt, and rejected for what is wrong with it."""
    verdict = grade(name, answer)
    assert not verdict.passed
    assert verdict.attempted
    for fragment in fragments:
        assert fragment in verdict.message


def assert_accepted(name, answer):
    """Assert that an answer is right."""
    assert grade(name, answer).message.startswith("Correct")

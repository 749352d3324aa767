"""So that a failing assert of ``answers.py`` shows its values."""

import pytest

pytest.register_assert_rewrite("answers")

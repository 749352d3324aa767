"""The API reference lists everything public, and the formula sheet reads docstrings rightly."""

import importlib
import inspect
import pkgutil
import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from api_reference import constructor_arguments
from formula_sheet import EVALUATION, UPDATES, example_rates, formula, remarks, symbols

import lrlib
from lrlib.catalog import CATALOG

BOOK = Path(__file__).parents[2] / "book"
PAGES = [BOOK / "api.md", *BOOK.glob("api/*.md")]
LISTED = [
    module
    for page in PAGES
    for listing in re.findall(r"```\{api\}\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    for module in listing.split()
]

each_row = pytest.mark.parametrize("entry", CATALOG.values(), ids=CATALOG)


def modules():
    """Every module of lrlib that has no underscore before its name, by that name."""
    for found in pkgutil.walk_packages(lrlib.__path__, "lrlib."):
        if not re.search(r"\._", found.name):
            yield importlib.import_module(found.name)


def public(module):
    """The classes and functions that a module defines and does not hide, by name."""
    return {
        name: member
        for name, member in vars(module).items()
        if (inspect.isclass(member) or inspect.isfunction(member))
        and member.__module__ == module.__name__
        and not name.startswith("_")
    }


def test_every_module_with_a_public_name_is_on_one_page_of_the_reference():
    wanted = {module.__name__ for module in modules() if public(module)}
    assert wanted <= set(LISTED)
    assert len(LISTED) == len(set(LISTED))


@pytest.mark.parametrize("name", LISTED)
def test_everything_public_says_what_it_is(name):
    module = importlib.import_module(name)
    assert module.__doc__
    for member in public(module).values():
        assert member.__doc__, member
        assert not (member.__doc__.startswith(f"{member.__name__}(")), member  # by a dataclass


@dataclass
class Example:
    rate: float
    share: float = 1 / 3
    parts: list = field(default_factory=list)
    seen: int = 0


def test_a_default_stands_as_its_source_writes_it():
    assert constructor_arguments(Example) == "rate, share=1 / 3, parts=list(), seen=0"


def test_a_class_with_a_constructor_of_its_own_is_called_as_that_says():
    class Counter:
        def __init__(self, start, step: int = 1, name="n"):
            pass

    assert constructor_arguments(Counter) == "start, step=1, name='n'"


DOCSTRING = r"""Fall.

.. math::
    \eta_t = a
        + b t

with :math:`b < 0`, as :meth:`~lrlib.fall` has it. Last value 0. Source: :cite:t:`someone2020`,
who begins at 1.

Another paragraph about :math:`z`.

Args:
    a: the height :math:`a`,
        at most :math:`c`.
    mode: how it falls.
    b: the slope :math:`b`.

Raises:
    ValueError: if :math:`b` rises.
"""


def test_a_formula_is_the_first_block_of_mathematics():
    assert formula(DOCSTRING) == "\\eta_t = a\n    + b t"
    assert formula(".. math:: x = y\n\nMore.") == "x = y"


def test_a_docstring_without_a_formula_is_refused():
    with pytest.raises(ValueError, match="docstring must hold a block"):
        formula("Fall.")


def test_remarks_are_the_paragraph_after_the_formula_without_its_source():
    assert remarks(DOCSTRING) == "with :math:`b < 0`, as ``lrlib.fall`` has it. Last value 0."
    assert remarks(".. math:: x\n\nArgs:\n    x: a number.") == ""


def test_symbols_are_the_first_letters_in_the_arguments():
    assert symbols(DOCSTRING) == {"a": "a", "b": "b"}


@each_row
def test_every_formula_of_the_catalog_is_read_whole(entry):
    tex = formula(inspect.getdoc(entry.schedule))
    assert tex.count("{") == tex.count("}")
    assert tex.count(r"\begin") == tex.count(r"\end")
    assert symbols(inspect.getdoc(entry.schedule))


@each_row
def test_a_curve_shows_the_example_from_its_first_update_to_its_end(entry):
    rates = example_rates(entry)
    assert len(rates) == UPDATES + 1
    assert min(rates) >= 0
    assert max(rates) > min(rates)


def test_a_plateau_lowers_the_rate_after_the_metric_has_stood_still():
    rates = example_rates(CATALOG["plateau"])
    drops = [t for t in range(UPDATES) if rates[t + 1] < rates[t]]
    assert len(drops) >= 2
    assert all((t + 1) % EVALUATION == 0 for t in drops)
    assert drops[0] > 300

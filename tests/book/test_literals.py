"""A number that a notebook shows may differ from the run's by its error, and by no more."""

from pathlib import Path

import pytest
from literals import Library, agree, label_text, shown

LIBRARY = Library(Path(__file__).parents[2] / "book" / "references.bib")


@pytest.mark.parametrize(
    ("literal", "today", "spec"),
    [
        ("0.068", "0.068", ".3f"),
        ("0.068", "0.069", ".3f"),  # one in the last digit
        ("1.500", "1.514", ".3f"),  # a hundredth
        ("4", "5", ".0f"),
        ("−.124 ± .006", "−.149 ± .006", ""),  # another draw
        ("−.124 ± .006", "−.124 ± .010", ""),
        (".001 ± .003", "−.002 ± .003", ""),
        ("better", "better", ""),
        ("better", "undecided", ""),  # the end of an interval has moved
        ("undecided", "equal", ""),
        ("1,500", "1,500", ","),
        ("a factor of 2", "a factor of 2", ""),
    ],
)
def test_what_another_machine_may_say(literal, today, spec):
    assert agree(literal, today, spec)


@pytest.mark.parametrize(
    ("literal", "today", "spec"),
    [
        ("0.068", "0.071", ".3f"),
        ("1.500", "1.520", ".3f"),
        ("16", "17", ""),  # a count is not rounded
        ("−.124 ± .006", "−.150 ± .006", ""),
        ("−.124 ± .006", "−.124 ± .014", ""),
        (".124 ± .006", "−.124 ± .006", ""),
        ("better", "worse", ""),
        ("undecided", "", ""),
        ("0.124", ".124 ± .006", ""),
        ("", "0.068", ".3f"),
    ],
)
def test_what_no_machine_may_say(literal, today, spec):
    assert not agree(literal, today, spec)


@pytest.mark.parametrize(
    ("content", "spec", "text"),
    [("0.06789", ".3f", "0.068"), ("4000", ",", "4,000"), ("'better'", "", "better")],
)
def test_a_value_is_shown_in_its_format(content, spec, text):
    assert shown(content, spec) == text


def test_a_value_that_is_not_whole_is_not_shown_as_if_it_were():
    with pytest.raises(ValueError, match=r"whole, got 0\.9"):
        shown("0.9", "d")


@pytest.mark.parametrize(
    ("label", "text"), [("eq-x", "(5.2)"), ("fig-x", "Figure 5.2"), ("tab-x", "Table 5.2")]
)
def test_a_reference_says_what_it_leads_to(label, text):
    assert label_text(label, "5.2") == text


@pytest.mark.parametrize(
    ("keys", "in_sentence", "text"),
    [
        (["zhang2019algorithmic"], True, "Zhang et al. (2019)"),
        (["renyi1962theorie"], True, "Rényi (1962)"),
        (["loshchilov2017sgdr"], False, "(Loshchilov and Hutter, 2017)"),
        (
            ["li2020budgeted", "hoffmann2022training"],
            False,
            "(Hoffmann et al., 2022; Li et al., 2020)",
        ),
    ],
)
def test_a_citation_names_authors_and_year(keys, in_sentence, text):
    assert LIBRARY.citation(keys, in_sentence) == text


def test_references_are_listed_once_with_their_titles():
    text = LIBRARY.references(["li2020budgeted", "goyal2017accurate", "li2020budgeted"])
    assert text.count("\n- ") + text.startswith("- ") == 2
    assert "Budgeted training: rethinking" in text
    assert "[arXiv:1905.04753](https://arxiv.org/abs/1905.04753)" in text
    assert "{" not in text


def test_a_work_that_is_not_in_the_bibliography_is_named():
    with pytest.raises(ValueError, match="nobody1900"):
        LIBRARY.citation(["nobody1900"], True)

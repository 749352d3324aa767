"""Windows of a text: drawn anew for each update, and fixed where runs are evaluated."""

import pytest
import torch

from lrlib.lab.chunk import even_windows, full_precision, random_starts


def test_windows_of_a_batch_reach_from_the_first_byte_to_the_last():
    starts = random_starts(12, 9, 5, 200, seed=0)
    assert starts.shape == (200, 5)
    assert starts.unique().tolist() == [0, 1, 2, 3]
    assert torch.equal(starts, random_starts(12, 9, 5, 200, seed=0))
    assert not torch.equal(starts, random_starts(12, 9, 5, 200, seed=1))


@pytest.mark.parametrize(
    ("size", "count", "firsts"),
    [(100, 4, [0, 30, 60, 90]), (100, 1, [0]), (35, 4, [0, 12, 25]), (10, 4, [0])],
)
def test_windows_to_evaluate_on_are_spread_from_end_to_end_without_overlap(size, count, firsts):
    windows = even_windows(torch.arange(size), 10, count)
    assert windows[:, 0].tolist() == firsts
    assert torch.equal(windows - windows[:, :1], torch.arange(10).expand(len(firsts), -1))


def test_products_are_exact_meanwhile_whatever_shortcut_is_allowed():
    torch.set_float32_matmul_precision("medium")
    try:
        with full_precision():
            assert torch.get_float32_matmul_precision() == "highest"
        assert torch.get_float32_matmul_precision() == "medium"
    finally:
        torch.set_float32_matmul_precision("highest")

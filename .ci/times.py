"""Print where the time of a test session went: by kind of test, and the slowest of them.

Seconds are those of all test processes together: with two processes they pass twice as fast.
"""

import re
import sys
from collections import defaultdict
from pathlib import Path
from xml.etree import ElementTree

KINDS = {
    r"book\.\w+\.ipynb": "chapters, executed",
    r"exercises\.\w+\.ipynb": "exercise notebooks, executed",
    r"tests\.browser": "built pages",
    r"tests\.book": "sources of the book",
    r"tests\.exercises": "exercises and their grader",
}
SLOWEST = 15


def kind_of(classname: str) -> str:
    """Return the kind of a test by where it stands; what is not of the course is of the package."""
    return next((kind for where, kind in KINDS.items() if re.match(where, classname)), "lrlib")


def main(report: Path) -> None:
    """Print both tables from a report in JUnit's format."""
    tests = [
        (float(case.get("time")), f"{case.get('classname')}::{case.get('name')}")
        for case in ElementTree.parse(report).iter("testcase")
    ]
    kinds = defaultdict(list)
    for seconds, name in tests:
        kinds[kind_of(name)].append(seconds)
    print(f"{'kind of test':30}{'tests':>8}{'seconds':>10}{'share':>8}")
    whole = sum(seconds for seconds, _ in tests) or 1
    for kind, times in sorted(kinds.items(), key=lambda each: -sum(each[1])):
        print(f"{kind:30}{len(times):8}{sum(times):10.0f}{sum(times) / whole:8.0%}")
    print("\nThe slowest tests, in seconds:")
    for seconds, name in sorted(tests, reverse=True)[:SLOWEST]:
        print(f"{seconds:8.1f}  {name}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

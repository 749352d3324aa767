"""The exercise notebooks: they run as they are, and with their solutions every check is passed."""

import ast
import doctest
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from grader import EXERCISES
from grader.engine import Write
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[2] / "exercises"
NOTEBOOKS = {path.stem: path for path in sorted(FOLDER.glob("*.ipynb"))}
SOLUTIONS = {path.stem: path for path in sorted((FOLDER / "solutions").glob("*.py"))}
CHECK = re.compile(r"^check\(\"((\d\d)\.(\w+))\"\)$", re.MULTILINE)
AS_A_FRACTION = """

from fractions import Fraction

{name} = lambda *case, solution={name}: Fraction(float(solution(*case)))
"""


def read(topic):
    return nbformat.read(NOTEBOOKS[topic], as_version=4)


def checks(notebook):
    """Return the names of the exercises that are checked, in order, and each check's cell."""
    return {
        found[1]: cell
        for cell in notebook.cells
        if cell.cell_type == "code" and (found := CHECK.search(cell.source))
    }


def definitions(source):
    """Return what a source defines at its top level: name to text."""
    found = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef):
            found[node.name] = ast.get_source_segment(source, node)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            found[node.targets[0].id] = ast.get_source_segment(source, node)
    return found


def solutions(topic):
    return definitions(SOLUTIONS[topic].read_text(encoding="utf8"))


def stub(notebook, exercise):
    """Return the one cell that defines what an exercise asks for, and nothing else."""
    name = exercise.partition(".")[2]
    (cell,) = (
        cell
        for cell in notebook.cells
        if cell.cell_type == "code" and list(definitions(cell.source)) == [name]
    )
    return cell


def solve(notebook, topic):
    """Put the solutions in the place of the stubs."""
    solved = solutions(topic)
    for name in checks(notebook):
        stub(notebook, name).source = solved[name.partition(".")[2]]


def output_of(notebook):
    """Return what each cell printed, by cell id. A notebook prints, and nothing else."""
    printed = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            assert output.output_type == "stream", output
            assert output.name == "stdout", output.text
            printed[cell.id] = printed.get(cell.id, "") + output.text
    return printed


@pytest.fixture(scope="module", params=NOTEBOOKS)
def topic(request):
    """The name of a notebook."""
    return request.param


@pytest.fixture(scope="module")
def executed(topic):
    """The notebook as it is, with its solutions, and with solutions that return fractions.

    One kernel runs all, as a student's does: what takes time is to start it and to import.
    """
    unsolved, solved, in_fractions = read(topic), read(topic), read(topic)
    for notebook in (solved, in_fractions):
        solve(notebook, topic)
    in_fractions.cells = [cell for cell in in_fractions.cells if not cell.id.startswith("open-")]
    for exercise in checks(in_fractions):
        if isinstance(EXERCISES[exercise], Write):
            name = exercise.partition(".")[2]
            stub(in_fractions, exercise).source += AS_A_FRACTION.format(name=name)
    for i, notebook in enumerate((unsolved, solved, in_fractions)):
        for cell in notebook.cells:
            cell.id += f"-{i}"
    place = {"metadata": {"path": FOLDER}}
    all_cells = [*unsolved.cells, *solved.cells, *in_fractions.cells]
    together = nbformat.v4.new_notebook(cells=all_cells)
    NotebookClient(together, timeout=120, kernel_name="python3", resources=place).execute()
    return unsolved, solved, in_fractions


def test_there_are_notebooks():
    assert NOTEBOOKS


def test_every_exercise_is_in_one_notebook_and_every_check_has_its_exercise():
    checked = [name for topic in NOTEBOOKS for name in checks(read(topic))]
    assert sorted(checked) == sorted(EXERCISES)


def test_every_notebook_has_its_solutions():
    assert NOTEBOOKS.keys() == SOLUTIONS.keys()


def test_the_checks_of_a_notebook_are_those_of_its_chapter_in_order(topic):
    """Messages call an exercise by its number."""
    chapter = topic.partition("_")[0]
    assert list(checks(read(topic))) == [name for name in EXERCISES if name.startswith(chapter)]


def test_the_solutions_solve_every_exercise(topic):
    asked = {name.partition(".")[2] for name in checks(read(topic))}
    assert asked <= solutions(topic).keys()


def test_a_stub_has_the_parameters_that_messages_name(topic):
    notebook = read(topic)
    for name in checks(notebook):
        if isinstance(EXERCISES[name], Write):
            (function,) = ast.parse(stub(notebook, name).source).body
            code = EXERCISES[name].reference.__code__
            named = list(code.co_varnames[: code.co_argcount])
            assert [argument.arg for argument in function.args.args] == named


def test_the_examples_of_a_stub_are_true(topic):
    notebook, solved = read(topic), {}
    exec(SOLUTIONS[topic].read_text(encoding="utf8"), solved)
    for name in checks(notebook):
        if isinstance(EXERCISES[name], Write):
            (function,) = ast.parse(stub(notebook, name).source).body
            lines = ast.get_docstring(function)
            examples = doctest.DocTestParser().get_doctest(lines, dict(solved), name, topic, 0)
            assert examples.examples
            assert doctest.DocTestRunner().run(examples).failed == 0


def test_an_exercise_has_a_header_a_stub_a_check_and_two_hints_at_least(topic):
    notebook = read(topic)
    for name, check in checks(notebook).items():
        at = notebook.cells.index(check)
        statement, defined, hints = (notebook.cells[at + i] for i in (-2, -1, 1))
        kind = "(Write|Predict|Explain)(, then (write|explain))?"
        header = rf"## \d+\. .+\n\n\*{kind}\. Difficulty [1-5] of 5, \d+ minutes\.\*\n\n"
        assert re.match(header, statement.source), name
        assert defined == stub(notebook, name)
        assert len(re.findall(r"<details><summary>.+</summary>\n\n", hints.source)) >= 2, name


def test_the_last_exercise_is_an_open_one(topic):
    notebook = read(topic)
    headers = [cell.source for cell in notebook.cells if cell.source.startswith("## ")]
    assert re.match(r"## \d+\. Open: .+\n\n\*Explore\. Difficulty [1-5] of 5", headers[-1])


def test_an_unsolved_notebook_runs_and_says_not_attempted_yet(executed):
    notebook = executed[0]
    printed = output_of(notebook)
    for name, cell in checks(notebook).items():
        said = f"Not attempted yet.\n0 of {len(checks(notebook))} done.\n"
        assert printed[cell.id] == said, name


def test_a_solved_notebook_passes_every_check(executed):
    notebook = executed[1]
    printed = output_of(notebook)
    for done, (name, cell) in enumerate(checks(notebook).items(), 1):
        assert printed[cell.id].startswith("Correct"), name
        assert printed[cell.id].endswith(f"\n{done} of {len(checks(notebook))} done.\n"), name


def test_what_a_check_accepts_the_next_cell_can_use(executed):
    """The solutions return fractions here; a cell that fails would have stopped the run."""
    notebook = executed[-1]
    printed = output_of(notebook)
    for name, cell in checks(notebook).items():
        assert printed[cell.id].startswith("Correct"), name
    assert not any("Come back when" in text for text in printed.values())


def test_a_notebook_away_from_its_grader_says_where_to_open_it(topic, tmp_path):
    (setup,) = (cell for cell in read(topic).cells if cell.id == "setup")
    found = subprocess.run(
        [sys.executable, "-c", setup.source], cwd=tmp_path, capture_output=True, text=True
    )
    *_, said = found.stderr.strip().splitlines()
    assert said.startswith("ModuleNotFoundError: No module named 'grader'. Open this notebook ")
    assert "in the folder exercises" in said


SESSION = """
from grader import check
check("05.residual")
---
def residual(c):
    print("c is", c)
    return 1 / (c - c)
---
check("05.residual")
---
def residual(c):
    while True:
        c += 1
---
check("05.residual")
"""


def test_a_check_in_a_kernel_names_the_line_stops_what_does_not_end_and_shows_prints():
    cells = [nbformat.v4.new_code_cell(source.strip()) for source in SESSION.split("---")]
    place = {"metadata": {"path": FOLDER}}
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, timeout=60, kernel_name="python3", resources=place).execute()
    missing, _, failed, _, endless = (
        "".join(output.text for output in cell.outputs) for cell in cells
    )
    assert missing.startswith("There is no residual yet. Run the cell that defines it")
    assert "raised ZeroDivisionError" in failed
    assert "\nRaised in line 3: return 1 / (c - c)\n" in failed
    assert failed.endswith("\nPrinted by residual(c=1.25):\nc is 1.25\n0 of 5 done.\n")
    assert "residual(c=1.25) did not end within 2 seconds" in endless
    assert "\nStopped in line " in endless


def test_an_explanation_has_a_cell_to_write_in_and_points_to_mark_it_by(topic):
    cells = read(topic).cells
    folded = [i for i, cell in enumerate(cells) if "Compare with my explanation" in cell.source]
    assert folded
    for i in folded:
        question, written, rubric = (cell.source for cell in cells[i - 2 : i + 1])
        assert "?" in question or "Explain" in question
        assert written == "*Double-click here and write your explanation.*"
        answer, points = re.fullmatch(
            r"<details><summary>Compare with my explanation</summary>\n\n(.+)\n\n</details>\n\n"
            r"<details><summary>Mark yours: a point for each</summary>\n\n(.+)\n\n</details>",
            rubric,
            re.DOTALL,
        ).groups()
        assert "<details>" not in answer
        assert len(re.findall("^- .+$", points, re.MULTILINE)) >= 3
    asked = [i for i, cell in enumerate(cells) if "Explain" in cell.source]
    assert {i + 2 for i in asked} <= set(folded)


@pytest.mark.parametrize(
    ("exercise", "answers"),
    [
        ("01.best_rate", ["0.18"]),
        ("01.updates_needed", [" 35\n", "34.4"]),
        ("02.best_moment", ["0.0027"]),
        ("04.gamma_for", ["0.9977", "0.997"]),
        ("05.first_below", ["1193", "79.5"]),
        ("05.residual", ["0.09", "9.5"]),
        ("07.false_alarm", ["0.645", "0.64"]),
    ],
)
def test_a_prediction_is_asked_before_anything_gives_it_away(exercise, answers):
    (topic,) = (topic for topic in NOTEBOOKS if topic.startswith(exercise[:2]))
    notebook = read(topic)
    at = notebook.cells.index(checks(notebook)[exercise])
    read_before = "\n".join(cell.source for cell in notebook.cells[at - 2 : at + 1])
    assert re.search("[Gg]uess|[Pp]redict", read_before)
    assert not [answer for answer in answers if answer in read_before]


def test_the_logs_are_read_in_the_row_that_the_text_names():
    (statement,) = (cell for cell in read("03_comparing").cells if cell.id == "logs-statement")
    images = re.search(r"Now look at the row of ([\d,]+) images", statement.source)[1]
    drops, cycle = re.search(rf"\| {images} \| ([\d.]+) \| ([\d.]+) \|", statement.source).groups()
    gain = EXERCISES["03.logs"].expected["gain at 20k images"]
    assert float(cycle) - float(drops) == pytest.approx(gain)

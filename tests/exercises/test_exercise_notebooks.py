"""The exercise notebooks: they run as they are, and with their solutions every check is passed."""

import ast
import doctest
import re
from pathlib import Path

import nbformat
import pytest
from grader import EXERCISES
from grader.engine import Write
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[2] / "exercises"
NOTEBOOKS = {path.stem: path for path in sorted(FOLDER.glob("*.ipynb"))}
SOLUTIONS = {path.stem: path for path in sorted((FOLDER / "solutions").glob("*.py"))}
CHECK = re.compile(r'^check\("((\d\d)\.(\w+))", (\w+)\)$', re.MULTILINE)


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
    """The notebook as it is and with its solutions, executed as Jupyter does.

    One kernel runs both, as a student's does: what takes time is to start it and to import.
    """
    unsolved, solved = read(topic), read(topic)
    solve(solved, topic)
    for cell in solved.cells:
        cell.id += "-solved"
    place = {"metadata": {"path": FOLDER}}
    both = nbformat.v4.new_notebook(cells=[*unsolved.cells, *solved.cells])
    NotebookClient(both, timeout=120, kernel_name="python3", resources=place).execute()
    return unsolved, solved


def test_there_are_notebooks():
    assert NOTEBOOKS


def test_every_exercise_is_in_one_notebook_and_every_check_has_its_exercise():
    checked = [name for topic in NOTEBOOKS for name in checks(read(topic))]
    assert sorted(checked) == sorted(EXERCISES)


def test_every_notebook_has_its_solutions():
    assert NOTEBOOKS.keys() == SOLUTIONS.keys()


def test_a_check_is_about_its_own_chapter_and_is_given_what_it_names(topic):
    for cell in checks(read(topic)).values():
        _, chapter, name, given = CHECK.fullmatch(cell.source).groups()
        assert topic.startswith(f"{chapter}_")
        assert given == name


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
    notebook, _ = executed
    printed = output_of(notebook)
    for name, cell in checks(notebook).items():
        assert printed[cell.id] == "Not attempted yet.\n", name


def test_a_solved_notebook_passes_every_check(executed):
    _, notebook = executed
    printed = output_of(notebook)
    for name, cell in checks(notebook).items():
        assert printed[cell.id].startswith("Correct"), name

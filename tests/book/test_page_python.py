"""The Python that travels with the pages."""

import importlib.util
import json

import page_python
import pytest

spec = importlib.util.spec_from_file_location("stand_in", page_python.OURS / "dataclasses.py")
stand_in = importlib.util.module_from_spec(spec)
spec.loader.exec_module(stand_in)


@stand_in.dataclass(frozen=True)
class Point:
    x: float
    y: float = 2.0

    def __post_init__(self):
        if self.x < 0:
            raise ValueError("x")


def test_the_stand_in_for_dataclasses_fills_fields_by_place_name_and_default():
    assert vars(Point(1.0)) == {"x": 1.0, "y": 2.0}
    assert vars(Point(1.0, y=3.0)) == vars(Point(x=1.0, y=3.0)) == {"x": 1.0, "y": 3.0}


def test_the_stand_in_checks_and_freezes():
    with pytest.raises(ValueError, match="x"):
        Point(-1.0)
    with pytest.raises(AttributeError, match="cannot assign to field 'x'"):
        Point(1.0).x = 2.0
    with pytest.raises(TypeError, match="Point has no field 'z'"):
        Point(1.0, z=3.0)


def test_the_bundle_holds_the_very_source_files():
    script = page_python.bundle()
    start = len("__BRYTHON__.loadBrythonPackage(")
    modules = json.loads(script[start : script.rindex(")")])
    for path in [*page_python.LRLIB.glob("schedules/*.py"), page_python.LRLIB / "theory.py"]:
        name = path.relative_to(page_python.LRLIB.parent).with_suffix("").as_posix()
        module = modules[name.replace("/", ".").removesuffix(".__init__")]
        assert module[1] == path.read_text("utf-8")


def test_the_bundle_brings_every_module_that_its_files_import():
    modules = json.loads(page_python.bundle().partition("(")[2].rpartition(")")[0])
    for name, module in modules.items():
        if name.startswith("lrlib"):
            assert module[0] == ".py"
            assert set(module[2]) <= set(modules), name

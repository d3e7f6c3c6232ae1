"""The tests: what several of them share is in a module that is not a test, or in the fixtures of their room."""

import ast
import re
from pathlib import Path

PROJECT = Path(__file__).parents[2]
OF_A_TEST = re.compile(r"(tests)?\.(.*\.)?(test_\w+|conftest)(\.|$)")


def imported(path):
    """The full name of everything a module imports; a relative one begins with dots."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{'.' * node.level}{node.module or ''}.{alias.name}" for alias in node.names)


def test_no_module_imports_from_a_test_or_from_a_conftest():
    modules = sorted(PROJECT.joinpath("tests").rglob("*.py"))

    assert [(str(path), name) for path in modules for name in imported(path) if OF_A_TEST.match(name)] == []

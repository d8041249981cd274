"""Whoever uses the package has a type for everything: `Any` is there only for JSON, whose form the API does not say."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import workflow_runs

PACKAGE = Path(workflow_runs.__file__).parent
PUBLIC = ["types.py", "_news.py", "_webhooks.py", "_async/client.py", "_async/triggers.py", "runner/_run.py"]
PUBLIC += ["runner/_runner.py", "runner/_types.py"]


def annotated(path: Path) -> Iterator[tuple[str, str]]:
    """Each public field, parameter and result of a module, with its type."""
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield name, ast.unparse(node.annotation)
            case ast.AnnAssign(target=ast.Attribute(value=ast.Name(id="self"), attr=name)):
                yield name, ast.unparse(node.annotation)
            case ast.FunctionDef() | ast.AsyncFunctionDef() if not node.name.startswith("_") or node.name == "__init__":
                for arg in ast.walk(node.args):
                    if isinstance(arg, ast.arg) and arg.annotation is not None:
                        yield arg.arg, ast.unparse(arg.annotation)
                if node.returns is not None:
                    yield node.name, ast.unparse(node.returns)


def test_any_stands_only_for_json() -> None:
    found = {
        name
        for module in PUBLIC
        for name, kind in annotated(PACKAGE / module)
        if "Any" in kind and not name.startswith("_")
    }
    # What people or runners have given, details of events, JSON Schemas, and what becomes the body of a request.
    assert found == {
        *("input", "output", "value", "payload", "checkpoints", "data", "before", "after", "detail", "ctx", "input_schema", "json", "params"),
    }

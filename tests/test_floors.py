"""Imports only go down: read from the sources, including those inside functions."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter

from tests.sources import READS_SOURCES, ROOT, parsed

pytestmark = READS_SOURCES

FLOORS = (
    ("tracer.shared", "probes"),
    ("tracer.bpf", "tracer.net", "tracer.lab", "tracer.messages"),
    ("tracer.recording", "tracer.workloads"),
    ("tracer.crosscheck", "tracer.doctor"),
    ("tracer.guest",),
    ("analysis",),
    ("tracer.commands",),
    ("tracer.api", "tracer.cli"),
    ("tracer.__init__", "tracer.start"),
)
"""From the ground up; a module imports from lower floors, and from its own package."""

FACADE = "tracer"
"""The package itself is the top floor: its functions import what they need when called."""

IN_A_GUEST = (
    "tracer.guest.inside",
    "tracer.crosscheck.fixedload",
    "tracer.net.helper",
    "tracer.workloads",
)
"""Programs started there, and packages loaded by name, with everything that they import."""

LIBRARIES_IN_A_GUEST = {"tracer.bpf.bcc_loader": {"bcc"}}
"""Debian's python3-bpfcc; imported only if its loader was chosen."""

BY_NAME_IN_A_GUEST = {"tracer.net.library", "tracer.workloads.models"}
"""Where imports are dynamic: of pyroute2 in the helper, of a workload's class."""


@cache
def sources() -> Mapping[str, ast.Module]:
    """Return the syntax tree of each module by its name."""
    found = {}
    for path, tree in parsed("tracer", "analysis", "probes"):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        found[name.removesuffix(".__init__")] = tree
    return found


@cache
def imports() -> Mapping[str, frozenset[str]]:
    """Return what each module imports, anywhere in it: our modules, and others' names."""
    return {name: frozenset(imported(tree)) for name, tree in sources().items()}


def statements(tree: ast.AST) -> Iterator[ast.stmt]:
    """Yield every statement, those inside of others too; expressions have none in them."""
    for node in ast.iter_child_nodes(tree):
        if not isinstance(node, ast.expr):
            yield from statements(node)
        if isinstance(node, ast.stmt):
            yield node


def imported(tree: ast.Module) -> Iterator[str]:
    for node in statements(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module
            assert not node.level, "an import says where it is from"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in sources() else node.module


def ours(names: Iterable[str]) -> set[str]:
    return {name for name in names if name in sources()}


def package(module: str) -> str:
    """Return the folder of ``module`` below the top one; a top-level module itself."""
    return ".".join(module.split(".")[:2])


def floor(module: str) -> int:
    """Return the floor of ``module``, from 0."""
    name = f"{FACADE}.__init__" if module == FACADE else module
    for number, packages in enumerate(FLOORS):
        if any(name == each or name.startswith(f"{each}.") for each in packages):
            return number
    raise AssertionError(f"{module} is on no floor; FLOORS and docs/design.md have them")


def reached(starts: Iterable[str]) -> set[str]:
    """Return ``starts`` and all our modules that they import, recursively."""
    found: set[str] = set()
    left = list(starts)
    while left:
        module = left.pop()
        if module not in found:
            found.add(module)
            left += ours(imports()[module])
    return found


def circle(graph: Mapping[str, Iterable[str]]) -> list[str]:
    """Return one circle in ``graph``; [] if there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def upward(module: str) -> set[str]:
    """Return what ``module`` imports from its own floor or above; ``analysis`` is one floor."""
    top = module.partition(".")[0]
    return {
        other
        for other in ours(imports()[module])
        if package(other) != package(module)
        and (top != "analysis" or other.partition(".")[0] != top)
        and floor(other) >= floor(module)
    }


def test_imports_go_down() -> None:
    found = {module: upward(module) for module in sources()}
    assert {module: names for module, names in found.items() if names} == {}


def test_analysis_needs_the_shared_floor_only() -> None:
    taken = {
        name
        for module, names in imports().items()
        if module.startswith("analysis")
        for name in ours(names)
        if name.startswith(("tracer", "probes"))
    }
    assert {name for name in taken if package(name) != "tracer.shared"} == set()


def test_modules_form_no_circle() -> None:
    assert circle({module: ours(names) for module, names in imports().items()}) == []


def test_packages_form_no_circle() -> None:
    graph: dict[str, set[str]] = {}
    for module, names in imports().items():
        own = package(module)
        graph.setdefault(own, set()).update(map(package, ours(names)))
        graph[own].discard(own)
    assert circle(graph) == []


def test_a_circle_is_found() -> None:
    assert circle({"a": ["b"], "b": ["c"], "c": ["b"]}) != []


def in_a_guest() -> set[str]:
    """Return the modules that are loaded in a guest, including those loaded by name."""
    return reached(name for name in sources() if _starts_with_any(name, IN_A_GUEST))


def _starts_with_any(module: str, packages: Iterable[str]) -> bool:
    return any(module == each or module.startswith(f"{each}.") for each in packages)


def test_guests_need_the_standard_library_only() -> None:
    foreign = {
        module: {
            top
            for top in (name.partition(".")[0] for name in imports()[module])
            if top not in sys.stdlib_module_names and top not in ("tracer", "probes")
        }
        for module in in_a_guest()
    }
    assert {module: names for module, names in foreign.items() if names} == LIBRARIES_IN_A_GUEST


def test_guests_load_nothing_of_the_host() -> None:
    of_guest = ("tracer.guest.asked", "tracer.guest.collected", "tracer.guest.outside")
    of_host = ("tracer.lab", "tracer.messages", "tracer.commands", *of_guest)
    assert {name for name in in_a_guest() if _starts_with_any(name, of_host)} == set()


def test_what_guests_import_by_name_is_known() -> None:
    calls = re.compile(r"\b(import_module|__import__|spec_from_file_location)\b")
    found = {name for name in in_a_guest() if calls.search(ast.unparse(sources()[name]))}
    assert found == BY_NAME_IN_A_GUEST


def test_the_design_shows_the_same_floors() -> None:
    text = (ROOT / "docs" / "design.md").read_text("utf-8")
    shown: dict[int, list[str]] = {}
    for number, path in re.findall(r"^\| (\d) \| `([\w/]+?)(?:\.py|/)` \|", text, re.MULTILINE):
        shown.setdefault(int(number), []).append(path.replace("/", "."))
    assert shown == {number: list(names) for number, names in enumerate(FLOORS)}

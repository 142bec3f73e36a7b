"""What SECURITY.md promises of the source: files are data, no shell, one module connects."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "motionbench").rglob("*.py"))
CONNECTING = "motionbench/data/download.py"
NETWORK = {"socket", "ssl", "http", "urllib", "requests", "httpx", "aiohttp", "ftplib", "smtplib", "webbrowser"}
HARMLESS = {"urllib.parse"}
FORBIDDEN = {
    *("eval", "exec", "compile", "__import__", "os.system", "os.popen", "os.execv", "os.execvp"),
    *("pickle.load", "pickle.loads", "pickle.Unpickler", "shelve.open", "marshal.loads", "joblib.load"),
    *("yaml.unsafe_load", "yaml.full_load", "yaml.load_all", "subprocess.getoutput", "subprocess.getstatusoutput"),
    *("torch.hub.load", "torch.hub.load_state_dict_from_url", "shutil.unpack_archive"),
}
UNPACKING = {"extract", "extractall"}
WANTED = {
    "torch.load": ("weights_only", True),
    "np.load": ("allow_pickle", False),
    "numpy.load": ("allow_pickle", False),
}

MARKS = ('src="http', "src='http", "url(http", "@import", 'fetch("http', "new Function", "innerHTML =")
"""What a page that loads or makes more than itself would have."""


def faults(source: str, path: str) -> Iterator[str]:
    """What a module does that it must not."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            yield from _of_call(node)
        elif isinstance(node, ast.Import | ast.ImportFrom) and path != CONNECTING:
            yield from (f"imports {name}" for name in _modules(node) if _connects(name))


def _of_call(node: ast.Call) -> Iterator[str]:
    name = ast.unparse(node.func)
    given = {word.arg: word.value for word in node.keywords}
    if name in FORBIDDEN:
        yield f"calls {name}"
    if name.rpartition(".")[2] in UNPACKING:
        yield f"unpacks: {name}"
    if "shell" in given and not _is(given["shell"], False):
        yield f"starts a shell: {name}"
    if name == "yaml.load" and "Safe" not in ast.unparse(node) and "_LOADER" not in ast.unparse(node):
        yield "reads YAML by a loader that makes anything"
    if name in WANTED and not _is(given.get(WANTED[name][0]), WANTED[name][1]):
        yield f"{name} without {WANTED[name][0]}={WANTED[name][1]}"


def _is(value: ast.expr | None, constant: bool) -> bool:
    return isinstance(value, ast.Constant) and value.value is constant


def _modules(node: ast.Import | ast.ImportFrom) -> list[str]:
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]


def _connects(module: str) -> bool:
    return module.partition(".")[0] in NETWORK and module not in HARMLESS


def test_every_module_treats_files_as_data() -> None:
    found = {}
    for path in SOURCES:
        name = path.relative_to(ROOT).as_posix()
        if told := list(faults(path.read_text(encoding="utf-8"), name)):
            found[name] = told
    assert found == {}
    assert len(SOURCES) > 100


@pytest.mark.parametrize(
    "line",
    [
        "eval(text)",
        "os.system(f'open {path}')",
        "pickle.load(file)",
        "yaml.load(text, Loader=yaml.Loader)",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "np.load(path)",
        "np.load(path, allow_pickle=flag)",
        "subprocess.run(words, shell=True)",
        "archive.extractall(folder)",
        "torch.hub.load('facebookresearch/co-tracker', name)",
        "import requests",
        "from urllib import request",
        "from urllib.request import urlopen",
    ],
)
def test_each_of_these_would_be_found(line: str) -> None:
    assert list(faults(line, "motionbench/somewhere.py"))


def test_what_is_used_here_is_not_found() -> None:
    lines = (
        "model.eval()\nnp.load(path, allow_pickle=False)\ntorch.load(path, weights_only=True)\nsubprocess.run(words)\n"
        "from urllib.parse import quote\n"
    )
    assert list(faults(lines, "motionbench/somewhere.py")) == []


def test_pages_load_nothing_from_elsewhere() -> None:
    pages = [path for kind in ("*.html", "*.css", "*.js") for path in (ROOT / "motionbench").rglob(kind)]
    linked = {path.name: mark for path in pages for mark in MARKS if mark in path.read_text(encoding="utf-8")}
    assert pages
    assert linked == {}


def test_a_backbone_from_the_hub_is_pinned_by_its_revision() -> None:
    from motionbench import registry

    specs = [entry.spec for entry in registry.entries("backbones") if entry.spec is not None]
    hub = [
        spec
        for spec in specs
        if isinstance(spec, registry.BackboneSpec) and "/" in spec.source and ":" not in spec.source
    ]
    assert hub
    assert [spec.name for spec in hub if len(spec.revision) != 40] == []

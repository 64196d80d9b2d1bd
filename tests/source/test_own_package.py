from __future__ import annotations

from pathlib import Path

import pytest

from fastdiag.source.project import read_project

PACKAGE = {
    "shop/__init__.py": "",
    "shop/main.py": "from shop.store import load\nfrom shop.parts import price\n"
    "\n\ndef run():\n    load(), price.of()\n",
    "shop/store.py": "def load(): ...\n",
    "shop/parts/__init__.py": "",
    "shop/parts/price.py": "from shop.parts.tax import add\n\ndef of():\n    add()\n",
    "shop/parts/tax.py": "def add(): ...\n",
}


def lay(folder: Path) -> None:
    for name, text in PACKAGE.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.mark.parametrize("below", ["", "shop"])
def test_calls_are_resolved_whether_the_project_or_its_package_is_read(tmp_path: Path, below: str) -> None:
    lay(tmp_path)
    project = read_project(tmp_path / below)
    run = project.functions["shop.main.run"]
    reached = [target.value for call in run.calls for target in project.targets(call)]
    assert len(reached) == len(run.calls)
    assert "shop.store.load" in str(reached[0].function.qualname)  # type: ignore[union-attr]


def test_a_package_within_the_package_is_named_after_both(tmp_path: Path) -> None:
    lay(tmp_path)
    assert "shop.parts.price.of" in read_project(tmp_path / "shop" / "parts").functions


def test_a_folder_that_nobody_imports_gives_no_name(tmp_path: Path) -> None:
    lay(tmp_path)
    (tmp_path / "__init__.py").write_text("")
    assert "shop.store.load" in read_project(tmp_path).functions

"""The documentation names what exists, and no file says where it was written."""

from __future__ import annotations

import re
import subprocess

import pytest

from demo.readers.folder import READERS
from settings import Settings
from tests.project import ROOT

OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
TARGETS = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)

# Written so that this file does not find itself.
ELSEWHERE = re.compile(r"\.\.[/]shared|(?<![\w.])[/](?:work|home|root|tmp)[/]\w")
REGISTRIES = re.compile("|".join(("pypi[.]org", "pythonhosted[.]org", "npmjs[.]", "maven[.]org", "deb[.]debian", "proxy[.]golang")))
TEXTS = (".py", ".md", ".toml", ".yaml", ".yml", ".js", ".css", ".sh", ".csv", ".xml", ".json", "")


@pytest.mark.parametrize("field", [name for name in Settings.model_fields if name != "kafka_texts"])
def test_every_setting_is_named_for_operators(field: str) -> None:
    assert f"`CITYDECK_{field.upper()}`" in OPERATIONS


def test_passing_on_options_is_named_for_operators() -> None:
    assert "`CITYDECK_KAFKA_<OPTION>`" in OPERATIONS


def test_settings_named_for_operators_exist() -> None:
    named = set(re.findall(r"`CITYDECK_([A-Z_]+)`", OPERATIONS + README))
    assert {name for name in named if not name.startswith("KAFKA_")} <= {name.upper() for name in Settings.model_fields}


@pytest.mark.parametrize("target", TARGETS)
def test_every_make_target_is_named_in_the_readme(target: str) -> None:
    assert target == "help" or f"make {target}" in README


def test_every_file_named_in_the_readme_and_operations_exists() -> None:
    named = set(re.findall(r"`((?:[\w.-]+/)+[\w.-]+|[\w-]+\.(?:py|md|toml|yaml))`", README + OPERATIONS)) - {"site.toml"}
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_every_page_of_the_documents_is_found_from_the_readme() -> None:
    assert set(re.findall(r"\]\(docs/(\w+\.md)", README)) == {page.name for page in (ROOT / "docs").glob("*.md")}


@pytest.mark.parametrize(
    "page", ["README.md", *(f"docs/{name}.md" for name in ("operations", "integrator", "manager", "operator", "supervisor"))]
)
def test_commands_stand_as_they_are_typed(page: str) -> None:
    """The libraries are in `.venv` only."""
    assert re.findall(r"(?<![\w/])(?:python -m|gunicorn) (?:streams|domains|demo|app).*", (ROOT / page).read_text(encoding="utf-8")) == []


def test_every_kind_of_recorded_file_is_named_in_the_readme() -> None:
    told = " ".join(README.split())
    assert [reader.KIND for reader in READERS if reader.KIND not in told] == []


def _tracked() -> list[str]:
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    done = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=False)
    return [name for name in done.stdout.split("\0") if name]


@pytest.mark.parametrize("pattern", [ELSEWHERE, REGISTRIES], ids=["place", "registry"])
def test_no_file_says_where_it_was_written(pattern: re.Pattern[str]) -> None:
    tracked = _tracked()
    if not tracked:
        pytest.skip("this is not a git checkout")
    texts = {name: ROOT / name for name in tracked if (ROOT / name).suffix in TEXTS and (ROOT / name).is_file()}
    found = {name: match[0] for name, file in texts.items() if (match := pattern.search(file.read_text(encoding="utf-8")))}
    assert found == {}


def test_the_patterns_find_what_they_look_for() -> None:
    assert ELSEWHERE.search("see /" + "tmp/x") and ELSEWHERE.search("../" + "shared/data")
    assert REGISTRIES.search("https://pypi." + "org/simple")
    assert not ELSEWHERE.search("a/" + "tmp/x") and not ELSEWHERE.search("https://host/work")

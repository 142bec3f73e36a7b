from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from motionbench.data import croissant, manifest_file
from motionbench.errors import UsageError


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(croissant.of_suite(manifest_file.load(), "core", "https://example.org/core"))
    return loaded


def ids(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if "@type" in node and "@id" in node:
            yield node["@id"]
        for key, child in node.items():
            if key not in ("@context", "data"):
                yield from ids(child)
    elif isinstance(node, list):
        for child in node:
            yield from ids(child)


def test_every_file_has_its_address_digest_and_size(described):
    clips = {clip.source.name: clip.source for clip in manifest_file.load().clips_of("core")}
    assert [file["@id"] for file in described["distribution"]] == list(clips)
    for file in described["distribution"]:
        source = clips[file["@id"]]
        assert (file["contentUrl"], file["sha256"]) == (source.url, source.sha256)
        assert file["contentSize"] == f"{source.bytes} B"
        assert file["encodingFormat"] in ("video/mp4", "video/x-matroska")


def test_records_are_the_clips_and_their_cases(described):
    clips, cases = described["recordSet"]
    assert (len(clips["data"]), len(cases["data"])) == (19, 76)
    named = {row["clips/id"] for row in clips["data"]}
    assert {row["cases/clip"] for row in cases["data"]} == named
    assert cases["data"][0]["cases/id"] == "kitchen-dolly--caption"


def test_every_id_stands_once_and_every_row_has_its_fields(described):
    found = list(ids(described))
    assert len(found) == len(set(found))
    for records in described["recordSet"]:
        fields = {field["@id"] for field in records["field"]}
        assert all(set(row) == fields for row in records["data"])
        assert records["key"]["@id"] in fields


def test_the_head_says_format_licences_and_page(described):
    assert described["conformsTo"] == "http://mlcommons.org/croissant/1.1"
    assert described["@context"]["recordSet"] == "cr:recordSet"
    assert "https://spdx.org/licenses/CC-BY-4.0" in described["license"]
    assert described["url"] == "https://example.org/core"
    assert "url" not in json.loads(croissant.of_suite(manifest_file.load(), "core"))


def test_mlcroissant_accepts_it_where_it_is_installed(described, tmp_path):
    mlcroissant = pytest.importorskip("mlcroissant")
    file = tmp_path / "core.json"
    file.write_text(json.dumps(described))
    dataset = mlcroissant.Dataset(str(file))
    assert not dataset.metadata.ctx.issues.errors
    assert len(list(dataset.records("cases"))) == 76


def test_a_suite_without_addresses_and_an_unknown_one_are_refused():
    with pytest.raises(UsageError, match="the suite mini has no files behind addresses"):
        croissant.of_suite(manifest_file.load(), "mini")
    with pytest.raises(UsageError, match="no suite named 'cor'; did you mean 'core'"):
        croissant.of_suite(manifest_file.load(), "cor")
    with pytest.raises(UsageError, match="davis-2017 is others' data set, which its authors describe: https://davis"):
        croissant.of_suite(manifest_file.load(), "davis-2017")

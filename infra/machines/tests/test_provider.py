"""The provider of the cloud, and the errors where clouds.yaml or the cloud has a fault."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from infra.errors import ForegroundError
from infra.machines.network import Network
from infra.machines.provider import cloud_provider
from infra.site import read_file
from infra.testing import plan

if TYPE_CHECKING:
    from pathlib import Path


def clouds(folder: Path, monkeypatch: pytest.MonkeyPatch, *entries: str) -> None:
    """Write a clouds.yaml with these entries."""
    file = folder / "clouds.yaml"
    file.write_text(yaml.safe_dump({"clouds": {name: {} for name in entries}}))
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(file))


def test_the_provider_reads_the_credentials_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clouds(tmp_path, monkeypatch, "ci")
    (provider,) = plan(lambda: cloud_provider(read_file("ci"))).resources
    assert provider.inputs == {"cloud": "ci"}


def test_a_mistyped_entry_is_reported_with_the_closest_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clouds(tmp_path, monkeypatch, "cii")
    with pytest.raises(ForegroundError, match="has no entry ci; did you mean 'cii'"):
        cloud_provider(read_file("ci"))


def test_a_missing_external_network_is_reported_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(_cloud: object, _args: object) -> tuple[dict[str, str], list[tuple[str, str]]]:
        return {}, [("name", "no network of that name")]

    monkeypatch.setattr("infra.testing.plans._Cloud.call", refuse)
    with pytest.raises(ForegroundError, match=r"gives no external network public: .*of that name"):
        plan(lambda: Network("network", read_file("ci")))

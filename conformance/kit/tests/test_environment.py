from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from conformance.kit.site.site_under_test import SiteUnderTest
from conformance.kit.suite.environment import Noise, components, environment
from infra.site import read_config

if TYPE_CHECKING:
    from .conftest import ApiServer

FILE = Path(__file__).resolve().parents[3] / "stacks" / "sites" / "Pulumi.ci.yaml"


def test_a_report_is_possible_although_an_authority_cannot_be_read(
    server: ApiServer, tmp_path: Path
) -> None:
    config = yaml.safe_load(FILE.read_text())["config"]
    site = SiteUnderTest(
        read_config("other", config), server.kubeconfig, ca_files=(tmp_path / "missing.pem",)
    )
    found = environment(site, site.api(), "W", ["drivers"], Noise())
    assert (found.site, found.kubernetes) == ("other", "v1.36.4")
    assert found.components == {"jupyterhub": "does not answer"}


def test_components_are_images_by_their_last_name_with_all_their_tags() -> None:
    images = ["a.example:5000/x/hub:1", "hub:2", "traefik@sha256:abc", "pause"]
    pods = [{"spec": {"containers": [{"image": image}]}} for image in images]
    assert components(pods) == {"hub": "1, 2", "traefik": "sha256:abc", "pause": "latest"}

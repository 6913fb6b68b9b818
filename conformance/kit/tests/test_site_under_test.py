from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from conformance.kit.site.site_under_test import STACK, SiteUnderTest
from conformance.kit.verdicts import Inconclusive
from infra.site import read_config

FILE = Path(__file__).resolve().parents[3] / "stacks" / "sites" / "Pulumi.ci.yaml"
CAPABILITIES = ("headroom", "queueing", "notebooks", "accelerators", "ingress", "identity")


def site(*without: str) -> SiteUnderTest:
    config = yaml.safe_load(FILE.read_text())["config"]
    for section in without:
        del config[f"foreground:{section}"]
    if "accelerators" in without:
        del config["foreground:machines"]["t4"]["accelerator"]
    return SiteUnderTest(read_config("other", config), {})


def test_a_site_claims_the_sections_of_its_file_and_a_stack_only_with_outputs() -> None:
    found = site("headroom")
    assert found.claims("queueing")
    assert not found.claims("headroom")
    assert not found.claims(STACK)


def test_the_contest_is_for_the_model_with_the_most_headroom() -> None:
    found = site()
    assert found.models == {"t4": 4}
    assert found.model_with_most_headroom == found.most_frequent_model == "t4"
    assert found.headroom("t4") == 1


def test_a_site_without_accelerators_or_notebooks_is_inconclusive_and_says_why() -> None:
    found = site(*CAPABILITIES)
    with pytest.raises(Inconclusive, match="no machine in the site file has accelerators"):
        assert found.model_with_most_headroom
    with pytest.raises(Inconclusive, match="no machine in the site file has accelerators"):
        assert found.most_frequent_model
    with pytest.raises(Inconclusive, match="section notebooks"):
        assert found.patience

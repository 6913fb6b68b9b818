"""LIF-04: a second deployment of an unchanged site file changes nothing."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from conformance.kit.requirements import MUST, requirement
from conformance.kit.site.site_under_test import STACK, pulumi
from infra.errors import ForegroundError

if TYPE_CHECKING:
    from conformance.kit.record import Record
    from conformance.kit.site.site_under_test import SiteUnderTest

PREVIEW_S = 300


@requirement(
    "LIF-04",
    MUST,
    "38c4ca6e-2f8a-473c-b12c-d9e84e3fb56a",
    "Deploying the same site again changes nothing.",
    needs=(STACK,),
)
def test_a_second_deployment_changes_nothing(site: SiteUnderTest, record: Record) -> None:
    begun = time.monotonic()
    words = ("preview", "--expect-no-changes", "--stack", site.settings.name, "--diff")
    try:
        pulumi(*words, timeout=PREVIEW_S)
    except ForegroundError as error:
        if any("no changes were expected" in line for line in error.details):
            raise AssertionError("\n".join(error.details)) from None
        raise
    record.sample(changes=0, took=time.monotonic() - begun)

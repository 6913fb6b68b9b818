"""A site is judged in full: every requirement as often as its whole row wants."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lab.testing.site import Operator

if TYPE_CHECKING:
    from lab.instance import Instance
    from lab.testing.cloud import Cloud

pytestmark = [pytest.mark.lab, pytest.mark.engine, pytest.mark.long]

IN_FULL_S = 4 * 3600.0


@pytest.mark.timeout(IN_FULL_S + 1800)
def test_a_site_holds_to_every_requirement_in_full(
    ci: Instance, cloud: Cloud, tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert cloud  # the project is empty
    operator = Operator.of(ci, tmp_path_factory.mktemp("site"))
    operator.up()
    operator.welcome()
    judged = operator.conformance("site", seconds=IN_FULL_S)
    operator.pulumi("destroy", "--exclude-protected", "--yes", "--skip-preview")
    assert judged.returncode == 0, judged.stdout

"""Full conformance run: every requirement with its full number of rounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lab.testing.site import Operator

if TYPE_CHECKING:
    from lab.instance import LabInstance
    from lab.testing.cloud import Cloud

pytestmark = [pytest.mark.lab, pytest.mark.engine, pytest.mark.long]

RUN_S = 4 * 3600.0


@pytest.mark.timeout(RUN_S + 1800)
def test_a_site_meets_every_requirement_with_the_full_number_of_rounds(
    ci: LabInstance, cloud: Cloud, tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert cloud  # the project is empty
    operator = Operator.of(ci, tmp_path_factory.mktemp("site"))
    operator.up()
    operator.welcome()
    run = operator.conformance("site", seconds=RUN_S)
    operator.pulumi("destroy", "--exclude-protected", "--yes", "--skip-preview")
    assert run.returncode == 0, run.stdout

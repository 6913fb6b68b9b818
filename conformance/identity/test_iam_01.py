"""IAM-01: who may log in, and who administers the hub."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.requirements import MUST, requirement

if TYPE_CHECKING:
    from conformance.kit.people.accounts import Accounts
    from conformance.kit.record import Record

FORBIDDEN = 403


@requirement(
    "IAM-01",
    MUST,
    "6f541ea5-39c9-4f7b-8467-f7092e54ba16",
    "Members of an allowed group can log in, all others get 403, and only members of an admin "
    "group administer the hub.",
    needs=("identity", "notebooks", "ingress"),
)
def test_members_log_in_others_do_not_and_only_admins_administer(
    accounts: Accounts, record: Record
) -> None:
    (member,) = accounts.members(1)
    assert member.account()["admin"] is False
    assert member.get("/hub/admin").status_code == FORBIDDEN
    record.sample(who="member", enters=True, admin=False)

    outsider = accounts.outsider()
    last = outsider.log_in()
    assert last.status_code == FORBIDDEN, f"an outsider got {last.status_code} at {last.url.path}"
    assert outsider.get("/hub/api/user").status_code == FORBIDDEN
    record.sample(who="outsider", enters=False, admin=False)

    administrator = accounts.administrator().logged_in()
    assert administrator.account()["admin"] is True
    assert administrator.get("/hub/admin").is_success
    record.sample(who="administrator", enters=True, admin=True)

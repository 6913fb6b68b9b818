from __future__ import annotations

from pathlib import Path

from conformance.kit.people.forms import Choice, read

PAGES = Path(__file__).with_name("pages")
HUB = "https://hub.example:8443"


def page(name: str) -> str:
    return (PAGES / f"{name}.html").read_text()


def test_the_issuers_login_asks_for_a_name_and_a_password_and_goes_back_where_it_came_from() -> (
    None
):
    address = "https://iam.example:8443/login/one-time"
    (form,) = read(page("issuer-login"), address).forms
    assert (form.action, form.method) == (address, "POST")
    assert (form.typed, form.secret) == (["username"], ["password"])
    assert form.fields == {"username": "", "password": ""}


def test_the_hubs_login_is_a_link_to_the_issuer() -> None:
    read_page = read(page("hub-login"), f"{HUB}/hub/login?next=%2Fhub%2F")
    assert read_page.links == [f"{HUB}/hub/oauth_login?next=%2Fhub%2F"]
    assert read_page.forms == []


def test_the_hubs_form_offers_kinds_of_sessions_with_their_words() -> None:
    (form,) = read(page("hub-spawn"), f"{HUB}/hub/spawn").forms
    assert form.action.startswith(f"{HUB}/hub/spawn")
    assert form.choices["profile"] == [
        Choice("t4", "GPU t4 One Tesla-T4 with 16 GiB, as soon as you ask"),
        Choice("cpu", "CPU only No accelerator"),
    ]
    assert form.fields["profile"] == "t4"


def test_what_nobody_touches_is_sent_as_it_is() -> None:
    html = """
    <form action="/somewhere"><input type="hidden" name="h" value="1 &amp; 2">
    <input type="checkbox" name="on" checked><input type="checkbox" name="off">
    <select name="s"><option value="a">A</option><option value="b" selected>B</option></select>
    <label><input type="radio" name="r" value="x"> The X</label>
    <input type="submit" name="go"></form>"""
    (form,) = read(html, "https://a.example/b/c").forms
    assert form.action == "https://a.example/somewhere"
    assert form.fields == {"h": "1 & 2", "on": "on", "s": "b", "r": "x"}
    assert form.choices["s"] == [Choice("a", "A"), Choice("b", "B")]
    assert form.choices["r"] == [Choice("x", "The X")]


def test_what_a_page_says_leaves_out_its_scripts() -> None:
    html = "<h1>403 :</h1><script>let no = 1</script><p>Forbidden</p>"
    assert read(html, HUB).words == "403 : Forbidden"

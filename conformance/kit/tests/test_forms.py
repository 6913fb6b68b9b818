from __future__ import annotations

from pathlib import Path

from conformance.kit.people.forms import Choice, read

PAGES = Path(__file__).with_name("pages")
HUB = "https://hub.example:8443"


def page(name: str) -> str:
    return (PAGES / f"{name}.html").read_text()


def test_the_login_form_of_the_issuer_has_fields_for_name_and_password() -> None:
    address = "https://iam.example:8443/login/one-time"
    (form,) = read(page("issuer-login"), address).forms
    assert (form.action, form.method) == (address, "POST")
    assert (form.typed, form.secret) == (["username"], ["password"])
    assert form.fields == {"username": "", "password": ""}


def test_the_login_page_of_the_hub_has_a_link_to_the_issuer() -> None:
    read_page = read(page("hub-login"), f"{HUB}/hub/login?next=%2Fhub%2F")
    assert read_page.links == [f"{HUB}/hub/oauth_login?next=%2Fhub%2F"]
    assert read_page.forms == []


def test_the_spawn_form_of_the_hub_offers_profiles_with_their_texts() -> None:
    (form,) = read(page("hub-spawn"), f"{HUB}/hub/spawn").forms
    assert form.action.startswith(f"{HUB}/hub/spawn")
    assert form.choices["profile"] == [
        Choice("t4", "GPU t4 One Tesla-T4 with 16 GiB, as soon as you ask"),
        Choice("cpu", "CPU only No accelerator"),
    ]
    assert form.fields["profile"] == "t4"


def test_fields_have_their_default_values() -> None:
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


def test_the_text_of_a_page_has_no_scripts() -> None:
    html = "<h1>403 :</h1><script>let no = 1</script><p>Forbidden</p>"
    assert read(html, HUB).words == "403 : Forbidden"

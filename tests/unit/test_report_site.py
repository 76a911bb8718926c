"""What a site says of its reports: their look, and who gets them; its mistakes are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from domains.report import read
from model import Label, SpecError
from model.outside import Mailbox
from model.report import Brand, Mailing

LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M1 1h7v7z"/></svg>'
MAIL = '[[report.mail]]\nname = "leaders"\nmail = ["a@example.org"]\nsender = "deck@example.org"\nserver = "mail.example.org"\n'


def site(folder: Path, toml: str) -> tuple[Brand, tuple[Mailing, ...]]:
    (folder / "site.toml").write_text(toml, encoding="utf-8")
    return read(folder)


def test_a_site_that_says_nothing_reports_as_citydeck_and_mails_nobody(tmp_path: Path) -> None:
    assert site(tmp_path, "") == (Brand(), ())


def test_look_and_mailings_are_read(tmp_path: Path) -> None:
    (tmp_path / "logo.svg").write_text(LOGO)
    (tmp_path / "basemap").mkdir()
    (tmp_path / "basemap" / "land.geojson").write_text('{"features": []}')
    look = '[report]\nen = "Town"\nzh = "城"\ncolour = "#123f6b"\nlogo = "logo.svg"\n'
    brand, (mailing,) = site(tmp_path, look + MAIL + 'language = "zh"\nspans = ["week"]\n')
    assert (brand.name, brand.colour, brand.logo_format, brand.basemap) == (
        Label(en="Town", zh="城"),
        "#123f6b",
        "svg",
        {"land": {"features": []}},
    )
    assert brand.logo.decode() == LOGO
    via = Mailbox(to=("a@example.org",), sender="deck@example.org", host="mail.example.org", port=587, tls="starttls")
    assert mailing == Mailing(name="leaders", via=via, language="zh", spans=("week",))


@pytest.mark.parametrize(
    ("toml", "field"),
    [
        ('[report]\ncolour = "red"', "report.colour"),
        ('[report]\nlogo = "none.svg"', "report.logo"),
        ('[report]\nlogo = "../site.toml"', "report.logo"),
        ('[report]\nlogo = "bad.svg"', "report.logo"),
        ("[report]\nother = 1", "report.other"),
        (MAIL + 'spans = ["year"]', "report.mail[0].spans"),
        (MAIL + 'kinds = ["raised"]', "report.mail[0].kinds"),
        (MAIL + MAIL, "report.mail[1]"),
        (MAIL.replace("a@example.org", "nobody"), "report.mail[0].mail"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, toml: str, field: str) -> None:
    (tmp_path / "bad.svg").write_text("<svg>")
    with pytest.raises(SpecError) as caught:
        site(tmp_path, toml)
    assert caught.value.field == field

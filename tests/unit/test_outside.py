"""What a site declares of the world outside, and how its mistakes are named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from domains.outside import read
from model import SpecError
from model.outside import LABELLED, SEVERITY, Mailbox, Outside, Warnings, Webhook

HOOK = '[[notify]]\nname = "duty"\nwebhook = "https://x.example.org/a"\nsecret = "DUTY_SECRET"\n'
MAIL = '[[notify]]\nname = "duty"\nmail = ["a@example.org"]\nsender = "deck@example.org"\nserver = "mail.example.org"\n'


def site(folder: Path, toml: str) -> Outside:
    (folder / "site.toml").write_text(toml, encoding="utf-8")
    return read(folder, ["east", "west"], ["sea"])


def test_a_site_that_says_nothing_takes_signed_actual_warnings_and_tells_nobody(tmp_path: Path) -> None:
    told = site(tmp_path, "")
    assert told.warnings == Warnings() and told.recipients == () and told.sender.startswith("citydeck-")
    assert not told.warnings.unsigned and told.warnings.statuses == ("Actual",)


def test_warnings_are_read_whole(tmp_path: Path) -> None:
    warnings = site(
        tmp_path,
        """
        [warnings]
        unsigned = true
        statuses = ["Actual", "Exercise"]
        hours = 6
        severity_label = "prio"
        sender = "deck@town.example"
        [warnings.severity]
        Severe = "critical"
        Orange = "high"
        [warnings.alertmanager]
        P1 = "critical"
        [warnings.geocodes]
        440307 = ["east", "west"]
        """,
    ).warnings
    assert (warnings.unsigned, warnings.statuses, warnings.lifetime, warnings.label) == (True, ("Actual", "Exercise"), 21_600.0, "prio")
    assert warnings.severity == {**SEVERITY, "Severe": "critical", "Orange": "high"}
    assert warnings.labelled == {**LABELLED, "p1": "critical"} and warnings.geocodes == {"440307": ("east", "west")}


def test_certificates_are_found_by_the_senders_name(tmp_path: Path) -> None:
    (tmp_path / "senders").mkdir()
    one = "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n"
    (tmp_path / "senders" / "http%3A%2F%2Fx%2Fy.pem").write_text(f"a note\n{one}{one}")
    (tmp_path / "senders" / "w@example.org.pem").write_text(one)
    held = site(tmp_path, "").warnings.certificates
    assert {sender: len(pems) for sender, pems in held.items()} == {"http://x/y": 2, "w@example.org": 1}


def test_a_webhook_is_told_everything_unless_it_chooses(tmp_path: Path) -> None:
    (told,) = site(tmp_path, HOOK).recipients
    assert told.via == Webhook(url="https://x.example.org/a", secret="DUTY_SECRET")
    assert (told.kinds, told.priorities, told.areas, told.domains, told.language) == ((), (), (), (), "en")


def test_a_mailbox_is_told_what_is_urgent_unless_it_chooses(tmp_path: Path) -> None:
    more = 'language = "zh"\npriorities = ["critical"]\nareas = ["west"]\ndomains = ["sea", "outside"]\n'
    more += 'user = "deck"\npassword = "MAIL_PASSWORD"\n'
    (told,) = site(tmp_path, MAIL + more).recipients
    assert told.via == Mailbox(
        to=("a@example.org",),
        sender="deck@example.org",
        host="mail.example.org",
        port=587,
        tls="starttls",
        user="deck",
        password="MAIL_PASSWORD",
    )
    assert told.kinds == ("raised", "worsened", "escalated") and told.language == "zh" and told.areas == ("west",)


@pytest.mark.parametrize(("line", "port"), [('tls = "tls"', 465), ('tls = "starttls"', 587)])
def test_a_mail_server_has_the_usual_port(tmp_path: Path, line: str, port: int) -> None:
    via = site(tmp_path, MAIL + line).recipients[0].via
    assert isinstance(via, Mailbox) and via.port == port


@pytest.mark.parametrize(
    ("toml", "field", "reason"),
    [
        ("[warnings]\nunsinged = true", "warnings.unsinged", "is not known here"),
        ('[warnings]\nunsigned = "yes"', "warnings.unsigned", "must be a bool"),
        ('[warnings]\nstatuses = ["Draft"]', "warnings.statuses", "'Draft' is none of"),
        ("[warnings]\nhours = 0", "warnings.hours", "0 is not within"),
        ('[warnings.severity]\nSevere = "bad"', "warnings.severity.Severe", "'bad' is none of critical"),
        ('[warnings.geocodes]\n1 = ["north"]', "warnings.geocodes.1", "'north' is none of east, west"),
        ('[warnings]\nsender = "a b"', "warnings.sender", "'a b' is not"),
        (HOOK + HOOK, "notify[1]", "'duty' is there twice"),
        (HOOK.replace("https", "http"), "notify[0].webhook", "must begin with https://"),
        (HOOK.replace("https://x.example.org/a", "file:///x"), "notify[0].webhook", "is not an address"),
        (HOOK.replace("DUTY_SECRET", "CITYDECK_X"), "notify[0].secret", "must be the name of an environment variable"),
        (HOOK.replace("DUTY_SECRET", "s3cret!"), "notify[0].secret", "must be the name of an environment variable"),
        (HOOK + 'kinds = ["rung"]', "notify[0].kinds", "'rung' is none of"),
        (HOOK + 'mail = ["a@b"]', "notify[0].webhook", "is not known here"),
        (MAIL.replace("a@example.org", "a@example.org\\nBcc: x@y"), "notify[0].mail", "is not an address"),
        (MAIL.replace('["a@example.org"]', "[]"), "notify[0].mail", "is empty"),
        (MAIL.replace("deck@", "deck at "), "notify[0].sender", "is not an address"),
        (MAIL + 'tls = "none"', "notify[0].tls", "none is for a mail server on this machine only"),
        (MAIL.replace("mail.example.org", "mail.example.org:x"), "notify[0].server", "'x' is not a port"),
        (MAIL + 'user = "deck"', "notify[0].password", "is missing"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, toml: str, field: str, reason: str) -> None:
    with pytest.raises(SpecError) as caught:
        site(tmp_path, toml)
    assert caught.value.field == field and reason in caught.value.reason


def test_the_examples_for_integrators_are_right(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "integrator.md").read_text(encoding="utf-8")
    (tmp_path / "site.toml").write_text("\n".join(re.findall(r"```toml\n(.*?)```", page, re.DOTALL)), encoding="utf-8")
    told = read(tmp_path, ["kuiyong", "dapeng", "nanao"], ["sea"])
    assert [recipient.name for recipient in told.recipients] == ["duty", "chief"]
    assert told.warnings.geocodes and told.sender == "deck@dapeng.example"

from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from zoneinfo import ZoneInfo

import icalendar
import pytest

from noord.outbox.message import Message, ascii_address, build, one_line

CALENDAR = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Noord//NL\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\n"
    "UID:een@noord.example\r\nDTSTAMP:20190301T120000Z\r\nDTSTART:20190307T123000Z\r\nSUMMARY:Café ‘Noord’ 😀\r\n"
    "END:VEVENT\r\nEND:VCALENDAR\r\n"
).encode()
MOMENT = datetime(2019, 3, 1, 12, 30, tzinfo=ZoneInfo("Europe/Amsterdam"))


def octets_of(message: Message, to: str = "lid@noord.example") -> bytes:
    return build(message, to=to, message_id="<11111111-2222@portaal.example>", moment=MOMENT)[2]


def parse(message: Message, to: str = "lid@noord.example") -> EmailMessage:
    """Read the mail as a mail program does; a defect anywhere in it is a failure."""
    mail = message_from_bytes(octets_of(message, to), policy=default)
    assert [part.defects for part in mail.walk()] == [[] for _part in mail.walk()]
    return mail


def structure(mail: EmailMessage) -> list[str]:
    return [part.get_content_type() for part in mail.walk()]


def test_build_writes_these_headers_and_no_others():
    mail = parse(Message(subject="Je bent aangemeld", text="Beste lid", reply_to="manager@noord.example"))

    assert dict(mail.items()) == {
        "From": "Samenwerking Noord <noreply@noord.example>",
        "To": "lid@noord.example",
        "Subject": "Je bent aangemeld",
        "Date": "Fri, 01 Mar 2019 12:30:00 +0100",
        "Message-ID": "<11111111-2222@portaal.example>",
        "Reply-To": "manager@noord.example",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
        "Content-Language": "nl",
        "MIME-Version": "1.0",
        "Content-Type": 'text/plain; charset="utf-8"',
        "Content-Transfer-Encoding": "quoted-printable",
    }


def test_build_puts_text_first_and_html_second():
    mail = parse(Message(subject="S", text="Beste café\n\n.\n-- \nNoord", html="<p>Beste café</p>"))

    assert structure(mail) == ["multipart/alternative", "text/plain", "text/html"]
    text, html = mail.iter_parts()
    assert (text.get_content(), html.get_content()) == (
        "Beste café\r\n\r\n.\r\n-- \r\nNoord\r\n", "<p>Beste café</p>\r\n",
    )  # fmt: skip


def test_build_sends_the_calendar_as_rfc_6047_wants_it():
    message = Message(
        subject="S", text="T", html="<p>T</p>", calendar=CALENDAR, calendar_method="REQUEST", from_organiser=True
    )
    mail = parse(message)

    assert structure(mail) == [
        "multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/calendar", "application/ics",
    ]  # fmt: skip
    _all, _alternative, _text, _html, calendar, attachment = mail.walk()
    assert dict(calendar["Content-Type"].params) == {"method": "REQUEST", "charset": "UTF-8"}
    assert (attachment.get_filename(), attachment.get_content_disposition()) == ("invite.ics", "attachment")
    assert attachment["Content-Type"].params["name"] == "invite.ics"
    assert calendar.get_payload(decode=True) == attachment.get_payload(decode=True) == CALENDAR
    read = icalendar.Calendar.from_ical(calendar.get_payload(decode=True))
    assert (read["METHOD"], read.walk("VEVENT")[0]["SUMMARY"]) == ("REQUEST", "Café ‘Noord’ 😀")


def test_build_sends_from_the_organiser_of_the_calendar_part():
    message = Message(subject="S", text="T", from_organiser=True)
    sender, recipient, octets = build(message, to="lid@noord.example", message_id="<1@x.example>", moment=MOMENT)

    assert (sender, recipient) == ("agenda@noord.example", "lid@noord.example")
    assert octets.startswith(b"From: Samenwerking Noord <agenda@noord.example>\r\n")


def test_build_refuses_a_method_that_the_calendar_does_not_have():
    with pytest.raises(ValueError, match="METHOD"):
        octets_of(Message(subject="S", text="T", calendar=CALENDAR, calendar_method="CANCEL"))


def test_build_keeps_to_ascii_and_short_crlf_lines():
    long_word = "é" * 3000
    html = f"<p>{long_word}</p>\r<p>x</p>\n"
    message = Message(
        subject="Ünïcode " * 30, text=f"{long_word}\r\nx\n", html=html, calendar=CALENDAR, calendar_method="REQUEST"
    )
    octets = octets_of(message)

    assert octets.isascii()
    assert max(len(line) for line in octets.split(b"\r\n")) <= 78
    assert b"\r" not in octets.replace(b"\r\n", b"")
    assert b"\n" not in octets.replace(b"\r\n", b"")


def test_build_never_folds_the_address():
    address = f"{'a' * 64}@{'b' * 60}.{'c' * 60}.example"
    assert f"\r\nTo: {address}\r\n".encode() in octets_of(Message(subject="S", text="T"), to=address)


@pytest.mark.parametrize(
    ("subject", "read"),
    [
        ("Een\r\nBcc: ander@noord.example", "Een Bcc: ander@noord.example"),
        ("Een\nBcc: ander@noord.example\n\nTekst", "Een Bcc: ander@noord.example Tekst"),
        ("Een\x00twee\x0bdrie\x85vier\u2028vijf", "Een twee drie vier vijf"),
        ("Ünïcode\r\n Bcc: ander@noord.example", "Ünïcode Bcc: ander@noord.example"),
        ("😀 عربى " + "x" * 300, ("😀 عربى " + "x" * 300)[:250]),
        ("half \ud83d teken", "half ? teken"),
    ],
)
def test_build_makes_one_header_of_any_subject(subject: str, read: str):
    mail = parse(Message(subject=subject, text="T"))

    assert (mail["Subject"].replace("  ", " "), mail["Bcc"]) == (read, None)
    assert len(mail.keys()) == len(set(mail.keys())) == 11


@pytest.mark.parametrize(
    "address",
    ["a@noord.example\r\nBcc: b@noord.example", "a@noord.example, b@noord.example", "a b@noord.example", "a", ""],
)
def test_build_refuses_what_is_not_one_address(address: str):
    with pytest.raises(ValueError, match="not an e-mail address"):
        ascii_address(address)


def test_build_takes_control_characters_out_of_the_text():
    mail = parse(Message(subject="S", text="a\x00b\x1bc\td\x7f", html="<p>\x00</p>\ud83d"))
    assert [part.get_content() for part in mail.iter_parts()] == ["abc\td\r\n", "<p></p>?\r\n"]


def test_build_quotes_a_name_with_a_comma_and_encodes_one_with_an_accent(settings):
    settings.DEFAULT_FROM_EMAIL = '"Noord, Fryslân; en meer" <noreply@noord.example>'
    mail = parse(Message(subject="S", text="T"))

    (address,) = mail["From"].addresses
    assert (address.display_name, address.addr_spec) == ("Noord, Fryslân; en meer", "noreply@noord.example")


def test_ascii_address_writes_an_international_domain_as_dns_does():
    assert ascii_address("lid@fryslân.example") == "lid@xn--frysln-0ta.example"


def test_one_line_leaves_ordinary_text_alone():
    assert one_line(" Noardeast-Fryslân: ‘ja’ 😀 ") == "Noardeast-Fryslân: ‘ja’ 😀"


def test_unsubscribe_headers_take_one_click(settings):
    settings.SITE_URL, settings.ORGANISER_EMAIL = "https://portaal.noord.example", "agenda@noord.example"
    url = "https://portaal.noord.example/afmelden/" + "x" * 90 + "/"
    message = Message(subject="S", text="T", unsubscribe_url=url, list_id="uitnodigingen")
    *_envelope, octets = build(message, to="lid@noord.example", message_id="<1@x>", moment=MOMENT)
    mail = message_from_bytes(octets, policy=default)
    assert mail["List-Unsubscribe"] == f"<{url}>, <mailto:agenda@noord.example?subject=unsubscribe>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["List-Id"] == "<uitnodigingen.portaal.noord.example>"


@pytest.mark.parametrize(
    "wrong", [{"unsubscribe_url": "https://x.example/\r\nBcc: y"}, {"unsubscribe_url": "x"}, {"list_id": "a b"}]
)
def test_unsubscribe_headers_refuse_what_is_no_address(wrong):
    message = Message(subject="S", text="T", **wrong)
    with pytest.raises(ValueError):
        build(message, to="lid@noord.example", message_id="<1@x>", moment=MOMENT)

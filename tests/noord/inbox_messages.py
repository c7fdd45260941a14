"""Messages as they come in at the organiser's mailbox, written after what the programmes of the large makers send."""

import base64
import quopri
import textwrap

OUR_SERVER = "mx.noord.example"
UID = "8f0c2a4e-6c1d-4a71-9d53-1b5f7a2f9c10@noord.example"
ANNA = "anna.jansen@gemeente.example"

EXCHANGE_ZONE = """BEGIN:VTIMEZONE
TZID:W. Europe Standard Time
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
"""


def passes(domain: str = "gemeente.example", *, server: str = OUR_SERVER) -> str:
    """Write what a receiving server says of a message that a domain signed."""
    return f"{server};\n\tdkim=pass (2048-bit key) header.d={domain} header.i=@{domain} header.s=s1 header.b=Ab3dEf"


def crlf(text: str) -> bytes:
    """Return the text with the line ends of mail."""
    return text.replace("\r\n", "\n").replace("\n", "\r\n").encode()


def calendar(
    *,
    method: str = "REPLY",
    uid: str = UID,
    attendee: str = f"ATTENDEE;PARTSTAT=ACCEPTED;CN=Jansen\\, Anna:MAILTO:{ANNA}",
    dtstamp: str = "20260301T081500Z",
    sequence: str = "SEQUENCE:2",
    extra: str = "",
    zone: str = EXCHANGE_ZONE,
) -> str:
    """Write a calendar as Exchange does; a line that is "" is left out."""
    lines = [
        "BEGIN:VCALENDAR", f"METHOD:{method}", "PRODID:Microsoft Exchange Server 2010", "VERSION:2.0", zone.strip(),
        "BEGIN:VEVENT", attendee, extra.strip("\n"), f"UID:{uid}" if uid else "",
        "SUMMARY;LANGUAGE=nl-NL:Geaccepteerd: Sectoroverleg Veiligheid",
        "DTSTART;TZID=W. Europe Standard Time:20260307T133000", "DTEND;TZID=W. Europe Standard Time:20260307T170000",
        "CLASS:PUBLIC", "PRIORITY:5", f"DTSTAMP:{dtstamp}" if dtstamp else "", "TRANSP:OPAQUE", "STATUS:CONFIRMED",
        sequence, "LOCATION;LANGUAGE=nl-NL:Gemeentehuis", "X-MICROSOFT-CDO-APPT-SEQUENCE:2",
        "X-MICROSOFT-CDO-BUSYSTATUS:BUSY", "X-MICROSOFT-CDO-INTENDEDSTATUS:BUSY", "X-MICROSOFT-DISALLOW-COUNTER:FALSE",
        "END:VEVENT", "END:VCALENDAR", "",
    ]  # fmt: skip
    return "\n".join(line for line in lines if line) + "\n"


def exchange(
    ics: str | None = None,
    *,
    results: str | list[str] | None = None,
    sender: str = f'"Jansen, Anna" <{ANNA}>',
    headers: str = "",
    method: str = "REPLY",
    message_id: str = "<DB9PR01MB1234@DB9PR01MB1234.eurprd01.prod.exchange.example>",
) -> bytes:
    """Outlook with Exchange: the calendar in base64, in an alternative, with empty text beside it.

    `results` are the values of Authentication-Results, the topmost first; without it our server vouches.
    """
    results = [results] if isinstance(results, str) else [passes()] if results is None else results
    found = "".join(f"Authentication-Results: {value}\n" for value in results)
    octets = base64.encodebytes(crlf(calendar() if ics is None else ics)).decode()
    return crlf(f"""Return-Path: <{ANNA}>
{found}Received: from mail.gemeente.example (mail.gemeente.example [192.0.2.7])
\tby {OUR_SERVER} (Postfix) with ESMTPS id 4ABCDE; Mon,  1 Mar 2026 09:15:03 +0100 (CET)
From: {sender}
To: Samenwerking Noord <agenda@noord.example>
Subject: Geaccepteerd: Sectoroverleg Veiligheid
Thread-Topic: Sectoroverleg Veiligheid
Date: Mon, 1 Mar 2026 08:15:00 +0000
Message-ID: {message_id}
Accept-Language: nl-NL, en-US
Content-Language: nl-NL
{headers}Content-Type: multipart/alternative;
\tboundary="_002_DB9PR01MB1234_"
MIME-Version: 1.0

--_002_DB9PR01MB1234_
Content-Type: text/plain; charset="iso-8859-1"
Content-Transfer-Encoding: quoted-printable

Tot dan, ik ben er om kwart over =E9=E9n.

--_002_DB9PR01MB1234_
Content-Type: text/calendar; charset="utf-8"; method={method}
Content-Transfer-Encoding: base64

{octets}
--_002_DB9PR01MB1234_--
""")


def gmail(*, results: str | None = None) -> bytes:
    """Google Calendar: 7-bit calendar in an alternative inside a mixed, and the same one attached."""
    ics = f"""BEGIN:VCALENDAR
PRODID:-//Google Inc//Google Calendar 70.9054//EN
VERSION:2.0
CALSCALE:GREGORIAN
METHOD:REPLY
BEGIN:VEVENT
DTSTART:20260307T123000Z
DTEND:20260307T160000Z
DTSTAMP:20260301T101112Z
ORGANIZER;CN=Samenwerking Noord:mailto:agenda@noord.example
UID:{UID}
ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=DECLINED;RSVP=TRUE;CN=piet
 er.bakker@provincie.example;X-NUM-GUESTS=0:mailto:pieter.bakker@provincie.example
COMMENT:Ik ben dan\\, helaas\\, met vakantie.
X-RESPONSE-COMMENT:Ik ben dan met vakantie.
CREATED:20260220T101112Z
LAST-MODIFIED:20260301T101112Z
SEQUENCE:0
STATUS:CONFIRMED
SUMMARY:Sectoroverleg Veiligheid
TRANSP:OPAQUE
END:VEVENT
END:VCALENDAR
"""
    found = results or f"{OUR_SERVER}; dmarc=pass (p=none dis=none) header.from=provincie.example"
    attached = base64.encodebytes(crlf(ics)).decode()
    return crlf(f"""Return-Path: <pieter.bakker@provincie.example>
Authentication-Results: {found}
Received: by mail-lf1-f73.mail.example with SMTP id 2adb3069b0e04; Mon, 01 Mar 2026 02:11:13 -0800 (PST)
MIME-Version: 1.0
Reply-To: pieter.bakker@provincie.example
Sender: Google Calendar <calendar-notification@mail.example>
Message-ID: <calendar-8c2b1f0e-aaaa-bbbb-cccc-0123456789ab@mail.example>
Date: Mon, 01 Mar 2026 10:11:13 +0000
Subject: =?UTF-8?Q?Declined=3A_Sectoroverleg_Veiligheid_=40_Sun_7_Mar_2026_?=
\t=?UTF-8?Q?1=3A30pm_=E2=80=93_5pm?=
From: pieter.bakker@provincie.example
To: agenda@noord.example
Content-Type: multipart/mixed; boundary="0000000000002ccf6d05d9"

--0000000000002ccf6d05d9
Content-Type: multipart/alternative; boundary="0000000000002ccf6b05d7"

--0000000000002ccf6b05d7
Content-Type: text/plain; charset="UTF-8"; format=flowed; delsp=yes
Content-Transfer-Encoding: base64

UGlldGVyIEJha2tlciBoZWVmdCBnZXdlaWdlcmQuCg==
--0000000000002ccf6b05d7
Content-Type: text/html; charset="UTF-8"

<p>Pieter <script>alert(1)</script> Bakker</p>
--0000000000002ccf6b05d7
Content-Type: text/calendar; charset="UTF-8"; method=REPLY
Content-Transfer-Encoding: 7bit

{ics}
--0000000000002ccf6b05d7--

--0000000000002ccf6d05d9
Content-Type: application/ics; name="invite.ics"
Content-Disposition: attachment; filename="invite.ics"
Content-Transfer-Encoding: base64

{attached}
--0000000000002ccf6d05d9--
""")


def apple() -> bytes:
    """Apple's calendar by way of Mail: quoted-printable, and the name of the calendar's file."""
    ics = f"""BEGIN:VCALENDAR
CALSCALE:GREGORIAN
METHOD:REPLY
PRODID:-//Apple Inc.//iPhone OS 18.1//EN
VERSION:2.0
BEGIN:VEVENT
ATTENDEE;CN="Kühn, Jürgen";CUTYPE=INDIVIDUAL;EMAIL="j.kuhn@waterschap.example";
 PARTSTAT=TENTATIVE;ROLE=REQ-PARTICIPANT:mailto:J.Kuhn@Waterschap.example
COMMENT:Weet ik morgen – één uur lukt wel
DTEND;TZID=Europe/Amsterdam:20260307T170000
DTSTAMP:20260302T070000Z
DTSTART;TZID=Europe/Amsterdam:20260307T133000
ORGANIZER;CN="Samenwerking Noord";EMAIL="agenda@noord.example":mailto:agenda@noord.example
SEQUENCE:3
SUMMARY:Sectoroverleg Veiligheid
UID:{UID}
END:VEVENT
END:VCALENDAR
"""
    quoted = quopri.encodestring(ics.encode()).decode()
    return crlf(f"""Return-Path: <j.kuhn@waterschap.example>
Authentication-Results: {passes("waterschap.example")}
From: =?utf-8?Q?J=C3=BCrgen_K=C3=BChn?= <j.kuhn@waterschap.example>
Content-Type: multipart/alternative; boundary="Apple-Mail-7A1B"
Mime-Version: 1.0 (Mac OS X Mail 16.0)
Subject: =?utf-8?Q?Onder_voorbehoud=3A_Sectoroverleg?=
Message-Id: <6A1C-22@waterschap.example>
Date: Tue, 2 Mar 2026 08:00:01 +0100
To: agenda@noord.example
X-Mailer: Apple Mail (2.3826)

--Apple-Mail-7A1B
Content-Transfer-Encoding: 7bit
Content-Type: text/plain; charset=us-ascii

Jurgen heeft je uitnodiging onder voorbehoud geaccepteerd.
--Apple-Mail-7A1B
Content-Type: text/calendar; charset=utf-8; method=REPLY; name="iCal-1.ics"
Content-Transfer-Encoding: quoted-printable

{quoted}
--Apple-Mail-7A1B--
""")


def out_of_office() -> bytes:
    """What Exchange sends by itself for somebody who is away."""
    return crlf(f"""Return-Path: <>
Authentication-Results: {passes()}
From: <{ANNA}>
To: <agenda@noord.example>
Subject: Automatisch antwoord: Uitnodiging
Date: Mon, 1 Mar 2026 08:15:00 +0000
Message-ID: <afwezig-1@gemeente.example>
Auto-Submitted: auto-replied
X-Auto-Response-Suppress: All
Content-Type: text/plain; charset="utf-8"

Ik ben er niet.
""")


def plain(text: str = "Kan ik mijn hond meenemen?", headers: str = "", sender: str = ANNA) -> bytes:
    """Return an ordinary mail from a person."""
    return crlf(f"""Authentication-Results: {passes()}
From: {sender}
To: agenda@noord.example
Subject: Vraag
Message-ID: <vraag-1@gemeente.example>
{headers}Content-Type: text/plain; charset="utf-8"

{text}
""")


def postfix_bounce(
    message_id: str, *, to: str = "lid-1@noord.example", status: str = "5.1.1", action: str = "failed"
) -> bytes:
    """Return what Postfix says of a mail that it could not deliver."""
    return crlf(f"""Return-Path: <>
Received: by mail.gemeente.example (Postfix) id 3XYZ; Mon,  1 Mar 2026 09:20:11 +0100 (CET)
Date: Mon,  1 Mar 2026 09:20:11 +0100 (CET)
From: MAILER-DAEMON@mail.gemeente.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: agenda@noord.example
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="3XYZ.1772353211/mail.gemeente.example"
Message-Id: <20260301082011.3XYZ@mail.gemeente.example>

This is a MIME-encapsulated message.

--3XYZ.1772353211/mail.gemeente.example
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--3XYZ.1772353211/mail.gemeente.example
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.gemeente.example
X-Postfix-Queue-ID: 3XYZ
X-Postfix-Sender: rfc822; agenda@noord.example
Arrival-Date: Mon,  1 Mar 2026 09:20:10 +0100 (CET)

Final-Recipient: rfc822; {to}
Original-Recipient: rfc822;{to}
Action: {action}
Status: {status}
Remote-MTA: dns; imap.gemeente.example
Diagnostic-Code: smtp; 550 {status} <{to}>: Recipient address rejected:
    User unknown in virtual mailbox table

--3XYZ.1772353211/mail.gemeente.example
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

From: Samenwerking Noord <agenda@noord.example>
To: {to}
Subject: Uitnodiging
Message-ID: {message_id}

--3XYZ.1772353211/mail.gemeente.example--
""")


def exchange_bounce(message_id: str, *, to: str = "lid-1@noord.example", with_mail: bool = True) -> bytes:
    """Return what Exchange says of a mail that it could not deliver; without the mail it names it in In-Reply-To."""
    returned = f"""
--b1_exchange
Content-Type: message/rfc822

Received: from mx.example by DB9.prod.exchange.example
From: Samenwerking Noord <agenda@noord.example>
To: {to}
Subject: Uitnodiging
Message-ID:
 {message_id}
MIME-Version: 1.0
Content-Type: text/plain

Kom je ook?
"""
    about = "" if with_mail else f"In-Reply-To: {message_id}\nReferences: {message_id}\n"
    return crlf(f"""From: <postmaster@gemeente.example>
To: <agenda@noord.example>
Date: Mon, 1 Mar 2026 08:20:12 +0000
Content-Type: multipart/report; report-type=delivery-status; boundary="b1_exchange"
X-MS-Exchange-Message-Is-Ndr:
Content-Language: nl-NL
Message-ID: <ndr-77@DB9.prod.exchange.example>
{about}Subject: Niet bezorgbaar: Uitnodiging
Auto-Submitted: auto-replied
MIME-Version: 1.0

--b1_exchange
Content-Type: multipart/alternative; boundary="b2_exchange"

--b2_exchange
Content-Type: text/plain; charset="utf-8"
Content-Transfer-Encoding: base64

{base64.encodebytes("Bezorging mislukt voor één ontvanger.".encode()).decode()}
--b2_exchange--

--b1_exchange
Content-Type: message/delivery-status

Reporting-MTA: dns;DB9.prod.exchange.example
Received-From-MTA: dns;mx.example
Arrival-Date: Mon, 1 Mar 2026 08:20:11 +0000

Final-Recipient: rfc822;{to}
Action: failed
Status: 5.1.10
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient {to} not found by SMTP address lookup
X-Display-Name: Onbekend
{returned if with_mail else ""}
--b1_exchange--
""")


def nested(depth: int, *, boundary: str = "laag") -> bytes:
    """Return a message with as many multiparts, each inside the one before."""
    lines = ["From: a@gemeente.example", "Message-ID: <diep@gemeente.example>"]
    for level in range(depth):
        lines += [f'Content-Type: multipart/mixed; boundary="{boundary}{level}"', "", f"--{boundary}{level}"]
    return crlf("\n".join([*lines, "Content-Type: text/calendar; method=REPLY", "", textwrap.dedent(calendar())]))

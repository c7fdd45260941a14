"""Whose word is taken for who a sender is."""

import pytest

from noord.inbox.authentication import is_proven
from noord.inbox.message import Unreadable, read
from tests.noord.inbox_messages import ANNA, exchange, passes

OURS = "mx.noord.example"
SIGNED = "dkim=pass header.d=gemeente.example"


@pytest.fixture(autouse=True)
def our_server(settings) -> None:
    settings.MAIL_AUTHSERV_ID = OURS


def proven(*results: str, address: str = ANNA) -> bool:
    return bool(is_proven(read(exchange(results=list(results))), address))


@pytest.mark.parametrize(
    "results",
    [
        passes(),
        f"{OURS}; {SIGNED}",
        f"{OURS.upper()} 1; DKIM=Pass header.d=Gemeente.Example",
        f"{OURS}; dkim=pass header.i=@gemeente.example",
        f"{OURS}; dkim=pass header.i=anna.jansen@gemeente.example header.b=x",
        f"{OURS}; dkim=fail header.d=gemeente.example; {SIGNED}",
        f"{OURS}; dmarc=pass (p=reject sp=none) header.from=gemeente.example",
        (
            f"{OURS}; spf=fail smtp.mailfrom=x.example; dkim=pass header.d=mail.example; arc=none; x-own=pass x.y=z; "
            "dmarc=pass header.from=gemeente.example; iprev=pass policy.iprev=192.0.2.7"
        ),
    ],
)
def test_believe_our_server_about_the_domain_of_the_address(results: str):
    assert proven(results)


@pytest.mark.parametrize(
    "results",
    [
        (),
        ("",),
        (passes(server="mx.elders.example"),),
        (passes(server=f"{OURS}.elders.example"),),
        (passes(server="x" + OURS),),
        (passes(server=f'"{OURS}"'),),
        (passes("elders.example"),),
        (f"{OURS}; none",),
        (f"{OURS}; dkim=fail header.d=gemeente.example",),
        (f"{OURS}; dkim=none; spf=pass smtp.mailfrom=gemeente.example",),
        (f"{OURS}; auth=pass smtp.auth=anna.jansen@gemeente.example",),
        (f"{OURS}; dkim=pass header.d=mail.gemeente.example",),
        (f"{OURS}; dkim=pass header.d=nietgemeente.example",),
        (f"{OURS}; dkim=pass header.d=example",),
        (f"{OURS}; dkim=pass header.from=gemeente.example",),
        (f"{OURS}; dkim=pass smtp.d=gemeente.example",),
        (f"{OURS}; dkim=pass header.d=elders.example header.d=gemeente.example",),
        (f"{OURS}; dkim=pass header.d=elders.example header.i=@gemeente.example",),
        (f"{OURS}; dkim=pass (header.d=gemeente.example) header.d=elders.example",),
        (f'{OURS}; dkim=pass reason="header.d=gemeente.example" header.d=elders.example',),
        (f"{OURS}; dmarc=fail header.from=gemeente.example",),
        (f"{OURS}; dmarc=pass header.from=example",),
        (f"{OURS}; dmarc=pass header.d=gemeente.example",),
        (f"{OURS}; arc=pass header.d=gemeente.example",),
        (f"{OURS}; dkim=pass header.d=gemeente.example; (",),
        (f"{OURS} 7; {SIGNED}",),
        (f"{OURS}; dkim",),
        ("(" * 3000 + OURS,),
    ],
)
def test_believe_nobody_else_and_nothing_less(results: tuple[str, ...]):
    assert not proven(*results)


def test_only_the_topmost_word_of_our_server_counts():
    good, bad = passes(), f"{OURS}; dkim=none"
    elsewhere = passes(server="mx.elders.example")
    assert [proven(good, bad), proven(elsewhere, good, bad)] == [True, True]
    assert [proven(bad, good), proven(f"{OURS}; ((", good), proven(f"{OURS}", good), proven(elsewhere, bad, good)] == [
        False, False, False, False,
    ]  # fmt: skip


def test_a_domain_vouches_for_what_is_below_it():
    address = "anna@post.gemeente.example"
    assert proven(passes(), address=address)
    assert not proven(f"{OURS}; dmarc=pass header.from=gemeente.example", address=address)


def test_an_international_domain_is_the_same_in_both_forms():
    signed = f"{OURS}; dkim=pass header.d=xn--sdwest-pya.example"
    assert [proven(signed, address=f"anna@{name}.example") for name in ("súdwest", "xn--sdwest-pya", "sudwest")] == [
        True, True, False,
    ]  # fmt: skip


def test_believe_nobody_when_our_server_has_no_name(settings):
    settings.MAIL_AUTHSERV_ID = ""
    assert not proven(passes(server=""))
    assert not proven(passes())


@pytest.mark.parametrize(
    ("results", "reason"),
    [
        ([], "Our mail server did not say"),
        ([passes("elders.example")], "The sender is forged"),
        ([f"{OURS}; dkim=fail"], "Our mail server could not establish"),
    ],
)
def test_say_why_a_sender_is_not_believed(results: list[str], reason: str, english):
    assert is_proven(read(exchange(results=results)), ANNA).reason.startswith(reason)


def test_refuse_a_header_that_is_too_long():
    with pytest.raises(Unreadable):
        proven(f"{OURS}; dkim=pass header.d=" + "a" * 20_000)

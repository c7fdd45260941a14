"""Everything that changes who is a member and who works where."""

from members.operations.contact import finish_step, record_contact
from members.operations.memberships import (
    end_membership,
    end_prospect,
    end_prospect_by,
    handle_request,
    move_prospect,
    request_membership,
    start_membership,
)
from members.operations.people import (
    add_colleague,
    choose_mail,
    keep_one_address,
    know_address,
    open_account,
    sign_up,
    stop_mail,
)
from members.operations.positions import end_position, move_to, start_position

__all__ = [
    "add_colleague",
    "choose_mail",
    "end_membership",
    "end_position",
    "end_prospect",
    "end_prospect_by",
    "finish_step",
    "handle_request",
    "keep_one_address",
    "know_address",
    "move_prospect",
    "move_to",
    "open_account",
    "record_contact",
    "request_membership",
    "sign_up",
    "start_membership",
    "start_position",
    "stop_mail",
]

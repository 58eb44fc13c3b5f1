"""Why a call ended: Q.850 causes, their names, and the SIP status codes they answer to.

The numbers are ITU-T Q.850's, the mapping to SIP is RFC 3398's as Asterisk's SIP channels bend it.
"""

import re
from enum import IntEnum

from asterism.dialplan.subroutine import wrapped


class Cause(IntEnum):
    """A hangup cause, as HANGUPCAUSE and the Hangup event show it."""

    NOT_DEFINED = 0
    UNALLOCATED = 1
    NO_ROUTE_TRANSIT_NET = 2
    NO_ROUTE_DESTINATION = 3
    MISDIALLED_TRUNK_PREFIX = 5
    CHANNEL_UNACCEPTABLE = 6
    CALL_AWARDED_DELIVERED = 7
    PRE_EMPTED = 8
    NUMBER_PORTED_NOT_HERE = 14
    NORMAL_CLEARING = 16
    USER_BUSY = 17
    NO_USER_RESPONSE = 18
    NO_ANSWER = 19
    SUBSCRIBER_ABSENT = 20
    CALL_REJECTED = 21
    NUMBER_CHANGED = 22
    REDIRECTED_TO_NEW_DESTINATION = 23
    ANSWERED_ELSEWHERE = 26
    DESTINATION_OUT_OF_ORDER = 27
    INVALID_NUMBER_FORMAT = 28
    FACILITY_REJECTED = 29
    RESPONSE_TO_STATUS_ENQUIRY = 30
    NORMAL_UNSPECIFIED = 31
    NORMAL_CIRCUIT_CONGESTION = 34
    NETWORK_OUT_OF_ORDER = 38
    NORMAL_TEMPORARY_FAILURE = 41
    SWITCH_CONGESTION = 42
    ACCESS_INFO_DISCARDED = 43
    REQUESTED_CHAN_UNAVAIL = 44
    FACILITY_NOT_SUBSCRIBED = 50
    OUTGOING_CALL_BARRED = 52
    INCOMING_CALL_BARRED = 54
    BEARERCAPABILITY_NOTAUTH = 57
    BEARERCAPABILITY_NOTAVAIL = 58
    BEARERCAPABILITY_NOTIMPL = 65
    CHAN_NOT_IMPLEMENTED = 66
    FACILITY_NOT_IMPLEMENTED = 69
    INVALID_CALL_REFERENCE = 81
    INCOMPATIBLE_DESTINATION = 88
    INVALID_MSG_UNSPECIFIED = 95
    MANDATORY_IE_MISSING = 96
    MESSAGE_TYPE_NONEXIST = 97
    WRONG_MESSAGE = 98
    IE_NONEXIST = 99
    INVALID_IE_CONTENTS = 100
    WRONG_CALL_STATE = 101
    RECOVERY_ON_TIMER_EXPIRE = 102
    MANDATORY_IE_LENGTH_ERROR = 103
    PROTOCOL_ERROR = 111
    INTERWORKING = 127

    @property
    def text(self) -> str:
        """The cause in words, as the header Cause-txt has it."""
        return _TEXTS.get(self, "Unknown")

    @property
    def dialplan_name(self) -> str:
        """The name that Hangup() and HANGUPCAUSE readers accept, such as `USER_BUSY`."""
        return self.name


_TEXTS = {
    Cause.NOT_DEFINED: "Unknown",
    Cause.UNALLOCATED: "Unallocated (unassigned) number",
    Cause.NO_ROUTE_TRANSIT_NET: "No route to specified transmit network",
    Cause.NO_ROUTE_DESTINATION: "No route to destination",
    Cause.MISDIALLED_TRUNK_PREFIX: "Misdialed trunk prefix",
    Cause.CHANNEL_UNACCEPTABLE: "Channel unacceptable",
    Cause.CALL_AWARDED_DELIVERED: "Call awarded and being delivered in an established channel",
    Cause.PRE_EMPTED: "Pre-empted",
    Cause.NUMBER_PORTED_NOT_HERE: "Number ported elsewhere",
    Cause.NORMAL_CLEARING: "Normal Clearing",
    Cause.USER_BUSY: "User busy",
    Cause.NO_USER_RESPONSE: "No user responding",
    Cause.NO_ANSWER: "User alerting, no answer",
    Cause.SUBSCRIBER_ABSENT: "Subscriber absent",
    Cause.CALL_REJECTED: "Call Rejected",
    Cause.NUMBER_CHANGED: "Number changed",
    Cause.REDIRECTED_TO_NEW_DESTINATION: "Redirected to new destination",
    Cause.ANSWERED_ELSEWHERE: "Answered elsewhere",
    Cause.DESTINATION_OUT_OF_ORDER: "Destination out of order",
    Cause.INVALID_NUMBER_FORMAT: "Invalid number format",
    Cause.FACILITY_REJECTED: "Facility rejected",
    Cause.RESPONSE_TO_STATUS_ENQUIRY: "Response to STATus ENQuiry",
    Cause.NORMAL_UNSPECIFIED: "Normal, unspecified",
    Cause.NORMAL_CIRCUIT_CONGESTION: "Circuit/channel congestion",
    Cause.NETWORK_OUT_OF_ORDER: "Network out of order",
    Cause.NORMAL_TEMPORARY_FAILURE: "Temporary failure",
    Cause.SWITCH_CONGESTION: "Switching equipment congestion",
    Cause.ACCESS_INFO_DISCARDED: "Access information discarded",
    Cause.REQUESTED_CHAN_UNAVAIL: "Requested channel not available",
    Cause.FACILITY_NOT_SUBSCRIBED: "Facility not subscribed",
    Cause.OUTGOING_CALL_BARRED: "Outgoing call barred",
    Cause.INCOMING_CALL_BARRED: "Incoming call barred",
    Cause.BEARERCAPABILITY_NOTAUTH: "Bearer capability not authorized",
    Cause.BEARERCAPABILITY_NOTAVAIL: "Bearer capability not available",
    Cause.BEARERCAPABILITY_NOTIMPL: "Bearer capability not implemented",
    Cause.CHAN_NOT_IMPLEMENTED: "Channel not implemented",
    Cause.FACILITY_NOT_IMPLEMENTED: "Facility not implemented",
    Cause.INVALID_CALL_REFERENCE: "Invalid call reference value",
    Cause.INCOMPATIBLE_DESTINATION: "Incompatible destination",
    Cause.INVALID_MSG_UNSPECIFIED: "Invalid message unspecified",
    Cause.MANDATORY_IE_MISSING: "Mandatory information element is missing",
    Cause.MESSAGE_TYPE_NONEXIST: "Message type nonexist.",
    Cause.WRONG_MESSAGE: "Wrong message",
    Cause.IE_NONEXIST: "Info. element nonexist or not implemented",
    Cause.INVALID_IE_CONTENTS: "Invalid information element contents",
    Cause.WRONG_CALL_STATE: "Message not compatible with call state",
    Cause.RECOVERY_ON_TIMER_EXPIRE: "Recover on timer expiry",
    Cause.MANDATORY_IE_LENGTH_ERROR: "Mandatory IE length error",
    Cause.PROTOCOL_ERROR: "Protocol error, unspecified",
    Cause.INTERWORKING: "Interworking, unspecified",
}

# SIP status -> cause, where the answer of the other side is read (RFC 3398 section 8.2.6.1, bent as chan_sip does).
_FROM_SIP = {
    401: Cause.CALL_REJECTED,
    403: Cause.CALL_REJECTED,
    404: Cause.UNALLOCATED,
    405: Cause.INTERWORKING,
    407: Cause.CALL_REJECTED,
    408: Cause.NO_USER_RESPONSE,
    409: Cause.NORMAL_TEMPORARY_FAILURE,
    410: Cause.NUMBER_CHANGED,
    411: Cause.INTERWORKING,
    413: Cause.INTERWORKING,
    414: Cause.INTERWORKING,
    415: Cause.INTERWORKING,
    420: Cause.NO_ROUTE_DESTINATION,
    480: Cause.NO_ANSWER,
    481: Cause.INTERWORKING,
    482: Cause.INTERWORKING,
    483: Cause.NO_ANSWER,
    484: Cause.INVALID_NUMBER_FORMAT,
    485: Cause.UNALLOCATED,
    486: Cause.USER_BUSY,
    488: Cause.BEARERCAPABILITY_NOTAVAIL,
    500: Cause.NORMAL_TEMPORARY_FAILURE,
    501: Cause.FACILITY_REJECTED,
    502: Cause.DESTINATION_OUT_OF_ORDER,
    503: Cause.NORMAL_CIRCUIT_CONGESTION,
    504: Cause.RECOVERY_ON_TIMER_EXPIRE,
    505: Cause.INTERWORKING,
    600: Cause.USER_BUSY,
    603: Cause.CALL_REJECTED,
    604: Cause.UNALLOCATED,
    606: Cause.BEARERCAPABILITY_NOTAVAIL,
}

# cause -> SIP status and reason, where we answer.
_TO_SIP = {
    Cause.UNALLOCATED: (404, "Not Found"),
    Cause.NO_ROUTE_DESTINATION: (404, "Not Found"),
    Cause.NO_ROUTE_TRANSIT_NET: (404, "Not Found"),
    Cause.USER_BUSY: (486, "Busy here"),
    Cause.NO_USER_RESPONSE: (480, "Temporarily unavailable"),
    Cause.NO_ANSWER: (480, "Temporarily unavailable"),
    Cause.SUBSCRIBER_ABSENT: (480, "Temporarily unavailable"),
    Cause.CALL_REJECTED: (403, "Forbidden"),
    Cause.NUMBER_CHANGED: (410, "Gone"),
    Cause.NORMAL_UNSPECIFIED: (480, "Temporarily unavailable"),
    Cause.INVALID_NUMBER_FORMAT: (484, "Address incomplete"),
    Cause.DESTINATION_OUT_OF_ORDER: (502, "Bad Gateway"),
    Cause.FACILITY_REJECTED: (501, "Not Implemented"),
    Cause.FACILITY_NOT_IMPLEMENTED: (501, "Not Implemented"),
    Cause.CHAN_NOT_IMPLEMENTED: (503, "Service Unavailable"),
    Cause.NORMAL_CIRCUIT_CONGESTION: (503, "Service Unavailable"),
    Cause.SWITCH_CONGESTION: (503, "Service Unavailable"),
    Cause.NETWORK_OUT_OF_ORDER: (500, "Server internal failure"),
    Cause.NORMAL_TEMPORARY_FAILURE: (500, "Server internal failure"),
    Cause.INTERWORKING: (500, "Server internal failure"),
    Cause.BEARERCAPABILITY_NOTAVAIL: (488, "Not Acceptable Here"),
    Cause.INCOMPATIBLE_DESTINATION: (488, "Not Acceptable Here"),
    Cause.RECOVERY_ON_TIMER_EXPIRE: (504, "Server Time-out"),
    Cause.ANSWERED_ELSEWHERE: (487, "Request Terminated"),
}


def cause_text(cause: int) -> str:
    """A cause number in words; any number may be asked, since dialplans invent them."""
    try:
        return Cause(cause).text
    except ValueError:
        return "Unknown"


def cause_of_sip(status: int) -> Cause:
    """The cause that a final SIP status code stands for (400 and up)."""
    known = _FROM_SIP.get(status)
    if known is not None:
        return known
    if 400 <= status < 500:
        return Cause.INTERWORKING
    if 500 <= status < 600:
        return Cause.NORMAL_TEMPORARY_FAILURE if status == 500 else Cause.NORMAL_CIRCUIT_CONGESTION
    if 600 <= status < 700:
        return Cause.INTERWORKING
    return Cause.NORMAL_CLEARING


def sip_of_cause(cause: int) -> tuple[int, str]:
    """Status code and reason phrase with which an unanswered call is refused for this cause."""
    try:
        return _TO_SIP.get(Cause(cause), (603, "Declined"))
    except ValueError:
        return (603, "Declined")


def cause_named(text: str) -> int | None:
    """The cause that Hangup(text) means: a number or a name; None when it is neither.

    Names are Asterisk's without AST_CAUSE_, in any case.
    """
    text = text.strip()
    # Digits count up to the first character that is none, as C's atoi reads them.
    digits = re.match(r"[+-]?[0-9]+", text)
    if digits:
        return wrapped(min(max(int(digits[0][:30]), -(1 << 63)), (1 << 63) - 1))
    found = Cause.__members__.get(text.upper())
    return None if found is None else int(found)

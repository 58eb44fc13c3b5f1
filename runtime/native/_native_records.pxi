# Records out of the queue as Python's named tuples.

Incoming = namedtuple("Incoming", "call slot account identity authenticated transport protocol source local uri from_ to "
                      "contact user_agent sip_call_id replaces message")
CallState = namedtuple("CallState", "call state code reason cause remote message")
CallMedia = namedtuple("CallMedia", "call codec ptime_ms remote direction held dtmf")
Dtmf = namedtuple("Dtmf", "call digit duration_ms method")
RelayEnded = namedtuple("RelayEnded", "call other reason")
PlayerEnded = namedtuple("PlayerEnded", "player call reason position_ms")
Request = namedtuple("Request", "token method call identity authenticated transport protocol source local uri from_ to "
                     "contact user_agent sip_call_id message")
Contact = namedtuple("Contact", "uri expires_s q params")
Register = namedtuple("Register", "token identity authenticated transport protocol source local uri from_ to to_user "
                      "user_agent sip_call_id cseq contacts path message")
Result = namedtuple("Result", "token status reason rtt_ms source message")
Registration = namedtuple("Registration", "account code reason expires_s error message")
TransportState = namedtuple("TransportState", "transport protocol state local remote error")
Security = namedtuple("Security", "event identity user method transport protocol source local sip_call_id")
Overload = namedtuple("Overload", "refused queued pending")
Log = namedtuple("Log", "level text thread")
Wire = namedtuple("Wire", "transport protocol local remote sent message")
Packet = namedtuple("Packet", "rtcp sent remote payload head")
MediaStats = namedtuple("MediaStats", "rx_packets rx_bytes rx_lost rx_jitter_ms tx_packets tx_bytes tx_lost tx_jitter_ms "
                        "rtt_ms local_ssrc remote_ssrc codec local remote relayed rx_jitter tx_jitter rx_loss tx_loss rtt")
Range = namedtuple("Range", "least most mean deviation", defaults=(0.0, 0.0, 0.0, 0.0))
CallStats = namedtuple("CallStats", "call stats")
Counts = namedtuple("Counts", "calls adapters tokens results relays players recorders records tables")

Address = tuple[str, int]
Headers = Iterable[tuple[str, str]]
Event = (Incoming | CallState | CallMedia | Dtmf | RelayEnded | PlayerEnded | Request | Register | Result | Registration
         | TransportState | Security | Overload | CallStats | Log | Wire | Packet)

cdef tuple _STATES = ("null", "calling", "incoming", "early", "connecting", "confirmed", "disconnected")
cdef tuple _DIRECTIONS = ("inactive", "sendonly", "recvonly", "sendrecv")


cdef str _text(record *item, unsigned index):
    """A text of the wire; what is not UTF-8 is shown as such, since no message may stop the reader."""
    return PyUnicode_DecodeUTF8(item.text[index].ptr, item.text[index].slen, "replace")


cdef bytes _bytes(record *item, unsigned index):
    return PyBytes_FromStringAndSize(item.text[index].ptr, item.text[index].slen)


cdef object _address(record *item, unsigned index, unsigned port):
    return (_text(item, index), item.n[port]) if item.text[index].slen else None


# Texts that message.h puts first: source local protocol method uri from to contact user-agent call-id message.
cdef object _incoming(record *e):
    return Incoming(<number>e.n[0], e.n[1], e.n[2], e.n[3], bool(e.n[4]), e.n[5], _text(e, 2), _address(e, 0, 6),
                    _address(e, 1, 7), _text(e, 4), _text(e, 5), _text(e, 6), _text(e, 7), _text(e, 8), _text(e, 9),
                    <number>e.n[8], _bytes(e, 10))


cdef object _request(record *e):
    return Request(<number>e.n[0], _text(e, 3), <number>e.n[1], e.n[3], bool(e.n[4]), e.n[5], _text(e, 2),
                   _address(e, 0, 6), _address(e, 1, 7), _text(e, 4), _text(e, 5), _text(e, 6), _text(e, 7),
                   _text(e, 8), _text(e, 9), _bytes(e, 10))


cdef object _register(record *e):
    cdef unsigned at = 12
    cdef list contacts = []
    cdef list path = []
    for _ in range(e.n[9]):
        q = int(_bytes(e, at + 2))
        contacts.append(Contact(_text(e, at), int(_bytes(e, at + 1)), 1.0 if q < 0 else q / 1000.0, _text(e, at + 3)))
        at += 4
    for _ in range(e.n[10]):
        path.append(_text(e, at))
        at += 1
    return Register(<number>e.n[0], e.n[3], bool(e.n[4]), e.n[5], _text(e, 2), _address(e, 0, 6), _address(e, 1, 7),
                    _text(e, 4), _text(e, 5), _text(e, 6), _text(e, 11), _text(e, 8), _text(e, 9), e.n[8],
                    tuple(contacts), tuple(path), _bytes(e, 10))


cdef object _range(record *e, unsigned at):
    return Range(e.f[at], e.f[at + 1], e.f[at + 2], e.f[at + 3])


cdef object _media_stats(record *e):
    return MediaStats(e.n[1], e.n[2], e.n[3], e.f[0], e.n[4], e.n[5], e.n[6], e.f[1], e.f[2], e.n[7], e.n[8],
                      _text(e, 0), _address(e, 1, 9), _address(e, 2, 10), bool(e.n[11]), _range(e, 4), _range(e, 8),
                      _range(e, 12), _range(e, 16), _range(e, 20))


cdef object _event(record *e):
    cdef int kind = e.kind
    if kind == RECORD_CALL_STATE:
        return CallState(<number>e.n[0], _STATES[e.n[1]], e.n[2], _text(e, 0), _text(e, 1), bool(e.n[3]), _bytes(e, 2))
    if kind == RECORD_INCOMING:
        return _incoming(e)
    if kind == RECORD_CALL_MEDIA:
        if e.texts == 0:
            return CallMedia(<number>e.n[0], "", 0, None, "inactive", False, False)
        return CallMedia(<number>e.n[0], _text(e, 0), e.n[1], _address(e, 1, 2), _DIRECTIONS[e.n[3]], bool(e.n[4]),
                         bool(e.n[5]))
    if kind == RECORD_DTMF:
        return Dtmf(<number>e.n[0], _text(e, 0), e.n[1], "info" if e.n[2] else "rfc4733")
    if kind == RECORD_REQUEST:
        return _request(e)
    if kind == RECORD_REGISTER:
        return _register(e)
    if kind == RECORD_RESULT:
        return Result(<number>e.n[0], e.n[1], _text(e, 0), e.f[0], _address(e, 1, 2), _bytes(e, 2))
    if kind == RECORD_PLAYER_ENDED:
        return PlayerEnded(<number>e.n[0], <number>e.n[1], _text(e, 0), e.n[2])
    if kind == RECORD_RELAY_ENDED:
        return RelayEnded(<number>e.n[0], <number>e.n[1], _text(e, 0))
    if kind == RECORD_SECURITY:
        return Security(_text(e, 0), e.n[0], _text(e, 1), _text(e, 2), e.n[1], _text(e, 3), _address(e, 4, 2),
                        _address(e, 5, 3), _text(e, 6))
    if kind == RECORD_STATS:
        return CallStats(<number>e.n[0], _media_stats(e))
    if kind == RECORD_LOG:
        return Log(e.n[0], _text(e, 0), _text(e, 1))
    if kind == RECORD_WIRE:
        return Wire(e.n[0], _text(e, 0), _address(e, 1, 1), _address(e, 2, 2), bool(e.n[3]), _bytes(e, 3))
    if kind == RECORD_PACKET:
        return Packet(bool(e.n[2]), bool(e.n[1]), _address(e, 0, 0), e.n[3], _bytes(e, 1))
    if kind == RECORD_REGISTRATION:
        return Registration(e.n[0], e.n[1], _text(e, 0), e.n[2], e.n[3], _bytes(e, 1))
    if kind == RECORD_TRANSPORT:
        return TransportState(e.n[0], _text(e, 0), _text(e, 1), _address(e, 2, 1), _address(e, 3, 2), _text(e, 4))
    return Overload(e.n[0], e.n[1], e.n[2])


def eventfd():
    return queue_eventfd()


def drain(unsigned limit=1024):
    cdef record *list_
    cdef record *at
    cdef list events = []
    with nogil:
        list_ = queue_pop(limit)
    at = list_
    try:
        while at != NULL:
            events.append(_event(at))
            at = at.next
    finally:
        queue_release(list_)
    return events

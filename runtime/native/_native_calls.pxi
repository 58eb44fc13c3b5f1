# What Python asks of PJSIP: life, requests, calls, audio.
from libc.stdlib cimport calloc


def quiet():
    c_set_log_level(0)


def set_log_level(int level):
    c_set_log_level(level)


def trace(bint on):
    wire_trace(on)


def dump(bint details):
    cdef size_t room = 1 << 20
    cdef size_t size
    cdef char *text = <char *>calloc(room, 1)
    if text == NULL:
        raise MemoryError
    try:
        with nogil:
            size = endpoint_dump(details, text, room)
        return text[:size].decode("utf-8", "replace")
    finally:
        free(text)


def watch_packets(*, bint rtp, bint rtcp):
    packets_watch(rtp, rtcp)


def believe_audio(str strict, unsigned probation):
    if probation < 2:
        raise ValueError(f"{probation} packets are none in a row")
    adapters_believe(_known({"no": STRICT_NO, "seqno": STRICT_SEQUENCE, "yes": STRICT_PACE}, strict, "strict RTP"),
                     probation)


def attach(*, unsigned max_pending=4096, unsigned max_queued=65536, unsigned request_timeout_ms=8000, str user_agent=""):
    cdef settings wanted
    cdef int result
    cdef bytes agent = user_agent.encode()
    if len(agent) >= sizeof(wanted.user_agent):
        raise ValueError("user_agent is longer than 127 bytes")
    _check_line(user_agent, "user_agent")
    wanted.max_pending = max_pending
    wanted.max_queued = max_queued
    wanted.request_timeout_ms = request_timeout_ms
    for i in range(len(agent)):
        wanted.user_agent[i] = agent[i]
    wanted.user_agent[len(agent)] = 0
    with nogil:
        result = native_attach(&wanted)
    _check(result, "attach")


def detach():
    with nogil:
        native_detach()


def register_thread(str name):
    cdef bytes raw = name.encode()
    c_register_thread(raw)


def counts():
    cdef counts_t out
    c_register_thread(b"python")
    with nogil:
        native_counts(&out)
    return Counts(out.calls, out.adapters, out.tokens, out.results, out.relays, out.players, out.recorders, out.records,
                  out.tables)


cdef int _check_line(str text, str what) except -1:
    for character in text:
        if character < " " and character != "\t" or character == "\x7f":
            raise ValueError(f"{what} holds a control character")
    return 0


cdef class _Headers:
    """The headers of one call, alive as long as this is."""

    cdef _Texts texts
    cdef header *list_
    cdef unsigned count

    def __cinit__(self, headers):
        cdef list pairs = list(headers)
        self.texts = _Texts()
        self.list_ = <header *>calloc(len(pairs) + 1, sizeof(header))
        if self.list_ == NULL:
            raise MemoryError
        for name, value in pairs:
            if not name or any(c <= " " or c >= "\x7f" or c == ":" for c in name):
                raise ValueError(f"{name!r} is not a header's name")
            _check_line(value, f"header {name}")
            self.list_[self.count].name = self.texts.put(name)
            self.list_[self.count].value = self.texts.put(value)
            self.count += 1

    def __dealloc__(self):
        free(self.list_)


def respond(number token, int code, str reason="", headers=(), bytes body=b"", str content_type=""):
    cdef _Headers list_ = _Headers(headers)
    cdef _Texts texts = _Texts()
    cdef pj_str_t reason_text, body_text, type_text
    cdef int result
    if not 200 <= code <= 699:
        raise ValueError(f"{code} is no final status")
    _check_line(reason, "reason")
    _check_line(content_type, "content_type")
    if body and "/" not in content_type:
        raise ValueError("a body needs a content type")
    reason_text = texts.put(reason)
    body_text = texts.put(body)
    type_text = texts.put(content_type)
    with nogil:
        result = tokens_respond(token, code, &reason_text, list_.list_, list_.count, &body_text, &type_text)
    _check(result, "request")


def send_request(str method, str uri, *, str from_uri="", str to_uri="", str contact="", str call_id="", headers=(),
                 bytes body=b"", str content_type="", int transport=-1, int account=-1, unsigned timeout_ms=0):
    cdef _Headers list_ = _Headers(headers)
    cdef _Texts texts = _Texts()
    cdef outgoing wanted
    cdef number token = 0
    cdef int result
    for text in (method, uri, from_uri, to_uri, contact, call_id, content_type):
        _check_line(text, "request")
    wanted.method = texts.put(method)
    wanted.uri = texts.put(uri)
    wanted.from_ = texts.put(from_uri)
    wanted.to = texts.put(to_uri)
    wanted.contact = texts.put(contact)
    wanted.call_id = texts.put(call_id)
    wanted.body = texts.put(body)
    wanted.content_type = texts.put(content_type)
    wanted.transport = transport
    wanted.account = account
    wanted.timeout_ms = timeout_ms
    wanted.headers = list_.list_
    wanted.count = list_.count
    with nogil:
        result = requests_send(&wanted, &token)
    _check(result, "request")
    return token


def send_in_call(number call, str method, headers=(), bytes body=b"", str content_type=""):
    cdef _Headers list_ = _Headers(headers)
    cdef _Texts texts = _Texts()
    cdef outgoing wanted
    cdef number token = 0
    cdef int result
    _check_line(method, "method")
    _check_line(content_type, "content_type")
    wanted.method = texts.put(method)
    wanted.body = texts.put(body)
    wanted.content_type = texts.put(content_type)
    wanted.transport = -1
    wanted.account = -1
    wanted.timeout_ms = 0
    wanted.headers = list_.list_
    wanted.count = list_.count
    with nogil:
        result = requests_send_in_call(call, &wanted, &token)
    _check(result, "call")
    return token


def use_account(number call, int account):
    cdef int result
    with nogil:
        result = requests_use_account(call, account)
    _check(result, "call")


def plan_call(media=Media(), *, unsigned identity=0, bint rewrite_contact=False):
    calls_plan(_media(media), identity, rewrite_contact)


def call_id(int slot):
    cdef number call
    with nogil:
        call = calls_claim(slot)
    if not call:
        raise StaleError(f"slot {slot} is free")
    return call


def call_slot(number call):
    cdef int slot = calls_slot(call)
    if slot < 0:
        raise StaleError("call has ended")
    return slot


def is_live(number call):
    return calls_slot(call) >= 0


def find_call(str sip_call_id, str local_tag, str remote_tag):
    cdef _Texts texts = _Texts()
    cdef pj_str_t call = texts.put(sip_call_id)
    cdef pj_str_t local = texts.put(local_tag)
    cdef pj_str_t remote = texts.put(remote_tag)
    cdef number found
    with nogil:
        found = calls_find(&call, &local, &remote)
    return found


def invite_message(number call):
    cdef char *copy = NULL
    cdef size_t length = 0
    _check(calls_invite(call, &copy, &length), "call")
    try:
        return PyBytes_FromStringAndSize(copy, length) if length else b""
    finally:
        free(copy)


def relay(number a, number b):
    cdef int result
    with nogil:
        result = relay_start(a, b)
    if result == STALE:
        raise StaleError("call has ended")
    return result == 1


def unrelay(number call):
    with nogil:
        relay_stop(call)


def keep_events(number call, bint on=True):
    with nogil:
        relay_keep_events(call, on)


def connect(number a, number b, *, bint both=True):
    cdef int result
    with nogil:
        result = bridge_connect(a, b, both)
    _check(result, "call")


def disconnect(number call, number other=0):
    with nogil:
        bridge_disconnect(call, other)


def media_stats(number call):
    cdef adapter *audio
    cdef record *item
    with nogil:
        audio = calls_adapter(call)
    if audio == NULL:
        call_slot(call)
        return MediaStats(0, 0, 0, 0.0, 0, 0, 0, 0.0, 0.0, 0, 0, "", None, None, False, *[Range()] * 5)
    with nogil:
        item = adapter_stats_record(audio, record_new(RECORD_STATS, NULL, 0))
        adapter_release(audio)
    if item == NULL:
        raise MemoryError
    try:
        return _media_stats(item)
    finally:
        queue_release(item)


def player_open(str path, str format, *, bint loop=False, unsigned offset_ms=0):
    cdef bytes raw_path = _os.fsencode(path)
    cdef bytes raw_format = format.encode()
    cdef const char *c_path = raw_path
    cdef const char *c_format = raw_format
    cdef sound *made = NULL
    cdef int result, why
    cdef number player = 0
    with _Visit(), nogil:
        result = sound_load(c_path, c_format, &made)
        why = errno
        if result == DONE:
            result = c_player_new(made, loop, offset_ms, &player)
    if result == NO_FILE:
        raise OSError(why, _os.strerror(why), path)
    if result == BAD_VALUE:
        raise ValueError(f"{path} is not a sound of format {format}")
    _check(result, path)
    return player


def tone_open(tones, *, bint loop=False):
    cdef tone list_[16]
    cdef unsigned count = 0
    cdef sound *made = NULL
    cdef int result
    if not 0 < len(tones) <= 16:
        raise ValueError("a tone has 1 to 16 parts")
    for first, second, on, off in tones:
        list_[count].first_hz = first
        list_[count].second_hz = second
        list_[count].on_ms = on
        list_[count].off_ms = off
        count += 1
    cdef number player = 0
    with _Visit(), nogil:
        result = sound_of_tones(list_, count, &made)
        if result == DONE:
            result = c_player_new(made, loop, 0, &player)
    _check(result, "tone")
    return player


def player_start(number player, number call):
    cdef int result
    with nogil:
        result = c_player_start(player, call)
    _check(result, "player or call")


def player_stop(number player):
    c_register_thread(b"python")
    with nogil:
        c_player_stop(player)


def player_position_ms(number player):
    cdef unsigned ms = 0
    _check(player_position(player, &ms), "player")
    return ms


def recorder_open(str path, str format, *, bint append=False):
    cdef bytes raw_path = _os.fsencode(path)
    cdef bytes raw_format = format.encode()
    cdef const char *c_path = raw_path
    cdef const char *c_format = raw_format
    cdef number recorder = 0
    cdef int result, why
    with _Visit(), nogil:
        result = c_recorder_open(c_path, c_format, append, &recorder)
        why = errno
    if result == NO_FILE:
        raise OSError(why, _os.strerror(why), path)
    if result == BAD_VALUE:
        raise ValueError(f"{format} is not a format to record in")
    _check(result, path)
    return recorder


def recorder_start(number recorder, number call):
    cdef int result
    with nogil:
        result = c_recorder_start(recorder, call)
    _check(result, "recorder or call")


def recorder_stop(number recorder):
    cdef unsigned ms
    try:
        with _Visit(), nogil:
            ms = c_recorder_stop(recorder)
    except NativeError:
        return 0  # PJSIP is ending, and has ended all recorders
    return ms


def send_dtmf(number call, str digits, *, unsigned duration_ms=100, unsigned gap_ms=100):
    cdef bytes raw = digits.encode()
    cdef const char *text = raw
    cdef int result
    if not digits or set(digits.upper()) - set("0123456789*#ABCD"):
        raise ValueError(f"{digits!r} are no DTMF digits")
    with nogil:
        result = dtmf_send(call, text, duration_ms, gap_ms)
    _check(result, "call")

# What native.h and its neighbours declare, as Cython sees it.
cdef extern from "native.h" nogil:
    ctypedef uint64_t number
    ctypedef struct pj_str_t:
        char *ptr
        long slen
    ctypedef struct pj_pool_t
    enum:
        DONE, STALE, BAD_VALUE, NO_FILE, BUSY
    ctypedef enum record_kind:
        RECORD_INCOMING, RECORD_CALL_STATE, RECORD_CALL_MEDIA, RECORD_DTMF, RECORD_RELAY_ENDED, RECORD_PLAYER_ENDED
        RECORD_REQUEST, RECORD_REGISTER, RECORD_RESULT, RECORD_REGISTRATION, RECORD_TRANSPORT, RECORD_SECURITY
        RECORD_OVERLOAD, RECORD_LOG, RECORD_WIRE, RECORD_STATS, RECORD_PACKET
    ctypedef struct record:
        record *next
        int kind
        int64_t n[12]
        double f[24]
        unsigned texts
        pj_str_t text[1]
    record *record_new(record_kind kind, const pj_str_t *texts, unsigned count)
    record *queue_pop(unsigned limit)
    void queue_release(record *list)
    int queue_eventfd()
    void c_register_thread "register_thread"(const char *name)
    ctypedef struct settings:
        unsigned max_pending, max_queued, request_timeout_ms
        char user_agent[128]
    int native_attach(const settings *wanted)
    void native_detach()
    bint native_attached()
    int c_set_log_level "set_log_level"(int level)
    void wire_trace(bint on)
    void packets_watch(bint rtp, bint rtcp)
    enum strictness: STRICT_NO, STRICT_SEQUENCE, STRICT_PACE
    size_t endpoint_dump(bint details, char *text, size_t size)
    ctypedef struct counts_t "counts":
        unsigned calls, adapters, tokens, results, relays, players, recorders, records, tables
    void native_counts(counts_t *out)
    ctypedef struct media_rule
    media_rule *media_rule_new(const pj_str_t *codecs, unsigned count, int dtmf, bint symmetric, bint prefer_remote_order)
    void media_rule_drop(media_rule *rule)
    enum: MATCH_IP, MATCH_ADDRESS, MATCH_USERNAME, MATCH_AUTH_USERNAME, MATCH_ANONYMOUS, MATCH_HEADER, MATCH_REQUEST_URI, MATCH_STEPS
    enum: KEY_USER, KEY_REGISTER_USER, KEY_AUTH_USER
    ctypedef struct network:
        int prefix
    ctypedef struct access_line:
        bint permit
        network net
    ctypedef struct credential:
        pj_str_t username, realm
        int algorithm
        char ha1[65]
    ctypedef struct methods:
        bint all
        unsigned count
        pj_str_t *name
    ctypedef struct service:
        unsigned order[8]
        unsigned steps
        pj_str_t realm
        bint offers[2]
        methods challenge
        bint register_by_to, answer_options
        int wrong_password
        int nonce_lifetime_s
        unsigned guest
        unsigned accesses
        access_line *access
    ctypedef struct identity:
        unsigned number
        int service
        methods challenge
        unsigned credentials, accesses
        credential *credential
        access_line *access
        unsigned accounts
        int *account
        bint force_rport, rewrite_contact
        media_rule *media
    ctypedef struct directory
    directory *directory_new(unsigned services, unsigned identities)
    pj_pool_t *directory_pool(directory *table)
    service *directory_service(directory *table, unsigned index)
    identity *directory_identity(directory *table, unsigned index)
    pj_str_t directory_text(directory *table, const char *text, size_t length)
    void directory_transport(directory *table, int transport, int service)
    void directory_user(directory *table, int kind, identity *who, const pj_str_t *user)
    void directory_network(directory *table, identity *who, const network *net)
    bint directory_pattern(directory *table, identity *who, const pj_str_t *header, const pj_str_t *text, bint is_regex)
    void directory_finish(directory *table)
    void directory_install(directory *table)
    void directory_drop(directory *table)
    int network_parse(const char *text, network *out)
    int learned_put(unsigned number, const char *address, int port)
    ctypedef struct header:
        pj_str_t name, value
    int tokens_respond(number token, int code, const pj_str_t *reason, const header *headers, unsigned count,
                       const pj_str_t *body, const pj_str_t *content_type)
    ctypedef struct outgoing:
        pj_str_t method, uri, to, contact, call_id, body, content_type
        pj_str_t from_ "from"
        int transport, account
        unsigned timeout_ms
        const header *headers
        unsigned count
    int requests_send(const outgoing *wanted, number *token)
    int requests_send_in_call(number call, const outgoing *wanted, number *token)
    int requests_use_account(number call, int account)
    void calls_plan(media_rule *rule, unsigned identity, bint rewrites)
    number calls_claim(int slot)
    int calls_slot(number call)
    number calls_find(const pj_str_t *call_id, const pj_str_t *local_tag, const pj_str_t *remote_tag)
    int calls_invite(number call, char **copy, size_t *length)
    void *pj_pool_calloc(pj_pool_t *pool, size_t count, size_t size)
    int pj_strerror_text "pj_strerror"(int status, char *buffer, size_t size)

cdef extern from "adapter.h" nogil:
    ctypedef struct adapter
    adapter *calls_adapter(number wanted)
    void adapters_believe(strictness strict, unsigned packets)
    void adapter_release(adapter *it)
    record *adapter_stats_record(adapter *it, record *item)
    int relay_start(number a, number b)
    void relay_stop(number call)
    void relay_keep_events(number call, bint on)
    int bridge_connect(number a, number b, bint both)
    void bridge_disconnect(number a, number b)

cdef extern from "players.h" nogil:
    ctypedef struct sound
    ctypedef struct tone:
        int first_hz, second_hz, on_ms, off_ms
    int sound_load(const char *path, const char *format, sound **out)
    int sound_of_tones(const tone *tones, unsigned count, sound **out)
    int c_player_new "player_new"(sound *taken, bint loop, unsigned offset_ms, number *player)
    int c_player_start "player_start"(number player, number call)
    void c_player_stop "player_stop"(number player)
    int player_position(number player, unsigned *ms)
    int c_recorder_open "recorder_open"(const char *path, const char *format, bint append, number *recorder)
    int c_recorder_start "recorder_start"(number recorder, number call)
    unsigned c_recorder_stop "recorder_stop"(number recorder)
    int dtmf_send(number call, const char *digits, unsigned duration_ms, unsigned gap_ms)

cdef extern from *:
    """
    #define PJ_VERSION_TEXT_2(x) #x
    #define PJ_VERSION_TEXT_1(x) PJ_VERSION_TEXT_2(x)
    static const char *pjsip_version(void) { return pj_get_version(); }
    static void pj_error_text(int status, char *buffer, size_t size)
    {
        pj_str_t text = pj_strerror(status, buffer, size);
        if ((size_t)text.slen < size) buffer[text.slen] = 0;
    }
    """
    const char *pjsip_version()
    void pj_error_text(int status, char *buffer, size_t size)


CallId = int
Token = int
PlayerId = int
RecorderId = int
VERSION = (<bytes>pjsip_version()).decode()


class NativeError(Exception):
    """PJSIP refused; `status` is its status number."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class StaleError(LookupError):
    """The call, token, player or recorder has ended."""


cdef object _check(int result, str what):
    cdef char text[256]
    if result == DONE:
        return None
    if result == STALE:
        raise StaleError(f"{what} has ended")
    if result == BAD_VALUE:
        raise ValueError(f"{what} is malformed")
    if result == BUSY:
        raise NativeError(result, f"{what}: too many")
    pj_error_text(result, text, sizeof(text))
    raise NativeError(result, f"{what}: {(<bytes>text).decode(errors='replace')}")


cdef class _Texts:
    """Keeps the bytes alive that the pj_str_t's of one call point into."""

    cdef list kept

    def __cinit__(self):
        self.kept = []

    cdef pj_str_t put(self, object text):
        cdef pj_str_t out
        cdef bytes raw = text if isinstance(text, bytes) else (<str?>text).encode("utf-8", "surrogateescape")
        self.kept.append(raw)
        out.ptr = <char *>raw
        out.slen = len(raw)
        return out

/* native.h: what the files of the native module share.
 *
 * PJSIP's threads write records into one queue (queue.c) and never wait for Python; Python's thread calls the functions
 * declared here through _native.pyx with the GIL released. Whatever outlives a function is either immutable and counted
 * (tables, media rules) or guarded by the one mutex of its file; no two of these mutexes are held at once unless a
 * comment beside the lock says which comes first.
 */
#ifndef ASTERISM_NATIVE_H
#define ASTERISM_NATIVE_H

#include <pjsua-lib/pjsua.h>
#include <pjsua-lib/pjsua_internal.h>
#include <stdbool.h>
#include <stdint.h>

/* Results of functions that Python calls: 0, a status of PJSIP (> 0), or one of these. */
enum { DONE = 0, STALE = -1, BAD_VALUE = -2, NO_FILE = -3, BUSY = -4 };

/* A number given to Python: the use of a slot (generation) and the slot. Generations begin at 1, so 0 is nobody. */
typedef uint64_t number;
#define NUMBER(generation, slot) (((number)(generation) << 16) | (uint16_t)(slot))
#define NUMBER_SLOT(n) ((unsigned)((n) & 0xFFFF))
#define NUMBER_GENERATION(n) ((uint32_t)((n) >> 16))

/* ---- queue.c: records from PJSIP's threads to Python ------------------------------------------------------------ */

enum record_kind {
    RECORD_INCOMING = 1,
    RECORD_CALL_STATE,
    RECORD_CALL_MEDIA,
    RECORD_DTMF,
    RECORD_RELAY_ENDED,
    RECORD_PLAYER_ENDED,
    RECORD_REQUEST,
    RECORD_REGISTER,
    RECORD_RESULT,
    RECORD_REGISTRATION,
    RECORD_TRANSPORT,
    RECORD_SECURITY,
    RECORD_OVERLOAD,
    RECORD_LOG,
    RECORD_WIRE,
    RECORD_STATS,
    RECORD_PACKET,
};

enum { RECORD_NUMBERS = 12, RECORD_REALS = 24, RECORD_TEXTS = 16, RECORD_LISTED = 256 };

typedef struct record {
    struct record *next;
    int kind;
    int64_t n[RECORD_NUMBERS];
    double f[RECORD_REALS];
    unsigned texts;
    pj_str_t text[]; /* the characters follow in the same allocation */
} record;

record *record_new(enum record_kind kind, const pj_str_t *texts, unsigned count);
void queue_push(record *item); /* takes the record; NULL is allowed */
record *queue_pop(unsigned limit);
void queue_release(record *list);
void queue_open(unsigned limit);
void queue_close(void);
bool queue_full(void);
bool queue_busy(void); /* whether what only tells is to be left out, so that calls find room */
int queue_eventfd(void);
unsigned queue_length(void);
void register_thread(const char *name); /* makes the running thread known to PJLIB, once */
bool codecs_own(void); /* codecs.c: whether pjlib runs though pjsua may not */
int64_t now_ms(void);
int64_t now_us(void);

/* ---- attach.c ----------------------------------------------------------------------------------------------------- */

typedef struct settings {
    unsigned max_pending, max_queued, request_timeout_ms;
    char user_agent[128];
} settings;

extern settings native_settings;
int native_attach(const settings *wanted);
void native_detach(void);
bool native_attached(void);
int transport_number(const pjsip_transport *transport); /* pjsua's id, or -1 */
int set_log_level(int level); /* legal before libCreate */

typedef struct counts {
    unsigned calls, adapters, tokens, results, relays, players, recorders, records, tables;
} counts;
void native_counts(counts *out);

/* ---- media.c: how a call negotiates its audio (immutable, counted) -------------------------------------------------- */

enum dtmf_mode { DTMF_RFC4733, DTMF_INFO, DTMF_INBAND, DTMF_AUTO, DTMF_NONE };

typedef struct media_rule {
    int references;
    enum dtmf_mode dtmf;
    bool symmetric, prefer_remote_order;
    unsigned count;
    pj_str_t codecs[]; /* "PCMU/8000"; the characters follow */
} media_rule;

media_rule *media_rule_new(const pj_str_t *codecs, unsigned count, int dtmf, bool symmetric, bool prefer_remote_order);
media_rule *media_rule_hold(media_rule *rule);
void media_rule_drop(media_rule *rule);
void media_apply(const media_rule *rule, pjmedia_sdp_session *sdp, pj_pool_t *pool, const pjmedia_sdp_session *remote);
bool media_drop_nameless(pjmedia_sdp_session *sdp); /* true: there were payload types that are no numbers */

/* ---- addresses.c: addresses in SDP --------------------------------------------------------------------------------- */

int addresses_start(void);
void addresses_stop(void);
void addresses_face(int slot, pjmedia_sdp_session *sdp, pj_pool_t *pool, const pjmedia_sdp_session *remote);

/* ---- directory.c: who may send us requests (immutable tables, swapped whole) ------------------------------------------ */

enum match_order {
    MATCH_IP = 1,
    MATCH_ADDRESS,
    MATCH_USERNAME,
    MATCH_AUTH_USERNAME,
    MATCH_ANONYMOUS,
    MATCH_HEADER,
    MATCH_REQUEST_URI,
    MATCH_STEPS = 8
};
enum algorithm { ALGORITHM_MD5, ALGORITHM_SHA256, ALGORITHMS };

typedef struct network {
    uint8_t address[16]; /* IPv4 as ::ffff:a.b.c.d */
    int prefix;          /* 0-128 */
    uint16_t port;       /* 0: any */
} network;

typedef struct access_line {
    bool permit;
    network net;
} access_line;

typedef struct credential {
    pj_str_t username, realm;
    enum algorithm algorithm;
    char ha1[65];
} credential;

typedef struct methods {
    bool all;
    unsigned count;
    pj_str_t *name;
} methods;

typedef struct service {
    unsigned order[MATCH_STEPS], steps;
    pj_str_t realm;
    bool offers[ALGORITHMS];
    methods challenge;
    bool register_by_to, answer_options;
    int wrong_password;
    int nonce_lifetime_s;
    unsigned guest;
    unsigned accesses;
    access_line *access;
} service;

typedef struct identity {
    unsigned number;
    int service;
    methods challenge;
    unsigned credentials, accesses;
    credential *credential;
    access_line *access;
    unsigned accounts;
    int *account; /* whose calls come in under one of these, that of their transport */
    bool force_rport, rewrite_contact;
    media_rule *media;
} identity;

typedef struct directory directory;

directory *directory_new(unsigned services, unsigned identities);
pj_pool_t *directory_pool(directory *table);
service *directory_service(directory *table, unsigned index);
identity *directory_identity(directory *table, unsigned index);
pj_str_t directory_text(directory *table, const char *text, size_t length);
void directory_transport(directory *table, int transport, int service);
enum key_kind { KEY_USER, KEY_REGISTER_USER, KEY_AUTH_USER };
void directory_user(directory *table, enum key_kind kind, identity *who, const pj_str_t *user);
void directory_network(directory *table, identity *who, const network *net);
/* A text of requests that names an identity: of a header, or with none of the Request-URI; false: no regular expression. */
bool directory_pattern(directory *table, identity *who, const pj_str_t *header, const pj_str_t *text, bool is_regex);
void directory_finish(directory *table);
void directory_install(directory *table); /* takes it; NULL removes what is in force */
directory *directory_hold(void);          /* the table in force, or NULL */
void directory_drop(directory *table);
const identity *directory_by_number(const directory *table, unsigned number);
/* Who sends this; NULL for a stranger. `terms` becomes the service that speaks to the sender, NULL when there is none. */
const identity *directory_find(const directory *table, int transport, const pjsip_rx_data *rdata,
                               const service **terms);
bool directory_admits(const directory *table, int transport, const pj_sockaddr *source);
int network_parse(const char *text, network *out);
bool access_permits(const access_line *lines, unsigned count, const pj_sockaddr *source);
bool methods_contain(const methods *set, const pj_str_t *name);
void network_of(const pj_sockaddr *source, network *out);
unsigned directory_tables(void);

/* learned.c: from where identities registered; 0 when nobody did from there */
int learned_put(unsigned number, const char *address, int port); /* address NULL: forget */
unsigned learned_find(const network *source);
void learned_clear(void);

/* ---- digest.c ------------------------------------------------------------------------------------------------------- */

enum verdict { VERDICT_MISSING, VERDICT_STALE, VERDICT_WRONG, VERDICT_UNKNOWN, VERDICT_RIGHT };

int digest_start(void);
const pjsip_authorization_hdr *digest_header(const pjsip_rx_data *rdata, const pj_str_t *realm);
enum verdict digest_check(const identity *who, const service *terms, const pjsip_rx_data *rdata);
void digest_challenge(const identity *who, const service *terms, bool stale, pj_pool_t *pool, pjsip_hdr *list);

/* ---- intake.c, tokens.c, requests.c: requests outside and inside dialogs ------------------------------------------------ */

typedef struct arrival {
    unsigned identity; /* 0: nobody known */
    bool authenticated;
    bool rewrites; /* its messages tell where it is by where they come from */
    int transport, account;
    number replaces;
    media_rule *media; /* borrowed from the table for the time of the INVITE */
} arrival;

int intake_start(void);
void intake_stop(void);
const arrival *intake_current(void); /* the INVITE that this thread is handing to pjsua, or NULL */
void security(const char *event, const identity *who, const pj_str_t *user, const pjsip_rx_data *rdata);
void refused_for_load(void);

int tokens_start(void);
void tokens_stop(void);
bool tokens_full(void);
unsigned tokens_count(void);
/* Opens a server transaction for a request and queues it for Python; answers it by itself when that fails. */
void tokens_defer(pjsip_rx_data *rdata, const arrival *who, number call);

typedef struct header {
    pj_str_t name, value;
} header;

int tokens_respond(number token, int code, const pj_str_t *reason, const header *headers, unsigned count,
                   const pj_str_t *body, const pj_str_t *content_type);
pj_status_t add_headers(pjsip_tx_data *tdata, const header *headers, unsigned count);
pj_status_t add_body(pjsip_tx_data *tdata, const pj_str_t *body, const pj_str_t *content_type);

typedef struct outgoing {
    pj_str_t method, uri, from, to, contact, call_id, body, content_type;
    int transport, account;
    unsigned timeout_ms;
    const header *headers;
    unsigned count;
} outgoing;

int requests_send(const outgoing *wanted, number *token);
int requests_send_in_call(number call, const outgoing *wanted, number *token);
int requests_use_account(number call, int account);    /* whose credentials answer challenges inside the call */
unsigned requests_count(void);
int requests_start(void);
void requests_stop(void);

/* ---- wire.c: what goes over the wire ------------------------------------------------------------------------------------ */

int wire_start(void);
void wire_stop(void);
void wire_trace(bool on);

/* ---- dump.c: PJSIP's own inside ------------------------------------------------------------------------------------------- */

/* Writes what PJSIP says of itself, as far as there is room, and returns how much that is. On the loop's thread. */
size_t endpoint_dump(bool details, char *text, size_t size);

/* ---- adapter.c: the audio of all calls ---------------------------------------------------------------------------- */

enum strictness { STRICT_NO, STRICT_SEQUENCE, STRICT_PACE }; /* believe anybody; who counts rightly; and not too fast */

/* ---- packets.c: packets of audio, and their reports ---------------------------------------------------------------- */

enum { PACKET_RTP = 1, PACKET_RTCP = 2 };

void packets_watch(bool rtp, bool rtcp);
/* Tells of a packet, if somebody watches its kind; remote may be NULL, payload is how much of it is audio. */
void packet_seen(int kind, bool sent, const pj_sockaddr_t *remote, const uint8_t *packet, size_t size, size_t payload);

/* ---- contacts.c: where far ends behind a NAT are reached --------------------------------------------------------------- */

int contacts_start(void);
void contacts_stop(void);
void contacts_mend(pjsip_rx_data *rdata, bool routed); /* routed: the dialog has a route set */

/* ---- calls.c: pjsua's calls as Python sees them ---------------------------------------------------------------------------- */

typedef struct adapter adapter;

int calls_start(unsigned max_calls);
void calls_stop(void);
/* For the next call that Python makes; takes the rule. */
void calls_plan(media_rule *rule, unsigned identity, bool rewrites);
bool calls_rewriting(void);        /* whether any call rewrites its contacts */
bool calls_rewrites(number call); /* whether this one does */
number calls_claim(int slot);                         /* right after makeCall; 0 when it has ended already */
number calls_number(int slot);                        /* in callbacks only: adopts a fresh outgoing call */
number calls_current(int slot);                       /* never adopts */
int calls_slot(number call);                          /* -1 when stale */
number calls_find(const pj_str_t *call_id, const pj_str_t *local_tag, const pj_str_t *remote_tag);
number calls_of_dialog(const pjsip_dialog *dialog);
unsigned calls_identity(number call);
void calls_keep_invite(int slot, const char *message, size_t length);
int calls_invite(number call, char **copy, size_t *length); /* the caller frees */
unsigned calls_count(void);
media_rule *calls_media(int slot); /* held for the caller; NULL when there is none */
bool calls_known_slot(int slot);
void calls_begin_incoming(int slot, const arrival *who, int transport);
number calls_begin_outgoing(int slot); /* the number of what is there already, if anything */
void calls_describe(int slot, record *incoming);
void calls_set_adapter(number which, adapter *made, bool first);
void calls_end(number which);

/* ---- callbacks.c -------------------------------------------------------------------------------------------------------- */

void callbacks_take_over(pjsua_callback *table, const pjsua_callback *original);

#endif

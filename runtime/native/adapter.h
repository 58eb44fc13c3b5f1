/* adapter.h: the media transport that stands between a call's stream and its socket. */
#ifndef ASTERISM_ADAPTER_H
#define ASTERISM_ADAPTER_H

#include "native.h"

#include <pthread.h>

enum { CODEC_NAME = 48, PACKET_SIZE = 1500, LEARN_SILENCE_MS = 1000, OWN_GAP_MS = 100 };

/* What was negotiated for the audio line. */
typedef struct agreed {
    char codec[CODEC_NAME]; /* "PCMU/8000"; empty: no audio */
    unsigned clock_rate;    /* of RTP's timestamps */
    unsigned ptime_ms, samples;
    int tx_payload, rx_payload, tx_event, rx_event; /* -1: none */
    bool sends, receives, held;
    pj_sockaddr remote;
} agreed;

/* How outgoing packets of changing origin become one continuous stream (RFC 3550: one SSRC, sequence, clock). */
typedef struct sequencer {
    bool begun;
    const void *origin;
    uint32_t origin_ssrc, ssrc, timestamp, timestamp_shift;
    uint16_t sequence, sequence_shift;
    int64_t sent_ms;
} sequencer;

/* From which address audio is believed. */
typedef struct learning {
    bool locked;
    pj_sockaddr source, candidate;
    unsigned candidate_packets; /* in a row */
    uint16_t candidate_sequence;
    int64_t candidate_ms, heard_ms;
} learning;

struct adapter {
    pjmedia_transport base;
    pj_pool_t *pool;
    pjmedia_transport *slave;
    number call;
    bool symmetric;

    /* Guards all below. Never held together with another adapter's; the slave's own locks come after it. */
    pthread_mutex_t lock;
    bool closed;
    void *stream; /* the callbacks of whoever attached */
    void (*on_rtp)(void *, void *, pj_ssize_t);
    void (*on_rtp2)(pjmedia_tp_cb_param *);
    void (*on_rtcp)(void *, void *, pj_ssize_t);
    agreed terms;
    sequencer out;
    learning in;
    int conference_slot;     /* pjmedia's port of this call, -1: none */
    int talkers, listeners;      /* who needs that port: sources sending to it, and sinks fed from it */
    bool dialling;               /* our stream is to send DTMF even though a relay holds */
    struct adapter *partner; /* the relay's other leg, held; itself for an echo */
    int64_t own_event_ms;    /* when our stream last sent DTMF */
    bool keeps_events; /* DTMF is for us alone, no partner gets its packets */
    uint32_t event_timestamp;
    bool event_open, event_seen;
    uint16_t event_duration;
    char event_digit;
    bool rtcp_begun;
    pjmedia_rtcp_session rtcp;
    int64_t rtcp_due_ms;
    struct {
        unsigned all;         /* packets that were lost, as it was told last */
        pj_math_stat at_once; /* how many between two reports */
    } lost_in, lost_out;
};

adapter *adapter_new(number call, pjmedia_transport *base, bool symmetric);
pjmedia_transport *adapter_transport(adapter *it);
adapter *adapter_hold(adapter *it);
void adapter_release(adapter *it);
int adapter_slot(const adapter *it);
const pj_sockaddr *adapter_far(const adapter *it); /* where its audio goes; the lock is held */
unsigned adapters_count(void);
/* How many packets in a row a source that SDP does not name must send until it is believed, from now on. */
void adapters_believe(enum strictness strict, unsigned packets);
void adapter_renegotiated(adapter *it, const pjsua_call_media *line);
record *adapter_media_record(adapter *it, const pjsua_call_media *line);
record *adapter_stats_record(adapter *it, record *item);
/* Sends a packet of our own stream (payload -1) or of a relay (as this payload type) as the leg's next; lock not held. */
void adapter_send(adapter *it, const adapter *from, const uint8_t *packet, size_t size, int payload, bool is_event);

/* rtcp.c: counters and reports of a leg; its lock is held. */
void rtcp_begin(adapter *it);
void rtcp_received(adapter *it, const uint8_t *packet, size_t size, unsigned payload);
void rtcp_sent(adapter *it, uint32_t timestamp, uint16_t sequence, unsigned payload);
void rtcp_report(adapter *it, bool bye);
void rtcp_reported(adapter *it, const void *packet, size_t size); /* what the far end reports */

/* relay.c */
bool relay_forward(adapter *from, const uint8_t *packet, size_t size, int payload); /* false: not relayed */
void relay_end(adapter *it, const char *reason);                                   /* reason NULL: say nothing */
void relay_recheck(adapter *it);
int relay_start(number a, number b); /* 1 relayed, 0 not possible, or a result */
void relay_stop(number call);
void relay_keep_events(number call, bool on);
unsigned relays_count(void);

/* dtmf.c */
void dtmf_heard(adapter *it, const uint8_t *packet, size_t size, const uint8_t *payload, size_t length);

/* bridge.c: pjmedia's conference */
void bridge_renew(adapter *it);
void bridge_forget(number call);
int bridge_connect(number a, number b, bool both); /* b hears a, and a hears b when both */
void bridge_disconnect(number a, number b);
/* Turns the call's port on or off after talkers or listeners changed; lock not held. */
void bridge_apply(adapter *it);
void bridge_need(adapter *it, int talkers, int listeners);

/* calls.c */
adapter *calls_adapter(number wanted); /* held, or NULL */
bool calls_forget_adapter(const adapter *gone); /* true: it was the call's audio */
void push_dtmf(number which, char digit, unsigned duration_ms, bool info);

#endif

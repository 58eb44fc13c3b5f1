/* adapter.c: the media transport between a call's stream and its socket.
 *
 * Every RTP packet of a call passes here. Received ones are counted, searched for DTMF, and given to the relay's other
 * leg or to the stream; sent ones, of whatever origin, are renumbered into one continuous stream. RTCP is made here,
 * from what really passed, so that nothing leaks from one leg to the other.
 */
#include "adapter.h"

#include <arpa/inet.h>
#include <string.h>

#define ADAPTER(transport) ((adapter *)(transport))

static unsigned adapters_live;
static enum strictness strictness = STRICT_PACE;
static unsigned probation = 4;

void adapters_believe(enum strictness strict, unsigned packets)
{
    __atomic_store_n(&probation, packets, __ATOMIC_RELAXED);
    __atomic_store_n(&strictness, strict, __ATOMIC_RELAXED);
}

static uint16_t get16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

/* ---- RTP in -------------------------------------------------------------------------------------------------------- */

/* RFC 3550 5.1: version 2, and everything the header announces lies within the packet. */
static const uint8_t *payload_of(const uint8_t *packet, size_t size, size_t *length)
{
    size_t start = 12, padding = 0;

    if (size < start || packet[0] >> 6 != 2)
        return NULL;
    start += (size_t)(packet[0] & 0x0F) * 4;
    if (packet[0] & 0x10) {
        if (size < start + 4)
            return NULL;
        start += 4 + ((size_t)packet[start + 2] << 8 | packet[start + 3]) * 4;
    }
    if (packet[0] & 0x20)
        padding = packet[size - 1];
    if (size < start + padding)
        return NULL;
    *length = size - start - padding;
    return packet + start;
}

/* Whether a source has sent enough packets in a row, and not all at once as a flood comes: 9 ms is somewhat less than
 * the shortest of usual packets lasts. */
static bool learned(learning *in, const pj_sockaddr_t *source, uint16_t sequence, int64_t now)
{
    unsigned wanted = __atomic_load_n(&probation, __ATOMIC_RELAXED);

    if (!in->candidate_packets || pj_sockaddr_cmp(&in->candidate, source) != 0 ||
        sequence != (uint16_t)(in->candidate_sequence + 1)) {
        pj_sockaddr_cp(&in->candidate, source);
        in->candidate_packets = 0;
        in->candidate_ms = now;
    }
    in->candidate_sequence = sequence;
    if (++in->candidate_packets < wanted)
        return false;
    if (__atomic_load_n(&strictness, __ATOMIC_RELAXED) == STRICT_PACE &&
        now - in->candidate_ms < (int64_t)(wanted - 1) * 9 - 5) {
        in->candidate_packets = 0;
        return false;
    }
    return true;
}

/* Whether to believe this source (strict RTP): the one that SDP names at once, another after a few packets in a row,
 * and a change only once the former is silent. The lock is held. */
static bool believe(adapter *it, const pj_sockaddr_t *source, uint16_t sequence, bool *switched)
{
    learning *in = &it->in;
    int64_t now = now_ms();

    if (!source || !pj_sockaddr_has_addr(source))
        return true;
    if (!in->locked || pj_sockaddr_cmp(&in->source, source) != 0) {
        if (__atomic_load_n(&strictness, __ATOMIC_RELAXED) != STRICT_NO) {
            if (in->locked && now - in->heard_ms < LEARN_SILENCE_MS)
                return false;
            if (pj_sockaddr_cmp(&it->terms.remote, source) != 0 && !learned(in, source, sequence, now))
                return !in->locked;
        }
        *switched = it->symmetric && pj_sockaddr_cmp(adapter_far(it), source) != 0;
        pj_sockaddr_cp(&in->source, source);
        in->locked = true;
    }
    in->heard_ms = now;
    in->candidate_packets = 0;
    return true;
}

static void on_rtp(pjmedia_tp_cb_param *param)
{
    adapter *it = param->user_data;
    const uint8_t *packet = param->pkt, *payload;
    void (*to)(void *, void *, pj_ssize_t);
    void (*to2)(pjmedia_tp_cb_param *);
    bool switched = false, believed, wanted;
    size_t length = 0;
    int kind;

    if (param->size < 0) { /* a socket error: the stream's own affair */
        if (it->on_rtp2) {
            pjmedia_tp_cb_param copy = *param;

            copy.user_data = it->stream;
            it->on_rtp2(&copy);
        }
        return;
    }
    payload = payload_of(packet, (size_t)param->size, &length);
    if (!payload)
        return;
    kind = packet[1] & 0x7F;
    if (kind >= 64 && kind <= 95) /* RTCP on the same port (RFC 5761 4) */
        return;
    packet_seen(PACKET_RTP, false, param->src_addr, packet, (size_t)param->size, length);

    pthread_mutex_lock(&it->lock);
    believed = !it->closed && believe(it, param->src_addr, get16(packet + 2), &switched);
    if (believed) {
        rtcp_received(it, packet, (size_t)param->size, (unsigned)length);
        if (kind == it->terms.rx_event)
            dtmf_heard(it, packet, (size_t)param->size, payload, length);
    }
    wanted = it->listeners > 0;
    to = it->on_rtp;
    to2 = it->on_rtp2;
    pthread_mutex_unlock(&it->lock);

    param->rem_switch = switched;
    if (!believed || relay_forward(it, packet, (size_t)param->size, kind) || !wanted)
        return;
    if (to2) {
        pjmedia_tp_cb_param copy = *param;

        copy.user_data = it->stream;
        copy.src_addr = NULL; /* the stream must not judge the address again */
        to2(&copy);
    } else if (to) {
        to(it->stream, param->pkt, param->size);
    }
}

static void on_rtcp(void *user_data, void *packet, pj_ssize_t size)
{
    adapter *it = user_data;

    if (size < 8)
        return;
    pthread_mutex_lock(&it->lock);
    if (!it->closed && it->rtcp_begun)
        rtcp_reported(it, packet, (size_t)size);
    pthread_mutex_unlock(&it->lock);
}

/* ---- RTP out -------------------------------------------------------------------------------------------------------- */

static uint32_t get32(const uint8_t *at)
{
    return (uint32_t)get16(at) << 16 | get16(at + 2);
}

static void put16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
    put16(at, (uint16_t)(value >> 16));
    put16(at + 2, (uint16_t)value);
}

/* Renumbers a packet in place; the lock is held. */
static void sequence(adapter *it, const void *origin, uint8_t *packet, bool is_event)
{
    sequencer *out = &it->out;
    uint16_t number_in = get16(packet + 2);
    uint32_t timestamp_in = get32(packet + 4), ssrc_in = get32(packet + 8);
    int64_t now = now_ms();
    /* Our own stream stands still while nobody needs it, so its clock must be set after each pause. */
    bool paused = origin == it && now - out->sent_ms > OWN_GAP_MS && !is_event;

    if (!out->begun) {
        out->begun = true;
        out->sequence = (uint16_t)(number_in - 1);
        out->timestamp = timestamp_in;
        out->sent_ms = now;
        out->origin = NULL;
    }
    if (out->origin != origin || out->origin_ssrc != ssrc_in || paused) {
        uint32_t passed = (uint32_t)((now - out->sent_ms) * it->terms.clock_rate / 1000);

        out->origin = origin;
        out->origin_ssrc = ssrc_in;
        out->sequence_shift = (uint16_t)(out->sequence + 1 - number_in);
        out->timestamp_shift = out->timestamp + passed - timestamp_in;
        packet[1] |= 0x80; /* RFC 3551 4.1: a talkspurt begins */
    }
    number_in = (uint16_t)(number_in + out->sequence_shift);
    timestamp_in += out->timestamp_shift;
    if ((int16_t)(number_in - out->sequence) > 0) {
        out->sequence = number_in;
        out->timestamp = timestamp_in;
    }
    out->sent_ms = now;
    put16(packet + 2, number_in);
    put32(packet + 4, timestamp_in);
    put32(packet + 8, out->ssrc);
}

void adapter_send(adapter *it, const adapter *from, const uint8_t *packet, size_t size, int payload, bool is_event)
{
    uint8_t copy[PACKET_SIZE];
    size_t length = 0;

    if (size > sizeof copy || !payload_of(packet, size, &length))
        return;
    memcpy(copy, packet, size);
    if (payload >= 0)
        copy[1] = (uint8_t)((copy[1] & 0x80) | payload);
    pthread_mutex_lock(&it->lock);
    if (!it->closed && it->terms.codec[0]) {
        /* An echo comes from the same adapter as our own stream, but is another origin. */
        sequence(it, payload >= 0 ? (const void *)&from->in : from, copy, is_event);
        if (pjmedia_transport_send_rtp(it->slave, copy, size) == PJ_SUCCESS) {
            rtcp_sent(it, get32(copy + 4), get16(copy + 2), (unsigned)length);
            packet_seen(PACKET_RTP, true, adapter_far(it), copy, size, length);
        }
    }
    pthread_mutex_unlock(&it->lock);
}

/* ---- the transport's functions ---------------------------------------------------------------------------------------- */

static pj_status_t tp_get_info(pjmedia_transport *transport, pjmedia_transport_info *info)
{
    return pjmedia_transport_get_info(ADAPTER(transport)->slave, info);
}

static pj_status_t tp_attach2(pjmedia_transport *transport, pjmedia_transport_attach_param *param)
{
    adapter *it = ADAPTER(transport);
    pjmedia_transport_attach_param ours = *param;

    pthread_mutex_lock(&it->lock);
    it->stream = param->user_data;
    it->on_rtp = param->rtp_cb;
    it->on_rtp2 = param->rtp_cb2;
    it->on_rtcp = param->rtcp_cb;
    pthread_mutex_unlock(&it->lock);
    ours.user_data = it;
    ours.rtp_cb = NULL;
    ours.rtp_cb2 = on_rtp;
    ours.rtcp_cb = on_rtcp;
    return pjmedia_transport_attach2(it->slave, &ours);
}

static void tp_detach(pjmedia_transport *transport, void *user_data)
{
    adapter *it = ADAPTER(transport);

    PJ_UNUSED_ARG(user_data);
    /* The slave waits for a callback that is running, so the stream's pointers may go only afterwards. */
    pjmedia_transport_detach(it->slave, it);
    pthread_mutex_lock(&it->lock);
    it->stream = NULL;
    it->on_rtp = NULL;
    it->on_rtp2 = NULL;
    it->on_rtcp = NULL;
    it->conference_slot = -1;
    pthread_mutex_unlock(&it->lock);
}

static pj_status_t tp_send_rtp(pjmedia_transport *transport, const void *packet, pj_size_t size)
{
    adapter *it = ADAPTER(transport);
    const uint8_t *bytes = packet;
    bool is_event, relayed;

    if (size < 12)
        return PJ_SUCCESS;
    pthread_mutex_lock(&it->lock);
    is_event = (bytes[1] & 0x7F) == it->terms.tx_event;
    relayed = it->partner != NULL;
    if (is_event)
        it->own_event_ms = now_ms();
    pthread_mutex_unlock(&it->lock);
    if (!relayed || is_event)
        adapter_send(it, it, bytes, size, -1, is_event);
    return PJ_SUCCESS;
}

static pj_status_t tp_send_rtcp(pjmedia_transport *transport, const void *packet, pj_size_t size)
{
    /* The stream counts only what it sent itself; rtcp.c reports what passed. */
    PJ_UNUSED_ARG(transport);
    PJ_UNUSED_ARG(packet);
    PJ_UNUSED_ARG(size);
    return PJ_SUCCESS;
}

static pj_status_t tp_send_rtcp2(pjmedia_transport *transport, const pj_sockaddr_t *address, unsigned length,
                                 const void *packet, pj_size_t size)
{
    PJ_UNUSED_ARG(address);
    PJ_UNUSED_ARG(length);
    return tp_send_rtcp(transport, packet, size);
}

static pj_status_t tp_media_create(pjmedia_transport *transport, pj_pool_t *pool, unsigned options,
                                   const pjmedia_sdp_session *remote, unsigned index)
{
    return pjmedia_transport_media_create(ADAPTER(transport)->slave, pool, options, remote, index);
}

static pj_status_t tp_encode_sdp(pjmedia_transport *transport, pj_pool_t *pool, pjmedia_sdp_session *local,
                                 const pjmedia_sdp_session *remote, unsigned index)
{
    return pjmedia_transport_encode_sdp(ADAPTER(transport)->slave, pool, local, remote, index);
}

static pj_status_t tp_media_start(pjmedia_transport *transport, pj_pool_t *pool, const pjmedia_sdp_session *local,
                                  const pjmedia_sdp_session *remote, unsigned index)
{
    return pjmedia_transport_media_start(ADAPTER(transport)->slave, pool, local, remote, index);
}

static pj_status_t tp_media_stop(pjmedia_transport *transport)
{
    adapter *it = ADAPTER(transport);

    pthread_mutex_lock(&it->lock);
    if (!it->closed && it->terms.codec[0])
        rtcp_report(it, true);
    pthread_mutex_unlock(&it->lock);
    return pjmedia_transport_media_stop(it->slave);
}

static pj_status_t tp_simulate_lost(pjmedia_transport *transport, pjmedia_dir direction, unsigned percent)
{
    return pjmedia_transport_simulate_lost(ADAPTER(transport)->slave, direction, percent);
}

static pj_status_t tp_destroy(pjmedia_transport *transport)
{
    adapter *it = ADAPTER(transport);
    record *counters;

    if (calls_forget_adapter(it) && (counters = record_new(RECORD_STATS, NULL, 0)) != NULL) {
        counters->n[0] = (int64_t)it->call;
        queue_push(adapter_stats_record(it, counters));
    }
    pthread_mutex_lock(&it->lock);
    it->closed = true; /* from here on nobody sends through the slave */
    pthread_mutex_unlock(&it->lock);
    relay_end(it, "ended");
    return pjmedia_transport_close(it->slave);
}

static pjmedia_transport_op adapter_functions = {
    .get_info = tp_get_info,
    .detach = tp_detach,
    .send_rtp = tp_send_rtp,
    .send_rtcp = tp_send_rtcp,
    .send_rtcp2 = tp_send_rtcp2,
    .media_create = tp_media_create,
    .encode_sdp = tp_encode_sdp,
    .media_start = tp_media_start,
    .media_stop = tp_media_stop,
    .simulate_lost = tp_simulate_lost,
    .destroy = tp_destroy,
    .attach2 = tp_attach2,
};

/* ---- life ------------------------------------------------------------------------------------------------------------- */

/* Runs when the last holder has let go of the group lock that we share with the slave. */
static void adapter_free(void *member)
{
    adapter *it = member;
    pj_pool_t *pool = it->pool;

    pthread_mutex_destroy(&it->lock);
    if (it->rtcp_begun)
        pjmedia_rtcp_fini(&it->rtcp);
    __atomic_sub_fetch(&adapters_live, 1, __ATOMIC_RELAXED);
    pj_pool_release(pool);
}

adapter *adapter_new(number call, pjmedia_transport *base, bool symmetric)
{
    pj_pool_t *pool;
    adapter *it;

    if (!base || !base->grp_lock)
        return NULL;
    pool = pjsua_pool_create("adapter", sizeof(adapter) + 256, 512);
    if (!pool)
        return NULL;
    it = PJ_POOL_ZALLOC_T(pool, adapter);
    it->pool = pool;
    it->slave = base;
    it->call = call;
    it->symmetric = symmetric;
    it->conference_slot = -1;
    it->terms.tx_event = it->terms.rx_event = it->terms.tx_payload = it->terms.rx_payload = -1;
    pj_ansi_snprintf(it->base.name, sizeof it->base.name, "adapter%d", (int)NUMBER_SLOT(call));
    it->base.type = (pjmedia_transport_type)(PJMEDIA_TRANSPORT_TYPE_USER + 1);
    it->base.op = &adapter_functions;
    it->base.grp_lock = base->grp_lock;
    pthread_mutex_init(&it->lock, NULL);
    if (pj_grp_lock_add_handler(base->grp_lock, NULL, it, adapter_free) != PJ_SUCCESS) {
        pthread_mutex_destroy(&it->lock);
        pj_pool_release(pool);
        return NULL;
    }
    __atomic_add_fetch(&adapters_live, 1, __ATOMIC_RELAXED);
    return it;
}

pjmedia_transport *adapter_transport(adapter *it)
{
    return &it->base;
}

adapter *adapter_hold(adapter *it)
{
    if (it)
        pj_grp_lock_add_ref(it->base.grp_lock);
    return it;
}

void adapter_release(adapter *it)
{
    if (it)
        pj_grp_lock_dec_ref(it->base.grp_lock);
}

const pj_sockaddr *adapter_far(const adapter *it)
{
    return it->in.locked && it->symmetric ? &it->in.source : &it->terms.remote;
}

int adapter_slot(const adapter *it)
{
    return (int)NUMBER_SLOT(it->call);
}

unsigned adapters_count(void)
{
    return __atomic_load_n(&adapters_live, __ATOMIC_RELAXED);
}

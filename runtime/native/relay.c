/* relay.c: passing packets between two legs, or back to one. */
#include "adapter.h"

#include <stdlib.h>
#include <string.h>

/* Only who changes partners takes this; packets read `partner` under their adapter's own lock, which comes after it. */
static pthread_mutex_t pairs_lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned relays_live;

enum { OWN_EVENT_MS = 60 };

bool relay_forward(adapter *from, const uint8_t *packet, size_t size, int payload)
{
    bool receives, is_event, is_audio, blocked, kept;
    adapter *to;
    int mapped;

    pthread_mutex_lock(&from->lock);
    to = adapter_hold(from->partner);
    receives = from->terms.receives;
    is_event = payload == from->terms.rx_event;
    is_audio = payload == from->terms.rx_payload;
    kept = is_event && from->keeps_events;
    pthread_mutex_unlock(&from->lock);
    if (!to)
        return false;
    pthread_mutex_lock(&to->lock);
    mapped = is_event ? to->terms.tx_event : is_audio ? to->terms.tx_payload : -1;
    /* While our stream sends DTMF of its own to that leg, it alone has the word. */
    blocked = !to->terms.sends || now_ms() - to->own_event_ms < OWN_EVENT_MS;
    pthread_mutex_unlock(&to->lock);
    if (receives && mapped >= 0 && !blocked && !kept)
        adapter_send(to, from, packet, size, mapped, is_event);
    adapter_release(to);
    return true;
}

static bool fits(adapter *a, adapter *b)
{
    char codec[CODEC_NAME];
    bool same;

    pthread_mutex_lock(&a->lock);
    memcpy(codec, a->terms.codec, sizeof codec);
    same = !a->closed && codec[0];
    pthread_mutex_unlock(&a->lock);
    if (!same)
        return false;
    pthread_mutex_lock(&b->lock);
    same = !b->closed && strcasecmp(codec, b->terms.codec) == 0;
    pthread_mutex_unlock(&b->lock);
    return same;
}

/* Takes the partner away and returns it with its hold; pairs_lock is held. */
static adapter *take_partner(adapter *it)
{
    adapter *partner;

    pthread_mutex_lock(&it->lock);
    partner = it->partner;
    it->partner = NULL;
    pthread_mutex_unlock(&it->lock);
    return partner;
}

static void set_partner(adapter *it, adapter *partner)
{
    pthread_mutex_lock(&it->lock);
    it->partner = adapter_hold(partner);
    pthread_mutex_unlock(&it->lock);
}

static bool is_closed(adapter *it)
{
    bool closed;

    pthread_mutex_lock(&it->lock);
    closed = it->closed;
    pthread_mutex_unlock(&it->lock);
    return closed;
}

static void tell(number call, number other, const char *reason)
{
    pj_str_t text = pj_str((char *)reason);
    record *item = record_new(RECORD_RELAY_ENDED, &text, 1);

    if (!item)
        return;
    item->n[0] = (int64_t)call;
    item->n[1] = (int64_t)other;
    queue_push(item);
}

void relay_end(adapter *it, const char *reason)
{
    adapter *partner, *back = NULL;

    pthread_mutex_lock(&pairs_lock);
    partner = take_partner(it);
    if (partner && partner != it)
        back = take_partner(partner);
    if (partner)
        relays_live--;
    pthread_mutex_unlock(&pairs_lock);
    if (!partner)
        return;
    if (reason)
        tell(it->call, partner->call, reason);
    bridge_apply(it);
    if (partner != it)
        bridge_apply(partner);
    adapter_release(back);
    adapter_release(partner);
}

void relay_recheck(adapter *it)
{
    adapter *partner;
    bool same = true;

    pthread_mutex_lock(&it->lock);
    partner = adapter_hold(it->partner);
    pthread_mutex_unlock(&it->lock);
    if (!partner)
        return;
    /* A leg whose audio is switched off for a moment (hold with port 0) comes back with the same codec. */
    if (it->terms.codec[0])
        same = fits(it, partner);
    adapter_release(partner);
    if (!same)
        relay_end(it, "codec");
}

int relay_start(number first, number second)
{
    adapter *a = calls_adapter(first), *b = calls_adapter(second);
    int result = 0;

    if (!a || !b) {
        result = (!a && calls_slot(first) < 0) || (!b && calls_slot(second) < 0) ? STALE : 0;
    } else if (fits(a, b)) {
        relay_end(a, NULL);
        relay_end(b, NULL);
        pthread_mutex_lock(&pairs_lock);
        set_partner(a, b);
        if (a != b)
            set_partner(b, a);
        relays_live++;
        pthread_mutex_unlock(&pairs_lock);
        /* A leg that closed while we paired it has ended its relay before there was one. */
        if (is_closed(a) || is_closed(b)) {
            relay_end(a, NULL);
            result = STALE;
        } else {
            bridge_apply(a);
            bridge_apply(b);
            result = 1;
        }
    }
    adapter_release(a);
    adapter_release(b);
    return result;
}

void relay_stop(number call)
{
    adapter *it = calls_adapter(call);

    if (it)
        relay_end(it, NULL);
    adapter_release(it);
}

void relay_keep_events(number call, bool on)
{
    adapter *it = calls_adapter(call);

    if (!it)
        return;
    pthread_mutex_lock(&it->lock);
    it->keeps_events = on;
    pthread_mutex_unlock(&it->lock);
    adapter_release(it);
}

unsigned relays_count(void)
{
    unsigned live;

    pthread_mutex_lock(&pairs_lock);
    live = relays_live;
    pthread_mutex_unlock(&pairs_lock);
    return live;
}

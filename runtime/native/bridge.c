/* bridge.c: calls in pjmedia's conference, which is only asked when audio must be decoded. */
#include "adapter.h"
#include "players.h"

#include <stdlib.h>

typedef struct join {
    struct join *next;
    number a, b;
    bool both; /* b hears a; both: a hears b too */
} join;

static pthread_mutex_t joins_lock = PTHREAD_MUTEX_INITIALIZER; /* adapters' locks may be taken under it */
static join *joins;

static int port_of(adapter *it)
{
    int slot;

    pthread_mutex_lock(&it->lock);
    slot = it->closed || !it->terms.codec[0] ? -1 : it->conference_slot;
    pthread_mutex_unlock(&it->lock);
    return slot;
}

void bridge_apply(adapter *it)
{
    bool talks, listens;
    int slot;

    pthread_mutex_lock(&it->lock);
    slot = it->closed ? -1 : it->conference_slot;
    talks = it->talkers > 0 && (!it->partner || it->dialling);
    listens = it->listeners > 0 && !it->partner;
    pthread_mutex_unlock(&it->lock);
    /* A port that is off costs the conference's clock nothing: no silence is encoded for a call that only waits. */
    if (slot >= 0)
        pjmedia_conf_configure_port(pjsua_var.mconf, (unsigned)slot,
                                    talks ? PJMEDIA_PORT_ENABLE : PJMEDIA_PORT_DISABLE,
                                    listens ? PJMEDIA_PORT_ENABLE : PJMEDIA_PORT_DISABLE);
}

void bridge_need(adapter *it, int talkers, int listeners)
{
    pthread_mutex_lock(&it->lock);
    it->talkers += talkers;
    it->listeners += listeners;
    pthread_mutex_unlock(&it->lock);
    bridge_apply(it);
}

static void wire_ports(adapter *a, adapter *b, bool both, bool on)
{
    int first = port_of(a), second = port_of(b);

    if (first < 0 || second < 0)
        return;
    if (on) {
        pjsua_conf_connect(first, second);
        if (both && first != second)
            pjsua_conf_connect(second, first);
    } else {
        pjsua_conf_disconnect(first, second);
        if (both && first != second)
            pjsua_conf_disconnect(second, first);
    }
}

/* What a call gains or loses when it is on one end of a join: somebody who talks to it, somebody who listens to it. */
static void count(adapter *it, bool is_first, bool both, int by)
{
    bridge_need(it, !is_first || both ? by : 0, is_first || both ? by : 0);
}

int bridge_connect(number first, number second, bool both)
{
    adapter *a = calls_adapter(first), *b = calls_adapter(second);
    int result = DONE;
    join *made;

    if (!a || !b) {
        result = calls_slot(first) < 0 || calls_slot(second) < 0 ? STALE : PJ_EINVALIDOP;
    } else if (port_of(a) < 0 || port_of(b) < 0) {
        result = PJ_EINVALIDOP;
    } else if ((made = calloc(1, sizeof *made)) == NULL) {
        result = PJ_ENOMEM;
    } else {
        made->a = first;
        made->b = second;
        made->both = both;
        pthread_mutex_lock(&joins_lock);
        made->next = joins;
        joins = made;
        pthread_mutex_unlock(&joins_lock);
        count(a, true, both || a == b, 1);
        if (a != b)
            count(b, false, both, 1);
        wire_ports(a, b, both, true);
    }
    adapter_release(a);
    adapter_release(b);
    return result;
}

static void undo(join *it)
{
    adapter *a = calls_adapter(it->a), *b = calls_adapter(it->b);

    if (a && b)
        wire_ports(a, b, it->both, false);
    if (a)
        count(a, true, it->both || it->a == it->b, -1);
    if (b && a != b)
        count(b, false, it->both, -1);
    adapter_release(a);
    adapter_release(b);
    free(it);
}

void bridge_disconnect(number call, number other)
{
    join *gone = NULL;

    pthread_mutex_lock(&joins_lock);
    for (join **at = &joins; *at;) {
        join *it = *at;
        bool fits = other ? (it->a == call && it->b == other) || (it->a == other && it->b == call)
                          : it->a == call || it->b == call;

        if (!fits) {
            at = &it->next;
            continue;
        }
        *at = it->next;
        it->next = gone;
        gone = it;
    }
    pthread_mutex_unlock(&joins_lock);
    while (gone) {
        join *next = gone->next;

        undo(gone);
        gone = next;
    }
}

void bridge_forget(number call)
{
    bridge_disconnect(call, 0);
    players_forget(call);
}

/* After a new offer and answer the call has a new port, which knows nobody; a line that was off and comes back has even
 * a new adapter. So who needs the port is counted anew. */
void bridge_renew(adapter *it)
{
    join others[64];
    int joined = 0, talkers = 0, listeners = 0;

    pthread_mutex_lock(&joins_lock);
    for (join *at = joins; at && joined < (int)PJ_ARRAY_SIZE(others); at = at->next)
        if (at->a == it->call || at->b == it->call) {
            talkers += at->b == it->call || at->both;
            listeners += at->a == it->call || at->both;
            others[joined++] = *at;
        }
    pthread_mutex_unlock(&joins_lock);
    pthread_mutex_lock(&it->lock);
    it->talkers = talkers + (int)players_of_call(it->call) + (it->dialling ? 1 : 0);
    it->listeners = listeners + (int)recorders_of_call(it->call);
    pthread_mutex_unlock(&it->lock);
    bridge_apply(it);
    for (int i = 0; i < joined; i++) {
        bool is_first = others[i].a == it->call;
        adapter *other = calls_adapter(is_first ? others[i].b : others[i].a);

        if (other)
            wire_ports(is_first ? it : other, is_first ? other : it, others[i].both, true);
        adapter_release(other);
    }
    players_renew(it);
    recorders_renew(it);
}

/* players.c: sounds playing to calls, as ports of pjmedia's conference.
 *
 * A player is known by its number in a table; its port belongs to the conference as long as that holds a reference, so
 * the memory goes when both have let go. The media clock reads samples and, at the end, queues a record and the removal.
 */
#include "players.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PLAYERS = 16384, FRAME_MS = 20, SIGNATURE = PJMEDIA_SIG_CLASS_APP('A', 'P', 'L') };

typedef struct player {
    pjmedia_port port; /* first, so that the port's pointer is the player's */
    pj_pool_t *pool;
    number name, call;
    sound *samples;
    bool loop;
    size_t position; /* read by others, written by the media clock */
    size_t played;
    bool ended; /* somebody has taken it out of the table; guarded by players_lock */
    int conference_slot;
} player;

static pthread_mutex_t players_lock = PTHREAD_MUTEX_INITIALIZER;
static player *players[MOST_PLAYERS];
static uint32_t generations[MOST_PLAYERS];
static unsigned players_live, next_slot;

static void end_player(number name, const char *reason);

/* ---- the port -------------------------------------------------------------------------------------------------------------- */

static pj_status_t on_get_frame(pjmedia_port *port, pjmedia_frame *frame)
{
    player *it = (player *)port;
    size_t wanted = PJMEDIA_PIA_SPF(&port->info), filled = 0, position = it->position;
    int16_t *out = frame->buf;

    while (filled < wanted && (position < it->samples->count || it->loop)) {
        size_t part;

        if (position >= it->samples->count)
            position = 0;
        part = it->samples->count - position;
        if (part > wanted - filled)
            part = wanted - filled;
        memcpy(out + filled, it->samples->samples + position, part * sizeof *out);
        filled += part;
        position += part;
    }
    __atomic_store_n(&it->position, position, __ATOMIC_RELAXED);
    __atomic_add_fetch(&it->played, filled, __ATOMIC_RELAXED);
    if (filled == 0) {
        frame->type = PJMEDIA_FRAME_TYPE_NONE;
        frame->size = 0;
        end_player(it->name, "end");
        return PJ_SUCCESS;
    }
    memset(out + filled, 0, (wanted - filled) * sizeof *out);
    frame->type = PJMEDIA_FRAME_TYPE_AUDIO;
    frame->size = wanted * sizeof *out;
    return PJ_SUCCESS;
}

static pj_status_t on_destroy(pjmedia_port *port)
{
    player *it = (player *)port;
    pj_pool_t *pool = it->pool;

    free(it->samples);
    __atomic_sub_fetch(&players_live, 1, __ATOMIC_RELAXED);
    pj_pool_release(pool);
    return PJ_SUCCESS;
}

/* ---- the table ------------------------------------------------------------------------------------------------------------- */

static player *find(number name)
{
    unsigned slot = NUMBER_SLOT(name);
    player *it = slot < MOST_PLAYERS ? players[slot] : NULL;

    return it && it->name == name ? it : NULL;
}

/* Finds and holds; the caller lets go with let_go(). */
static player *hold(number name)
{
    player *it;

    pthread_mutex_lock(&players_lock);
    it = find(name);
    if (it)
        pj_grp_lock_add_ref(it->port.grp_lock);
    pthread_mutex_unlock(&players_lock);
    return it;
}

static void let_go(player *it)
{
    pj_grp_lock_dec_ref(it->port.grp_lock);
}

static bool enlist(player *it)
{
    bool found = false;

    pthread_mutex_lock(&players_lock);
    for (unsigned i = 0; i < MOST_PLAYERS && !found; i++) {
        unsigned slot = (next_slot + i) % MOST_PLAYERS;

        if (players[slot])
            continue;
        players[slot] = it;
        generations[slot] = generations[slot] == UINT32_MAX ? 1 : generations[slot] + 1;
        it->name = NUMBER(generations[slot], slot);
        next_slot = slot + 1;
        found = true;
    }
    pthread_mutex_unlock(&players_lock);
    return found;
}

int player_new(sound *taken, bool loop, unsigned offset_ms, number *name)
{
    pj_pool_t *pool = codecs_pool("player", sizeof(player) + 512, 512);
    const pj_str_t label = pj_str("player");
    size_t offset = (size_t)offset_ms * taken->rate / 1000;
    player *it;

    if (!pool) {
        free(taken);
        return PJ_ENOMEM;
    }
    it = PJ_POOL_ZALLOC_T(pool, player);
    it->pool = pool;
    it->samples = taken;
    it->loop = loop && taken->count > 0;
    it->position = it->played = offset < taken->count ? offset : taken->count;
    it->conference_slot = -1;
    pjmedia_port_info_init(&it->port.info, &label, SIGNATURE, taken->rate, 1, 16, taken->rate * FRAME_MS / 1000);
    it->port.get_frame = on_get_frame;
    it->port.on_destroy = on_destroy;
    __atomic_add_fetch(&players_live, 1, __ATOMIC_RELAXED);
    if (pjmedia_port_init_grp_lock(&it->port, pool, NULL) != PJ_SUCCESS) {
        on_destroy(&it->port);
        return PJ_ENOMEM;
    }
    if (!enlist(it)) {
        pjmedia_port_destroy(&it->port);
        return BUSY;
    }
    *name = it->name;
    return DONE;
}

/* ---- playing ----------------------------------------------------------------------------------------------------------------- */

static unsigned played_ms(const player *it)
{
    return (unsigned)(__atomic_load_n(&it->played, __ATOMIC_RELAXED) * 1000 / it->samples->rate);
}

static void tell_end(const player *it, const char *reason)
{
    pj_str_t text = pj_str((char *)reason);
    record *item = it->call ? record_new(RECORD_PLAYER_ENDED, &text, 1) : NULL;

    if (!item)
        return;
    item->n[0] = (int64_t)it->name;
    item->n[1] = (int64_t)it->call;
    item->n[2] = played_ms(it);
    queue_push(item);
}

static void wire_to(player *it, adapter *audio)
{
    int sink;

    pthread_mutex_lock(&audio->lock);
    sink = audio->closed ? -1 : audio->conference_slot;
    pthread_mutex_unlock(&audio->lock);
    if (sink >= 0 && it->conference_slot >= 0)
        pjsua_conf_connect(it->conference_slot, sink);
}

int player_start(number name, number call)
{
    player *it = hold(name);
    adapter *audio = calls_adapter(call);
    int result = DONE;

    if (!it || calls_slot(call) < 0)
        result = STALE;
    else if (!audio || !audio->terms.codec[0] || it->call)
        result = PJ_EINVALIDOP;
    else if ((result = pjsua_conf_add_port(it->pool, &it->port, &it->conference_slot)) == PJ_SUCCESS) {
        pthread_mutex_lock(&players_lock);
        it->call = call;
        pthread_mutex_unlock(&players_lock);
        bridge_need(audio, 1, 0);
        wire_to(it, audio);
        if (calls_slot(call) < 0) /* it ended before it could know of us */
            end_player(name, "call");
    }
    if (it)
        let_go(it);
    adapter_release(audio);
    return result;
}

/* Takes the player out of the table and the conference; whoever comes first tells why. */
static void end_player(number name, const char *reason)
{
    adapter *audio;
    player *it;

    pthread_mutex_lock(&players_lock);
    it = find(name);
    if (it)
        players[NUMBER_SLOT(name)] = NULL;
    pthread_mutex_unlock(&players_lock);
    if (!it)
        return;
    tell_end(it, reason);
    audio = calls_adapter(it->call);
    if (audio)
        bridge_need(audio, -1, 0);
    adapter_release(audio);
    if (it->conference_slot >= 0)
        pjsua_conf_remove_port(it->conference_slot);
    pjmedia_port_destroy(&it->port);
}

void player_stop(number name)
{
    end_player(name, "stopped");
}

void player_wire(number name, int sink)
{
    player *it = hold(name);

    if (!it)
        return;
    if (it->conference_slot >= 0)
        pjsua_conf_connect(it->conference_slot, sink);
    let_go(it);
}

int player_position(number name, unsigned *ms)
{
    player *it = hold(name);

    if (!it)
        return STALE;
    *ms = played_ms(it);
    let_go(it);
    return DONE;
}

/* The numbers of the players of a call (all of them: call 0), a bounded bunch at a time. */
static unsigned players_of(number call, number *out, unsigned most)
{
    unsigned count = 0;

    pthread_mutex_lock(&players_lock);
    for (unsigned i = 0; i < MOST_PLAYERS && count < most; i++)
        if (players[i] && (!call || players[i]->call == call))
            out[count++] = players[i]->name;
    pthread_mutex_unlock(&players_lock);
    return count;
}

static void end_all(number call, const char *reason)
{
    number names[64];
    unsigned count;

    do {
        count = players_of(call, names, PJ_ARRAY_SIZE(names));
        for (unsigned i = 0; i < count; i++)
            end_player(names[i], reason);
    } while (count);
}

void players_renew(adapter *audio)
{
    number names[64];
    unsigned count = players_count() ? players_of(audio->call, names, PJ_ARRAY_SIZE(names)) : 0;

    for (unsigned i = 0; i < count; i++) {
        player *it = hold(names[i]);

        if (it) {
            wire_to(it, audio);
            let_go(it);
        }
    }
}

void players_forget(number call)
{
    if (players_count())
        end_all(call, "call");
}

void players_stop(void)
{
    end_all(0, "stopped");
}

unsigned players_of_call(number call)
{
    number ignored[64];

    return players_count() ? players_of(call, ignored, PJ_ARRAY_SIZE(ignored)) : 0;
}

unsigned players_count(void)
{
    return __atomic_load_n(&players_live, __ATOMIC_RELAXED);
}

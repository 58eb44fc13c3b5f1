/* calls.c: what we know of pjsua's calls, slot by slot, each use of a slot with a generation of its own. */
#include "native.h"
#include "adapter.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

typedef struct call {
    uint32_t generation;
    bool live;
    bool authenticated;
    bool rewrites;
    unsigned identity;
    int transport;
    number replaces;
    media_rule *media;
    adapter *audio; /* the one of the first audio line; it clears this before it goes */
    char *invite;
    size_t invite_length;
} call;

static pthread_mutex_t calls_lock = PTHREAD_MUTEX_INITIALIZER; /* a leaf: nothing else is locked while it is held */
static call calls[PJSUA_MAX_CALLS];
static unsigned calls_size, calls_live, calls_that_rewrite;

static media_rule *plan_media; /* for the call that Python makes next, whichever thread begins it */
static unsigned plan_identity;
static bool plan_rewrites;
static number begun; /* what became of the plan: the number of the call that it went into, ended or not */

/* ---- numbers ---------------------------------------------------------------------------------------------------- */

static bool known_slot(int slot)
{
    return slot >= 0 && (unsigned)slot < calls_size;
}

static number number_of(int slot)
{
    return calls[slot].live ? NUMBER(calls[slot].generation, slot) : 0;
}

static void forget(call *it)
{
    media_rule_drop(it->media);
    free(it->invite);
    it->media = NULL;
    it->invite = NULL;
    it->invite_length = 0;
    if (it->live)
        calls_live--;
    if (it->rewrites)
        calls_that_rewrite--;
    it->live = it->rewrites = false;
}

/* Begins a new use of a slot; calls_lock is held. */
static void adopt(int slot, unsigned identity, media_rule *media, bool rewrites)
{
    call *it = &calls[slot];

    forget(it);
    it->generation = it->generation == UINT32_MAX ? 1 : it->generation + 1;
    it->live = true;
    it->identity = identity;
    it->media = media;
    it->authenticated = false;
    it->transport = -1;
    it->replaces = 0;
    it->audio = NULL;
    it->rewrites = rewrites;
    calls_live++;
    calls_that_rewrite += rewrites;
}

static void adopt_outgoing(int slot)
{
    media_rule *media = plan_media;

    plan_media = NULL;
    adopt(slot, plan_identity, media, plan_rewrites);
    plan_identity = 0;
    plan_rewrites = false;
    begun = number_of(slot);
}

number calls_current(int slot)
{
    number result = 0;

    pthread_mutex_lock(&calls_lock);
    if (known_slot(slot))
        result = number_of(slot);
    pthread_mutex_unlock(&calls_lock);
    return result;
}

number calls_number(int slot)
{
    number result = 0;

    pthread_mutex_lock(&calls_lock);
    if (known_slot(slot)) {
        pjsip_inv_session *session = pjsua_var.calls[slot].inv;

        if (!calls[slot].live && session && session->state != PJSIP_INV_STATE_DISCONNECTED)
            adopt_outgoing(slot);
        result = number_of(slot);
    }
    pthread_mutex_unlock(&calls_lock);
    return result;
}

int calls_slot(number wanted)
{
    int slot = (int)NUMBER_SLOT(wanted);

    return wanted && calls_current(slot) == wanted ? slot : -1;
}

void calls_plan(media_rule *rule, unsigned identity, bool rewrites)
{
    media_rule *former;

    pthread_mutex_lock(&calls_lock);
    former = plan_media;
    plan_media = rule;
    plan_identity = identity;
    plan_rewrites = rewrites;
    begun = 0;
    pthread_mutex_unlock(&calls_lock);
    media_rule_drop(former);
}

/* With ICE makeCall returns before its media exist, so that no callback has told of the call yet. And on a quick
 * network the call may have been refused before its maker asks: then its number still names the records in the queue. */
number calls_claim(int slot)
{
    number which = 0;

    if (pjsua_get_state() == PJSUA_STATE_NULL)
        return 0;
    PJSUA_LOCK();
    pthread_mutex_lock(&calls_lock);
    if (known_slot(slot)) {
        const pjsua_call *it = &pjsua_var.calls[slot];

        if (!calls[slot].live && !it->hanging_up && (it->inv || it->async_call.dlg))
            adopt_outgoing(slot);
        /* Not what the slot is used for by now: that may be a call that came after ours had ended. */
        which = begun && (int)NUMBER_SLOT(begun) == slot ? begun : number_of(slot);
    }
    pthread_mutex_unlock(&calls_lock);
    PJSUA_UNLOCK();
    return which;
}

number calls_of_dialog(const pjsip_dialog *dialog)
{
    const pjsua_call *it = dialog ? dialog->mod_data[pjsua_var.mod.id] : NULL;

    return it ? calls_current((int)it->index) : 0;
}

number calls_find(const pj_str_t *call_id, const pj_str_t *local_tag, const pj_str_t *remote_tag)
{
    pjsip_dialog *dialog = pjsip_ua_find_dialog(call_id, local_tag, remote_tag, PJ_TRUE);
    number result = calls_of_dialog(dialog);

    if (dialog)
        pjsip_dlg_dec_lock(dialog);
    return result;
}

bool calls_rewriting(void)
{
    return __atomic_load_n(&calls_that_rewrite, __ATOMIC_RELAXED) > 0;
}

bool calls_rewrites(number wanted)
{
    int slot = (int)NUMBER_SLOT(wanted);
    bool rewrites;

    pthread_mutex_lock(&calls_lock);
    rewrites = wanted && known_slot(slot) && number_of(slot) == wanted && calls[slot].rewrites;
    pthread_mutex_unlock(&calls_lock);
    return rewrites;
}

unsigned calls_identity(number wanted)
{
    int slot = (int)NUMBER_SLOT(wanted);
    unsigned identity = 0;

    pthread_mutex_lock(&calls_lock);
    if (known_slot(slot) && wanted && number_of(slot) == wanted)
        identity = calls[slot].identity;
    pthread_mutex_unlock(&calls_lock);
    return identity;
}

/* Forgets what pjsua gave up before it became a call (makeCall failed, an offer was refused), and counts the rest.
 * pjsua holds its own lock from taking a slot until the slot has a session, so nothing half-made is seen here. */
unsigned calls_count(void)
{
    unsigned live;

    if (pjsua_get_state() != PJSUA_STATE_NULL)
        PJSUA_LOCK();
    pthread_mutex_lock(&calls_lock);
    for (unsigned i = 0; i < calls_size; i++)
        if (calls[i].live && !pjsua_var.calls[i].inv && !pjsua_var.calls[i].async_call.dlg)
            forget(&calls[i]);
    live = calls_live;
    pthread_mutex_unlock(&calls_lock);
    if (pjsua_get_state() != PJSUA_STATE_NULL)
        PJSUA_UNLOCK();
    return live;
}

/* ---- what belongs to a call -------------------------------------------------------------------------------------- */

void calls_keep_invite(int slot, const char *message, size_t length)
{
    char *copy = malloc(length ? length : 1);

    if (!copy)
        return;
    memcpy(copy, message, length);
    pthread_mutex_lock(&calls_lock);
    if (known_slot(slot) && calls[slot].live) {
        char *former = calls[slot].invite;

        calls[slot].invite = copy;
        calls[slot].invite_length = length;
        copy = former;
    }
    pthread_mutex_unlock(&calls_lock);
    free(copy);
}

int calls_invite(number wanted, char **copy, size_t *length)
{
    int slot = (int)NUMBER_SLOT(wanted), result = STALE;

    *copy = NULL;
    *length = 0;
    pthread_mutex_lock(&calls_lock);
    if (known_slot(slot) && wanted && number_of(slot) == wanted) {
        result = DONE;
        if (calls[slot].invite && (*copy = malloc(calls[slot].invite_length)) != NULL) {
            *length = calls[slot].invite_length;
            memcpy(*copy, calls[slot].invite, *length);
        }
    }
    pthread_mutex_unlock(&calls_lock);
    return result;
}

media_rule *calls_media(int slot)
{
    media_rule *rule = NULL;

    pthread_mutex_lock(&calls_lock);
    if (known_slot(slot))
        rule = media_rule_hold(calls[slot].media);
    pthread_mutex_unlock(&calls_lock);
    return rule;
}

adapter *calls_adapter(number wanted)
{
    int slot = (int)NUMBER_SLOT(wanted);
    adapter *found = NULL;

    pthread_mutex_lock(&calls_lock);
    if (known_slot(slot) && wanted && number_of(slot) == wanted)
        found = adapter_hold(calls[slot].audio);
    pthread_mutex_unlock(&calls_lock);
    return found;
}

bool calls_forget_adapter(const adapter *gone)
{
    int slot = adapter_slot(gone);
    bool was_audio;

    pthread_mutex_lock(&calls_lock);
    was_audio = known_slot(slot) && calls[slot].audio == gone;
    if (was_audio)
        calls[slot].audio = NULL;
    pthread_mutex_unlock(&calls_lock);
    return was_audio;
}

/* ---- a call's life, as callbacks.c tells it ---------------------------------------------------------------------------- */

void calls_begin_incoming(int slot, const arrival *who, int transport)
{
    if (!known_slot(slot))
        return;
    pthread_mutex_lock(&calls_lock);
    adopt(slot, who ? who->identity : 0, who ? media_rule_hold(who->media) : NULL, who && who->rewrites);
    calls[slot].authenticated = who && who->authenticated;
    calls[slot].transport = transport;
    calls[slot].replaces = who ? who->replaces : 0;
    pthread_mutex_unlock(&calls_lock);
}

/* makeCall creates its media before it has a session, so the session is not asked for here. */
number calls_begin_outgoing(int slot)
{
    number which = 0;

    pthread_mutex_lock(&calls_lock);
    if (known_slot(slot)) {
        if (!calls[slot].live)
            adopt_outgoing(slot);
        which = number_of(slot);
    }
    pthread_mutex_unlock(&calls_lock);
    return which;
}

void calls_describe(int slot, record *incoming)
{
    pthread_mutex_lock(&calls_lock);
    incoming->n[0] = (int64_t)number_of(slot);
    incoming->n[3] = calls[slot].identity;
    incoming->n[4] = calls[slot].authenticated;
    incoming->n[5] = calls[slot].transport;
    incoming->n[8] = (int64_t)calls[slot].replaces;
    pthread_mutex_unlock(&calls_lock);
}

void calls_set_adapter(number which, adapter *made, bool first)
{
    int slot = (int)NUMBER_SLOT(which);

    pthread_mutex_lock(&calls_lock);
    if (known_slot(slot) && number_of(slot) == which && (!calls[slot].audio || first))
        calls[slot].audio = made;
    pthread_mutex_unlock(&calls_lock);
}

void calls_end(number which)
{
    int slot = (int)NUMBER_SLOT(which);

    pthread_mutex_lock(&calls_lock);
    if (known_slot(slot) && number_of(slot) == which)
        forget(&calls[slot]);
    pthread_mutex_unlock(&calls_lock);
}

bool calls_known_slot(int slot)
{
    return known_slot(slot);
}

/* ---- life ---------------------------------------------------------------------------------------------------------- */

int calls_start(unsigned max_calls)
{
    /* The array is never cleared: generations go on, so that a number of a former endpoint stays stale. */
    calls_size = max_calls < PJSUA_MAX_CALLS ? max_calls : PJSUA_MAX_CALLS;
    return DONE;
}

void calls_stop(void)
{
    calls_plan(NULL, 0, false);
    pthread_mutex_lock(&calls_lock);
    for (unsigned i = 0; i < calls_size; i++)
        forget(&calls[i]);
    pthread_mutex_unlock(&calls_lock);
}

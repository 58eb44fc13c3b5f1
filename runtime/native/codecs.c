/* codecs.c: pjmedia's codecs, also for a process without SIP.
 *
 * Sound files are decoded and encoded by pjmedia. Where pjsua runs its endpoint is asked; otherwise one of our own is made
 * the first time that somebody asks: no socket, no thread, and only the codecs of sound files.
 *
 * pjmedia's codecs belong to one endpoint of a process. Ours gives them away before pjsua starts, which would else find
 * none and refuse every offer, and takes them back when it has ended.
 *
 * Files are read and written on threads of Python's that know nothing of pjsua's end, so that waits for them.
 */
#include "players.h"

#include <pjmedia-codec.h>
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pj_caching_pool cache;
static pjmedia_endpt *own;
static unsigned in_use; /* codecs of ours that are open */
static bool given_away;
static unsigned visitors; /* threads that are at a file just now */
static pthread_cond_t nobody = PTHREAD_COND_INITIALIZER;

static bool put_codecs(void)
{
    return pjmedia_codec_g711_init(own) == PJ_SUCCESS && pjmedia_codec_gsm_init(own) == PJ_SUCCESS &&
           pjmedia_codec_g722_init(own) == PJ_SUCCESS;
}

static bool make_own(void)
{
    pj_pool_t *pool;
    pj_ioqueue_t *queue;

    pj_log_set_level(0); /* it would greet on standard output */
    if (pj_init() != PJ_SUCCESS)
        return false;
    pj_caching_pool_init(&cache, NULL, 0);
    pool = pj_pool_create(&cache.factory, "codecs", 1024, 1024, NULL);
    return pool && pj_ioqueue_create(pool, 1, &queue) == PJ_SUCCESS &&
           pjmedia_endpt_create2(&cache.factory, queue, 0, &own) == PJ_SUCCESS;
}

bool codecs_own(void)
{
    return __atomic_load_n(&own, __ATOMIC_ACQUIRE) != NULL;
}

bool codecs_visit(void)
{
    bool ready;

    pthread_mutex_lock(&lock);
    ready = native_attached() || (!given_away && (own || make_own()) && put_codecs());
    visitors += ready;
    pthread_mutex_unlock(&lock);
    if (ready)
        register_thread("executor");
    return ready;
}

void codecs_depart(void)
{
    pthread_mutex_lock(&lock);
    if (--visitors == 0)
        pthread_cond_broadcast(&nobody);
    pthread_mutex_unlock(&lock);
}

void codecs_await_departure(void)
{
    pthread_mutex_lock(&lock);
    while (visitors)
        pthread_cond_wait(&nobody, &lock);
    pthread_mutex_unlock(&lock);
}

pjmedia_codec_mgr *codecs_enter(void)
{
    pjmedia_endpt *endpoint;

    pthread_mutex_lock(&lock);
    endpoint = native_attached() ? pjsua_get_pjmedia_endpt() : own;
    if (endpoint == own)
        in_use++;
    pthread_mutex_unlock(&lock);
    return pjmedia_endpt_get_codec_mgr(endpoint);
}

void codecs_leave(const pjmedia_codec_mgr *manager)
{
    pthread_mutex_lock(&lock);
    if (own && manager == pjmedia_endpt_get_codec_mgr(own))
        in_use--;
    pthread_mutex_unlock(&lock);
}

bool codecs_give_away(void)
{
    bool free;

    pthread_mutex_lock(&lock);
    given_away = true;
    while (visitors)
        pthread_cond_wait(&nobody, &lock);
    free = in_use == 0;
    if (free && own) {
        pjmedia_codec_g711_deinit();
        pjmedia_codec_gsm_deinit();
        pjmedia_codec_g722_deinit();
    }
    given_away = free;
    pthread_mutex_unlock(&lock);
    return free;
}

void codecs_take_back(void)
{
    pthread_mutex_lock(&lock);
    given_away = false;
    pthread_mutex_unlock(&lock);
}

pj_pool_t *codecs_pool(const char *name, size_t initial, size_t increment)
{
    return native_attached() ? pjsua_pool_create(name, initial, increment)
                             : pj_pool_create(&cache.factory, name, initial, increment, NULL);
}

/* recorders.c: what calls say, encoded by pjmedia's codecs and written to files.
 *
 * The media clock hands over frames; stdio's buffer turns fifty small writes a second into one of 64 KB. A recorder may
 * write into a pipe instead, for a program that listens: the pipe never blocks, so a program that does not read loses
 * frames and holds up nobody.
 */
#include "players.h"
#include "recording.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_RECORDERS = 4096, FRAME_MS = 20, MOST_ENCODED = 1280 };
enum { SIGNATURE = PJMEDIA_SIG_CLASS_APP('A', 'R', 'C') };
enum { MOST_HEARD = 32, LEVELS = 512 };
enum { SILENCE_LEVEL = 256 }; /* mean amplitude of a frame that is not silent any more: Asterisk's dsp.conf */

typedef struct recorder {
    pjmedia_port port; /* first, so that the port's pointer is the recorder's */
    pj_pool_t *pool;
    number name, call;
    FILE *file;
    pjmedia_codec *codec;
    pjmedia_codec_mgr *manager; /* whose codec it is */
    bool wav;
    int pipe;        /* -1: a file, or neither: it only listens */
    bool paused;     /* nothing is written */
    bool says;       /* what its call says is heard */
    number heard[MOST_HEARD]; /* other calls that are heard too; 0: free */
    size_t samples;  /* written; read by others */
    size_t silent;   /* samples since the last that was not silence; read by others */
    size_t frames;   /* heard; read by others */
    uint16_t levels[LEVELS]; /* mean amplitude of the latest frames, frame n at n % LEVELS */
    size_t bytes;
    int conference_slot;
    pthread_mutex_t lock; /* the media clock writes while Python closes */
} recorder;

static const struct {
    const char *format, *codec;
    unsigned rate;
} formats[] = {{"wav", NULL, 8000},           {"wav16", NULL, 16000},         {"sln", NULL, 8000},
               {"sln16", NULL, 16000},        {"ulaw", "PCMU/8000/1", 8000},  {"alaw", "PCMA/8000/1", 8000},
               {"gsm", "GSM/8000/1", 8000},   {"g722", "G722/16000/1", 16000}};

static pthread_mutex_t recorders_lock = PTHREAD_MUTEX_INITIALIZER;
static recorder *recorders[MOST_RECORDERS];
static uint32_t generations[MOST_RECORDERS];
static unsigned recorders_live;

/* ---- what is heard -------------------------------------------------------------------------------------------------------- */

static void listen_to(recorder *it, const int16_t *samples, unsigned count)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < count; i++)
        sum += (uint64_t)abs(samples[i]);
    __atomic_store_n(&it->silent, sum / count >= SILENCE_LEVEL ? 0 : it->silent + count, __ATOMIC_RELAXED);
    __atomic_store_n(&it->levels[it->frames % LEVELS], (uint16_t)(sum / count), __ATOMIC_RELAXED);
    __atomic_store_n(&it->frames, it->frames + 1, __ATOMIC_RELEASE);
}

static pj_status_t on_put_frame(pjmedia_port *port, pjmedia_frame *frame)
{
    recorder *it = (recorder *)port;
    unsigned spf = PJMEDIA_PIA_SPF(&port->info);
    int16_t silence[spf];
    pjmedia_frame in = *frame;
    uint8_t encoded[MOST_ENCODED];
    pjmedia_frame out = {.buf = encoded, .size = sizeof encoded};

    if (in.type != PJMEDIA_FRAME_TYPE_AUDIO || in.size != spf * 2) {
        memset(silence, 0, sizeof silence);
        in.type = PJMEDIA_FRAME_TYPE_AUDIO;
        in.buf = silence;
        in.size = sizeof silence;
    }
    if (__atomic_load_n(&it->paused, __ATOMIC_RELAXED))
        return PJ_SUCCESS;
    listen_to(it, in.buf, spf);
    if (it->codec && pjmedia_codec_encode(it->codec, &in, sizeof encoded, &out) != PJ_SUCCESS)
        return PJ_SUCCESS;
    pthread_mutex_lock(&it->lock);
    if (it->file) {
        size_t written = fwrite(it->codec ? out.buf : in.buf, 1, it->codec ? out.size : in.size, it->file);

        it->bytes += written;
        __atomic_add_fetch(&it->samples, spf, __ATOMIC_RELAXED);
    } else if (it->pipe < 0 || write(it->pipe, in.buf, in.size) > 0) {
        __atomic_add_fetch(&it->samples, spf, __ATOMIC_RELAXED);
    }
    pthread_mutex_unlock(&it->lock);
    return PJ_SUCCESS;
}

static void close_file(recorder *it)
{
    pthread_mutex_lock(&it->lock);
    if (it->file) {
        if (it->wav)
            recording_head(it->file, PJMEDIA_PIA_SRATE(&it->port.info), it->bytes);
        fclose(it->file);
        it->file = NULL;
    }
    it->pipe = -1; /* whoever opened it closes it */
    pthread_mutex_unlock(&it->lock);
}

static pj_status_t on_destroy(pjmedia_port *port)
{
    recorder *it = (recorder *)port;
    pj_pool_t *pool = it->pool;

    close_file(it);
    if (it->codec) {
        pjmedia_codec_close(it->codec);
        pjmedia_codec_mgr_dealloc_codec(it->manager, it->codec);
    }
    if (it->manager)
        codecs_leave(it->manager);
    pthread_mutex_destroy(&it->lock);
    __atomic_sub_fetch(&recorders_live, 1, __ATOMIC_RELAXED);
    pj_pool_release(pool);
    return PJ_SUCCESS;
}

/* ---- the table --------------------------------------------------------------------------------------------------------------- */

static bool enlist(recorder *it)
{
    bool found = false;

    pthread_mutex_lock(&recorders_lock);
    for (unsigned slot = 0; slot < MOST_RECORDERS && !found; slot++) {
        if (recorders[slot])
            continue;
        recorders[slot] = it;
        generations[slot] = generations[slot] == UINT32_MAX ? 1 : generations[slot] + 1;
        it->name = NUMBER(generations[slot], slot);
        found = true;
    }
    pthread_mutex_unlock(&recorders_lock);
    return found;
}

static recorder *find(number name, bool take)
{
    unsigned slot = NUMBER_SLOT(name);
    recorder *it;

    pthread_mutex_lock(&recorders_lock);
    it = slot < MOST_RECORDERS && recorders[slot] && recorders[slot]->name == name ? recorders[slot] : NULL;
    if (it && take)
        recorders[slot] = NULL;
    else if (it)
        pj_grp_lock_add_ref(it->port.grp_lock);
    pthread_mutex_unlock(&recorders_lock);
    return it;
}

static recorder *make(unsigned rate)
{
    const pj_str_t label = pj_str("recorder");
    pj_pool_t *pool = codecs_pool("recorder", sizeof(recorder) + 1024, 1024);
    recorder *it = pool ? PJ_POOL_ZALLOC_T(pool, recorder) : NULL;

    if (!it)
        return NULL;
    it->pool = pool;
    it->conference_slot = it->pipe = -1;
    pthread_mutex_init(&it->lock, NULL);
    pjmedia_port_info_init(&it->port.info, &label, SIGNATURE, rate, 1, 16, rate * FRAME_MS / 1000);
    it->port.put_frame = on_put_frame;
    it->port.on_destroy = on_destroy;
    __atomic_add_fetch(&recorders_live, 1, __ATOMIC_RELAXED);
    return it;
}

/* The last step of making one: whatever fails, nothing stays. */
static int finish(recorder *it, number *name)
{
    if (pjmedia_port_init_grp_lock(&it->port, it->pool, NULL) != PJ_SUCCESS) {
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

int recorder_open(const char *path, const char *format, bool append, number *name)
{
    unsigned kind = 0;
    recorder *it;

    register_thread("executor");
    while (kind < PJ_ARRAY_SIZE(formats) && strcasecmp(format, formats[kind].format) != 0)
        kind++;
    if (kind == PJ_ARRAY_SIZE(formats))
        return BAD_VALUE;
    it = make(formats[kind].rate);
    if (!it)
        return PJ_ENOMEM;
    it->wav = strncasecmp(format, "wav", 3) == 0;
    it->manager = codecs_enter();
    if (formats[kind].codec && !(it->codec = sound_codec(it->manager, formats[kind].codec, it->pool))) {
        on_destroy(&it->port);
        return PJMEDIA_CODEC_EUNSUP;
    }
    it->file = recording_open(path, append, it->wav, &it->bytes);
    if (!it->file) {
        int why = errno;

        on_destroy(&it->port);
        errno = why;
        return NO_FILE;
    }
    return finish(it, name);
}

int recorder_open_pipe(int descriptor, unsigned rate, number *name)
{
    recorder *it = make(rate);

    if (!it)
        return PJ_ENOMEM;
    it->pipe = descriptor;
    return finish(it, name);
}

int recorder_feed(number name, const int16_t *samples, size_t count)
{
    recorder *it = find(name, false);
    unsigned spf;

    if (!it)
        return STALE;
    spf = PJMEDIA_PIA_SPF(&it->port.info);
    while (count) {
        int16_t buffer[spf];
        size_t part = count < spf ? count : spf;
        pjmedia_frame frame = {.type = PJMEDIA_FRAME_TYPE_AUDIO, .buf = buffer, .size = spf * sizeof *buffer};

        memcpy(buffer, samples, part * sizeof *samples);
        memset(buffer + part, 0, (spf - part) * sizeof *samples);
        on_put_frame(&it->port, &frame);
        samples += part;
        count -= part;
    }
    pj_grp_lock_dec_ref(it->port.grp_lock);
    return DONE;
}

int recorder_state(number name, unsigned *ms, unsigned *silent_ms)
{
    recorder *it = find(name, false);
    unsigned rate;

    if (!it)
        return STALE;
    rate = PJMEDIA_PIA_SRATE(&it->port.info);
    *ms = (unsigned)(__atomic_load_n(&it->samples, __ATOMIC_RELAXED) * 1000 / rate);
    *silent_ms = (unsigned)(__atomic_load_n(&it->silent, __ATOMIC_RELAXED) * 1000 / rate);
    pj_grp_lock_dec_ref(it->port.grp_lock);
    return DONE;
}

/* How many frames were heard so far; the levels of those from `since` on, of the latest `most` if there are more. */
int recorder_levels(number name, size_t since, uint16_t *levels, unsigned most, unsigned *count, size_t *frames)
{
    recorder *it = find(name, false);

    if (!it)
        return STALE;
    *frames = __atomic_load_n(&it->frames, __ATOMIC_ACQUIRE);
    if (most > LEVELS / 2) /* the rest is what may be written meanwhile */
        most = LEVELS / 2;
    *count = (unsigned)(*frames > since ? (*frames - since < most ? *frames - since : most) : 0);
    for (unsigned i = 0; i < *count; i++)
        levels[i] = __atomic_load_n(&it->levels[(*frames - *count + i) % LEVELS], __ATOMIC_RELAXED);
    pj_grp_lock_dec_ref(it->port.grp_lock);
    return DONE;
}

/* ---- recording ---------------------------------------------------------------------------------------------------------------- */

static void wire(recorder *it, adapter *audio, bool on)
{
    int source;

    pthread_mutex_lock(&audio->lock);
    source = audio->closed ? -1 : audio->conference_slot;
    pthread_mutex_unlock(&audio->lock);
    if (source < 0 || it->conference_slot < 0)
        return;
    if (on)
        pjsua_conf_connect(source, it->conference_slot);
    else
        pjsua_conf_disconnect(source, it->conference_slot);
}

static bool hears(const recorder *it, number call)
{
    bool found = it->says && it->call == call;

    for (unsigned i = 0; i < MOST_HEARD && !found; i++)
        found = call && it->heard[i] == call;
    return found;
}

/* One more call, or one less, is heard; it need not be the one that is recorded. */
static void listen_in(recorder *it, number call, bool on)
{
    adapter *audio = calls_adapter(call);

    if (audio) {
        bridge_need(audio, 0, on ? 1 : -1);
        wire(it, audio, on);
    }
    adapter_release(audio);
}

int recorder_hear(number name, number call, bool on)
{
    recorder *it = find(name, false);
    unsigned i = 0;

    if (!it)
        return STALE;
    if (call == it->call) {
        if (it->says != on) {
            it->says = on;
            listen_in(it, call, on);
        }
    } else if (on != hears(it, call)) {
        while (i < MOST_HEARD && it->heard[i] != (on ? 0 : call))
            i++;
        if (i < MOST_HEARD) {
            it->heard[i] = on ? call : 0;
            listen_in(it, call, on);
        }
    }
    pj_grp_lock_dec_ref(it->port.grp_lock);
    return DONE;
}

int recorder_hear_player(number name, number player)
{
    recorder *it = find(name, false);

    if (!it)
        return STALE;
    if (it->conference_slot >= 0)
        player_wire(player, it->conference_slot);
    pj_grp_lock_dec_ref(it->port.grp_lock);
    return DONE;
}

int recorder_pause(number name, bool on)
{
    recorder *it = find(name, false);

    if (!it)
        return STALE;
    __atomic_store_n(&it->paused, on, __ATOMIC_RELAXED);
    pj_grp_lock_dec_ref(it->port.grp_lock);
    return DONE;
}

int recorder_start(number name, number call)
{
    recorder *it = find(name, false);
    adapter *audio = calls_adapter(call);
    int result = DONE;

    if (!it || calls_slot(call) < 0)
        result = STALE;
    else if (!audio || !audio->terms.codec[0] || it->call)
        result = PJ_EINVALIDOP;
    else if ((result = pjsua_conf_add_port(it->pool, &it->port, &it->conference_slot)) == PJ_SUCCESS) {
        it->call = call;
        it->says = true;
        bridge_need(audio, 0, 1);
        wire(it, audio, true);
    }
    if (it)
        pj_grp_lock_dec_ref(it->port.grp_lock);
    adapter_release(audio);
    return result;
}

unsigned recorder_stop(number name)
{
    recorder *it = find(name, true);
    adapter *audio;
    unsigned ms;

    if (!it)
        return 0;
    for (unsigned i = 0; i <= MOST_HEARD; i++) {
        number call = i < MOST_HEARD ? it->heard[i] : it->says ? it->call : 0;

        audio = call ? calls_adapter(call) : NULL;
        if (audio)
            bridge_need(audio, 0, -1);
        adapter_release(audio);
    }
    if (it->conference_slot >= 0)
        pjsua_conf_remove_port(it->conference_slot);
    close_file(it);
    ms = (unsigned)(it->samples * 1000 / PJMEDIA_PIA_SRATE(&it->port.info));
    pjmedia_port_destroy(&it->port);
    return ms;
}

void recorders_renew(adapter *audio)
{
    for (unsigned slot = 0; recorders_count() && slot < MOST_RECORDERS; slot++) {
        recorder *it;

        pthread_mutex_lock(&recorders_lock);
        it = recorders[slot];
        if (it && hears(it, audio->call))
            pj_grp_lock_add_ref(it->port.grp_lock);
        else
            it = NULL;
        pthread_mutex_unlock(&recorders_lock);
        if (it) {
            wire(it, audio, true);
            pj_grp_lock_dec_ref(it->port.grp_lock);
        }
    }
}

void recorders_stop(void)
{
    for (unsigned slot = 0; recorders_count() && slot < MOST_RECORDERS; slot++) {
        number name;

        pthread_mutex_lock(&recorders_lock);
        name = recorders[slot] ? recorders[slot]->name : 0;
        pthread_mutex_unlock(&recorders_lock);
        recorder_stop(name);
    }
}

unsigned recorders_of_call(number call)
{
    unsigned count = 0;

    pthread_mutex_lock(&recorders_lock);
    for (unsigned slot = 0; recorders_count() && slot < MOST_RECORDERS; slot++)
        if (recorders[slot] && recorders[slot]->call == call)
            count++;
    pthread_mutex_unlock(&recorders_lock);
    return count;
}

unsigned recorders_count(void)
{
    return __atomic_load_n(&recorders_live, __ATOMIC_RELAXED);
}

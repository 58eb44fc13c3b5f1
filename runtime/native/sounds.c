/* sounds.c: sound files and tones as samples in memory, decoded by pjmedia's codecs when they are opened.
 *
 * Opening happens on a thread of Python's executor, so the disk and the decoder never hold up the media clock; playing
 * is then a copy. Everything is bounded, since a wrong file must cost that file only.
 */
#include "players.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* 64 MB of file is 2.3 hours of G.711; as samples at most 512 MB of GSM's would follow, so those are bounded too. */
enum { MOST_FILE_BYTES = 64 << 20, MOST_SAMPLES = 64 << 20, RESAMPLE_MS = 20 };
enum { TONE_RATE = 8000, MOST_TONE_MS = 120000, TONE_FRAME = 160 };

typedef struct encoding {
    const char *codec; /* pjmedia's id; NULL: linear */
    unsigned rate, frame_bytes, frame_samples;
} encoding;

static const struct {
    const char *format;
    encoding as;
} headerless[] = {
    {"ulaw", {"PCMU/8000/1", 8000, 80, 80}},   {"alaw", {"PCMA/8000/1", 8000, 80, 80}},
    {"gsm", {"GSM/8000/1", 8000, 33, 160}},    {"g722", {"G722/16000/1", 16000, 80, 160}},
    {"sln", {NULL, 8000, 2, 1}},               {"slin", {NULL, 8000, 2, 1}},
    {"sln12", {NULL, 12000, 2, 1}},            {"sln16", {NULL, 16000, 2, 1}},
    {"sln24", {NULL, 24000, 2, 1}},            {"sln32", {NULL, 32000, 2, 1}},
    {"sln44", {NULL, 44100, 2, 1}},            {"sln48", {NULL, 48000, 2, 1}},
    {"sln96", {NULL, 96000, 2, 1}},            {"sln192", {NULL, 192000, 2, 1}},
};

/* ---- reading -------------------------------------------------------------------------------------------------------------- */

/* Only a regular file: a FIFO would wait for a writer, and a folder claims to be of any length. */
static FILE *open_regular(const char *path, size_t *length)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    struct stat about;

    if (fd < 0)
        return NULL;
    if (fstat(fd, &about) == 0 && S_ISREG(about.st_mode)) {
        *length = (size_t)about.st_size;
        return fdopen(fd, "rb");
    }
    close(fd);
    errno = S_ISDIR(about.st_mode) ? EISDIR : EINVAL;
    return NULL;
}

static int read_file(const char *path, uint8_t **bytes, size_t *size)
{
    size_t length = 0;
    FILE *file = open_regular(path, &length);
    int why = 0;

    if (!file)
        return NO_FILE;
    if (length > MOST_FILE_BYTES) {
        fclose(file);
        return BAD_VALUE;
    }
    *bytes = malloc(length + 1);
    *size = *bytes ? fread(*bytes, 1, length, file) : 0;
    if (!*bytes || ferror(file))
        why = errno ? errno : EIO;
    fclose(file);
    if (!why)
        return DONE;
    free(*bytes);
    *bytes = NULL;
    errno = why;
    return NO_FILE;
}

static unsigned le16(const uint8_t *at)
{
    return (unsigned)(at[0] | at[1] << 8);
}

static uint32_t le32(const uint8_t *at)
{
    return le16(at) | (uint32_t)le16(at + 2) << 16;
}

/* Finds samples and encoding in a RIFF file; false when it is none, or of a kind that pjmedia cannot decode. */
static bool read_wav(const uint8_t *bytes, size_t size, encoding *as, const uint8_t **start, size_t *length)
{
    enum { WAV_PCM = 1, WAV_ALAW = 6, WAV_ULAW = 7, WAV_EXTENSIBLE = 0xFFFE };
    size_t at = 12;
    bool known = false;

    if (size < 12 || memcmp(bytes, "RIFF", 4) != 0 || memcmp(bytes + 8, "WAVE", 4) != 0)
        return false;
    while (at + 8 <= size) {
        size_t chunk = le32(bytes + at + 4), room = size - at - 8;
        const uint8_t *body = bytes + at + 8;

        if (memcmp(bytes + at, "fmt ", 4) == 0 && chunk >= 16 && room >= 16) {
            unsigned kind = le16(body), channels = le16(body + 2), bits = le16(body + 14);

            if (kind == WAV_EXTENSIBLE && chunk >= 26 && room >= 26)
                kind = le16(body + 24);
            as->rate = le32(body + 4);
            as->codec = kind == WAV_ULAW ? "PCMU/8000/1" : kind == WAV_ALAW ? "PCMA/8000/1" : NULL;
            as->frame_bytes = as->codec ? 80 : 2;
            as->frame_samples = as->codec ? 80 : 1;
            known = channels == 1 && as->rate >= 4000 && as->rate <= 192000 &&
                    ((kind == WAV_PCM && bits == 16) || (as->codec && bits == 8));
        } else if (memcmp(bytes + at, "data", 4) == 0) {
            *start = body;
            *length = chunk < room ? chunk : room; /* a file still being written announces 0 or too much */
            return known;
        }
        at += 8 + chunk + (chunk & 1);
        if (chunk > size)
            break;
    }
    return false;
}

/* ---- decoding --------------------------------------------------------------------------------------------------------------- */

pjmedia_codec *sound_codec(pjmedia_codec_mgr *manager, const char *name, pj_pool_t *pool)
{
    const pj_str_t wanted = pj_str((char *)name);
    const pjmedia_codec_info *info;
    pjmedia_codec_param param;
    pjmedia_codec *codec;
    unsigned count = 1;

    if (pjmedia_codec_mgr_find_codecs_by_id(manager, &wanted, &count, &info, NULL) != PJ_SUCCESS || !count ||
        pjmedia_codec_mgr_get_default_param(manager, info, &param) != PJ_SUCCESS ||
        pjmedia_codec_mgr_alloc_codec(manager, info, &codec) != PJ_SUCCESS)
        return NULL;
    param.setting.vad = 0;
    param.setting.plc = 0;
    if (pjmedia_codec_init(codec, pool) == PJ_SUCCESS && pjmedia_codec_open(codec, &param) == PJ_SUCCESS)
        return codec;
    pjmedia_codec_mgr_dealloc_codec(manager, codec);
    return NULL;
}

static size_t decode_all(pjmedia_codec *codec, const encoding *as, const uint8_t *bytes, size_t size, int16_t *out)
{
    size_t count = 0;

    for (size_t at = 0; at < size; at += as->frame_bytes) {
        size_t part = size - at < as->frame_bytes ? size - at : as->frame_bytes;
        pjmedia_frame in = {.type = PJMEDIA_FRAME_TYPE_AUDIO, .buf = (void *)(bytes + at), .size = part};
        pjmedia_frame decoded = {.buf = out + count, .size = as->frame_samples * sizeof *out};

        /* The rest of a cut file: G.711 decodes any length, the others only whole frames. */
        if (part < as->frame_bytes && as->frame_bytes != as->frame_samples)
            break;
        if (pjmedia_codec_decode(codec, &in, (unsigned)decoded.size, &decoded) != PJ_SUCCESS)
            break;
        count += decoded.size / sizeof *out;
    }
    return count;
}

static int decode(const encoding *as, const uint8_t *bytes, size_t size, sound **out)
{
    size_t count = size / as->frame_bytes * as->frame_samples + as->frame_samples;
    pjmedia_codec_mgr *manager;
    pjmedia_codec *codec;
    pj_pool_t *pool;
    sound *made;

    if (count > MOST_SAMPLES)
        return BAD_VALUE;
    made = malloc(sizeof *made + count * sizeof made->samples[0]);
    if (!made)
        return PJ_ENOMEM;
    made->rate = as->rate;
    if (!as->codec) {
        made->count = size / 2;
        memcpy(made->samples, bytes, made->count * 2); /* both are little-endian here */
        *out = made;
        return DONE;
    }
    pool = codecs_pool("sound", 512, 512);
    manager = codecs_enter();
    codec = pool ? sound_codec(manager, as->codec, pool) : NULL;
    if (codec) {
        made->count = decode_all(codec, as, bytes, size, made->samples);
        pjmedia_codec_close(codec);
        pjmedia_codec_mgr_dealloc_codec(manager, codec);
    }
    codecs_leave(manager);
    if (pool)
        pj_pool_release(pool);
    if (!codec) {
        free(made);
        return PJMEDIA_CODEC_EUNSUP;
    }
    *out = made;
    return DONE;
}

int sound_load(const char *path, const char *format, sound **out)
{
    const encoding *as = NULL;
    encoding of_wav = {0};
    const uint8_t *start;
    uint8_t *bytes = NULL;
    size_t size = 0, length;
    int result;

    register_thread("executor");
    for (unsigned i = 0; i < PJ_ARRAY_SIZE(headerless) && !as; i++)
        if (strcasecmp(format, headerless[i].format) == 0)
            as = &headerless[i].as;
    if (!as && strcasecmp(format, "wav") != 0 && strcasecmp(format, "wav16") != 0)
        return BAD_VALUE;
    if ((result = read_file(path, &bytes, &size)) != DONE)
        return result;
    start = bytes;
    length = size;
    if (!as) {
        as = &of_wav;
        result = read_wav(bytes, size, &of_wav, &start, &length) ? DONE : BAD_VALUE;
    }
    if (result == DONE)
        result = decode(as, start, length, out);
    free(bytes);
    return result;
}

/* ---- tones -------------------------------------------------------------------------------------------------------------------- */

static unsigned common_divisor(unsigned a, unsigned b)
{
    while (b) {
        unsigned rest = a % b;

        a = b;
        b = rest;
    }
    return a;
}

int sound_at(sound *taken, unsigned rate, sound **out)
{
    /* The shortest piece that is a whole number of samples at both rates, as often as makes some milliseconds. */
    unsigned whole = common_divisor(taken->rate, rate);
    unsigned often = (whole * RESAMPLE_MS + 999) / 1000;
    unsigned from = taken->rate / whole * often, to = rate / whole * often;
    size_t frames = (taken->count + from - 1) / from, left = taken->count;
    pj_pool_t *pool;
    pjmedia_resample *resampler = NULL;
    sound *made;

    if (rate == taken->rate) {
        *out = taken;
        return DONE;
    }
    register_thread("executor");
    pool = codecs_pool("resample", 4096, 4096);
    made = frames * to <= MOST_SAMPLES ? malloc(sizeof *made + frames * to * sizeof *made->samples) : NULL;
    if (!pool || !made || pjmedia_resample_create(pool, PJ_TRUE, PJ_FALSE, 1, taken->rate, rate, from, &resampler)) {
        if (pool)
            pj_pool_release(pool);
        free(made);
        free(taken);
        return PJ_ENOMEM;
    }
    made->rate = rate;
    made->count = (size_t)((uint64_t)taken->count * rate / taken->rate);
    for (size_t i = 0; i < frames; i++, left -= left < from ? left : from) {
        int16_t frame[from];

        memset(frame, 0, sizeof frame);
        memcpy(frame, taken->samples + i * from, (left < from ? left : from) * sizeof *frame);
        pjmedia_resample_run(resampler, frame, made->samples + i * to);
    }
    pjmedia_resample_destroy(resampler);
    pj_pool_release(pool);
    free(taken);
    *out = made;
    return DONE;
}

static size_t render(pjmedia_port *generator, const tone *it, int16_t *out)
{
    size_t on = (size_t)it->on_ms * TONE_RATE / 1000, total = on + (size_t)it->off_ms * TONE_RATE / 1000;
    pjmedia_tone_desc description = {.freq1 = (short)it->first_hz, .freq2 = (short)it->second_hz,
                                     .on_msec = (short)(it->on_ms > 0x7FFF ? 0x7FFF : it->on_ms)};
    size_t done = 0;

    memset(out, 0, total * sizeof *out);
    if (!it->first_hz && !it->second_hz)
        return total;
    if (!description.freq1) {
        description.freq1 = description.freq2;
        description.freq2 = 0;
    }
    pjmedia_tonegen_stop(generator);
    if (pjmedia_tonegen_play(generator, 1, &description, PJMEDIA_TONEGEN_LOOP) != PJ_SUCCESS)
        return total;
    while (done < on) {
        int16_t samples[TONE_FRAME];
        pjmedia_frame frame = {.buf = samples, .size = sizeof samples};
        size_t part = on - done < TONE_FRAME ? on - done : TONE_FRAME;

        if (pjmedia_port_get_frame(generator, &frame) != PJ_SUCCESS || frame.type != PJMEDIA_FRAME_TYPE_AUDIO)
            break;
        memcpy(out + done, samples, part * sizeof *out);
        done += part;
    }
    return total;
}

int sound_of_tones(const tone *tones, unsigned count, sound **out)
{
    pjmedia_port *generator = NULL;
    size_t total_ms = 0, at = 0;
    pj_pool_t *pool;
    sound *made;

    register_thread("executor");
    for (unsigned i = 0; i < count; i++) {
        const tone *it = &tones[i];

        if (it->first_hz < 0 || it->first_hz > TONE_RATE / 2 || it->second_hz < 0 || it->second_hz > TONE_RATE / 2 ||
            it->on_ms < 0 || it->off_ms < 0 || it->on_ms > MOST_TONE_MS || it->off_ms > MOST_TONE_MS)
            return BAD_VALUE;
        total_ms += (size_t)it->on_ms + (size_t)it->off_ms;
    }
    if (total_ms == 0 || total_ms > MOST_TONE_MS)
        return BAD_VALUE;
    made = malloc(sizeof *made + total_ms * (TONE_RATE / 1000) * sizeof made->samples[0]);
    pool = codecs_pool("tone", 1024, 1024);
    if (!made || !pool ||
        pjmedia_tonegen_create(pool, TONE_RATE, 1, TONE_FRAME, 16, 0, &generator) != PJ_SUCCESS) {
        free(made);
        if (pool)
            pj_pool_release(pool);
        return PJ_ENOMEM;
    }
    for (unsigned i = 0; i < count; i++)
        at += render(generator, &tones[i], made->samples + at);
    pjmedia_port_destroy(generator);
    pj_pool_release(pool);
    made->rate = TONE_RATE;
    made->count = at;
    *out = made;
    return DONE;
}

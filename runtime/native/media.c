/* media.c: which codecs and which DTMF a call may negotiate, applied to its SDP. */
#include "native.h"

#include <stdlib.h>
#include <string.h>

media_rule *media_rule_new(const pj_str_t *codecs, unsigned count, int dtmf, bool symmetric, bool prefer_remote_order)
{
    size_t characters = 0;
    media_rule *rule;
    char *at;

    for (unsigned i = 0; i < count; i++)
        characters += (size_t)codecs[i].slen;
    rule = calloc(1, sizeof *rule + count * sizeof rule->codecs[0] + characters);
    if (!rule)
        return NULL;
    rule->references = 1;
    rule->dtmf = (enum dtmf_mode)dtmf;
    rule->symmetric = symmetric;
    rule->prefer_remote_order = prefer_remote_order;
    rule->count = count;
    at = (char *)&rule->codecs[count];
    for (unsigned i = 0; i < count; i++) {
        rule->codecs[i].ptr = at;
        rule->codecs[i].slen = codecs[i].slen;
        memcpy(at, codecs[i].ptr, (size_t)codecs[i].slen);
        at += codecs[i].slen;
    }
    return rule;
}

media_rule *media_rule_hold(media_rule *rule)
{
    if (rule)
        __atomic_add_fetch(&rule->references, 1, __ATOMIC_RELAXED);
    return rule;
}

void media_rule_drop(media_rule *rule)
{
    if (rule && __atomic_sub_fetch(&rule->references, 1, __ATOMIC_ACQ_REL) == 0)
        free(rule);
}

/* Encoding name and clock rate of a payload type, from rtpmap or from RFC 3551's static table. */
static bool payload_name(const pjmedia_sdp_media *media, const pj_str_t *format, char *name, size_t size)
{
    static const struct {
        unsigned payload;
        const char *name;
    } fixed[] = {{0, "PCMU/8000"}, {3, "GSM/8000"}, {4, "G723/8000"},     {8, "PCMA/8000"},
                 {9, "G722/8000"}, {15, "G728/8000"}, {11, "L16/44100"}, {18, "G729/8000"}};
    pjmedia_sdp_attr *attribute = pjmedia_sdp_media_find_attr2(media, "rtpmap", format);
    pjmedia_sdp_rtpmap map;

    if (attribute && pjmedia_sdp_attr_get_rtpmap(attribute, &map) == PJ_SUCCESS) {
        snprintf(name, size, "%.*s/%u", (int)map.enc_name.slen, map.enc_name.ptr, map.clock_rate);
        return true;
    }
    for (unsigned i = 0; i < PJ_ARRAY_SIZE(fixed); i++)
        if (pj_strtoul(format) == fixed[i].payload) {
            snprintf(name, size, "%s", fixed[i].name);
            return true;
        }
    return false;
}

static bool is_event(const char *name)
{
    return strncasecmp(name, "telephone-event/", 16) == 0;
}

/* Place of a format in our order; -1 when it is not allowed. */
static int rank(const media_rule *rule, const pjmedia_sdp_media *media, const pj_str_t *format)
{
    char name[80];

    if (!payload_name(media, format, name, sizeof name))
        return -1;
    if (is_event(name))
        return rule->dtmf == DTMF_RFC4733 || rule->dtmf == DTMF_AUTO ? 1000 : -1;
    if (rule->count == 0)
        return 0;
    for (unsigned i = 0; i < rule->count; i++)
        if (pj_stricmp2(&rule->codecs[i], name) == 0)
            return (int)i;
    return -1;
}

/* Place in the far end's offer, whose payload numbers may differ from ours. */
static int remote_rank(const pjmedia_sdp_media *ours, const pj_str_t *format, const pjmedia_sdp_media *offer)
{
    char name[80], theirs[80];

    if (!payload_name(ours, format, name, sizeof name) || is_event(name))
        return 1000;
    for (unsigned i = 0; i < offer->desc.fmt_count; i++)
        if (payload_name(offer, &offer->desc.fmt[i], theirs, sizeof theirs) && strcasecmp(name, theirs) == 0)
            return (int)i;
    return 999;
}

static void drop_format(pjmedia_sdp_media *media, unsigned index)
{
    pj_str_t format = media->desc.fmt[index];

    for (unsigned i = 0; i < 2; i++) {
        pjmedia_sdp_attr *attribute = pjmedia_sdp_media_find_attr2(media, i ? "fmtp" : "rtpmap", &format);

        if (attribute)
            pjmedia_sdp_media_remove_attr(media, attribute);
    }
    media->desc.fmt_count--;
    memmove(&media->desc.fmt[index], &media->desc.fmt[index + 1],
            (media->desc.fmt_count - index) * sizeof media->desc.fmt[0]);
}

static void order_formats(const media_rule *rule, pjmedia_sdp_media *media, const pjmedia_sdp_media *offer)
{
    int place[PJMEDIA_MAX_SDP_FMT];

    for (unsigned i = 0; i < media->desc.fmt_count;) {
        place[i] = rank(rule, media, &media->desc.fmt[i]);
        if (place[i] < 0)
            drop_format(media, i);
        else
            i++;
    }
    if (offer && rule->prefer_remote_order)
        for (unsigned i = 0; i < media->desc.fmt_count; i++)
            place[i] = remote_rank(media, &media->desc.fmt[i], offer);
    /* Insertion sort keeps the order of equals; there are never more than a few dozen. */
    for (unsigned i = 1; i < media->desc.fmt_count; i++)
        for (unsigned j = i; j > 0 && place[j] < place[j - 1]; j--) {
            pj_str_t format = media->desc.fmt[j];
            int swap = place[j];

            media->desc.fmt[j] = media->desc.fmt[j - 1];
            media->desc.fmt[j - 1] = format;
            place[j] = place[j - 1];
            place[j - 1] = swap;
        }
}

static unsigned long rate_of(const char *name)
{
    const char *slash = strchr(name, '/');

    return slash ? strtoul(slash + 1, NULL, 10) : 0;
}

/* RFC 4733 2.5.1.2: events keep the clock of the codec beside them; those of codecs that are gone go too. */
static void drop_stray_events(pjmedia_sdp_media *media)
{
    char name[80], other[80];

    for (unsigned i = 0; i < media->desc.fmt_count;) {
        bool stray = payload_name(media, &media->desc.fmt[i], name, sizeof name) && is_event(name);

        for (unsigned j = 0; stray && j < media->desc.fmt_count; j++)
            if (payload_name(media, &media->desc.fmt[j], other, sizeof other) && !is_event(other))
                stray = rate_of(other) != rate_of(name);
        if (stray)
            drop_format(media, i);
        else
            i++;
    }
}

/* In an offer events are 101, as nearly everybody calls them: some phones know no other number. */
static void number_events(pjmedia_sdp_media *media, pj_pool_t *pool)
{
    static const pj_str_t usual = {"101", 3};
    pj_str_t former = {NULL, 0};
    char name[80];

    for (unsigned i = 0; i < media->desc.fmt_count; i++) {
        if (pj_strcmp(&media->desc.fmt[i], &usual) == 0)
            return;
        if (!former.slen && payload_name(media, &media->desc.fmt[i], name, sizeof name) && is_event(name)) {
            former = media->desc.fmt[i];
            media->desc.fmt[i] = usual;
        }
    }
    for (unsigned i = 0; former.slen && i < media->attr_count; i++) {
        pj_str_t *value = &media->attr[i]->value;
        char *text;

        if (value->slen <= former.slen || value->ptr[former.slen] != ' ' ||
            memcmp(value->ptr, former.ptr, (size_t)former.slen) != 0)
            continue;
        text = pj_pool_alloc(pool, (pj_size_t)(value->slen + usual.slen));
        memcpy(text, usual.ptr, (size_t)usual.slen);
        memcpy(text + usual.slen, value->ptr + former.slen, (size_t)(value->slen - former.slen));
        value->slen += usual.slen - former.slen;
        value->ptr = text;
    }
}

static bool only_events(const pjmedia_sdp_media *media)
{
    char name[80];

    for (unsigned i = 0; i < media->desc.fmt_count; i++)
        if (!payload_name(media, &media->desc.fmt[i], name, sizeof name) || !is_event(name))
            return false;
    return true;
}

/* A payload type of RTP is a number (RFC 4566 5.14); what is none is nobody's codec, and the others still count. */
bool media_drop_nameless(pjmedia_sdp_session *sdp)
{
    static const pj_str_t rtp = {"RTP/", 4};
    bool dropped = false;

    for (unsigned i = 0; i < sdp->media_count; i++) {
        pjmedia_sdp_media *media = sdp->media[i];

        if (pj_strnicmp(&media->desc.transport, &rtp, (pj_size_t)rtp.slen) != 0)
            continue;
        for (unsigned j = 0; j < media->desc.fmt_count;) {
            const pj_str_t *format = &media->desc.fmt[j];

            if (format->slen && pj_isdigit(*format->ptr)) {
                j++;
            } else {
                drop_format(media, j);
                dropped = true;
            }
        }
    }
    return dropped;
}

void media_apply(const media_rule *rule, pjmedia_sdp_session *sdp, pj_pool_t *pool, const pjmedia_sdp_session *remote)
{
    static const pj_str_t audio = {"audio", 5};

    for (unsigned i = 0; i < sdp->media_count; i++) {
        pjmedia_sdp_media *media = sdp->media[i];
        const pjmedia_sdp_media *offer = remote && i < remote->media_count ? remote->media[i] : NULL;

        if (pj_stricmp(&media->desc.media, &audio) != 0 || media->desc.port == 0)
            continue;
        order_formats(rule, media, offer);
        if (!only_events(media))
            drop_stray_events(media);
        if (!remote)
            number_events(media, pool);
        /* A line without a codec cannot be sent; a refused line keeps one format (RFC 3264 5.1, 6). */
        if (only_events(media)) {
            media->desc.fmt[0] = pj_str("0");
            media->desc.fmt_count = 1;
            pjmedia_sdp_media_deactivate(pool, media);
        }
    }
}

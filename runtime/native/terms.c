/* terms.c: what a call's audio line agreed on, taken over from pjsua after each offer and answer. */
#include "adapter.h"

#include <string.h>

static void read_terms(const pjsua_call_media *line, agreed *terms, uint32_t *ssrc)
{
    pjmedia_stream_info info;

    memset(terms, 0, sizeof *terms);
    terms->tx_payload = terms->rx_payload = terms->tx_event = terms->rx_event = -1;
    if (!line || line->type != PJMEDIA_TYPE_AUDIO || !line->strm.a.stream ||
        pjmedia_stream_get_info(line->strm.a.stream, &info) != PJ_SUCCESS)
        return;
    terms->clock_rate = info.fmt.clock_rate;
    terms->samples = info.param ? info.param->info.frm_ptime * info.fmt.clock_rate / 1000 : 160;
    terms->ptime_ms = info.param ? info.param->info.frm_ptime * info.param->setting.frm_per_pkt : 20;
    if (pj_stricmp2(&info.fmt.encoding_name, "G722") == 0)
        terms->clock_rate = 8000; /* RFC 3551 4.5.2: its RTP clock is 8000 for historical reasons */
    pj_ansi_snprintf(terms->codec, sizeof terms->codec, "%.*s/%u", (int)info.fmt.encoding_name.slen,
                     info.fmt.encoding_name.ptr, terms->clock_rate);
    terms->tx_payload = (int)info.tx_pt;
    terms->rx_payload = (int)info.rx_pt;
    terms->tx_event = info.tx_event_pt;
    terms->rx_event = info.rx_event_pt;
    terms->sends = (line->dir & PJMEDIA_DIR_ENCODING) != 0;
    terms->receives = (line->dir & PJMEDIA_DIR_DECODING) != 0;
    terms->held = line->state == PJSUA_CALL_MEDIA_REMOTE_HOLD;
    pj_sockaddr_cp(&terms->remote, &info.rem_addr);
    *ssrc = info.ssrc;
}

void adapter_renegotiated(adapter *it, const pjsua_call_media *line)
{
    agreed fresh;
    uint32_t ssrc = 0;

    read_terms(line, &fresh, &ssrc);
    pthread_mutex_lock(&it->lock);
    if (pj_sockaddr_has_addr(&fresh.remote) &&
        (!pj_sockaddr_has_addr(&it->terms.remote) || pj_sockaddr_cmp(&fresh.remote, &it->terms.remote) != 0))
        memset(&it->in, 0, sizeof it->in);
    it->terms = fresh;
    if (!it->out.ssrc)
        it->out.ssrc = ssrc;
    it->out.origin = NULL; /* a new stream numbers its packets anew */
    it->conference_slot = line && line->strm.a.stream ? line->strm.a.conf_slot : -1;
    if (fresh.codec[0])
        rtcp_begin(it);
    pthread_mutex_unlock(&it->lock);
    bridge_renew(it);
    relay_recheck(it);
}

record *adapter_media_record(adapter *it, const pjsua_call_media *line)
{
    char address[PJ_INET6_ADDRSTRLEN + 2] = "";
    pj_str_t texts[2];
    agreed terms;
    record *item;

    PJ_UNUSED_ARG(line);
    pthread_mutex_lock(&it->lock);
    terms = it->terms;
    pthread_mutex_unlock(&it->lock);
    if (terms.codec[0] && pj_sockaddr_has_addr(&terms.remote))
        pj_sockaddr_print(&terms.remote, address, sizeof address, 0);
    texts[0] = pj_str(terms.codec);
    texts[1] = pj_str(address);
    item = record_new(RECORD_CALL_MEDIA, texts, 2);
    if (!item)
        return NULL;
    item->n[1] = terms.ptime_ms;
    item->n[2] = address[0] ? pj_sockaddr_get_port(&terms.remote) : 0;
    item->n[3] = (terms.sends ? 1 : 0) | (terms.receives ? 2 : 0);
    item->n[4] = terms.held;
    item->n[5] = terms.tx_event >= 0;
    return item;
}

/* packets.c: packets of audio and their reports, for those who watch them (rtp set debug, rtcp set debug). */
#include "native.h"

enum { SHOWN = 12, REPORT_SHOWN = 512 }; /* the fixed header of RTP; a report whole */

static int watched;

void packets_watch(bool rtp, bool rtcp)
{
    __atomic_store_n(&watched, (rtp ? PACKET_RTP : 0) | (rtcp ? PACKET_RTCP : 0), __ATOMIC_RELAXED);
}

void packet_seen(int kind, bool sent, const pj_sockaddr_t *remote, const uint8_t *packet, size_t size, size_t payload)
{
    char host[PJ_INET6_ADDRSTRLEN] = "";
    size_t most = kind == PACKET_RTP ? SHOWN : REPORT_SHOWN;
    pj_str_t texts[2];
    record *item;

    if (!(__atomic_load_n(&watched, __ATOMIC_RELAXED) & kind) || queue_busy())
        return;
    if (remote && pj_sockaddr_has_addr(remote))
        pj_sockaddr_print(remote, host, sizeof host, 0);
    texts[0] = pj_str(host);
    texts[1].ptr = (char *)packet;
    texts[1].slen = (pj_ssize_t)(size < most ? size : most);
    item = record_new(RECORD_PACKET, texts, 2);
    if (!item)
        return;
    item->n[0] = host[0] ? pj_sockaddr_get_port(remote) : 0;
    item->n[1] = sent;
    item->n[2] = kind == PACKET_RTCP;
    item->n[3] = (int64_t)payload;
    queue_push(item);
}

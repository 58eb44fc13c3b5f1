/* rtcp.c: a leg's counters and reports, kept by pjmedia's RTCP session. The adapter's lock is held throughout. */
#include "adapter.h"

#include <string.h>

enum { REPORT_MS = 5000, FIRST_REPORT_MS = 1000 };

void rtcp_begin(adapter *it)
{
    pjmedia_rtcp_session_setting wanted;

    if (it->rtcp_begun)
        return;
    pjmedia_rtcp_session_setting_default(&wanted);
    wanted.name = it->base.name;
    wanted.clock_rate = it->terms.clock_rate;
    wanted.samples_per_frame = it->terms.samples;
    wanted.dec_samples_per_frame = it->terms.samples;
    wanted.ssrc = it->out.ssrc;
    wanted.rtp_ts_base = 0;
    pjmedia_rtcp_init2(&it->rtcp, &wanted);
    it->rtcp_begun = true;
    it->rtcp_due_ms = now_ms() + FIRST_REPORT_MS;
}

static void count_lost(unsigned *all, pj_math_stat *at_once, unsigned now)
{
    pj_math_stat_update(at_once, now > *all ? (int)(now - *all) : 0);
    *all = now;
}

/* Reports have the port above that of the audio. */
static void report_seen(const adapter *it, bool sent, const void *packet, size_t size)
{
    pj_sockaddr far = *adapter_far(it);

    if (pj_sockaddr_has_addr(&far))
        pj_sockaddr_set_port(&far, (pj_uint16_t)(pj_sockaddr_get_port(&far) + 1));
    packet_seen(PACKET_RTCP, sent, &far, packet, size, 0);
}

void rtcp_report(adapter *it, bool bye)
{
    uint8_t compound[PACKET_SIZE];
    pjmedia_rtcp_sdes names;
    pj_size_t room;
    void *report = NULL;
    int size = 0;
    char cname[24];

    if (!it->rtcp_begun || (!it->rtcp.stat.tx.pkt && !it->rtcp.stat.rx.pkt))
        return;
    pjmedia_rtcp_build_rtcp(&it->rtcp, &report, &size);
    count_lost(&it->lost_in.all, &it->lost_in.at_once, it->rtcp.stat.rx.loss);
    memcpy(compound, report, (size_t)size);
    /* RFC 7022: a name that says nothing about us and stays for the call. */
    pj_ansi_snprintf(cname, sizeof cname, "%08x%04x", it->out.ssrc, (unsigned)(it->call & 0xFFFF));
    memset(&names, 0, sizeof names);
    names.cname = pj_str(cname);
    room = sizeof compound - (size_t)size;
    if (pjmedia_rtcp_build_rtcp_sdes(&it->rtcp, compound + size, &room, &names) == PJ_SUCCESS)
        size += (int)room;
    room = sizeof compound - (size_t)size;
    if (bye && pjmedia_rtcp_build_rtcp_bye(&it->rtcp, compound + size, &room, NULL) == PJ_SUCCESS)
        size += (int)room;
    pjmedia_transport_send_rtcp(it->slave, compound, (pj_size_t)size);
    report_seen(it, true, compound, (size_t)size);
    it->rtcp_due_ms = now_ms() + REPORT_MS / 2 + pj_rand() % REPORT_MS; /* RFC 3550 6.2: spread by half */
}

void rtcp_reported(adapter *it, const void *packet, size_t size)
{
    unsigned before = it->rtcp.stat.tx.update_cnt;

    report_seen(it, false, packet, size);
    pjmedia_rtcp_rx_rtcp(&it->rtcp, packet, (pj_size_t)size);
    if (it->rtcp.stat.tx.update_cnt != before)
        count_lost(&it->lost_out.all, &it->lost_out.at_once, it->rtcp.stat.tx.loss);
}

void rtcp_received(adapter *it, const uint8_t *packet, size_t size, unsigned payload)
{
    PJ_UNUSED_ARG(size);
    if (!it->rtcp_begun)
        return;
    if (!it->rtcp.peer_ssrc)
        it->rtcp.peer_ssrc = (uint32_t)packet[8] << 24 | packet[9] << 16 | packet[10] << 8 | packet[11];
    pjmedia_rtcp_rx_rtp2(&it->rtcp, (unsigned)(packet[2] << 8 | packet[3]),
                         (uint32_t)packet[4] << 24 | packet[5] << 16 | packet[6] << 8 | packet[7], payload, PJ_FALSE);
    if (now_ms() >= it->rtcp_due_ms)
        rtcp_report(it, false);
}

void rtcp_sent(adapter *it, uint32_t timestamp, uint16_t sequence, unsigned payload)
{
    if (!it->rtcp_begun)
        return;
    pjmedia_rtcp_tx_rtp(&it->rtcp, payload);
    it->rtcp.stat.rtp_tx_last_ts = timestamp;
    it->rtcp.stat.rtp_tx_last_seq = sequence;
    if (now_ms() >= it->rtcp_due_ms)
        rtcp_report(it, false);
}

/* The least, the most, the mean and the deviation, where PJSIP counts in units that are this part of ours. */
static void put_range(double *at, const pj_math_stat *stat, double part)
{
    if (!stat->n)
        return; /* nothing was counted: `min` may be anything */
    at[0] = stat->min / part;
    at[1] = stat->max / part;
    at[2] = stat->mean / part;
    at[3] = pj_math_stat_get_stddev(stat) / part;
}

/* Fills a record with the counters; takes the lock itself. Returns the record it fills, with the texts added. */
record *adapter_stats_record(adapter *it, record *item)
{
    char local[PJ_INET6_ADDRSTRLEN + 2] = "", remote[PJ_INET6_ADDRSTRLEN + 2] = "", codec[CODEC_NAME];
    const pj_sockaddr *far;
    pjmedia_transport_info info;
    number call = (number)item->n[0];
    pj_str_t texts[3];

    queue_release(item);
    pjmedia_transport_info_init(&info);
    pthread_mutex_lock(&it->lock);
    if (!it->closed && pjmedia_transport_get_info(it->slave, &info) == PJ_SUCCESS &&
        pj_sockaddr_has_addr(&info.sock_info.rtp_addr_name))
        pj_sockaddr_print(&info.sock_info.rtp_addr_name, local, sizeof local, 0);
    far = adapter_far(it);
    if (pj_sockaddr_has_addr(far))
        pj_sockaddr_print(far, remote, sizeof remote, 0);
    memcpy(codec, it->terms.codec, sizeof codec);
    texts[0] = pj_str(codec);
    texts[1] = pj_str(local);
    texts[2] = pj_str(remote);
    item = record_new(RECORD_STATS, texts, 3);
    if (item) {
        const pjmedia_rtcp_stat *stat = &it->rtcp.stat;

        item->n[0] = (int64_t)call;
        item->n[1] = stat->rx.pkt;
        item->n[2] = stat->rx.bytes;
        item->n[3] = stat->rx.loss;
        item->n[4] = stat->tx.pkt;
        item->n[5] = stat->tx.bytes;
        item->n[6] = stat->tx.loss;
        item->n[7] = it->out.ssrc;
        item->n[8] = it->rtcp.peer_ssrc;
        item->n[9] = local[0] ? pj_sockaddr_get_port(&info.sock_info.rtp_addr_name) : 0;
        item->n[10] = remote[0] ? pj_sockaddr_get_port(far) : 0;
        item->n[11] = it->partner != NULL;
        item->f[0] = stat->rx.jitter.last / 1000.0;
        item->f[1] = stat->tx.jitter.last / 1000.0;
        item->f[2] = stat->rtt.last / 1000.0;
        put_range(item->f + 4, &stat->rx.jitter, 1000);
        put_range(item->f + 8, &stat->tx.jitter, 1000);
        put_range(item->f + 12, &it->lost_in.at_once, 1);
        put_range(item->f + 16, &it->lost_out.at_once, 1);
        put_range(item->f + 20, &stat->rtt, 1000);
    }
    pthread_mutex_unlock(&it->lock);
    return item;
}

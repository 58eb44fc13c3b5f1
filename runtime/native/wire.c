/* wire.c: what goes over the wire, for those who watch it (sip set debug, pjsip set logger). */
#include "message.h"

static bool tracing;

static void push(const pjsip_transport *transport, const char *remote, int port, bool sent, const char *text, size_t size)
{
    pj_str_t texts[4];
    record *item;

    if (!__atomic_load_n(&tracing, __ATOMIC_RELAXED) || queue_busy())
        return;
    texts[0] = transport_protocol(transport);
    texts[1] = transport->local_name.host;
    texts[2] = pj_str((char *)remote);
    texts[3].ptr = (char *)text;
    texts[3].slen = (pj_ssize_t)size;
    item = record_new(RECORD_WIRE, texts, 4);
    if (!item)
        return;
    item->n[0] = transport_number(transport);
    item->n[1] = transport->local_name.port;
    item->n[2] = port;
    item->n[3] = sent;
    queue_push(item);
}

static pj_bool_t on_rx(pjsip_rx_data *rdata)
{
    push(rdata->tp_info.transport, rdata->pkt_info.src_name, rdata->pkt_info.src_port, false, rdata->msg_info.msg_buf,
         (size_t)rdata->msg_info.len);
    return PJ_FALSE;
}

static pj_status_t on_tx(pjsip_tx_data *tdata)
{
    push(tdata->tp_info.transport, tdata->tp_info.dst_name, tdata->tp_info.dst_port, true, tdata->buf.start,
         (size_t)(tdata->buf.cur - tdata->buf.start));
    return PJ_SUCCESS;
}

static pjsip_module watcher = {
    .name = {"mod-asterism-wire", 17},
    .id = -1,
    .priority = PJSIP_MOD_PRIORITY_TRANSPORT_LAYER - 1, /* the text is printed by then, and nothing read yet */
    .on_rx_request = on_rx,
    .on_rx_response = on_rx,
    .on_tx_request = on_tx,
    .on_tx_response = on_tx,
};

void wire_trace(bool on)
{
    __atomic_store_n(&tracing, on, __ATOMIC_RELAXED);
}

int wire_start(void)
{
    return pjsip_endpt_register_module(pjsua_var.endpt, &watcher);
}

void wire_stop(void)
{
    wire_trace(false);
    packets_watch(false, false);
    if (watcher.id >= 0)
        pjsip_endpt_unregister_module(pjsua_var.endpt, &watcher);
}

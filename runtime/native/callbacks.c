/* callbacks.c: what pjsua tells of its calls, as records.
 *
 * The callbacks run on PJSIP's worker, or on Python's own thread inside makeCall, answer and hangup. They hold the
 * dialog's lock; they only copy what they see.
 */
#include "adapter.h"
#include "message.h"

static pjsua_callback pjsua2; /* what pjsua2 had put into the table */

/* pjsua gives no slot here, but it has just cloned the INVITE into the one that it took. */
static int slot_of_new_call(void)
{
    int last = pjsua_var.next_call_id - 1;

    for (int i = -1; i < (int)pjsua_var.ua_cfg.max_calls; i++) {
        int slot = i < 0 ? last : i;

        if (calls_known_slot(slot) && pjsua_var.calls[slot].incoming_data && !pjsua_var.calls[slot].inv &&
            !pjsua_var.calls[slot].async_call.dlg)
            return slot;
    }
    return -1;
}

/* The first account that is bound to the transport a call came by. */
static pjsua_acc_id account_of_transport(int transport)
{
    for (unsigned i = 0; transport >= 0 && i < PJ_ARRAY_SIZE(pjsua_var.acc); i++)
        if (pjsua_var.acc[i].valid && pjsua_var.acc[i].cfg.transport_id == transport)
            return (pjsua_acc_id)i;
    return PJSUA_INVALID_ID;
}

static void on_find_account(const pjsip_rx_data *rdata, pjsua_acc_id *account)
{
    const arrival *who = intake_current();
    int slot = slot_of_new_call();
    pjsua_acc_id chosen = who ? who->account : PJSUA_INVALID_ID;

    if (chosen < 0 && who)
        chosen = account_of_transport(who->transport);
    if (chosen >= 0)
        *account = chosen;
    if (slot < 0)
        return;
    calls_begin_incoming(slot, who, transport_number(rdata->tp_info.transport));
    calls_keep_invite(slot, rdata->msg_info.msg_buf, (size_t)rdata->msg_info.len);
}

static void on_incoming_call(pjsua_acc_id account, pjsua_call_id slot, pjsip_rx_data *rdata)
{
    record *item = record_of_message(RECORD_INCOMING, rdata);
    pjsip_inv_session *session = pjsua_var.calls[slot].inv;

    if (!item || !session || session->state == PJSIP_INV_STATE_DISCONNECTED) {
        queue_release(item);
        pjsua_call_hangup(slot, PJSIP_SC_INTERNAL_SERVER_ERROR, NULL, NULL);
        return;
    }
    calls_describe(slot, item);
    item->n[1] = slot;
    item->n[2] = account;
    queue_push(item);
}

static pj_str_t header_value(const pjsip_msg *message, const char *name)
{
    const pj_str_t wanted = pj_str((char *)name);
    const pjsip_generic_string_hdr *found = pjsip_msg_find_hdr_by_name(message, &wanted, NULL);

    return found ? found->hvalue : pj_str("");
}

static void keep_sent_invite(int slot, const pjsip_event *event)
{
    const pjsip_tx_data *sent = NULL;

    if (event->type == PJSIP_EVENT_TSX_STATE)
        sent = event->body.tsx_state.tsx->last_tx;
    if (sent && sent->buf.start && sent->buf.cur > sent->buf.start)
        calls_keep_invite(slot, sent->buf.start, (size_t)(sent->buf.cur - sent->buf.start));
}

/* How a call stands when its callback runs. pjsua reports a hangup of ours at once, and never again. */
static bool has_ended(const pjsua_call *it)
{
    return it->hanging_up || !it->inv || it->inv->state == PJSIP_INV_STATE_DISCONNECTED;
}

static record *record_of_state(number which, const pjsua_call *it, const pjsip_event *event, bool ended)
{
    const pjsip_rx_data *rdata = NULL;
    pj_str_t texts[3] = {{0}};
    record *item;
    int code = 0;

    if (event->type == PJSIP_EVENT_TSX_STATE && event->body.tsx_state.type == PJSIP_EVENT_RX_MSG)
        rdata = event->body.tsx_state.src.rdata;
    else if (event->type == PJSIP_EVENT_RX_MSG)
        rdata = event->body.rx_msg.rdata;
    if (event->type == PJSIP_EVENT_TSX_STATE)
        code = event->body.tsx_state.tsx->status_code;
    if (ended) {
        bool by_us = it->hanging_up || !it->inv;

        code = by_us ? (int)it->last_code : (int)it->inv->cause;
        texts[0] = by_us ? it->last_text : it->inv->cause_text;
    } else if (it->inv->state == PJSIP_INV_STATE_CONFIRMED) {
        code = PJSIP_SC_OK;
    }
    if (rdata) {
        texts[1] = header_value(rdata->msg_info.msg, "Reason");
        texts[2].ptr = rdata->msg_info.msg_buf;
        texts[2].slen = rdata->msg_info.len;
        if (rdata->msg_info.msg->type == PJSIP_RESPONSE_MSG) {
            texts[0] = rdata->msg_info.msg->line.status.reason;
            if (ended) /* a redirect that is not followed has a cause of pjsip's own */
                code = rdata->msg_info.msg->line.status.code;
        }
    }
    item = record_new(RECORD_CALL_STATE, texts, 3);
    if (item) {
        item->n[0] = (int64_t)which;
        item->n[1] = ended ? PJSIP_INV_STATE_DISCONNECTED : it->inv->state;
        item->n[2] = code ? code : ended ? PJSIP_SC_SERVICE_UNAVAILABLE : 0;
        /* pjsip ends a cancelled call by its own 487; nobody else but the far end cancels what we answer. */
        item->n[3] = rdata || (ended && !it->hanging_up && code == PJSIP_SC_REQUEST_TERMINATED);
    }
    return item;
}

/* A 200 or an ACK that owed us an answer and brought none (RFC 3264, 4): such a call can never be heard. */
static bool lacks_answer(const pjsua_call *it)
{
    return it->inv->state == PJSIP_INV_STATE_CONFIRMED && it->inv->neg &&
           pjmedia_sdp_neg_get_state(it->inv->neg) == PJMEDIA_SDP_NEG_STATE_LOCAL_OFFER;
}

static void on_call_state(pjsua_call_id slot, pjsip_event *event)
{
    const pjsua_call *it = &pjsua_var.calls[slot];
    bool ended = has_ended(it);
    number which;
    record *item;

    if (!ended && it->inv->state == PJSIP_INV_STATE_CALLING) {
        which = calls_number(slot);
        keep_sent_invite(slot, event);
    } else {
        which = calls_current(slot);
    }
    /* Let pjsua2's object forget its slot first, so that Python never holds one that names a stranger. */
    if (ended && pjsua2.on_call_state)
        pjsua2.on_call_state(slot, event);
    if (!which)
        return;
    if (ended)
        bridge_forget(which);
    item = record_of_state(which, it, event, ended);
    if (ended)
        calls_end(which); /* before Python can read of it, the number is stale */
    queue_push(item);
    if (!ended && lacks_answer(it))
        pjsua_call_hangup(slot, 0, NULL, NULL);
}

/* RFC 3261, 12.1.1: what rings has a tag. pjsip tells nothing of a response without one, and some gateways forget it. */
static void on_call_tsx_state(pjsua_call_id slot, pjsip_transaction *transaction, pjsip_event *event)
{
    const pjsua_call *it = &pjsua_var.calls[slot];
    number which;

    if (transaction->role != PJSIP_ROLE_UAC || transaction->method.id != PJSIP_INVITE_METHOD ||
        transaction->state != PJSIP_TSX_STATE_PROCEEDING || transaction->status_code <= PJSIP_SC_TRYING ||
        event->type != PJSIP_EVENT_TSX_STATE || event->body.tsx_state.type != PJSIP_EVENT_RX_MSG)
        return;
    if (has_ended(it) || it->inv->state != PJSIP_INV_STATE_CALLING || it->inv->dlg->remote.info->tag.slen)
        return;
    which = calls_current(slot);
    if (which)
        queue_push(record_of_state(which, it, event, false));
}

static void on_call_media_state(pjsua_call_id slot)
{
    const pjsua_call *it = &pjsua_var.calls[slot];
    const pjsua_call_media *line = it->audio_idx >= 0 ? &it->media[it->audio_idx] : NULL;
    number which = calls_current(slot);
    adapter *audio = calls_adapter(which);
    record *item;

    if (!which)
        return;
    if (audio) {
        adapter_renegotiated(audio, line);
        item = adapter_media_record(audio, line);
        adapter_release(audio);
    } else {
        item = record_new(RECORD_CALL_MEDIA, NULL, 0);
    }
    if (item)
        item->n[0] = (int64_t)which;
    queue_push(item);
}

static void on_call_sdp_created(pjsua_call_id slot, pjmedia_sdp_session *sdp, pj_pool_t *pool,
                                const pjmedia_sdp_session *remote)
{
    pjsip_inv_session *session = pjsua_var.calls[slot].inv;
    media_rule *rule;

    calls_number(slot);
    rule = calls_media(slot);
    if (rule)
        media_apply(rule, sdp, pool, remote);
    if (rule && session && session->neg)
        pjmedia_sdp_neg_set_prefer_remote_codec_order(session->neg, rule->prefer_remote_order);
    media_rule_drop(rule);
    addresses_face(slot, sdp, pool, remote);
}

static void on_dtmf_event(pjsua_call_id slot, const pjsua_dtmf_event *event)
{
    /* Events of RTP are read by the adapter, which sees them while relaying too. */
    if (event->method == PJSUA_DTMF_METHOD_SIP_INFO)
        push_dtmf(calls_current(slot), (char)event->digit, event->duration, true);
}

void push_dtmf(number which, char digit, unsigned duration_ms, bool info)
{
    pj_str_t text = {&digit, 1};
    record *item = which ? record_new(RECORD_DTMF, &text, 1) : NULL;

    if (!item)
        return;
    item->n[0] = (int64_t)which;
    item->n[1] = duration_ms;
    item->n[2] = info;
    queue_push(item);
}

static void on_reg_state(pjsua_acc_id account, pjsua_reg_info *info)
{
    const struct pjsip_regc_cbparam *result = info->cbparam;
    pj_str_t texts[2] = {result->reason, {0}};
    record *item;

    if (result->rdata) {
        texts[1].ptr = result->rdata->msg_info.msg_buf;
        texts[1].slen = result->rdata->msg_info.len;
    }
    item = record_new(RECORD_REGISTRATION, texts, 2);
    if (!item)
        return;
    item->n[0] = account;
    item->n[1] = result->code;
    item->n[2] = result->expiration == PJSIP_REGC_EXPIRATION_NOT_SPECIFIED || result->code / 100 != 2
                     ? 0
                     : (int64_t)result->expiration;
    item->n[3] = result->status;
    queue_push(item);
}

static pjmedia_transport *on_create_media_transport(pjsua_call_id slot, unsigned index, pjmedia_transport *base,
                                                    unsigned flags)
{
    number which = calls_begin_outgoing(slot); /* an incoming one has begun already */
    media_rule *rule;
    adapter *made;

    PJ_UNUSED_ARG(flags);
    rule = calls_media(slot);
    made = adapter_new(which, base, rule && rule->symmetric);
    media_rule_drop(rule);
    if (!made)
        return base;
    calls_set_adapter(which, made, index == 0);
    return adapter_transport(made);
}

void callbacks_take_over(pjsua_callback *table, const pjsua_callback *original)
{
    pjsua2 = *original;
    table->on_acc_find_for_incoming = on_find_account;
    table->on_incoming_call = on_incoming_call;
    table->on_call_state = on_call_state;
    table->on_call_tsx_state = on_call_tsx_state;
    table->on_call_media_state = on_call_media_state;
    table->on_call_sdp_created = on_call_sdp_created;
    table->on_create_media_transport = on_create_media_transport;
    table->on_dtmf_event = on_dtmf_event;
    table->on_reg_state2 = on_reg_state;
}

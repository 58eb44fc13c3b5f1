/* contacts.c: where a far end behind a NAT is reached: at the source of its messages, whatever they claim.
 *
 * With rewrite_contact (sip.conf: nat=force_rport) the next hop that a message names is replaced by its source address:
 * the nearest Record-Route if there is one, for then a proxy stands there, else the Contact. RFC 3261, 12.1 makes
 * both the places that later requests of the dialog go to; and where a dialog has a route set, the Contact is not.
 */
#include "native.h"

static void point_at_source(const pjsip_rx_data *rdata, pjsip_uri *named)
{
    pjsip_sip_uri *uri = named ? pjsip_uri_get_uri(named) : NULL;
    pjsip_transport *transport = rdata->tp_info.transport;

    if (!uri || !(PJSIP_URI_SCHEME_IS_SIP(uri) || PJSIP_URI_SCHEME_IS_SIPS(uri)))
        return;
    uri->host = pj_strdup3(rdata->tp_info.pool, rdata->pkt_info.src_name);
    uri->port = rdata->pkt_info.src_port;
    /* That address is one of this transport; UDP is what a URI without the parameter means. */
    uri->transport_param =
        PJSIP_TRANSPORT_IS_RELIABLE(transport) ? pj_strdup3(rdata->tp_info.pool, transport->type_name) : pj_str("");
}

/* The proxy next to us is the first of a request's and the last of a response's. */
static pjsip_rr_hdr *nearest_proxy(pjsip_msg *message)
{
    pjsip_rr_hdr *found = pjsip_msg_find_hdr(message, PJSIP_H_RECORD_ROUTE, NULL), *next = found;

    while (message->type == PJSIP_RESPONSE_MSG && next) {
        found = next;
        next = found->next == (pjsip_rr_hdr *)&message->hdr
                   ? NULL
                   : pjsip_msg_find_hdr(message, PJSIP_H_RECORD_ROUTE, found->next);
    }
    return found;
}

void contacts_mend(pjsip_rx_data *rdata, bool routed)
{
    pjsip_rr_hdr *proxy = nearest_proxy(rdata->msg_info.msg);
    pjsip_contact_hdr *contact = pjsip_msg_find_hdr(rdata->msg_info.msg, PJSIP_H_CONTACT, NULL);

    if (proxy)
        point_at_source(rdata, proxy->name_addr.uri);
    else if (contact && !routed)
        point_at_source(rdata, contact->uri);
}

/* ---- inside calls ---------------------------------------------------------------------------------------------------- */

/* The dialog is locked. */
static void mend_in(pjsip_dialog *dialog, pjsip_rx_data *rdata)
{
    if (calls_rewrites(calls_of_dialog(dialog)))
        contacts_mend(rdata, !pj_list_empty(&dialog->route_set));
}

static pj_bool_t on_rx_response(pjsip_rx_data *rdata)
{
    pjsip_transaction *transaction;
    pjsip_dialog *dialog;
    pj_str_t key;

    if (!calls_rewriting() || pjsip_tsx_create_key(rdata->tp_info.pool, &key, PJSIP_ROLE_UAC,
                                                   &rdata->msg_info.cseq->method, rdata) != PJ_SUCCESS)
        return PJ_FALSE;
    transaction = pjsip_tsx_layer_find_tsx2(&key, PJ_TRUE);
    if (!transaction)
        return PJ_FALSE;
    /* With it comes the lock of the dialog, which does not end while it has a transaction. */
    pj_grp_lock_acquire(transaction->grp_lock);
    dialog = pjsip_tsx_get_dlg(transaction);
    if (dialog)
        mend_in(dialog, rdata);
    pj_grp_lock_release(transaction->grp_lock);
    pj_grp_lock_dec_ref(transaction->grp_lock);
    return PJ_FALSE;
}

static pj_bool_t on_rx_request(pjsip_rx_data *rdata)
{
    const pj_str_t *tag = &rdata->msg_info.to->tag;
    pjsip_dialog *dialog;

    if (!tag->slen || !calls_rewriting())
        return PJ_FALSE;
    dialog = pjsip_ua_find_dialog(&rdata->msg_info.cid->id, tag, &rdata->msg_info.from->tag, PJ_TRUE);
    if (dialog) {
        mend_in(dialog, rdata);
        pjsip_dlg_dec_lock(dialog);
    }
    return PJ_FALSE;
}

static pjsip_module mender = {
    .name = {"mod-asterism-contact", 20},
    .id = -1,
    .priority = PJSIP_MOD_PRIORITY_TSX_LAYER - 3,
    .on_rx_request = on_rx_request,
    .on_rx_response = on_rx_response,
};

int contacts_start(void)
{
    return pjsip_endpt_register_module(pjsua_var.endpt, &mender);
}

void contacts_stop(void)
{
    if (mender.id >= 0)
        pjsip_endpt_unregister_module(pjsua_var.endpt, &mender);
}

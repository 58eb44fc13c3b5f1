/* intake.c: the first look at each request: access lists, identity, digest; then to pjsua (INVITE) or to Python.
 *
 * Two modules: one below the dialogs sees requests that belong to none; one above them takes those inside a call that
 * pjsua would answer by its own policy (REFER, INFO ...).
 */
#define _GNU_SOURCE /* memmem */
#include "adapter.h"
#include "message.h"

#include <string.h>

enum { RETRY_AFTER_S = 5, OVERLOAD_RECORD_MS = 1000 };

static __thread const arrival *current;

static struct {
    unsigned refused;
    int64_t told_ms;
} load;

const arrival *intake_current(void)
{
    return current;
}

/* ---- answers made here ---------------------------------------------------------------------------------------------- */

static void add_text_header(pj_pool_t *pool, pjsip_hdr *list, const char *name, const char *value)
{
    const pj_str_t header_name = pj_str((char *)name), header_value = pj_str((char *)value);

    pj_list_push_back(list, pjsip_generic_string_hdr_create(pool, &header_name, &header_value));
}

static void answer(pjsip_rx_data *rdata, int code, pjsip_hdr *list)
{
    pjsip_hdr none;

    if (!list) {
        pj_list_init(&none);
        list = &none;
    }
    if (native_settings.user_agent[0])
        add_text_header(rdata->tp_info.pool, list, "Server", native_settings.user_agent);
    pjsip_endpt_respond_stateless(pjsua_var.endpt, rdata, code, NULL, list, NULL);
}

static void add_capability(pj_pool_t *pool, pjsip_hdr *list, int type, const char *name)
{
    const pj_str_t wanted = pj_str((char *)(name ? name : ""));
    const pjsip_hdr *header = pjsip_endpt_get_capability(pjsua_var.endpt, type, name ? &wanted : NULL);

    if (header)
        pj_list_push_back(list, pjsip_hdr_clone(pool, header));
}

void refused_for_load(void)
{
    int64_t now = now_ms();
    unsigned refused = __atomic_add_fetch(&load.refused, 1, __ATOMIC_RELAXED);
    record *item;

    if (now - load.told_ms < OVERLOAD_RECORD_MS)
        return;
    load.told_ms = now;
    __atomic_sub_fetch(&load.refused, refused, __ATOMIC_RELAXED);
    item = record_new(RECORD_OVERLOAD, NULL, 0);
    if (!item)
        return;
    item->n[0] = refused;
    item->n[1] = queue_length();
    item->n[2] = tokens_count();
    queue_push(item);
}

static void answer_overload(pjsip_rx_data *rdata)
{
    pjsip_hdr list;
    char seconds[12];

    pj_list_init(&list);
    pj_ansi_snprintf(seconds, sizeof seconds, "%d", RETRY_AFTER_S);
    add_text_header(rdata->tp_info.pool, &list, "Retry-After", seconds);
    answer(rdata, PJSIP_SC_SERVICE_UNAVAILABLE, &list);
    refused_for_load();
}

static void answer_options(pjsip_rx_data *rdata)
{
    pj_pool_t *pool = rdata->tp_info.pool;
    pjsip_hdr list;

    pj_list_init(&list);
    add_capability(pool, &list, PJSIP_H_ALLOW, NULL);
    add_capability(pool, &list, PJSIP_H_ACCEPT, NULL);
    add_capability(pool, &list, PJSIP_H_SUPPORTED, NULL);
    answer(rdata, PJSIP_SC_OK, &list);
}

/* RFC 3261 8.2.2.3: an extension that is required and not known. True when the request was answered. */
static bool refuse_extension(pjsip_rx_data *rdata)
{
    const pjsip_require_hdr *require = rdata->msg_info.require;
    pjsip_unsupported_hdr *unsupported = NULL;
    pjsip_hdr list;

    while (require) {
        for (unsigned i = 0; i < require->count; i++) {
            if (pjsip_endpt_has_capability(pjsua_var.endpt, PJSIP_H_SUPPORTED, NULL, &require->values[i]))
                continue;
            if (!unsupported)
                unsupported = pjsip_unsupported_hdr_create(rdata->tp_info.pool);
            if (unsupported->count < PJSIP_GENERIC_ARRAY_MAX_COUNT)
                unsupported->values[unsupported->count++] = require->values[i];
        }
        require = pjsip_msg_find_hdr(rdata->msg_info.msg, PJSIP_H_REQUIRE, require->next);
    }
    if (!unsupported)
        return false;
    pj_list_init(&list);
    pj_list_push_back(&list, unsupported);
    answer(rdata, PJSIP_SC_BAD_EXTENSION, &list);
    return true;
}

/* ---- who, and is it really him ------------------------------------------------------------------------------------------ */

static pj_str_t user_of(const pjsip_rx_data *rdata)
{
    const pjsip_authorization_hdr *digest = pjsip_msg_find_hdr(rdata->msg_info.msg, PJSIP_H_AUTHORIZATION, NULL);
    const void *uri = rdata->msg_info.from->uri ? pjsip_uri_get_uri(rdata->msg_info.from->uri) : NULL;

    if (digest && digest->credential.digest.username.slen)
        return digest->credential.digest.username;
    if (uri && (PJSIP_URI_SCHEME_IS_SIP(uri) || PJSIP_URI_SCHEME_IS_SIPS(uri)))
        return ((const pjsip_sip_uri *)uri)->user;
    return pj_str("");
}

void security(const char *event, const identity *who, const pj_str_t *user, const pjsip_rx_data *rdata)
{
    pj_str_t name = user ? *user : user_of(rdata), texts[7];
    record *item;

    if (queue_busy())
        return; /* the log of an attack must not become the attack */
    texts[0] = pj_str((char *)event);
    texts[1] = name;
    texts[2] = rdata->msg_info.msg->line.req.method.name;
    texts[3] = transport_protocol(rdata->tp_info.transport);
    texts[4] = pj_str((char *)rdata->pkt_info.src_name);
    texts[5] = rdata->tp_info.transport->local_name.host;
    texts[6] = rdata->msg_info.cid->id;
    item = record_new(RECORD_SECURITY, texts, 7);
    if (!item)
        return;
    item->n[0] = who ? who->number : 0;
    item->n[1] = transport_number(rdata->tp_info.transport);
    item->n[2] = rdata->pkt_info.src_port;
    item->n[3] = rdata->tp_info.transport->local_name.port;
    queue_push(item);
}

static void challenge(const identity *who, const service *terms, bool stale, pjsip_rx_data *rdata)
{
    pjsip_hdr list;

    pj_list_init(&list);
    digest_challenge(who, terms, stale, rdata->tp_info.pool, &list);
    answer(rdata, PJSIP_SC_UNAUTHORIZED, &list);
}

/* True when the request may go on; else it was answered. Strangers and wrong passwords get the same answers. */
static bool authenticate(const identity *who, const service *terms, pjsip_rx_data *rdata, bool *authenticated)
{
    const pj_str_t *method = &rdata->msg_info.msg->line.req.method.name;
    bool needed = who ? who->credentials && methods_contain(&who->challenge, method)
                      : methods_contain(&terms->challenge, method);

    *authenticated = false;
    if (!needed)
        return true;
    switch (digest_check(who, terms, rdata)) {
    case VERDICT_RIGHT:
        security("SuccessfulAuth", who, NULL, rdata);
        *authenticated = true;
        return true;
    case VERDICT_MISSING:
        security("ChallengeSent", who, NULL, rdata);
        challenge(who, terms, false, rdata);
        return false;
    case VERDICT_STALE:
        security("ChallengeSent", who, NULL, rdata);
        challenge(who, terms, true, rdata);
        return false;
    case VERDICT_UNKNOWN:
    case VERDICT_WRONG:
        security(who ? "InvalidPassword" : "InvalidAccountID", who, NULL, rdata);
        if (terms->wrong_password == PJSIP_SC_FORBIDDEN)
            answer(rdata, PJSIP_SC_FORBIDDEN, NULL);
        else
            challenge(who, terms, false, rdata);
        return false;
    }
    return false;
}

/* ---- where the answers go ------------------------------------------------------------------------------------------------- */

static void mend_addresses(const identity *who, pjsip_rx_data *rdata)
{
    pjsip_via_hdr *via = rdata->msg_info.via;

    /* RFC 3581 as if the client had asked for it: answers go to where the request came from. */
    if ((!who || who->force_rport) && via && via->rport_param < 0)
        via->rport_param = rdata->pkt_info.src_port;
    /* Not in a REGISTER, whose answer must show the contact as the phone wrote it. */
    if (who && who->rewrite_contact && rdata->msg_info.msg->line.req.method.id != PJSIP_REGISTER_METHOD)
        contacts_mend(rdata, false);
}

/* A call that wants another's place: pjsua would swap them by itself, so it must not see the header. */
static bool take_replaces(pjsip_rx_data *rdata, number *replaced)
{
    const pj_str_t name = pj_str("Replaces");
    pjsip_replaces_hdr *header = pjsip_msg_find_hdr_by_name(rdata->msg_info.msg, &name, NULL);

    *replaced = 0;
    if (!header)
        return true;
    *replaced = calls_find(&header->call_id, &header->to_tag, &header->from_tag);
    pj_list_erase(header);
    return *replaced && !pjsip_msg_find_hdr_by_name(rdata->msg_info.msg, &name, NULL);
}

static int account_of(const identity *who, int transport)
{
    for (unsigned i = 0; who && i < who->accounts; i++) {
        int account = who->account[i];

        if (pjsua_acc_is_valid(account) && (pjsua_var.acc[account].cfg.transport_id == PJSUA_INVALID_ID ||
                                            pjsua_var.acc[account].cfg.transport_id == transport))
            return account;
    }
    return -1;
}

static void hand_to_pjsua(const identity *who, bool authenticated, pjsip_rx_data *rdata)
{
    arrival it = {.identity = who ? who->number : 0,
                  .authenticated = authenticated,
                  .transport = transport_number(rdata->tp_info.transport),
                  .account = account_of(who, transport_number(rdata->tp_info.transport)),
                  .rewrites = who && who->rewrite_contact,
                  .media = who ? who->media : NULL};

    if (!take_replaces(rdata, &it.replaces)) {
        answer(rdata, PJSIP_SC_CALL_TSX_DOES_NOT_EXIST, NULL); /* RFC 3891 3 */
        return;
    }
    current = &it;
    if (!pjsua_var.mod.on_rx_request(rdata))
        answer(rdata, PJSIP_SC_INTERNAL_SERVER_ERROR, NULL);
    current = NULL;
}

static void serve(const identity *who, const service *terms, bool authenticated, pjsip_rx_data *rdata)
{
    const pjsip_method *method = &rdata->msg_info.msg->line.req.method;
    arrival it = {.identity = who ? who->number : 0,
                  .authenticated = authenticated,
                  .transport = transport_number(rdata->tp_info.transport)};

    if (method->id == PJSIP_INVITE_METHOD)
        hand_to_pjsua(who, authenticated, rdata);
    else if (method->id == PJSIP_OPTIONS_METHOD && terms->answer_options)
        answer_options(rdata);
    else
        tokens_defer(rdata, &it, 0);
}

static void receive(const directory *table, pjsip_rx_data *rdata)
{
    const pjsip_method *method = &rdata->msg_info.msg->line.req.method;
    int transport = transport_number(rdata->tp_info.transport);
    const service *terms;
    const identity *who;
    bool authenticated;

    if (!directory_admits(table, transport, &rdata->pkt_info.src_addr)) {
        security("FailedACL", NULL, NULL, rdata);
        answer(rdata, PJSIP_SC_FORBIDDEN, NULL);
        return;
    }
    who = directory_find(table, transport, rdata, &terms);
    if (!terms) {
        answer(rdata, PJSIP_SC_SERVICE_UNAVAILABLE, NULL);
        return;
    }
    mend_addresses(who, rdata);
    if (who && !access_permits(who->access, who->accesses, &rdata->pkt_info.src_addr)) {
        security("FailedACL", who, NULL, rdata);
        answer(rdata, PJSIP_SC_FORBIDDEN, NULL);
        return;
    }
    if (!authenticate(who, terms, rdata, &authenticated))
        return;
    if (!who && method->id != PJSIP_OPTIONS_METHOD) {
        bool refuses = method->id == PJSIP_INVITE_METHOD || method->id == PJSIP_REGISTER_METHOD;

        security("InvalidAccountID", NULL, NULL, rdata);
        answer(rdata, refuses ? PJSIP_SC_FORBIDDEN : PJSIP_SC_NOT_FOUND, NULL);
        return;
    }
    if (!refuse_extension(rdata))
        serve(who, terms, authenticated, rdata);
}

/* ---- modules ---------------------------------------------------------------------------------------------------------------- */

/* RFC 3261 18.3: a datagram that announces more than it brings was cut on its way. */
static bool is_cut(const pjsip_rx_data *rdata)
{
    const pjsip_clen_hdr *length = rdata->msg_info.clen;
    const char *text = rdata->msg_info.msg_buf, *body;

    if (!length || length->len <= 0 || PJSIP_TRANSPORT_IS_RELIABLE(rdata->tp_info.transport))
        return false;
    body = memmem(text, (size_t)rdata->msg_info.len, "\r\n\r\n", 4);
    return body && text + rdata->msg_info.len - (body + 4) < length->len;
}

static bool is_method(const pjsip_rx_data *rdata, const char *name)
{
    return pj_stricmp2(&rdata->msg_info.msg->line.req.method.name, name) == 0;
}

static pj_bool_t on_outside_dialog(pjsip_rx_data *rdata)
{
    const pjsip_method *method = &rdata->msg_info.msg->line.req.method;
    directory *table;

    if (method->id == PJSIP_ACK_METHOD)
        return PJ_TRUE; /* never answered */
    if (rdata->msg_info.to->tag.slen && method->id != PJSIP_REGISTER_METHOD)
        return PJ_FALSE; /* the dialog layer has answered what it does not know */
    if (method->id == PJSIP_CANCEL_METHOD || method->id == PJSIP_BYE_METHOD || is_method(rdata, "PRACK") ||
        is_method(rdata, "UPDATE")) {
        answer(rdata, PJSIP_SC_CALL_TSX_DOES_NOT_EXIST, NULL);
        return PJ_TRUE;
    }
    if (is_cut(rdata)) {
        answer(rdata, PJSIP_SC_BAD_REQUEST, NULL);
        return PJ_TRUE;
    }
    if (queue_full()) {
        answer_overload(rdata);
        return PJ_TRUE;
    }
    table = directory_hold();
    if (table)
        receive(table, rdata);
    else
        answer(rdata, PJSIP_SC_SERVICE_UNAVAILABLE, NULL);
    directory_drop(table);
    return PJ_TRUE;
}

static bool is_dtmf(const pjsip_rx_data *rdata)
{
    const pjsip_msg_body *body = rdata->msg_info.msg->body;

    return body && pj_stricmp2(&body->content_type.type, "application") == 0 &&
           pj_stricmp2(&body->content_type.subtype, "dtmf-relay") == 0;
}

static pj_bool_t on_inside_dialog(pjsip_rx_data *rdata)
{
    const pjsip_method *method = &rdata->msg_info.msg->line.req.method;
    arrival it = {.transport = -1};
    number call;

    if (!rdata->msg_info.to->tag.slen)
        return PJ_FALSE;
    switch (method->id) {
    case PJSIP_INVITE_METHOD:
    case PJSIP_ACK_METHOD:
    case PJSIP_BYE_METHOD:
    case PJSIP_CANCEL_METHOD:
    case PJSIP_REGISTER_METHOD:
        return PJ_FALSE;
    default:
        break;
    }
    if (is_method(rdata, "PRACK") || is_method(rdata, "UPDATE") || (is_method(rdata, "INFO") && is_dtmf(rdata)))
        return PJ_FALSE;
    call = calls_find(&rdata->msg_info.cid->id, &rdata->msg_info.to->tag, &rdata->msg_info.from->tag);
    if (!call)
        return PJ_FALSE; /* a dialog of another kind, or none */
    if (method->id == PJSIP_OPTIONS_METHOD) {
        answer_options(rdata);
        return PJ_TRUE;
    }
    it.transport = transport_number(rdata->tp_info.transport);
    it.identity = calls_identity(call);
    tokens_defer(rdata, &it, call);
    return PJ_TRUE;
}

static pjsip_module outside_dialog = {
    .name = {"mod-asterism", 12},
    .id = -1,
    .priority = PJSIP_MOD_PRIORITY_UA_PROXY_LAYER + 8,
    .on_rx_request = on_outside_dialog,
};

static pjsip_module inside_dialog = {
    .name = {"mod-asterism-dialog", 19},
    .id = -1,
    .priority = PJSIP_MOD_PRIORITY_TSX_LAYER + 8,
    .on_rx_request = on_inside_dialog,
};

int intake_start(void)
{
    int status = pjsip_endpt_register_module(pjsua_var.endpt, &outside_dialog);

    return status ? status : pjsip_endpt_register_module(pjsua_var.endpt, &inside_dialog);
}

void intake_stop(void)
{
    if (inside_dialog.id >= 0)
        pjsip_endpt_unregister_module(pjsua_var.endpt, &inside_dialog);
    if (outside_dialog.id >= 0)
        pjsip_endpt_unregister_module(pjsua_var.endpt, &outside_dialog);
    learned_clear();
}

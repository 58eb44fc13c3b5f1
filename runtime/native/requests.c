/* requests.c: requests of our own outside pjsua's calls and accounts, each with a record of its outcome. */
#include "native.h"

#include <pthread.h>
#include <string.h>

typedef struct request {
    struct request *next;
    number token;
    pj_pool_t *pool;
    int references; /* the transaction's and the timer's; guarded by requests_lock */
    bool told;
    bool retried;
    int account;
    pjsip_dialog *dialog; /* of a request in a call: kept until the request is over */
    int64_t sent_us;
    pjsip_auth_clt_sess auth;
    bool has_auth;
    pj_timer_entry timer;
    pjsip_transaction *transaction; /* the latest one, held by its group lock */
} request;

static pthread_mutex_t requests_lock = PTHREAD_MUTEX_INITIALIZER;
static request *requests;
static unsigned requests_live;
static uint64_t last_token;

static void on_tsx_state(pjsip_transaction *transaction, pjsip_event *event);

static pjsip_module user = {
    .name = {"mod-asterism-request", 20},
    .id = -1,
    .priority = PJSIP_MOD_PRIORITY_APPLICATION + 2,
    .on_tsx_state = on_tsx_state,
};

/* Makes this the request's transaction, or none. */
static void hold_transaction(request *it, pjsip_transaction *transaction)
{
    pjsip_transaction *former;

    if (transaction)
        pj_grp_lock_add_ref(transaction->grp_lock);
    pthread_mutex_lock(&requests_lock);
    former = it->transaction;
    it->transaction = transaction;
    pthread_mutex_unlock(&requests_lock);
    if (former)
        pj_grp_lock_dec_ref(former->grp_lock);
}

static void drop(request *it)
{
    bool last;

    pthread_mutex_lock(&requests_lock);
    last = --it->references == 0;
    if (last) {
        request **at = &requests;

        while (*at != it)
            at = &(*at)->next;
        *at = it->next;
        requests_live--;
    }
    pthread_mutex_unlock(&requests_lock);
    if (!last)
        return;
    hold_transaction(it, NULL);
    if (it->has_auth)
        pjsip_auth_clt_deinit(&it->auth);
    if (it->dialog)
        pjsip_dlg_dec_session(it->dialog, &user);
    pj_pool_release(it->pool);
}

static void tell(request *it, int status, const pj_str_t *reason, const pjsip_rx_data *rdata)
{
    pj_str_t texts[3] = {{0}};
    bool first;
    record *item;

    pthread_mutex_lock(&requests_lock);
    first = !it->told;
    it->told = true;
    pthread_mutex_unlock(&requests_lock);
    if (!first)
        return;
    texts[0] = reason && reason->slen ? *reason : *pjsip_get_status_text(status);
    if (rdata) {
        texts[1] = pj_str((char *)rdata->pkt_info.src_name);
        texts[2].ptr = rdata->msg_info.msg_buf;
        texts[2].slen = rdata->msg_info.len;
    }
    item = record_new(RECORD_RESULT, texts, 3);
    if (item) {
        item->n[0] = (int64_t)it->token;
        item->n[1] = status;
        item->n[2] = rdata ? rdata->pkt_info.src_port : 0;
        item->f[0] = (double)(now_us() - it->sent_us) / 1000.0;
    }
    queue_push(item);
}

static int start(request *it, pjsip_tx_data *tdata);

/* The timer's hold goes with whoever really stops it: the heap removes an entry once. */
static void forget_timer(request *it)
{
    if (pj_timer_heap_cancel_if_active(pjsip_endpt_get_timer_heap(pjsua_var.endpt), &it->timer, 0) > 0)
        drop(it);
}

/* Answers a 401 or 407 with the credentials of the account or of the dialog, once; true when the request went out
 * again. */
static bool retry(request *it, pjsip_transaction *transaction, pjsip_rx_data *rdata)
{
    pjsip_auth_clt_sess *auth = it->dialog ? &it->dialog->auth_sess : it->has_auth ? &it->auth : NULL;
    pjsip_tx_data *again = NULL;

    if (it->retried || !auth || !rdata)
        return false;
    it->retried = true;
    if (pjsip_auth_clt_reinit_req(auth, rdata, transaction->last_tx, &again) != PJ_SUCCESS)
        return false;
    /* RFC 3261, 22.2: else it would be taken for the first one on another way (8.2.2.2). */
    if (!it->dialog)
        PJSIP_MSG_CSEQ_HDR(again->msg)->cseq++;
    return start(it, again) == PJ_SUCCESS;
}

static void finish(request *it, int status, const pjsip_transaction *transaction, const pjsip_rx_data *rdata)
{
    tell(it, status, &transaction->status_text, rdata);
    hold_transaction(it, NULL);
    forget_timer(it);
}

static void on_tsx_state(pjsip_transaction *transaction, pjsip_event *event)
{
    request *it = user.id >= 0 ? transaction->mod_data[user.id] : NULL;
    pjsip_rx_data *rdata = NULL;
    int status = transaction->status_code;

    if (!it)
        return;
    if (event->type == PJSIP_EVENT_TSX_STATE && event->body.tsx_state.type == PJSIP_EVENT_RX_MSG)
        rdata = event->body.tsx_state.src.rdata;
    if (transaction->state < PJSIP_TSX_STATE_COMPLETED)
        return;
    if (status == PJSIP_SC_UNAUTHORIZED || status == PJSIP_SC_PROXY_AUTHENTICATION_REQUIRED) {
        transaction->mod_data[user.id] = NULL;
        if (!retry(it, transaction, rdata))
            finish(it, status, transaction, rdata);
        drop(it);
        return;
    }
    if (!rdata && status < 300)
        status = PJSIP_SC_REQUEST_TIMEOUT;
    transaction->mod_data[user.id] = NULL;
    finish(it, status, transaction, rdata);
    drop(it);
}

static void on_timeout(pj_timer_heap_t *heap, pj_timer_entry *entry)
{
    request *it = entry->user_data;
    pjsip_transaction *transaction;

    PJ_UNUSED_ARG(heap);
    tell(it, PJSIP_SC_REQUEST_TIMEOUT, NULL, NULL);
    pthread_mutex_lock(&requests_lock);
    transaction = it->transaction;
    if (transaction)
        pj_grp_lock_add_ref(transaction->grp_lock);
    pthread_mutex_unlock(&requests_lock);
    if (transaction) { /* a late answer finds nobody */
        pjsip_tsx_terminate(transaction, PJSIP_SC_REQUEST_TIMEOUT);
        pj_grp_lock_dec_ref(transaction->grp_lock);
    }
    drop(it);
}

/* RFC 3261, 12.2.1.1: each request of a dialog is numbered one higher. The dialog is locked. */
static void take_turn(pjsip_dialog *dialog, pjsip_tx_data *tdata)
{
    pjsip_cseq_hdr *turn = PJSIP_MSG_CSEQ_HDR(tdata->msg);

    turn->cseq = dialog->local.cseq++;
    pjsip_tx_data_invalidate_msg(tdata);
}

static int start_now(request *it, pjsip_tx_data *tdata)
{
    pjsip_transaction *transaction;
    int status = pjsip_tsx_create_uac2(&user, tdata, it->dialog ? it->dialog->grp_lock_ : NULL, &transaction);

    if (status != PJ_SUCCESS) {
        pjsip_tx_data_dec_ref(tdata);
        return status;
    }
    pjsip_tsx_set_transport(transaction, &tdata->tp_sel);
    pthread_mutex_lock(&requests_lock);
    it->references++;
    pthread_mutex_unlock(&requests_lock);
    transaction->mod_data[user.id] = it;
    hold_transaction(it, transaction);
    status = pjsip_tsx_send_msg(transaction, NULL);
    if (status != PJ_SUCCESS) {
        /* Terminating tells the outcome, so for the caller the request counts as sent. */
        pjsip_tx_data_dec_ref(tdata);
        pjsip_tsx_terminate(transaction, PJSIP_SC_SERVICE_UNAVAILABLE);
    }
    return PJ_SUCCESS;
}

static int start(request *it, pjsip_tx_data *tdata)
{
    pjsip_dialog *dialog = it->dialog;
    int status;

    if (!dialog)
        return start_now(it, tdata);
    /* Locked until it is on the wire, so that the numbers leave in order. */
    pjsip_dlg_inc_lock(dialog);
    take_turn(dialog, tdata);
    status = start_now(it, tdata);
    pjsip_dlg_dec_lock(dialog);
    return status;
}

static request *request_new(const outgoing *wanted)
{
    pj_pool_t *pool = pjsua_pool_create("request", 1024, 1024);
    request *it = pool ? PJ_POOL_ZALLOC_T(pool, request) : NULL;

    if (!it)
        return NULL;
    it->pool = pool;
    it->references = 1;
    it->account = wanted->account;
    it->sent_us = now_us();
    if (pjsua_acc_is_valid(wanted->account) && pjsua_var.acc[wanted->account].cred_cnt) {
        pjsua_acc *account = &pjsua_var.acc[wanted->account];

        pjsip_auth_clt_init(&it->auth, pjsua_var.endpt, pool, 0);
        pjsip_auth_clt_set_credentials(&it->auth, (int)account->cred_cnt, account->cred);
        it->has_auth = true;
    }
    pthread_mutex_lock(&requests_lock);
    it->token = NUMBER(++last_token, 1);
    it->next = requests;
    requests = it;
    requests_live++;
    pthread_mutex_unlock(&requests_lock);
    return it;
}

/* With a dialog, that is locked. */
static int launch(const outgoing *wanted, pjsip_dialog *dialog, pjsip_tx_data *tdata, number *token)
{
    request *it;
    int status;

    add_headers(tdata, wanted->headers, wanted->count);
    if ((status = add_body(tdata, &wanted->body, &wanted->content_type)) != PJ_SUCCESS) {
        pjsip_tx_data_dec_ref(tdata);
        return BAD_VALUE;
    }
    it = request_new(wanted);
    if (!it) {
        pjsip_tx_data_dec_ref(tdata);
        return PJ_ENOMEM;
    }
    *token = it->token;
    if (dialog && pjsip_dlg_inc_session(dialog, &user) == PJ_SUCCESS)
        it->dialog = dialog;
    if (wanted->timeout_ms) {
        pj_time_val delay = {(long)wanted->timeout_ms / 1000, (long)wanted->timeout_ms % 1000};

        pj_timer_entry_init(&it->timer, 1, it, on_timeout);
        it->references++;
        if (pjsip_endpt_schedule_timer(pjsua_var.endpt, &it->timer, &delay) != PJ_SUCCESS)
            it->references--;
    }
    status = start(it, tdata);
    if (status != PJ_SUCCESS)
        forget_timer(it); /* nothing went out, and the caller is told at once */
    drop(it);
    return status;
}

static bool select_transport(int transport, pjsip_tpselector *out)
{
    pj_bzero(out, sizeof *out);
    if (transport < 0)
        return true;
    if (transport >= (int)PJ_ARRAY_SIZE(pjsua_var.tpdata) || !pjsua_var.tpdata[transport].data.ptr)
        return false;
    if (pjsua_var.tpdata[transport].type & PJSIP_TRANSPORT_UDP && !(pjsua_var.tpdata[transport].type & 2)) {
        out->type = PJSIP_TPSELECTOR_TRANSPORT;
        out->u.transport = pjsua_var.tpdata[transport].data.tp;
    } else {
        out->type = PJSIP_TPSELECTOR_LISTENER;
        out->u.listener = pjsua_var.tpdata[transport].data.factory;
    }
    return true;
}

/* From and Contact that were not given: the account's, else an address of the transport. */
static void fill_in(const outgoing *wanted, char *from, size_t size, pj_str_t *own)
{
    const pjsua_transport_data *transport =
        &pjsua_var.tpdata[wanted->transport >= 0 && wanted->transport < (int)PJ_ARRAY_SIZE(pjsua_var.tpdata)
                              ? wanted->transport
                              : 0];
    bool is_ipv6 = memchr(transport->local_name.host.ptr ? transport->local_name.host.ptr : "", ':',
                          (size_t)transport->local_name.host.slen) != NULL;

    own->ptr = from;
    own->slen = pj_ansi_snprintf(from, size, "<sip:asterism@%s%.*s%s:%d>", is_ipv6 ? "[" : "",
                                 (int)transport->local_name.host.slen, transport->local_name.host.ptr,
                                 is_ipv6 ? "]" : "", transport->local_name.port);
    if (own->slen < 0 || own->slen >= (pj_ssize_t)size)
        own->slen = 0;
}

int requests_send(const outgoing *wanted, number *token)
{
    const pjsua_acc *account = pjsua_acc_is_valid(wanted->account) ? &pjsua_var.acc[wanted->account] : NULL;
    char own_text[256];
    pj_str_t own, from = wanted->from, to = wanted->to.slen ? wanted->to : wanted->uri, contact = wanted->contact;
    pjsip_tpselector transport;
    pjsip_tx_data *tdata;
    pjsip_method method;
    pj_str_t name = wanted->method;

    if (!select_transport(wanted->transport, &transport))
        return PJ_EINVAL;
    fill_in(wanted, own_text, sizeof own_text, &own);
    if (!from.slen)
        from = account && account->cfg.id.slen ? account->cfg.id : own;
    if (!contact.slen)
        contact = account && account->contact.slen ? account->contact : own;
    pjsip_method_init_np(&method, &name);
    if (pjsip_endpt_create_request(pjsua_var.endpt, &method, &wanted->uri, &from, &to, &contact,
                                   wanted->call_id.slen ? &wanted->call_id : NULL, -1, NULL, &tdata) != PJ_SUCCESS)
        return BAD_VALUE;
    pjsip_tx_data_set_transport(tdata, &transport);
    return launch(wanted, NULL, tdata, token);
}

int requests_send_in_call(number call, const outgoing *wanted, number *token)
{
    int slot = calls_slot(call), status;
    pjsip_dialog *dialog = NULL;
    pjsua_call *target = NULL;
    pjsip_tx_data *tdata = NULL;
    pjsip_method method;
    pj_str_t name = wanted->method;

    if (slot < 0)
        return STALE;
    status = acquire_call("send_in_call", slot, &target, &dialog);
    if (status != PJ_SUCCESS)
        return calls_slot(call) < 0 ? STALE : status;
    if (calls_slot(call) < 0) {
        status = STALE;
    } else {
        pjsip_method_init_np(&method, &name);
        status = pjsip_dlg_create_request(dialog, &method, -1, &tdata);
        if (status == PJ_SUCCESS) {
            pjsip_tx_data_set_transport(tdata, &dialog->tp_sel);
            status = launch(wanted, dialog, tdata, token);
        }
    }
    pjsip_dlg_dec_lock(dialog);
    return status;
}

int requests_use_account(number call, int account)
{
    int slot = calls_slot(call), status;
    pjsip_dialog *dialog = NULL;
    pjsua_call *target = NULL;

    if (slot < 0)
        return STALE;
    if (!pjsua_acc_is_valid(account))
        return BAD_VALUE;
    status = acquire_call("use_account", slot, &target, &dialog);
    if (status != PJ_SUCCESS)
        return calls_slot(call) < 0 ? STALE : status;
    status = calls_slot(call) < 0 ? STALE
                                  : pjsip_auth_clt_set_credentials(&dialog->auth_sess, (int)pjsua_var.acc[account].cred_cnt,
                                                                   pjsua_var.acc[account].cred);
    pjsip_dlg_dec_lock(dialog);
    return status;
}

unsigned requests_count(void)
{
    unsigned live;

    pthread_mutex_lock(&requests_lock);
    live = requests_live;
    pthread_mutex_unlock(&requests_lock);
    return live;
}

int requests_start(void)
{
    return pjsip_endpt_register_module(pjsua_var.endpt, &user);
}

/* Ends what is still on its way; each tells its outcome as it goes. */
void requests_stop(void)
{
    for (;;) {
        pjsip_transaction *transaction = NULL;

        pthread_mutex_lock(&requests_lock);
        for (request *it = requests; it && !transaction; it = it->next)
            transaction = it->transaction;
        if (transaction)
            pj_grp_lock_add_ref(transaction->grp_lock);
        pthread_mutex_unlock(&requests_lock);
        if (!transaction)
            break;
        pjsip_tsx_terminate(transaction, PJSIP_SC_SERVICE_UNAVAILABLE);
        pj_grp_lock_dec_ref(transaction->grp_lock);
    }
    if (user.id >= 0)
        pjsip_endpt_unregister_module(pjsua_var.endpt, &user);
}

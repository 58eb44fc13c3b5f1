/* tokens.c: requests that wait for Python's answer, each in a server transaction of its own. */
#include "message.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { SWEEP_MS = 500, MOST_CONTACTS = 40, MOST_PATHS = 32, TEXTS_PER_CONTACT = 4, MOST_TOKENS = 65536 };

typedef struct token {
    uint32_t generation;
    pjsip_transaction *transaction; /* held by its group lock; NULL: the slot is free */
    pjsip_rx_data *request;         /* a copy of our own */
    int64_t deadline_ms;
    int next_free;
} token;

static pthread_mutex_t tokens_lock = PTHREAD_MUTEX_INITIALIZER;
static token *tokens;
static unsigned tokens_size, tokens_live;
static int first_free = -1;
static pj_timer_entry sweep_timer;

static pjsip_module user = {
    .name = {"mod-asterism-token", 18},
    .id = -1,
    .priority = PJSIP_MOD_PRIORITY_APPLICATION + 1,
};

/* ---- the table --------------------------------------------------------------------------------------------------------- */

static number keep(pjsip_transaction *transaction, pjsip_rx_data *request)
{
    number result = 0;

    pthread_mutex_lock(&tokens_lock);
    if (first_free >= 0) {
        int slot = first_free;
        token *it = &tokens[slot];

        first_free = it->next_free;
        it->generation = it->generation == UINT32_MAX ? 1 : it->generation + 1;
        it->transaction = transaction;
        it->request = request;
        it->deadline_ms = now_ms() + native_settings.request_timeout_ms;
        tokens_live++;
        result = NUMBER(it->generation, slot);
    }
    pthread_mutex_unlock(&tokens_lock);
    return result;
}

/* Takes what a token names out of the table; tokens_lock is held. */
static token empty(unsigned slot)
{
    token taken = tokens[slot];

    tokens[slot].transaction = NULL;
    tokens[slot].request = NULL;
    tokens[slot].next_free = first_free;
    first_free = (int)slot;
    tokens_live--;
    return taken;
}

static token take(number wanted)
{
    unsigned slot = NUMBER_SLOT(wanted);
    token taken = {0};

    pthread_mutex_lock(&tokens_lock);
    if (slot < tokens_size && tokens[slot].transaction && tokens[slot].generation == NUMBER_GENERATION(wanted))
        taken = empty(slot);
    pthread_mutex_unlock(&tokens_lock);
    return taken;
}

bool tokens_full(void)
{
    bool full;

    pthread_mutex_lock(&tokens_lock);
    full = first_free < 0;
    pthread_mutex_unlock(&tokens_lock);
    return full;
}

unsigned tokens_count(void)
{
    unsigned live;

    pthread_mutex_lock(&tokens_lock);
    live = tokens_live;
    pthread_mutex_unlock(&tokens_lock);
    return live;
}

/* ---- answering ------------------------------------------------------------------------------------------------------------ */

pj_status_t add_headers(pjsip_tx_data *tdata, const header *headers, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        pjsip_msg_add_hdr(tdata->msg, (pjsip_hdr *)pjsip_generic_string_hdr_create(tdata->pool, &headers[i].name,
                                                                                    &headers[i].value));
    return PJ_SUCCESS;
}

pj_status_t add_body(pjsip_tx_data *tdata, const pj_str_t *body, const pj_str_t *content_type)
{
    pj_str_t type = *content_type, subtype = {NULL, 0};
    const char *slash = content_type->slen ? memchr(type.ptr, '/', (size_t)type.slen) : NULL;

    if (!body->slen)
        return PJ_SUCCESS;
    if (!slash)
        return PJ_EINVAL;
    subtype.ptr = (char *)slash + 1;
    subtype.slen = type.ptr + type.slen - subtype.ptr;
    type.slen = slash - type.ptr;
    tdata->msg->body = pjsip_msg_body_create(tdata->pool, &type, &subtype, body);
    return tdata->msg->body ? PJ_SUCCESS : PJ_ENOMEM;
}

static void add_server(pjsip_tx_data *tdata)
{
    header server = {pj_str("Server"), pj_str(native_settings.user_agent)};

    if (server.value.slen)
        add_headers(tdata, &server, 1);
}

static int answer(token taken, int code, const pj_str_t *reason, const header *headers, unsigned count,
                  const pj_str_t *body, const pj_str_t *content_type)
{
    pjsip_tx_data *response = NULL;
    int status = pjsip_endpt_create_response(pjsua_var.endpt, taken.request, code, reason && reason->slen ? reason : NULL,
                                             &response);

    if (status == PJ_SUCCESS) {
        add_headers(response, headers, count);
        add_server(response);
        if (body)
            status = add_body(response, body, content_type);
        if (status != PJ_SUCCESS || (status = pjsip_tsx_send_msg(taken.transaction, response)) != PJ_SUCCESS)
            pjsip_tx_data_dec_ref(response);
    }
    if (status != PJ_SUCCESS)
        pjsip_tsx_terminate(taken.transaction, PJSIP_SC_INTERNAL_SERVER_ERROR);
    pjsip_rx_data_free_cloned(taken.request);
    pj_grp_lock_dec_ref(taken.transaction->grp_lock);
    return status;
}

int tokens_respond(number wanted, int code, const pj_str_t *reason, const header *headers, unsigned count,
                   const pj_str_t *body, const pj_str_t *content_type)
{
    token taken = take(wanted);

    if (!taken.transaction)
        return STALE;
    return answer(taken, code, reason, headers, count, body, content_type);
}

static void answer_late(int code, int64_t before_ms)
{
    for (unsigned slot = 0; slot < tokens_size; slot++) {
        token taken = {0};

        pthread_mutex_lock(&tokens_lock);
        if (tokens[slot].transaction && tokens[slot].deadline_ms <= before_ms)
            taken = empty(slot);
        pthread_mutex_unlock(&tokens_lock);
        if (taken.transaction)
            answer(taken, code, NULL, NULL, 0, NULL, NULL);
    }
}

static void schedule_sweep(void)
{
    pj_time_val delay = {SWEEP_MS / 1000, SWEEP_MS % 1000};

    pjsip_endpt_schedule_timer(pjsua_var.endpt, &sweep_timer, &delay);
}

static void on_sweep(pj_timer_heap_t *heap, pj_timer_entry *entry)
{
    PJ_UNUSED_ARG(heap);
    PJ_UNUSED_ARG(entry);
    if (tokens_count())
        answer_late(PJSIP_SC_INTERNAL_SERVER_ERROR, now_ms());
    schedule_sweep();
}

/* ---- deferring --------------------------------------------------------------------------------------------------------------- */

static pj_str_t printed(pj_pool_t *pool, const void *uri)
{
    pj_str_t text = {pj_pool_alloc(pool, PJSIP_MAX_URL_SIZE), 0};
    int length = pjsip_uri_print(PJSIP_URI_IN_CONTACT_HDR, uri, text.ptr, PJSIP_MAX_URL_SIZE - 1);

    text.slen = length > 0 ? length : 0;
    return text;
}

static pj_str_t printed_number(pj_pool_t *pool, long value)
{
    pj_str_t text = {pj_pool_alloc(pool, 24), 0};

    text.slen = pj_ansi_snprintf(text.ptr, 24, "%ld", value);
    return text;
}

static pj_str_t printed_params(pj_pool_t *pool, const pjsip_param *list)
{
    const pjsip_parser_const_t *spec = pjsip_parser_const();
    pj_str_t text = {pj_pool_alloc(pool, PJSIP_MAX_URL_SIZE), 0};
    pj_ssize_t length = pjsip_param_print_on(list, text.ptr, PJSIP_MAX_URL_SIZE - 1, &spec->pjsip_TOKEN_SPEC,
                                             &spec->pjsip_TOKEN_SPEC, ';');

    text.slen = length > 0 ? length : 0;
    return text;
}

/* The contacts as four texts each: URI, seconds (-1: not said), q in thousandths (-1: not said), other parameters. */
static int list_contacts(pjsip_rx_data *rdata, pj_str_t *texts, unsigned *count)
{
    const pjsip_expires_hdr *expires = pjsip_msg_find_hdr(rdata->msg_info.msg, PJSIP_H_EXPIRES, NULL);
    pj_pool_t *pool = rdata->tp_info.pool;
    pjsip_contact_hdr *contact = NULL;
    const void *from = NULL;
    int contacts = 0;

    while ((contact = pjsip_msg_find_hdr(rdata->msg_info.msg, PJSIP_H_CONTACT, from)) != NULL) {
        long seconds = contact->expires != PJSIP_EXPIRES_NOT_SPECIFIED ? (long)contact->expires
                       : expires                                       ? (long)expires->ivalue
                                                                       : -1;

        if (contacts == MOST_CONTACTS)
            return -1;
        texts[(*count)++] = contact->star ? pj_str("*") : printed(pool, pjsip_uri_get_uri(contact->uri));
        texts[(*count)++] = printed_number(pool, seconds);
        texts[(*count)++] = printed_number(pool, contact->q1000 > 0 ? contact->q1000 : -1);
        texts[(*count)++] = contact->star ? pj_str("") : printed_params(pool, &contact->other_param);
        contacts++;
        if (contact->next == (void *)&rdata->msg_info.msg->hdr)
            break;
        from = contact->next;
    }
    return contacts;
}

static int list_paths(pjsip_rx_data *rdata, pj_str_t *texts, unsigned *count)
{
    const pj_str_t name = pj_str("Path");
    const pjsip_generic_string_hdr *path = NULL;
    const void *from = NULL;
    int paths = 0;

    while (paths < MOST_PATHS && (path = pjsip_msg_find_hdr_by_name(rdata->msg_info.msg, &name, from)) != NULL) {
        texts[(*count)++] = path->hvalue;
        paths++;
        if (path->next == (void *)&rdata->msg_info.msg->hdr)
            break;
        from = path->next;
    }
    return paths;
}

static record *record_of_register(pjsip_rx_data *rdata)
{
    pj_str_t more[1 + MOST_CONTACTS * TEXTS_PER_CONTACT + MOST_PATHS];
    const void *to = rdata->msg_info.to->uri ? pjsip_uri_get_uri(rdata->msg_info.to->uri) : NULL;
    unsigned count = 1;
    int contacts, paths;
    record *item;

    more[0] = to && (PJSIP_URI_SCHEME_IS_SIP(to) || PJSIP_URI_SCHEME_IS_SIPS(to)) ? ((const pjsip_sip_uri *)to)->user
                                                                                 : pj_str("");
    contacts = list_contacts(rdata, more, &count);
    if (contacts < 0)
        return NULL;
    paths = list_paths(rdata, more, &count);
    item = record_of_message_and(RECORD_REGISTER, rdata, more, count);
    if (item) {
        item->n[8] = rdata->msg_info.cseq->cseq;
        item->n[9] = contacts;
        item->n[10] = paths;
    }
    return item;
}

void tokens_defer(pjsip_rx_data *rdata, const arrival *who, number call)
{
    bool registers = rdata->msg_info.msg->line.req.method.id == PJSIP_REGISTER_METHOD;
    record *item = registers ? record_of_register(rdata) : record_of_message(RECORD_REQUEST, rdata);
    pjsip_transaction *transaction = NULL;
    pjsip_rx_data *copy = NULL;
    number name = 0;

    if (!item) {
        pjsip_endpt_respond_stateless(pjsua_var.endpt, rdata, PJSIP_SC_BAD_REQUEST, NULL, NULL, NULL);
        return;
    }
    if (tokens_full()) {
        queue_release(item);
        pjsip_endpt_respond_stateless(pjsua_var.endpt, rdata, PJSIP_SC_SERVICE_UNAVAILABLE, NULL, NULL, NULL);
        refused_for_load();
        return;
    }
    if (pjsip_tsx_create_uas(&user, rdata, &transaction) != PJ_SUCCESS) {
        queue_release(item); /* the same request is being served already: its answer will do */
        return;
    }
    pjsip_tsx_recv_msg(transaction, rdata);
    pj_grp_lock_add_ref(transaction->grp_lock);
    if (pjsip_rx_data_clone(rdata, 0, &copy) == PJ_SUCCESS)
        name = keep(transaction, copy);
    if (!name) {
        token lost = {.transaction = transaction, .request = copy};

        queue_release(item);
        if (copy)
            answer(lost, PJSIP_SC_SERVICE_UNAVAILABLE, NULL, NULL, 0, NULL, NULL);
        else {
            pjsip_tsx_terminate(transaction, PJSIP_SC_INTERNAL_SERVER_ERROR);
            pj_grp_lock_dec_ref(transaction->grp_lock);
        }
        return;
    }
    item->n[0] = (int64_t)name;
    item->n[1] = (int64_t)call;
    item->n[3] = who->identity;
    item->n[4] = who->authenticated;
    item->n[5] = who->transport;
    queue_push(item);
}

/* ---- life ------------------------------------------------------------------------------------------------------------------------ */

int tokens_start(void)
{
    unsigned wanted = native_settings.max_pending < MOST_TOKENS ? native_settings.max_pending : MOST_TOKENS;
    int status;

    pthread_mutex_lock(&tokens_lock);
    if (wanted > tokens_size) {
        token *grown = realloc(tokens, wanted * sizeof *tokens);

        if (!grown) {
            pthread_mutex_unlock(&tokens_lock);
            return PJ_ENOMEM;
        }
        memset(grown + tokens_size, 0, (wanted - tokens_size) * sizeof *grown);
        tokens = grown; /* kept for the life of the process, so that old numbers stay stale */
        tokens_size = wanted;
    }
    first_free = -1;
    for (int slot = (int)wanted - 1; slot >= 0; slot--) {
        tokens[slot].next_free = first_free;
        first_free = slot;
    }
    pthread_mutex_unlock(&tokens_lock);
    status = pjsip_endpt_register_module(pjsua_var.endpt, &user);
    if (status == PJ_SUCCESS) {
        pj_timer_entry_init(&sweep_timer, 0, NULL, on_sweep);
        schedule_sweep();
    }
    return status;
}

void tokens_stop(void)
{
    pjsip_endpt_cancel_timer(pjsua_var.endpt, &sweep_timer);
    answer_late(PJSIP_SC_SERVICE_UNAVAILABLE, INT64_MAX);
    if (user.id >= 0)
        pjsip_endpt_unregister_module(pjsua_var.endpt, &user);
}

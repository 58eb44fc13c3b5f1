/* attach.c: taking over pjsua from pjsua2, and giving it back. */
#include "adapter.h"
#include "message.h"
#include "players.h"

#include <string.h>

settings native_settings;
static bool attached;
static pjsua_callback former;
static pj_log_func *former_log;

bool native_attached(void)
{
    return __atomic_load_n(&attached, __ATOMIC_ACQUIRE);
}

int transport_number(const pjsip_transport *transport)
{
    for (unsigned i = 0; i < PJ_ARRAY_SIZE(pjsua_var.tpdata); i++) {
        const void *known = pjsua_var.tpdata[i].data.ptr;

        if (known && (known == transport || known == transport->factory))
            return (int)i;
    }
    return -1;
}

static void on_transport_state(pjsip_transport *transport, pjsip_transport_state state,
                               const pjsip_transport_state_info *info)
{
    static const char *const names[] = {"connected", "disconnected", "shutdown", "destroyed"};
    char error[PJ_ERR_MSG_SIZE] = "";
    pj_str_t texts[5];
    record *item;

    if ((unsigned)state >= PJ_ARRAY_SIZE(names) || !PJSIP_TRANSPORT_IS_RELIABLE(transport))
        return;
    if (info && info->status != PJ_SUCCESS)
        pj_strerror(info->status, error, sizeof error);
    texts[0] = transport_protocol(transport);
    texts[1] = pj_str((char *)names[state]);
    texts[2] = transport->local_name.host;
    texts[3] = transport->remote_name.host;
    texts[4] = pj_str(error);
    item = record_new(RECORD_TRANSPORT, texts, 5);
    if (!item)
        return;
    item->n[0] = transport_number(transport);
    item->n[1] = transport->local_name.port;
    item->n[2] = transport->remote_name.port;
    queue_push(item);
}

static void on_log(int level, const char *text, int length)
{
    pj_str_t texts[2] = {{(char *)text, length}, {0}};
    record *item;

    while (texts[0].slen && (text[texts[0].slen - 1] == '\n' || text[texts[0].slen - 1] == '\r'))
        texts[0].slen--;
    if (queue_busy())
        return; /* a flood of log lines must not push out calls */
    texts[1] = pj_str((char *)(pj_thread_is_registered() ? pj_thread_get_name(pj_thread_this()) : ""));
    item = record_new(RECORD_LOG, texts, 2);
    if (item)
        item->n[0] = level;
    queue_push(item);
}

int set_log_level(int level)
{
    pj_log_set_level(level);
    return DONE;
}

int native_attach(const settings *wanted)
{
    int status;

    if (attached)
        return PJ_EEXISTS;
    if (pjsua_get_state() < PJSUA_STATE_INIT)
        return PJ_EINVALIDOP;
    native_settings = *wanted;
    queue_open(wanted->max_queued);
    if ((status = calls_start(pjsua_var.ua_cfg.max_calls)) != DONE)
        return status;
    if ((status = digest_start()) != DONE || (status = requests_start()) != DONE || (status = tokens_start()) != DONE ||
        (status = wire_start()) != DONE || (status = addresses_start()) != DONE || (status = contacts_start()) != DONE ||
        (status = intake_start()) != DONE)
        return status;
    /* An empty table is the point: whatever stays of pjsua2's would run C++ objects, or directors, on PJSIP's threads. */
    PJSUA_LOCK();
    former = pjsua_var.ua_cfg.cb;
    memset(&pjsua_var.ua_cfg.cb, 0, sizeof pjsua_var.ua_cfg.cb);
    callbacks_take_over(&pjsua_var.ua_cfg.cb, &former);
    pjsua_var.ua_cfg.cb.on_transport_state = on_transport_state;
    PJSUA_UNLOCK();
    former_log = pj_log_get_log_func();
    pj_log_set_log_func(on_log);
    __atomic_store_n(&attached, true, __ATOMIC_RELEASE);
    return DONE;
}

void native_detach(void)
{
    if (!attached)
        return;
    __atomic_store_n(&attached, false, __ATOMIC_RELEASE);
    codecs_await_departure();
    players_stop();
    recorders_stop();
    tokens_stop();
    requests_stop();
    wire_stop();
    addresses_stop();
    contacts_stop();
    intake_stop();
    calls_stop();
    directory_install(NULL);
    pj_log_set_log_func(former_log);
    /* Calls that libDestroy hangs up must still reach pjsua2's objects; nothing else of its table is wanted. */
    PJSUA_LOCK();
    memset(&pjsua_var.ua_cfg.cb, 0, sizeof pjsua_var.ua_cfg.cb);
    pjsua_var.ua_cfg.cb.on_call_state = former.on_call_state;
    PJSUA_UNLOCK();
    queue_close();
}

void native_counts(counts *out)
{
    memset(out, 0, sizeof *out);
    out->calls = calls_count();
    out->adapters = adapters_count();
    out->tokens = tokens_count();
    out->results = requests_count();
    out->relays = relays_count();
    out->players = players_count();
    out->recorders = recorders_count();
    out->records = queue_length();
    out->tables = directory_tables();
}

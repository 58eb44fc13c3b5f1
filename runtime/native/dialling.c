/* dialling.c: sending DTMF the way a call agreed on. */
#include "players.h"

#include <string.h>

enum { MARGIN_MS = 400, MOST_DIGITS = 32 };

/* Our stream only sends while its port is on; this timer switches it off again. */
static void on_dialled(void *user_data)
{
    adapter *it = user_data;

    pthread_mutex_lock(&it->lock);
    it->dialling = false;
    pthread_mutex_unlock(&it->lock);
    bridge_need(it, -1, 0);
    adapter_release(it);
}

static int send_events(adapter *it, int slot, const pj_str_t *digits, unsigned duration_ms, unsigned gap_ms)
{
    unsigned total = (unsigned)digits->slen * (duration_ms + gap_ms) + MARGIN_MS;
    pjsua_call_send_dtmf_param param;
    int status;

    pthread_mutex_lock(&it->lock);
    it->dialling = true;
    pthread_mutex_unlock(&it->lock);
    bridge_need(it, 1, 0);
    pjsua_call_send_dtmf_param_default(&param);
    param.method = PJSUA_DTMF_METHOD_RFC2833;
    param.duration = duration_ms;
    param.digits = *digits;
    status = pjsua_call_send_dtmf(slot, &param);
    adapter_hold(it);
    if (pjsua_schedule_timer2(on_dialled, it, total) != PJ_SUCCESS)
        on_dialled(it);
    return status;
}

static int send_info(int slot, const pj_str_t *digits, unsigned duration_ms)
{
    pjsua_call_send_dtmf_param param;

    pjsua_call_send_dtmf_param_default(&param);
    param.method = PJSUA_DTMF_METHOD_SIP_INFO;
    param.duration = duration_ms;
    param.digits = *digits;
    return pjsua_call_send_dtmf(slot, &param);
}

/* ITU-T Q.23 */
static void tones_of(char digit, tone *out)
{
    static const char keys[] = "123A456B789C*0#D";
    static const int rows[] = {697, 770, 852, 941}, columns[] = {1209, 1336, 1477, 1633};
    const char *at = strchr(keys, digit);
    int key = at ? (int)(at - keys) : 0;

    out->first_hz = rows[key / 4];
    out->second_hz = columns[key % 4];
}

static int send_tones(number call, const pj_str_t *digits, unsigned duration_ms, unsigned gap_ms)
{
    tone tones[MOST_DIGITS];
    sound *made = NULL;
    number player;
    int result;

    for (int i = 0; i < digits->slen; i++) {
        tones_of(digits->ptr[i], &tones[i]);
        tones[i].on_ms = (int)duration_ms;
        tones[i].off_ms = (int)gap_ms;
    }
    if ((result = sound_of_tones(tones, (unsigned)digits->slen, &made)) != DONE ||
        (result = player_new(made, false, 0, &player)) != DONE)
        return result;
    result = player_start(player, call);
    if (result != DONE)
        player_stop(player);
    return result;
}

int dtmf_send(number call, const char *digits, unsigned duration_ms, unsigned gap_ms)
{
    int slot = calls_slot(call), result;
    media_rule *rule = slot >= 0 ? calls_media(slot) : NULL;
    enum dtmf_mode mode = rule ? rule->dtmf : DTMF_AUTO;
    adapter *it = calls_adapter(call);
    char upper[MOST_DIGITS + 1];
    pj_str_t text = {upper, 0};
    bool events;

    for (; digits[text.slen] && text.slen < MOST_DIGITS; text.slen++)
        upper[text.slen] = (char)(digits[text.slen] >= 'a' ? digits[text.slen] - 32 : digits[text.slen]);
    if (slot < 0 || !it)
        result = slot < 0 ? STALE : PJ_EINVALIDOP;
    else if (digits[text.slen] || duration_ms < 20 || duration_ms > 8000)
        result = BAD_VALUE;
    else {
        pthread_mutex_lock(&it->lock);
        events = it->terms.tx_event >= 0;
        pthread_mutex_unlock(&it->lock);
        if (mode == DTMF_INFO)
            result = send_info(slot, &text, duration_ms);
        else if (mode != DTMF_INBAND && mode != DTMF_NONE && events)
            result = send_events(it, slot, &text, duration_ms, gap_ms);
        else
            result = mode == DTMF_NONE ? PJ_EINVALIDOP : send_tones(call, &text, duration_ms, gap_ms);
    }
    adapter_release(it);
    media_rule_drop(rule);
    return result;
}

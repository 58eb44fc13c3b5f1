/* dtmf.c: reading RFC 4733 events from the packets that pass, whether anybody decodes the audio or not. */
#include "adapter.h"

enum { EVENTS_OF_DTMF = 16 };

static void finish(adapter *it)
{
    unsigned rate = it->terms.clock_rate ? it->terms.clock_rate : 8000;

    if (!it->event_open)
        return;
    it->event_open = false;
    push_dtmf(it->call, it->event_digit, it->event_duration * 1000u / rate, false);
}

/* The adapter's lock is held. One key is one timestamp: its packets repeat and may be lost, the last ones are sent
 * three times with the end bit (RFC 4733 2.5.1.4), so a key ends with the first end bit, or when the next begins. */
void dtmf_heard(adapter *it, const uint8_t *packet, size_t size, const uint8_t *payload, size_t length)
{
    static const char digits[EVENTS_OF_DTMF + 1] = "0123456789*#ABCD";
    uint32_t timestamp;
    uint16_t duration;

    PJ_UNUSED_ARG(size);
    if (length < 4 || payload[0] >= EVENTS_OF_DTMF)
        return;
    timestamp = (uint32_t)packet[4] << 24 | packet[5] << 16 | packet[6] << 8 | packet[7];
    duration = (uint16_t)(payload[2] << 8 | payload[3]);
    if (!it->event_seen || timestamp != it->event_timestamp) {
        finish(it);
        it->event_seen = true;
        it->event_open = true;
        it->event_timestamp = timestamp;
        it->event_digit = digits[payload[0]];
        it->event_duration = 0;
    }
    if (duration > it->event_duration)
        it->event_duration = duration;
    if (payload[1] & 0x80)
        finish(it);
}

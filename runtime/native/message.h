/* message.h: what a record tells of a SIP message. */
#ifndef ASTERISM_MESSAGE_H
#define ASTERISM_MESSAGE_H

#include "native.h"

/* Texts of a record made from a message; n[6] and n[7] are the source's and the local port. */
enum message_text {
    TEXT_SOURCE,
    TEXT_LOCAL,
    TEXT_PROTOCOL,
    TEXT_METHOD,
    TEXT_URI,
    TEXT_FROM,
    TEXT_TO,
    TEXT_CONTACT,
    TEXT_USER_AGENT,
    TEXT_CALL_ID,
    TEXT_MESSAGE,
    MESSAGE_TEXTS,
};

pj_str_t raw_header(const char *message, size_t size, const char *name, const char *compact);
pj_str_t transport_protocol(const pjsip_transport *transport);
record *record_of_message(enum record_kind kind, const pjsip_rx_data *rdata);
record *record_of_message_and(enum record_kind kind, const pjsip_rx_data *rdata, const pj_str_t *more, unsigned count);

#endif

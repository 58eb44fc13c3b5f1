/* message.c: what a record tells of a SIP message, read from its text as it came. */
#include "message.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* Value of the first header of this name (or compact name), as received, folds included; empty when there is none. */
pj_str_t raw_header(const char *message, size_t size, const char *name, const char *compact)
{
    const char *end = message + size, *line = memchr(message, '\n', size);
    pj_str_t value = {NULL, 0};

    while (line && ++line < end && *line != '\r' && *line != '\n') {
        const char *next = memchr(line, '\n', (size_t)(end - line));
        const char *colon = memchr(line, ':', (size_t)((next ? next : end) - line));
        size_t length = colon ? (size_t)(colon - line) : 0;

        while (length && isblank((unsigned char)line[length - 1]))
            length--;
        if (length && ((length == strlen(name) && strncasecmp(line, name, length) == 0) ||
                       (compact && length == strlen(compact) && strncasecmp(line, compact, length) == 0))) {
            const char *stop = next ? next : end;

            while (next && next + 1 < end && isblank((unsigned char)next[1])) {
                next = memchr(next + 1, '\n', (size_t)(end - next - 1));
                stop = next ? next : end;
            }
            for (colon++; colon < stop && isspace((unsigned char)*colon); colon++)
                ;
            while (stop > colon && isspace((unsigned char)stop[-1]))
                stop--;
            value.ptr = (char *)colon;
            value.slen = stop - colon;
            return value;
        }
        line = next;
    }
    return value;
}

static pj_str_t request_uri(const char *message, size_t size)
{
    const char *end = memchr(message, '\r', size), *from, *to;
    pj_str_t uri = {NULL, 0};

    if (!end && !(end = memchr(message, '\n', size)))
        return uri;
    from = memchr(message, ' ', (size_t)(end - message));
    if (!from)
        return uri;
    for (to = end; to > from + 1 && to[-1] != ' '; to--)
        ;
    while (from < to && *from == ' ')
        from++;
    while (to > from && to[-1] == ' ')
        to--;
    uri.ptr = (char *)from;
    uri.slen = to - from;
    return uri;
}

static const char *protocol_name(const pjsip_transport *transport)
{
    switch (transport->key.type & ~PJSIP_TRANSPORT_IPV6) {
    case PJSIP_TRANSPORT_UDP:
        return "udp";
    case PJSIP_TRANSPORT_TCP:
        return "tcp";
    case PJSIP_TRANSPORT_TLS:
        return "tls";
    default:
        return "other";
    }
}

pj_str_t transport_protocol(const pjsip_transport *transport)
{
    return pj_str((char *)protocol_name(transport));
}

record *record_of_message(enum record_kind kind, const pjsip_rx_data *rdata)
{
    return record_of_message_and(kind, rdata, NULL, 0);
}

record *record_of_message_and(enum record_kind kind, const pjsip_rx_data *rdata, const pj_str_t *more, unsigned count)
{
    const char *text = rdata->msg_info.msg_buf;
    size_t size = (size_t)rdata->msg_info.len;
    const pjsip_host_port *local = &rdata->tp_info.transport->local_name;
    pj_str_t texts[MESSAGE_TEXTS + RECORD_LISTED];
    record *item;

    texts[TEXT_SOURCE] = pj_str((char *)rdata->pkt_info.src_name);
    texts[TEXT_LOCAL] = local->host;
    texts[TEXT_PROTOCOL] = transport_protocol(rdata->tp_info.transport);
    texts[TEXT_METHOD] = rdata->msg_info.msg->line.req.method.name;
    texts[TEXT_URI] = request_uri(text, size);
    texts[TEXT_FROM] = raw_header(text, size, "From", "f");
    texts[TEXT_TO] = raw_header(text, size, "To", "t");
    texts[TEXT_CONTACT] = raw_header(text, size, "Contact", "m");
    texts[TEXT_USER_AGENT] = raw_header(text, size, "User-Agent", NULL);
    texts[TEXT_CALL_ID] = rdata->msg_info.cid->id;
    texts[TEXT_MESSAGE].ptr = (char *)text;
    texts[TEXT_MESSAGE].slen = (pj_ssize_t)size;
    if (count > RECORD_LISTED)
        count = RECORD_LISTED;
    for (unsigned i = 0; i < count; i++)
        texts[MESSAGE_TEXTS + i] = more[i];
    item = record_new(kind, texts, MESSAGE_TEXTS + count);
    if (item) {
        item->n[6] = rdata->pkt_info.src_port;
        item->n[7] = local->port;
    }
    return item;
}

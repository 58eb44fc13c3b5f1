/* network.c: addresses, networks and access lists. IPv4 is kept as ::ffff:a.b.c.d, so that there is one kind. */
#include "native.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

static void map_ipv4(const uint8_t *four, uint8_t *out)
{
    memset(out, 0, 10);
    out[10] = out[11] = 0xFF;
    memcpy(out + 12, four, 4);
}

void network_of(const pj_sockaddr *source, network *out)
{
    memset(out, 0, sizeof *out);
    out->prefix = 128;
    out->port = pj_sockaddr_get_port(source);
    if (source->addr.sa_family == pj_AF_INET())
        map_ipv4((const uint8_t *)&source->ipv4.sin_addr, out->address);
    else
        memcpy(out->address, &source->ipv6.sin6_addr, 16);
}

static void mask(uint8_t *address, int prefix)
{
    for (int i = 0; i < 16; i++) {
        int bits = prefix - i * 8;

        if (bits <= 0)
            address[i] = 0;
        else if (bits < 8)
            address[i] &= (uint8_t)(0xFF << (8 - bits));
    }
}

/* "24" or "255.255.255.0" (whose ones must come first) -> 24; -1 when it is neither. */
static int prefix_of(const char *text, int most)
{
    uint8_t dotted[4];
    char *end;
    long value;

    if (most == 32 && inet_pton(AF_INET, text, dotted) == 1) {
        uint32_t bits = (uint32_t)dotted[0] << 24 | dotted[1] << 16 | dotted[2] << 8 | dotted[3];
        uint32_t rest = ~bits;

        return (rest & (rest + 1)) == 0 ? __builtin_popcount(bits) : -1;
    }
    value = strtol(text, &end, 10);
    return *text && !*end && value >= 0 && value <= most ? (int)value : -1;
}

int network_parse(const char *text, network *out)
{
    char copy[96], *address = copy, *slash, *port = NULL;
    uint8_t four[4];
    int bits = 128, shift = 0;

    if (snprintf(copy, sizeof copy, "%s", text) >= (int)sizeof copy)
        return BAD_VALUE;
    memset(out, 0, sizeof *out);
    if ((slash = strchr(copy, '/')) != NULL)
        *slash++ = 0;
    if (*address == '[') {
        char *close = strchr(++address, ']');

        if (!close)
            return BAD_VALUE;
        *close = 0;
        port = close[1] == ':' ? close + 2 : NULL;
        if (close[1] && !port)
            return BAD_VALUE;
    } else if ((port = strchr(address, ':')) != NULL && strchr(port + 1, ':') == NULL) {
        *port++ = 0;
    } else {
        port = NULL;
    }
    if (inet_pton(AF_INET, address, four) == 1) {
        map_ipv4(four, out->address);
        bits = 32;
        shift = 96;
    } else if (inet_pton(AF_INET6, address, out->address) != 1) {
        return BAD_VALUE;
    }
    out->prefix = slash ? prefix_of(slash, bits) : bits;
    if (out->prefix < 0)
        return BAD_VALUE;
    out->prefix += shift;
    mask(out->address, out->prefix);
    if (port) {
        char *end;
        unsigned long value = strtoul(port, &end, 10);

        if (!*port || *end || value < 1 || value > 65535)
            return BAD_VALUE;
        out->port = (uint16_t)value;
    }
    return DONE;
}

bool access_permits(const access_line *lines, unsigned count, const pj_sockaddr *source)
{
    bool permitted = true; /* as in Asterisk: the last line that matches decides */
    network from;

    network_of(source, &from);
    for (unsigned i = 0; i < count; i++) {
        uint8_t masked[16];

        memcpy(masked, from.address, 16);
        mask(masked, lines[i].net.prefix);
        if (memcmp(masked, lines[i].net.address, 16) == 0)
            permitted = lines[i].permit;
    }
    return permitted;
}

/* addresses.c: addresses in SDP, so that no name is ever looked up on PJSIP's thread and ours can be reached.
 *
 * RFC 4566 5.7 allows a host name where pjmedia would call the resolver and stand still until it answers. Who sends one
 * is taken at the address that the message came from, which is where his audio will mostly come from as well.
 */
#include "native.h"

#include <string.h>
#include <unistd.h>

static bool is_numeric(const pj_str_t *text)
{
    pj_in6_addr ignored;

    return pj_inet_pton(pj_AF_INET(), text, &ignored) == PJ_SUCCESS ||
           pj_inet_pton(pj_AF_INET6(), text, &ignored) == PJ_SUCCESS;
}

static void mend(pjmedia_sdp_conn *line, pjsip_rx_data *rdata)
{
    bool is_ipv6 = rdata->pkt_info.src_addr.addr.sa_family == pj_AF_INET6();

    if (!line || is_numeric(&line->addr))
        return;
    line->addr = pj_str(rdata->pkt_info.src_name);
    line->addr_type = pj_str(is_ipv6 ? "IP6" : "IP4");
}

static pj_bool_t on_rx(pjsip_rx_data *rdata)
{
    const pjsip_msg_body *body = rdata->msg_info.msg->body;
    pjsip_rdata_sdp_info *info;

    if (!body || !body->len)
        return PJ_FALSE;
    info = pjsip_rdata_get_sdp_info(rdata); /* kept with the message: pjsua will read this same copy */
    if (info && info->sdp) {
        mend(info->sdp->conn, rdata);
        for (unsigned i = 0; i < info->sdp->media_count; i++)
            mend(info->sdp->media[i]->conn, rdata);
        if (media_drop_nameless(info->sdp))
            info->sdp_err = pjmedia_sdp_validate2(info->sdp, PJ_FALSE);
    }
    return PJ_FALSE;
}

static pjsip_module reader = {
    .name = {"mod-asterism-sdp", 16},
    .id = -1,
    .priority = PJSIP_MOD_PRIORITY_TSX_LAYER - 4,
    .on_rx_request = on_rx,
    .on_rx_response = on_rx,
};

int addresses_start(void)
{
    return pjsip_endpt_register_module(pjsua_var.endpt, &reader);
}

void addresses_stop(void)
{
    if (reader.id >= 0)
        pjsip_endpt_unregister_module(pjsua_var.endpt, &reader);
}

/* ---- our own --------------------------------------------------------------------------------------------------------- */

/* Which of our addresses faces this one: what the kernel would send from. */
static bool facing(const pj_str_t *peer, char *out, size_t size)
{
    pj_sockaddr far, near;
    int length = sizeof near;
    pj_sock_t socket;
    bool found = false;
    int family = memchr(peer->ptr, ':', (size_t)peer->slen) ? pj_AF_INET6() : pj_AF_INET();

    if (!is_numeric(peer) || pj_sockaddr_init(family, &far, peer, 9) != PJ_SUCCESS ||
        pj_sock_socket(family, pj_SOCK_DGRAM(), 0, &socket) != PJ_SUCCESS)
        return false;
    if (pj_sock_connect(socket, &far, pj_sockaddr_get_len(&far)) == PJ_SUCCESS &&
        pj_sock_getsockname(socket, &near, &length) == PJ_SUCCESS && pj_sockaddr_has_addr(&near))
        found = pj_sockaddr_print(&near, out, (int)size, 0) != NULL;
    pj_sock_close(socket);
    return found;
}

/* Who will hear us: by his SDP, else by where the call goes to or came from. */
static pj_str_t peer_of(const pjsua_call *call, const pjmedia_sdp_session *remote)
{
    const pjsip_dialog *dialog = call->inv ? call->inv->dlg : call->async_call.dlg;
    const void *uri;

    if (remote && remote->media_count && remote->media[0]->conn)
        return remote->media[0]->conn->addr;
    if (remote && remote->conn)
        return remote->conn->addr;
    if (call->incoming_data)
        return pj_str(call->incoming_data->pkt_info.src_name);
    uri = dialog && dialog->target ? pjsip_uri_get_uri(dialog->target) : NULL;
    if (uri && (PJSIP_URI_SCHEME_IS_SIP(uri) || PJSIP_URI_SCHEME_IS_SIPS(uri)))
        return ((const pjsip_sip_uri *)uri)->host;
    return pj_str("");
}

static bool bound_to_all(const pjsua_transport_config *rtp)
{
    static const pj_str_t all = {"0.0.0.0", 7}, all_ipv6 = {"::", 2};

    return !rtp->public_addr.slen &&
           (!rtp->bound_addr.slen || !pj_strcmp(&rtp->bound_addr, &all) || !pj_strcmp(&rtp->bound_addr, &all_ipv6));
}

/* RFC 3605 2.1: without an address, RTCP's port is at the address of the line. */
static void shorten_rtcp(pjmedia_sdp_media *media)
{
    pjmedia_sdp_attr *attribute = pjmedia_sdp_media_find_attr2(media, "rtcp", NULL);
    const char *space = attribute && attribute->value.slen > 0
                            ? memchr(attribute->value.ptr, ' ', (size_t)attribute->value.slen)
                            : NULL;

    if (space)
        attribute->value.slen = space - attribute->value.ptr;
}

void addresses_face(int slot, pjmedia_sdp_session *sdp, pj_pool_t *pool, const pjmedia_sdp_session *remote)
{
    const pjsua_call *call = &pjsua_var.calls[slot];
    pj_str_t peer, own, held = {"0.0.0.0", 7};
    char text[PJ_INET6_ADDRSTRLEN + 2];

    if (!bound_to_all(&pjsua_var.acc[call->acc_id].cfg.rtp_cfg))
        return;
    peer = peer_of(call, remote);
    if (!peer.slen || !pj_strcmp(&peer, &held) || !facing(&peer, text, sizeof text))
        return;
    own = pj_strdup3(pool, text);
    sdp->origin.addr = own;
    if (sdp->conn)
        sdp->conn->addr = own;
    for (unsigned i = 0; i < sdp->media_count; i++) {
        if (sdp->media[i]->conn)
            sdp->media[i]->conn->addr = own;
        shorten_rtcp(sdp->media[i]);
    }
}

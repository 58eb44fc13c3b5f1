/* digest.c: HTTP digest (RFC 7616, RFC 8760, RFC 3261 22) as a server: challenge, check, refuse replays.
 *
 * A nonce is time, ticket and a keyed hash of both, so none needs to be remembered. A ticket names one of a fixed number
 * of windows that remember which nonce counts were used; a window that was handed on makes its former nonce stale, and a
 * client simply answers the new challenge. Unknown users go through the same steps with a password that nobody has.
 */
#include "native.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

enum { TICKETS = 65536, WINDOW = 64, KEY_SIZE = 32, STAMP_DIGITS = 16, TICKET_DIGITS = 16, MARK_DIGITS = 32 };
enum { NONCE_DIGITS = STAMP_DIGITS + TICKET_DIGITS + MARK_DIGITS };

typedef struct window {
    uint64_t ticket;
    uint32_t highest; /* nonce count */
    uint64_t seen;    /* bit i: highest - i was used */
} window;

static pthread_mutex_t digest_lock = PTHREAD_MUTEX_INITIALIZER;
static uint8_t secret_key[KEY_SIZE];
static uint64_t next_ticket;
static window windows[TICKETS];
static char nobodys_ha1[65];

static const char *const algorithm_names[ALGORITHMS] = {"MD5", "SHA-256"};

static void hex(const uint8_t *bytes, size_t count, char *out)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < count; i++) {
        out[i * 2] = digits[bytes[i] >> 4];
        out[i * 2 + 1] = digits[bytes[i] & 15];
    }
    out[count * 2] = 0;
}

int digest_start(void)
{
    uint8_t random[32];

    pthread_mutex_lock(&digest_lock);
    if (RAND_bytes(secret_key, sizeof secret_key) != 1 || RAND_bytes(random, sizeof random) != 1) {
        pthread_mutex_unlock(&digest_lock);
        return PJ_EUNKNOWN;
    }
    hex(random, sizeof random, nobodys_ha1);
    pthread_mutex_unlock(&digest_lock);
    return DONE;
}

/* ---- nonces --------------------------------------------------------------------------------------------------------------- */

static void mark(const char *front, char *out)
{
    uint8_t sum[EVP_MAX_MD_SIZE];
    unsigned length = 0;

    HMAC(EVP_sha256(), secret_key, KEY_SIZE, (const uint8_t *)front, STAMP_DIGITS + TICKET_DIGITS, sum, &length);
    hex(sum, MARK_DIGITS / 2, out);
}

static void make_nonce(char *out)
{
    uint64_t ticket;

    pthread_mutex_lock(&digest_lock);
    ticket = ++next_ticket;
    windows[ticket % TICKETS] = (window){.ticket = ticket};
    pthread_mutex_unlock(&digest_lock);
    pj_ansi_snprintf(out, NONCE_DIGITS + 1, "%016llx%016llx", (unsigned long long)now_ms(), (unsigned long long)ticket);
    mark(out, out + STAMP_DIGITS + TICKET_DIGITS);
}

static bool digits_of(const char *text, uint64_t *value)
{
    static const char order[] = "0123456789abcdef";

    *value = 0;
    for (int i = 0; i < 16; i++) {
        const char *at = memchr(order, text[i], 16);

        if (!at)
            return false;
        *value = *value << 4 | (uint64_t)(at - order);
    }
    return true;
}

/* Ours and not too old? */
static bool nonce_is_good(const pj_str_t *nonce, int lifetime_s, uint64_t *ticket)
{
    char expected[MARK_DIGITS + 1];
    uint64_t stamp;

    if (nonce->slen != NONCE_DIGITS || !digits_of(nonce->ptr, &stamp) || !digits_of(nonce->ptr + STAMP_DIGITS, ticket))
        return false;
    mark(nonce->ptr, expected);
    return CRYPTO_memcmp(expected, nonce->ptr + STAMP_DIGITS + TICKET_DIGITS, MARK_DIGITS) == 0 &&
           now_ms() - (int64_t)stamp <= (int64_t)lifetime_s * 1000;
}

/* Each count once; they may arrive somewhat out of order (two requests in flight over UDP). */
static bool count_is_fresh(uint64_t ticket, uint32_t count)
{
    window *it = &windows[ticket % TICKETS];
    bool fresh = false;

    pthread_mutex_lock(&digest_lock);
    if (it->ticket == ticket && count > it->highest) {
        uint32_t step = count - it->highest;

        it->seen = step < WINDOW ? it->seen << step | 1 : 1;
        it->highest = count;
        fresh = true;
    } else if (it->ticket == ticket && count && it->highest - count < WINDOW) {
        uint64_t bit = (uint64_t)1 << (it->highest - count);

        fresh = !(it->seen & bit);
        it->seen |= bit;
    }
    pthread_mutex_unlock(&digest_lock);
    return fresh;
}

/* ---- checking ---------------------------------------------------------------------------------------------------------------- */

static size_t hash(enum algorithm algorithm, const pj_str_t *parts, unsigned count, char *out)
{
    uint8_t sum[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    EVP_MD_CTX *state = EVP_MD_CTX_new();
    bool good = state && EVP_DigestInit_ex(state, algorithm == ALGORITHM_SHA256 ? EVP_sha256() : EVP_md5(), NULL) == 1;

    for (unsigned i = 0; good && i < count; i++) {
        good = i == 0 || EVP_DigestUpdate(state, ":", 1) == 1;
        good = good && EVP_DigestUpdate(state, parts[i].ptr, (size_t)parts[i].slen) == 1;
    }
    good = good && EVP_DigestFinal_ex(state, sum, &length) == 1;
    EVP_MD_CTX_free(state);
    hex(sum, good ? length : 0, out);
    return good ? length * 2u : 0;
}

static bool response_matches(const char *ha1, enum algorithm algorithm, const pjsip_digest_credential *given,
                             const pj_str_t *method)
{
    pj_str_t request[2] = {*method, given->uri}, parts[6];
    char ha2[EVP_MAX_MD_SIZE * 2 + 1], expected[EVP_MAX_MD_SIZE * 2 + 1];
    unsigned count = 0;
    size_t length;

    ha2[hash(algorithm, request, 2, ha2)] = 0;
    parts[count++] = pj_str((char *)ha1);
    parts[count++] = given->nonce;
    if (given->qop.slen) {
        parts[count++] = given->nc;
        parts[count++] = given->cnonce;
        parts[count++] = given->qop;
    }
    parts[count++] = pj_str(ha2);
    length = hash(algorithm, parts, count, expected);
    return length && given->response.slen == (pj_ssize_t)length &&
           CRYPTO_memcmp(expected, given->response.ptr, length) == 0;
}

static const pj_str_t *realm_of(const identity *who, const service *terms)
{
    return who && who->credentials && who->credential[0].realm.slen ? &who->credential[0].realm : &terms->realm;
}

const pjsip_authorization_hdr *digest_header(const pjsip_rx_data *rdata, const pj_str_t *realm)
{
    const pjsip_authorization_hdr *it = NULL;
    const void *from = NULL;

    while ((it = pjsip_msg_find_hdr(rdata->msg_info.msg, PJSIP_H_AUTHORIZATION, from)) != NULL) {
        if (pj_stricmp2(&it->scheme, "Digest") == 0 && pj_strcmp(&it->credential.digest.realm, realm) == 0)
            return it;
        from = it->next;
    }
    return NULL;
}

static int algorithm_of(const pj_str_t *name)
{
    if (!name->slen)
        return ALGORITHM_MD5; /* RFC 7616 3.3 */
    for (int i = 0; i < ALGORITHMS; i++)
        if (pj_stricmp2(name, algorithm_names[i]) == 0)
            return i;
    return -1;
}

enum verdict digest_check(const identity *who, const service *terms, const pjsip_rx_data *rdata)
{
    const pjsip_authorization_hdr *header = digest_header(rdata, realm_of(who, terms));
    const pj_str_t *method = &rdata->msg_info.msg->line.req.method.name;
    const pjsip_digest_credential *given;
    const credential *own = NULL;
    pj_str_t number_text;
    uint64_t ticket = 0;
    uint32_t count = 1;
    int algorithm;
    bool right;

    if (!header)
        return VERDICT_MISSING;
    given = &header->credential.digest;
    algorithm = algorithm_of(&given->algorithm);
    if (algorithm < 0 || (given->qop.slen && pj_stricmp2(&given->qop, "auth") != 0))
        return VERDICT_WRONG;
    for (unsigned i = 0; who && i < who->credentials && !own; i++)
        if ((int)who->credential[i].algorithm == algorithm &&
            pj_strcmp(&who->credential[i].username, &given->username) == 0)
            own = &who->credential[i];
    if (!nonce_is_good(&given->nonce, terms->nonce_lifetime_s, &ticket))
        return VERDICT_STALE;
    right = response_matches(own ? own->ha1 : nobodys_ha1, (enum algorithm)algorithm, given, method);
    if (!right || !own)
        return own ? VERDICT_WRONG : VERDICT_UNKNOWN;
    number_text = given->nc;
    if (given->qop.slen)
        count = (uint32_t)pj_strtoul2(&number_text, NULL, 16);
    return count_is_fresh(ticket, count) ? VERDICT_RIGHT : VERDICT_STALE;
}

/* ---- challenging -------------------------------------------------------------------------------------------------------------- */

void digest_challenge(const identity *who, const service *terms, bool stale, pj_pool_t *pool, pjsip_hdr *list)
{
    bool offers[ALGORITHMS] = {false};

    for (unsigned i = 0; who && i < who->credentials; i++)
        offers[who->credential[i].algorithm] = true;
    if (!who || !who->credentials)
        memcpy(offers, terms->offers, sizeof offers);
    /* RFC 8760 2.3: the preferred, stronger one first. */
    for (int i = ALGORITHMS - 1; i >= 0; i--) {
        pjsip_www_authenticate_hdr *header;
        char *nonce;

        if (!offers[i])
            continue;
        nonce = pj_pool_alloc(pool, NONCE_DIGITS + 1);
        make_nonce(nonce);
        header = pjsip_www_authenticate_hdr_create(pool);
        header->scheme = pj_str("Digest");
        header->challenge.digest.realm = *realm_of(who, terms);
        header->challenge.digest.nonce = pj_str(nonce);
        header->challenge.digest.algorithm = pj_str((char *)algorithm_names[i]);
        header->challenge.digest.qop = pj_str("auth");
        header->challenge.digest.stale = stale;
        pj_list_push_back(list, header);
    }
}

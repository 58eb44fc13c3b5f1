/* directory.c: who may send us requests. A table is built whole, then never changed; the one in force is swapped. */
#include "native.h"

#include <pthread.h>
#include <regex.h>
#include <string.h>

enum { MOST_TRANSPORTS = PJ_ARRAY_SIZE(((struct pjsua_data *)0)->tpdata), MOST_SERVICES = 64, PREFIXES = 129 };

/* A text that names somebody; the lists are walked in the order of configuration. */
typedef struct pattern {
    struct pattern *next;
    const identity *who;
    pj_str_t header, text;
    regex_t regex;
    bool is_regex;
} pattern;

struct directory {
    int references;
    pj_pool_t *pool;
    unsigned services, identities;
    service *service;
    identity *identity;
    bool named[MOST_TRANSPORTS];                 /* some service names this transport */
    bool speaks[MOST_TRANSPORTS][MOST_SERVICES]; /* which ones */
    bool everywhere[MOST_SERVICES];              /* services that name no transport */
    bool has_prefix[PREFIXES];
    pj_hash_table_t *users, *networks, *numbers;
    pattern *patterns, **last_pattern;
};

typedef struct network_key {
    int32_t service, prefix;
    uint8_t address[16];
    uint32_t port;
} network_key;

static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static directory *in_force;
static unsigned tables_live;

/* ---- building --------------------------------------------------------------------------------------------------------- */

directory *directory_new(unsigned services, unsigned identities)
{
    pj_pool_t *pool = pjsua_pool_create("directory", 4096, 16384);
    directory *table;

    if (!pool || services > MOST_SERVICES) {
        if (pool)
            pj_pool_release(pool);
        return NULL;
    }
    table = PJ_POOL_ZALLOC_T(pool, directory);
    table->references = 1;
    table->pool = pool;
    table->services = services;
    table->identities = identities;
    table->service = pj_pool_calloc(pool, services + 1, sizeof(service));
    table->identity = pj_pool_calloc(pool, identities + 1, sizeof(identity));
    table->last_pattern = &table->patterns;
    table->users = pj_hash_create(pool, identities * 2 + 16);
    table->networks = pj_hash_create(pool, identities + 16);
    table->numbers = pj_hash_create(pool, identities + 16);
    for (unsigned i = 0; i < services; i++)
        table->everywhere[i] = true;
    __atomic_add_fetch(&tables_live, 1, __ATOMIC_RELAXED);
    return table;
}

pj_pool_t *directory_pool(directory *table)
{
    return table->pool;
}

service *directory_service(directory *table, unsigned index)
{
    return &table->service[index];
}

identity *directory_identity(directory *table, unsigned index)
{
    return &table->identity[index];
}

pj_str_t directory_text(directory *table, const char *text, size_t length)
{
    pj_str_t copy, from = {(char *)text, (pj_ssize_t)length};

    pj_strdup_with_null(table->pool, &copy, &from);
    return copy;
}

void directory_transport(directory *table, int transport, int index)
{
    if (transport < 0 || transport >= (int)MOST_TRANSPORTS)
        return;
    table->named[transport] = true;
    table->speaks[transport][index] = true;
    table->everywhere[index] = false;
}

/* A user is looked up by service, kind and name in one key. */
static unsigned user_key(char *key, size_t size, int service, enum key_kind kind, const pj_str_t *user)
{
    int length = pj_ansi_snprintf(key, size, "%d %d %.*s", service, kind, (int)user->slen, user->ptr);

    return length < 0 || (size_t)length >= size ? 0 : (unsigned)length;
}

void directory_user(directory *table, enum key_kind kind, identity *who, const pj_str_t *user)
{
    char key[512], *kept;
    unsigned length = user_key(key, sizeof key, who->service, kind, user);

    if (!length || pj_hash_get(table->users, key, length, NULL))
        return; /* the first that was declared wins, as a reader would expect */
    kept = pj_pool_alloc(table->pool, length);
    memcpy(kept, key, length);
    pj_hash_set(table->pool, table->users, kept, length, 0, who);
}

static void fill_key(network_key *key, int service, const uint8_t *address, int prefix, unsigned port)
{
    memset(key, 0, sizeof *key);
    key->service = service;
    key->prefix = prefix;
    key->port = port;
    for (int i = 0; i < 16; i++) {
        int bits = prefix - i * 8;

        key->address[i] = bits >= 8 ? address[i] : bits <= 0 ? 0 : (uint8_t)(address[i] & 0xFF << (8 - bits));
    }
}

void directory_network(directory *table, identity *who, const network *net)
{
    network_key *key = PJ_POOL_ZALLOC_T(table->pool, network_key);

    fill_key(key, who->service, net->address, net->prefix, net->port);
    table->has_prefix[net->prefix] = true;
    if (!pj_hash_get(table->networks, key, sizeof *key, NULL))
        pj_hash_set(table->pool, table->networks, key, sizeof *key, 0, who);
}

bool directory_pattern(directory *table, identity *who, const pj_str_t *header, const pj_str_t *text, bool is_regex)
{
    pattern *it = PJ_POOL_ZALLOC_T(table->pool, pattern);

    it->who = who;
    it->header = *header;
    it->text = *text;
    if (is_regex && regcomp(&it->regex, text->ptr, REG_EXTENDED | REG_NOSUB))
        return false;
    it->is_regex = is_regex;
    *table->last_pattern = it;
    table->last_pattern = &it->next;
    return true;
}

void directory_finish(directory *table)
{
    for (unsigned i = 0; i < table->identities; i++) {
        identity *who = &table->identity[i];

        pj_hash_set(table->pool, table->numbers, &who->number, sizeof who->number, 0, who);
    }
}

/* ---- life ---------------------------------------------------------------------------------------------------------------- */

void directory_install(directory *table)
{
    directory *former;

    pthread_mutex_lock(&table_lock);
    former = in_force;
    in_force = table;
    pthread_mutex_unlock(&table_lock);
    directory_drop(former);
}

directory *directory_hold(void)
{
    directory *table;

    pthread_mutex_lock(&table_lock);
    table = in_force;
    if (table)
        table->references++;
    pthread_mutex_unlock(&table_lock);
    return table;
}

void directory_drop(directory *table)
{
    bool last;

    if (!table)
        return;
    pthread_mutex_lock(&table_lock);
    last = --table->references == 0;
    pthread_mutex_unlock(&table_lock);
    if (!last)
        return;
    for (unsigned i = 0; i < table->identities; i++)
        media_rule_drop(table->identity[i].media);
    for (pattern *it = table->patterns; it; it = it->next)
        if (it->is_regex)
            regfree(&it->regex);
    __atomic_sub_fetch(&tables_live, 1, __ATOMIC_RELAXED);
    pj_pool_release(table->pool);
}

unsigned directory_tables(void)
{
    unsigned live = __atomic_load_n(&tables_live, __ATOMIC_RELAXED);

    pthread_mutex_lock(&table_lock);
    if (in_force)
        live--;
    pthread_mutex_unlock(&table_lock);
    return live;
}

/* ---- looking up --------------------------------------------------------------------------------------------------------- */

bool methods_contain(const methods *set, const pj_str_t *name)
{
    if (set->all)
        return true;
    for (unsigned i = 0; i < set->count; i++)
        if (pj_stricmp(&set->name[i], name) == 0)
            return true;
    return false;
}

const identity *directory_by_number(const directory *table, unsigned number)
{
    return number ? pj_hash_get(table->numbers, &number, sizeof number, NULL) : NULL;
}

static bool speaks_on(const directory *table, unsigned index, int transport)
{
    if (transport < 0 || transport >= (int)MOST_TRANSPORTS || !table->named[transport])
        return table->everywhere[index];
    return table->speaks[transport][index];
}

static const identity *by_user(const directory *table, int service, enum key_kind kind, const pj_str_t *user)
{
    char key[512];
    unsigned length = user->slen > 0 ? user_key(key, sizeof key, service, kind, user) : 0;

    return length ? pj_hash_get(table->users, key, length, NULL) : NULL;
}

static const pjsip_sip_uri *sip_uri(const pjsip_uri *uri)
{
    const void *bare = uri ? pjsip_uri_get_uri(uri) : NULL;

    return bare && (PJSIP_URI_SCHEME_IS_SIP(bare) || PJSIP_URI_SCHEME_IS_SIPS(bare)) ? bare : NULL;
}

static const identity *by_from(const directory *table, int service, bool by_to, const pjsip_rx_data *rdata)
{
    bool registers = rdata->msg_info.msg->line.req.method.id == PJSIP_REGISTER_METHOD;
    const pjsip_sip_uri *uri = sip_uri(registers && by_to ? rdata->msg_info.to->uri : rdata->msg_info.from->uri);
    enum key_kind kind = registers ? KEY_REGISTER_USER : KEY_USER;
    const identity *found = NULL;
    char whole[512];
    pj_str_t full = {whole, 0};

    if (!uri)
        return NULL;
    full.slen = pj_ansi_snprintf(whole, sizeof whole, "%.*s@%.*s", (int)uri->user.slen, uri->user.ptr,
                                 (int)uri->host.slen, uri->host.ptr);
    if (full.slen > 0 && full.slen < (pj_ssize_t)sizeof whole)
        found = by_user(table, service, kind, &full);
    return found ? found : by_user(table, service, kind, &uri->user);
}

static const identity *by_network(const directory *table, int service, const network *source)
{
    const identity *found = NULL;
    network_key key;

    for (int prefix = PREFIXES - 1; prefix >= 0 && !found; prefix--) {
        if (!table->has_prefix[prefix])
            continue;
        fill_key(&key, service, source->address, prefix, source->port);
        found = pj_hash_get(table->networks, &key, sizeof key, NULL);
        if (!found) {
            key.port = 0;
            found = pj_hash_get(table->networks, &key, sizeof key, NULL);
        }
    }
    return found;
}

/* The text ends in a zero byte. */
static bool says(const pattern *it, const char *text)
{
    return it->is_regex ? regexec(&it->regex, text, 0, NULL, 0) == 0 : strcmp(it->text.ptr, text) == 0;
}

static bool header_says(const pattern *it, const pjsip_rx_data *rdata, char *text, size_t size)
{
    const pjsip_hdr *header = NULL;
    const void *next = NULL;

    while ((header = pjsip_msg_find_hdr_by_name(rdata->msg_info.msg, &it->header, next)) != NULL) {
        int length = pjsip_hdr_print_on((void *)header, text, size - 1);
        char *value;

        next = header->next;
        if (length <= 0)
            continue;
        text[length] = '\0';
        value = strchr(text, ':');
        if (value && says(it, value + 1 + strspn(value + 1, " \t")))
            return true;
    }
    return false;
}

static const identity *by_pattern(const directory *table, int service, bool of_header, const pjsip_rx_data *rdata)
{
    char text[PJSIP_MAX_URL_SIZE * 4];

    for (const pattern *it = table->patterns; it; it = it->next) {
        if (it->who->service != service || of_header != (it->header.slen > 0))
            continue;
        if (of_header) {
            if (header_says(it, rdata, text, sizeof text))
                return it->who;
        } else {
            int length = pjsip_uri_print(PJSIP_URI_IN_REQ_URI, rdata->msg_info.msg->line.req.uri, text, sizeof text - 1);

            if (length <= 0)
                continue;
            text[length] = '\0';
            if (says(it, text))
                return it->who;
        }
    }
    return NULL;
}

static const identity *match(const directory *table, int index, unsigned step, const pjsip_rx_data *rdata,
                             const network *source)
{
    const service *terms = &table->service[index];
    const pjsip_authorization_hdr *digest;
    const identity *found;

    switch (step) {
    case MATCH_IP:
        return by_network(table, index, source);
    case MATCH_ADDRESS:
        found = directory_by_number(table, learned_find(source));
        return found && found->service == index ? found : NULL;
    case MATCH_USERNAME:
        return by_from(table, index, terms->register_by_to, rdata);
    case MATCH_AUTH_USERNAME:
        digest = pjsip_msg_find_hdr(rdata->msg_info.msg, PJSIP_H_AUTHORIZATION, NULL);
        return digest ? by_user(table, index, KEY_AUTH_USER, &digest->credential.digest.username) : NULL;
    case MATCH_HEADER:
    case MATCH_REQUEST_URI:
        return by_pattern(table, index, step == MATCH_HEADER, rdata);
    default:
        return NULL;
    }
}

const identity *directory_find(const directory *table, int transport, const pjsip_rx_data *rdata,
                               const service **terms)
{
    const identity *guest = NULL;
    network source;

    network_of(&rdata->pkt_info.src_addr, &source);
    *terms = NULL;
    for (unsigned i = 0; i < table->services; i++) {
        const service *it = &table->service[i];

        if (!speaks_on(table, i, transport))
            continue;
        if (!*terms)
            *terms = it;
        for (unsigned step = 0; step < it->steps; step++) {
            const identity *found = match(table, (int)i, it->order[step], rdata, &source);

            if (found) {
                *terms = it;
                return found;
            }
            if (it->order[step] == MATCH_ANONYMOUS && !guest)
                guest = directory_by_number(table, it->guest);
        }
    }
    if (guest)
        *terms = &table->service[guest->service];
    return guest;
}

bool directory_admits(const directory *table, int transport, const pj_sockaddr *source)
{
    for (unsigned i = 0; i < table->services; i++)
        if (speaks_on(table, i, transport) &&
            access_permits(table->service[i].access, table->service[i].accesses, source))
            return true;
    return table->services == 0;
}

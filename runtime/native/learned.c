/* learned.c: from which address an identity registered. Kept apart from the tables, since it changes with each REGISTER. */
#include "native.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 4096 };

typedef struct place {
    struct place *next_by_address, *next_by_number;
    unsigned number;
    uint8_t key[18]; /* address and port */
} place;

static pthread_mutex_t places_lock = PTHREAD_MUTEX_INITIALIZER;
static place *by_address[BUCKETS], *by_number[BUCKETS];

static void make_key(const network *at, uint8_t *key)
{
    memcpy(key, at->address, 16);
    key[16] = (uint8_t)(at->port >> 8);
    key[17] = (uint8_t)at->port;
}

static unsigned bucket_of(const uint8_t *key)
{
    return pj_hash_calc(0, key, 18) % BUCKETS;
}

static void unlink_place(place *gone)
{
    place **at = &by_address[bucket_of(gone->key)];

    while (*at != gone)
        at = &(*at)->next_by_address;
    *at = gone->next_by_address;
}

static place *take_number(unsigned number)
{
    for (place **at = &by_number[number % BUCKETS]; *at; at = &(*at)->next_by_number)
        if ((*at)->number == number) {
            place *found = *at;

            *at = found->next_by_number;
            unlink_place(found);
            return found;
        }
    return NULL;
}

int learned_put(unsigned number, const char *address, int port)
{
    network at;
    place *it;

    if (address && (network_parse(address, &at) != DONE || at.port || port < 1 || port > 65535))
        return BAD_VALUE;
    pthread_mutex_lock(&places_lock);
    it = take_number(number);
    if (address && !it)
        it = malloc(sizeof *it);
    if (address && it) {
        unsigned bucket;

        at.port = (uint16_t)port;
        it->number = number;
        make_key(&at, it->key);
        bucket = bucket_of(it->key);
        it->next_by_address = by_address[bucket];
        by_address[bucket] = it;
        it->next_by_number = by_number[number % BUCKETS];
        by_number[number % BUCKETS] = it;
        it = NULL;
    }
    pthread_mutex_unlock(&places_lock);
    free(it);
    return DONE;
}

unsigned learned_find(const network *source)
{
    unsigned number = 0;
    uint8_t key[18];

    make_key(source, key);
    pthread_mutex_lock(&places_lock);
    for (place *at = by_address[bucket_of(key)]; at && !number; at = at->next_by_address)
        if (memcmp(at->key, key, sizeof key) == 0)
            number = at->number;
    pthread_mutex_unlock(&places_lock);
    return number;
}

void learned_clear(void)
{
    pthread_mutex_lock(&places_lock);
    for (unsigned i = 0; i < BUCKETS; i++) {
        while (by_number[i]) {
            place *gone = by_number[i];

            by_number[i] = gone->next_by_number;
            free(gone);
        }
        by_address[i] = NULL;
    }
    pthread_mutex_unlock(&places_lock);
}

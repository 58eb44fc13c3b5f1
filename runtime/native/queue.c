/* queue.c: one queue of records from any thread to Python, and the descriptor that wakes it. */
#include "native.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t queue_lock = PTHREAD_MUTEX_INITIALIZER;
static record *queue_first, **queue_last = &queue_first;
static unsigned queue_count, queue_limit;
static bool queue_is_open;
static int wake_fd = -1;

void register_thread(const char *name)
{
    static __thread pj_thread_desc description;
    static __thread pj_thread_t *thread;

    if ((pjsua_get_state() != PJSUA_STATE_NULL || codecs_own()) && !pj_thread_is_registered()) {
        pj_bzero(description, sizeof description);
        pj_thread_register(name, description, &thread);
    }
}

int64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t now_ms(void)
{
    return now_us() / 1000;
}

record *record_new(enum record_kind kind, const pj_str_t *texts, unsigned count)
{
    size_t characters = 0;
    record *item;
    char *at;

    for (unsigned i = 0; i < count; i++)
        characters += texts[i].slen > 0 ? (size_t)texts[i].slen : 0;
    item = malloc(sizeof *item + count * sizeof item->text[0] + characters);
    if (!item)
        return NULL;
    memset(item, 0, sizeof *item);
    item->kind = kind;
    item->texts = count;
    at = (char *)&item->text[count];
    for (unsigned i = 0; i < count; i++) {
        item->text[i].ptr = at;
        item->text[i].slen = texts[i].slen > 0 ? texts[i].slen : 0;
        if (item->text[i].slen)
            memcpy(at, texts[i].ptr, (size_t)texts[i].slen);
        at += item->text[i].slen;
    }
    return item;
}

static void wake(void)
{
    uint64_t one = 1;

    /* The counter cannot overflow: it is written once for each time the queue was found empty. */
    if (write(wake_fd, &one, sizeof one) < 0)
        return;
}

void queue_push(record *item)
{
    bool was_empty, kept;

    if (!item)
        return;
    item->next = NULL;
    pthread_mutex_lock(&queue_lock);
    kept = queue_is_open;
    was_empty = queue_first == NULL;
    if (kept) {
        *queue_last = item;
        queue_last = &item->next;
        queue_count++;
    }
    pthread_mutex_unlock(&queue_lock);
    if (!kept)
        free(item);
    else if (was_empty)
        wake();
}

record *queue_pop(unsigned limit)
{
    record *list, **end;
    uint64_t seen;

    pthread_mutex_lock(&queue_lock);
    if (wake_fd >= 0 && read(wake_fd, &seen, sizeof seen) < 0)
        seen = 0;
    list = queue_first;
    end = &list;
    while (limit-- > 0 && *end) {
        end = &(*end)->next;
        queue_count--;
    }
    queue_first = *end;
    *end = NULL;
    if (!queue_first)
        queue_last = &queue_first;
    else
        wake(); /* what is left must keep the descriptor readable */
    pthread_mutex_unlock(&queue_lock);
    return list;
}

void queue_release(record *list)
{
    while (list) {
        record *next = list->next;

        free(list);
        list = next;
    }
}

void queue_open(unsigned limit)
{
    queue_eventfd();
    pthread_mutex_lock(&queue_lock);
    __atomic_store_n(&queue_limit, limit, __ATOMIC_RELAXED);
    queue_is_open = true;
    pthread_mutex_unlock(&queue_lock);
}

void queue_close(void)
{
    pthread_mutex_lock(&queue_lock);
    queue_is_open = false;
    pthread_mutex_unlock(&queue_lock);
    queue_release(queue_pop(UINT32_MAX));
}

bool queue_full(void)
{
    return queue_length() >= __atomic_load_n(&queue_limit, __ATOMIC_RELAXED);
}

bool queue_busy(void)
{
    return queue_length() >= __atomic_load_n(&queue_limit, __ATOMIC_RELAXED) / 2;
}

unsigned queue_length(void)
{
    unsigned length;

    pthread_mutex_lock(&queue_lock);
    length = queue_count;
    pthread_mutex_unlock(&queue_lock);
    return length;
}

int queue_eventfd(void)
{
    pthread_mutex_lock(&queue_lock);
    if (wake_fd < 0)
        wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    pthread_mutex_unlock(&queue_lock);
    return wake_fd;
}

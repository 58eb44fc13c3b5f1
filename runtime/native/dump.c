/* dump.c: what PJSIP says of its own inside (pjsip dump endpt). It says it to its log, which is taken down here. */
#include "native.h"

#include <string.h>

enum { DUMP_LEVEL = 3 }; /* that pjsip_endpt_dump writes at */

static pj_thread_t *asking;
static pj_log_func *log_before;
static int level_before;
static char *taken;
static size_t used, room;

static void take_down(int level, const char *text, int length)
{
    if (!pj_thread_is_registered() || pj_thread_this() != asking) {
        if (level <= level_before) /* else it is said only because the level is up for a moment */
            log_before(level, text, length);
        return;
    }
    if (used + (size_t)length > room)
        return;
    memcpy(taken + used, text, (size_t)length);
    used += (size_t)length;
}

size_t endpoint_dump(bool details, char *text, size_t size)
{
    unsigned decor = pj_log_get_decor();

    if (!native_attached())
        return 0;
    log_before = pj_log_get_log_func();
    level_before = pj_log_get_level();
    asking = pj_thread_this();
    taken = text;
    used = 0;
    room = size;
    pj_log_set_log_func(take_down);
    pj_log_set_decor(PJ_LOG_HAS_NEWLINE);
    pj_log_set_level(DUMP_LEVEL);
    pjsip_endpt_dump(pjsua_var.endpt, details);
    pj_log_set_level(level_before);
    pj_log_set_decor(decor);
    pj_log_set_log_func(log_before);
    asking = NULL;
    return used;
}

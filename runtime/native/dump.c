/* dump.c: what PJSIP says of its own inside (pjsip dump endpt). It says it to its log, which is taken down here. */
#include "native.h"

#include <string.h>

enum { DUMP_LEVEL = 3 }; /* that pjsip_endpt_dump writes at */

static pj_thread_t *asking;
static char *taken;
static size_t used, room;

static void take_down(int level, const char *text, int length)
{
    PJ_UNUSED_ARG(level);
    /* Other threads have something to say only because the level is up for a moment. */
    if (!pj_thread_is_registered() || pj_thread_this() != asking || used + (size_t)length > room)
        return;
    memcpy(taken + used, text, (size_t)length);
    used += (size_t)length;
}

size_t endpoint_dump(bool details, char *text, size_t size)
{
    pj_log_func *log = pj_log_get_log_func();
    int level = pj_log_get_level();
    unsigned decor = pj_log_get_decor();

    if (!native_attached())
        return 0;
    asking = pj_thread_this();
    taken = text;
    used = 0;
    room = size;
    pj_log_set_log_func(take_down);
    pj_log_set_decor(PJ_LOG_HAS_NEWLINE);
    pj_log_set_level(DUMP_LEVEL);
    pjsip_endpt_dump(pjsua_var.endpt, details);
    pj_log_set_level(level);
    pj_log_set_decor(decor);
    pj_log_set_log_func(log);
    asking = NULL;
    return used;
}

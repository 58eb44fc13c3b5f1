/* PJSIP built for a server: thousands of calls, no sound device, no window.
 *
 * PJSIP's own limits are those of a telephone. Each line below raises one, or
 * switches off what a server must not do; the reason stands beside it.
 * Most of these only bound a table: memory is paid when a slot is used.
 */

/* ---- The process must survive ---------------------------------------- */

/* With NDEBUG (set by the builder) pj_assert() does nothing; with this check
 * PJ_ASSERT_RETURN() still answers PJ_EINVAL instead of walking on. */
#define PJ_ENABLE_EXTRA_CHECK           1

/* ---- How many --------------------------------------------------------- */

/* The upper bound; the runtime asks for fewer when it starts (about 21 KB a slot). */
#define PJSUA_MAX_CALLS                 4096
#define PJSUA_MAX_ACC                   4096    /* peers, trunks and registrations */
#define PJSUA_MAX_CONF_PORTS            8192    /* two a call */
#define PJSUA_MAX_PLAYERS               4096
#define PJSUA_MAX_RECORDERS             4096
#define PJSUA_MAX_BUDDIES               4       /* we serve presence, we do not watch it */
#define PJ_IOQUEUE_MAX_HANDLES          16384   /* RTP and RTCP of every call, with epoll */
#define PJSIP_MAX_TSX_COUNT             (256*1024-1)
#define PJSIP_MAX_DIALOG_COUNT          (64*1024-1)
#define PJSIP_MAX_TIMER_COUNT           (32*1024) /* at start; it doubles when full. PJSIP's sum takes 60 MB */
#define PJSIP_MAX_MODULE                64

/* ---- How large -------------------------------------------------------- */

/* A UDP datagram may be this large (RFC 3261 18.1.1); the default is 4000. */
#define PJSIP_MAX_PKT_LEN               65535
#define PJSIP_MAX_URL_SIZE              1024
#define PJSIP_UDP_SO_RCVBUF_SIZE        4194304 /* a burst of 10,000 requests waits here */
#define PJSIP_UDP_SO_SNDBUF_SIZE        4194304

/* ---- What it speaks ---------------------------------------------------- */

#define PJ_HAS_IPV6                     1
#define PJMEDIA_HAS_VIDEO               0
#define PJMEDIA_SRTP_HAS_SDES           1
#define PJMEDIA_SRTP_HAS_DTLS           1
#define PJMEDIA_CODEC_L16_HAS_8KHZ_MONO  1
#define PJMEDIA_CODEC_L16_HAS_16KHZ_MONO 1
#define PJMEDIA_CODEC_L16_HAS_48KHZ_MONO 1

/* A switch must not change the loudness of what it joins. */
#define PJMEDIA_CONF_USE_AGC            0

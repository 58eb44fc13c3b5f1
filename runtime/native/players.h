/* players.h: sources and sinks of audio for one call: sound files, tones, recordings. */
#ifndef ASTERISM_PLAYERS_H
#define ASTERISM_PLAYERS_H

#include "adapter.h"

/* A sound in memory: 16-bit signed mono samples, decoded once. */
typedef struct sound {
    unsigned rate;
    size_t count;
    int16_t samples[];
} sound;

typedef struct tone {
    int first_hz, second_hz, on_ms, off_ms;
} tone;

int sound_load(const char *path, const char *format, sound **out); /* DONE, NO_FILE (errno), BAD_VALUE, PJ status */
int sound_at(sound *taken, unsigned rate, sound **out); /* resampled; `taken` is the callee's */
int sound_of_tones(const tone *tones, unsigned count, sound **out);

/* codecs.c */
/* Around whatever reads or writes a file, or makes a port, on a thread of Python's; false: there are no codecs now. */
bool codecs_visit(void);
void codecs_depart(void);
void codecs_await_departure(void); /* until nobody is there; nobody new may come */
pjmedia_codec_mgr *codecs_enter(void); /* whose codecs are to be used now; `codecs_leave` follows when they are closed */
void codecs_leave(const pjmedia_codec_mgr *manager);
bool codecs_give_away(void); /* before pjsua starts; false while a codec of ours is open */
void codecs_take_back(void);
pj_pool_t *codecs_pool(const char *name, size_t initial, size_t increment);

pjmedia_codec *sound_codec(pjmedia_codec_mgr *manager, const char *name, pj_pool_t *pool); /* opened; NULL: none such */

int player_new(sound *taken, bool loop, unsigned offset_ms, number *player);
int player_start(number player, number call);
void player_stop(number player);
void player_wire(number player, int sink); /* into a port of the conference too */
int player_position(number player, unsigned *ms);
void players_renew(adapter *it);
void players_forget(number call); /* the call has ended */
void players_stop(void);
unsigned players_of_call(number call);
unsigned players_count(void);

int recorder_open(const char *path, const char *format, bool append, number *recorder);
int recorder_open_pipe(int descriptor, unsigned rate, number *recorder); /* 16-bit samples; the pipe must not block */
int recorder_feed(number recorder, const int16_t *samples, size_t count); /* samples of its rate, not from a call */
int recorder_state(number recorder, unsigned *ms, unsigned *silent_ms);
int recorder_levels(number recorder, size_t since, uint16_t *levels, unsigned most, unsigned *count, size_t *frames);
int recorder_hear(number recorder, number call, bool on); /* its own call, or another, once it has been started */
int recorder_hear_player(number recorder, number player);
int recorder_pause(number recorder, bool on);
int recorder_start(number recorder, number call);
unsigned recorder_stop(number recorder);
void recorders_renew(adapter *it);
void recorders_stop(void);
unsigned recorders_of_call(number call);
unsigned recorders_count(void);

/* dialling.c */
int dtmf_send(number call, const char *digits, unsigned duration_ms, unsigned gap_ms);

#endif

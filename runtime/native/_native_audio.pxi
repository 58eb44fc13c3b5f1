# Sounds as samples, and recorders that are fed or listened to by other means than a file.
from libc.stdint cimport int16_t, uint16_t
from libc.stdlib cimport free as c_free

cdef extern from "players.h" nogil:
    ctypedef struct sound_t "sound":
        unsigned rate
        size_t count
        int16_t samples[1]
    bint codecs_visit()
    void codecs_depart()
    bint codecs_give_away()
    void codecs_take_back()
    int c_sound_at "sound_at"(sound *taken, unsigned rate, sound **out)
    int c_recorder_open_pipe "recorder_open_pipe"(int descriptor, unsigned rate, number *recorder)
    int c_recorder_feed "recorder_feed"(number recorder, const int16_t *samples, size_t count)
    int c_recorder_hear "recorder_hear"(number recorder, number call, bint on)
    int c_recorder_hear_player "recorder_hear_player"(number recorder, number player)
    int c_recorder_pause "recorder_pause"(number recorder, bint on)
    int c_recorder_state "recorder_state"(number recorder, unsigned *ms, unsigned *silent_ms)
    int c_recorder_levels "recorder_levels"(number recorder, size_t since, uint16_t *levels, unsigned most,
                                            unsigned *count, size_t *frames)


cdef class _Visit:
    """While somebody is at a sound or a file, PJSIP does not end."""

    def __enter__(self):
        cdef bint ready
        with nogil:
            ready = codecs_visit()
        if not ready:
            raise NativeError(0, "PJSIP's codecs cannot be used")

    def __exit__(self, *_):
        codecs_depart()


def give_codecs_away():
    cdef bint given
    with nogil:
        given = codecs_give_away()
    return given


def take_codecs_back():
    codecs_take_back()


def sound_samples(str path, str format, unsigned rate):
    cdef bytes raw_path = _os.fsencode(path)
    cdef bytes raw_format = format.encode()
    cdef const char *c_path = raw_path
    cdef const char *c_format = raw_format
    cdef sound *made = NULL
    cdef int result, why
    if not 8000 <= rate <= 48000:
        raise ValueError(f"{rate} is no rate of samples")
    with _Visit(), nogil:
        result = sound_load(c_path, c_format, &made)
        why = errno
        if result == DONE:
            result = c_sound_at(made, rate, &made)
    if result == NO_FILE:
        raise OSError(why, _os.strerror(why), path)
    if result == BAD_VALUE:
        raise ValueError(f"{path} is not a sound of format {format}")
    _check(result, path)
    try:
        return (<char *>(<sound_t *>made).samples)[:(<sound_t *>made).count * 2]
    finally:
        c_free(made)


def recorder_open_pipe(int descriptor, unsigned rate):
    cdef number recorder = 0
    cdef int result
    if rate not in (8000, 12000, 16000, 24000, 32000, 48000):
        raise ValueError(f"{rate} is no rate of samples")
    with _Visit(), nogil:
        result = c_recorder_open_pipe(descriptor, rate, &recorder)
    _check(result, "recorder")
    return recorder


def recorder_feed(number recorder, bytes samples):
    cdef const char *raw = samples
    cdef size_t count = len(samples) // 2
    cdef int result
    with _Visit(), nogil:
        result = c_recorder_feed(recorder, <const int16_t *>raw, count)
    _check(result, "recorder")


def recorder_state(number recorder):
    cdef unsigned ms = 0, silent_ms = 0
    _check(c_recorder_state(recorder, &ms, &silent_ms), "recorder")
    return ms, silent_ms


def recorder_levels(number recorder, size_t since):
    cdef uint16_t levels[256]
    cdef unsigned count = 0
    cdef size_t frames = 0
    _check(c_recorder_levels(recorder, since, levels, 256, &count, &frames), "recorder")
    return frames, [levels[i] for i in range(count)]


def recorder_hear(number recorder, number call, bint on=True):
    cdef int result
    c_register_thread(b"python")
    with nogil:
        result = c_recorder_hear(recorder, call, on)
    _check(result, "recorder")


def recorder_hear_player(number recorder, number player):
    cdef int result
    c_register_thread(b"python")
    with nogil:
        result = c_recorder_hear_player(recorder, player)
    _check(result, "recorder")


def recorder_pause(number recorder, bint on=True):
    _check(c_recorder_pause(recorder, on), "recorder")

/* recording.h: the file of a recorder. */
#ifndef ASTERISM_RECORDING_H
#define ASTERISM_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Open the file of a recording, to be written on behind what it holds or anew; NULL, and errno says why.
 * bytes: where to say how many bytes of audio are there. wav: there is a header in front, written by recording_head. */
FILE *recording_open(const char *path, bool append, bool wav, size_t *bytes);

/* Write the header of a WAV file of one channel with 16 bits a sample, rate samples a second, bytes of audio. */
void recording_head(FILE *file, unsigned rate, size_t bytes);

#endif

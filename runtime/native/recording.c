/* recording.c: the file of a recorder: plain samples, or a WAV file of them. */
#include "recording.h"

#include <stdint.h>
#include <string.h>

enum { BUFFER = 65536, WAV_HEADER = 44 };

static void put_le(uint8_t *at, uint32_t value, int size)
{
    for (int i = 0; i < size; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

void recording_head(FILE *file, unsigned rate, size_t bytes)
{
    uint8_t head[WAV_HEADER] = "RIFF....WAVEfmt ";

    put_le(head + 4, (uint32_t)(bytes + WAV_HEADER - 8), 4);
    put_le(head + 16, 16, 4);
    put_le(head + 20, 1, 2);
    put_le(head + 22, 1, 2);
    put_le(head + 24, rate, 4);
    put_le(head + 28, rate * 2, 4);
    put_le(head + 32, 2, 2);
    put_le(head + 34, 16, 2);
    memcpy(head + 36, "data", 4);
    put_le(head + 40, (uint32_t)bytes, 4);
    if (fseek(file, 0, SEEK_SET) == 0)
        fwrite(head, 1, sizeof head, file);
}

FILE *recording_open(const char *path, bool append, bool wav, size_t *bytes)
{
    FILE *file = append ? fopen(path, "r+b") : NULL;
    long end;

    *bytes = 0;
    if (!file)
        file = fopen(path, "w+b");
    if (!file)
        return NULL;
    setvbuf(file, NULL, _IOFBF, BUFFER);
    if (fseek(file, 0, SEEK_END) == 0 && (end = ftell(file)) > 0)
        *bytes = wav ? (end > WAV_HEADER ? (size_t)end - WAV_HEADER : 0) : (size_t)end;
    if (wav && *bytes == 0) {
        uint8_t blank[WAV_HEADER] = {0};

        rewind(file);
        fwrite(blank, 1, sizeof blank, file);
    }
    return file;
}

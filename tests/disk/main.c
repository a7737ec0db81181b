/*
 * till-disk: looks after a journal of what programs did to their files
 * (journal.h), and makes of it what a power loss leaves of them.
 *
 *     till-disk mark JOURNAL [TEXT]     somebody was told TEXT; without it each
 *                                       line of the input is a mark
 *     till-disk cut JOURNAL             the power goes: nothing counts any more
 *     till-disk image [-a | -n] [-e] [-b BASE] [-s SEED] JOURNAL FOLDER
 *                                       writes an image into FOLDER, and prints
 *                                       the marks that came before its cut
 *
 * -a: all that was not synced is there all the same, -n: none of it; else the
 * seed decides. -e: the cut is at the end. -b: a copy of the folder from when
 * the journal began. Exits with 75 for a mark after the cut.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "image.h"
#include "journal.h"
#include "volume.h"

static int
usage(void)
{
    fputs("usage: till-disk mark JOURNAL [TEXT] | cut JOURNAL | image [-a | -n]"
          " [-e]\n       [-b BASE] [-s SEED] JOURNAL FOLDER\n",
          stderr);
    return EX_USAGE;
}

static int
mark(const char *text)
{
    char line[4096];

    if (text)
        return journal_mark(text) ? EX_OK : EX_TEMPFAIL;
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        if (!journal_mark(line))
            return EX_TEMPFAIL;
    }
    return EX_OK;
}

static int
image(int count, char **words)
{
    struct image_wish wish = { .odds = -1 };
    int option;

    while ((option = getopt(count, words, "aneb:s:")) != -1) {
        if (option == 'a')
            wish.odds = ODDS_ALL;
        else if (option == 'n')
            wish.odds = 0;
        else if (option == 'e')
            wish.is_at_end = true;
        else if (option == 'b')
            wish.base = optarg;
        else if (option == 's')
            wish.seed = strtoull(optarg, NULL, 10);
        else
            return usage();
    }
    if (count - optind != 2)
        return usage();
    wish.journal = words[optind];
    wish.to = words[optind + 1];
    image_make(&wish);
    return EX_OK;
}

int
main(int count, char **words)
{
    if (count > 1 && !strcmp(words[1], "image"))
        return image(count - 1, words + 1);
    if (count < 3 || count > 4)
        return usage();
    if (journal_open(words[2]))
        err(EX_NOINPUT, "%s", words[2]);
    if (!strcmp(words[1], "mark"))
        return mark(words[3]);
    if (strcmp(words[1], "cut") != 0 || count != 3)
        return usage();
    journal_cut();
    return EX_OK;
}

/*
 * What takes mail out of the house: Gmail's API (gmail.c) or SMTP (smtp.c).
 *
 * All calls say what became of it, the same way:
 * OK                      it is done
 * ERR_UNAVAILABLE         nothing was sent; another time it may be
 * ERR_UNKNOWN_OUTCOME     it may have been sent
 * ERR_CONFLICT            nothing was sent; another worker is about to make
 *                         it possible
 * ERR_INVALID             this mail will never be taken
 * ERR_NOT_FOUND           there is no such draft
 * ERR_TOO_MANY            nothing more is taken for cx->retry_after seconds
 * ERR_UNAUTHENTICATED     nothing is taken from us until an operator has
 *                         mended the account or its settings
 */
#ifndef TILL_MAIL_GATEWAY_H
#define TILL_MAIL_GATEWAY_H

#include "base/ctx.h"

struct notification_store;

/* A composed mail. */
struct parcel {
    const char *to;
    const char *bytes;
    size_t size;
};

struct stray_query; /* below */
struct strays;

struct mail_gateway {
    const char *name;       /* "gmail:shop@example.com": whose drafts */
    const char *mailbox_id; /* of its struct mailbox in the store */
    const char *from;
    struct notification_store *store; /* where its token is */

    /*
     * Makes a draft, which mails nobody and can be sent once. NULL: there are
     * no drafts, and a lost answer can't be settled.
     */
    enum err (*draft)(struct ctx *cx, const struct mail_gateway *gateway,
                      const struct parcel *parcel, const char **ret_draft_id);

    /* Sends the draft or, without drafts, the parcel. */
    enum err (*send)(struct ctx *cx, const struct mail_gateway *gateway,
                     const char *draft_id, const struct parcel *parcel);

    /* Throws a draft away; one that isn't there is thrown away. */
    enum err (*discard)(struct ctx *cx, const struct mail_gateway *gateway,
                        const char *draft_id);

    /*
     * A page of drafts; those that a worker may have made and lost. With
     * discard. ERR_INVALID: there is no such page.
     */
    enum err (*list_drafts)(struct ctx *cx, const struct mail_gateway *gateway,
                            const struct stray_query *query,
                            struct strays *ret_strays);
};

/* Drafts are looked into one by one: a page is a few seconds' work. */
enum { STRAYS = 20 };

struct stray_query {
    int64_t before;   /* they are older than this */
    const char *page; /* as the page before has it; NULL: the first */
};

struct stray {
    const char *draft_id, *notification_id;
};

struct strays {
    struct stray strays[STRAYS];
    size_t count;
    const char *next_page; /* NULL: that was the last */
};

#endif

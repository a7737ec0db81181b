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

struct stray; /* below */

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
     * The drafts that a worker may have made and lost, older than `before`.
     * At most `room`; with discard.
     */
    enum err (*list_drafts)(struct ctx *cx, const struct mail_gateway *gateway,
                            int64_t before, struct stray *drafts, size_t room,
                            size_t *ret_count);
};

struct stray {
    const char *draft_id, *notification_id;
};

#endif

/*
 * How a notification is delivered, so that it is mailed once whatever is
 * killed or cut off in between. Each step is kept before the next begins:
 *
 *     claim -> make a draft -> keep its id -> keep "send started" -> send
 *     the draft -> keep "Sent"
 *
 * A draft can be sent once. So after a crash or a lost answer the same draft
 * is sent again: where it is gone and a send had been started, it is out;
 * where none had, somebody has deleted it, and another is made. Over SMTP
 * there are no drafts: a send that was started and whose end isn't known is
 * Unknown for good, or sent again for some minutes, as
 * SMTP_DELIVERY says.
 */
#ifndef TILL_DELIVERY_H
#define TILL_DELIVERY_H

#include "notification/mail.h"
#include "notification/mail_gateway.h"
#include "notification/notification.h"
#include "notification/receipt.h"

struct delivery {
    struct notification_store *store;
    struct mail_gateway gateway;
    const char *shop_name, *shop_url; /* the URL may be NULL */
    bool is_at_least_once;
    int64_t lease; /* milliseconds */

    /*
     * What stands in the receipt: asks the order and the user service.
     * ERR_NOT_FOUND: the order or the user is gone. Otherwise peer.h.
     */
    enum err (*look_up)(struct ctx *cx, const struct notification *notification,
                        struct receipt *ret_receipt);
};

/* By the settings; dies where they allow no mail at all, and says how. */
void delivery_open(struct arena *arena, struct notification_store *store,
                   struct delivery *ret_delivery);

/*
 * Delivers the one that has been due longest; ret_is_idle: none is, or none may
 * be tried (mailbox.h). Whatever the gateway and the peers say ends up in the
 * store; what is returned is the store's failure. What couldn't be stored is
 * found again when the lease has ended.
 */
enum err delivery_turn(struct ctx *cx, const struct delivery *delivery,
                       bool *ret_is_idle);

/*
 * Throws drafts away that a killed worker made and couldn't keep, a page of
 * them at a time; all once an hour, whoever comes first. Touches no draft that
 * a notification knows, and none that isn't for a notification of this store.
 */
enum err delivery_sweep(struct ctx *cx, const struct delivery *delivery);

#endif

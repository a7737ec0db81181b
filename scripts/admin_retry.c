/* What is to be tried again now, since somebody says so. */
#include "admin.h"

#include <stdio.h>
#include <sysexits.h>

#include "base/id.h"
#include "notification/stuck.h"
#include "payment/catch_up.h"
#include "payment/retrying.h"

enum err
admin_retry(struct ctx *cx, const struct words *words, int *ret_status)
{
    enum err err, of_payment;
    int64_t mails;

    *ret_status = EX_NOINPUT;
    if (!id_is_valid(words->argument))
        return fail(cx, ERR_NOT_FOUND, "%s is no order's id", words->argument);
    of_payment = payment_retry(cx, payment_store(), words->argument);
    if (of_payment && of_payment != ERR_NOT_FOUND && of_payment != ERR_CONFLICT)
        return of_payment;
    ctx_forgive(cx);
    if ((err = stuck_retry(cx, notification_store(), words->argument,
                           words->is_twice, &mails)))
        return err;
    if (of_payment && mails == 0)
        return fail(cx, ERR_NOT_FOUND, "nothing of this order is open");
    *ret_status = EX_OK;
    if (!of_payment)
        puts("its payment is looked at now");
    if (mails > 0)
        printf("%lld mail%s tried now\n", (long long)mails,
               mails == 1 ? " is" : "s are");
    return OK;
}

enum err
admin_catch_up(struct ctx *cx, const struct words *words, int *ret_status)
{
    enum err err = catch_up_now(cx, payment_store());

    (void)words;
    *ret_status = EX_OK;
    if (!err)
        puts("payment-worker asks Stripe for what it hasn't heard of as soon "
             "as it runs");
    return err;
}

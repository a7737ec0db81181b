#include "payment/follow_up.h"

#include "payment/cancellation.h"
#include "payment/refunding.h"

void
follow_up(struct ctx *cx, struct settlement *work)
{
    ctx_forgive(cx);
    (void)cancellation_follow(cx, work);
    ctx_forgive(cx);
    (void)settlement_carry_out(cx, work);
    refunding_carry_out(cx, work);
    settlement_end(cx, work);
    ctx_forgive(cx);
}

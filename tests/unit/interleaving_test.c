/*
 * Webhooks that come twice, late, in any order, never, or from a forger,
 * between the customer's calls and the workers' turns: what a payment ends in
 * is what it ends in when all goes by the order. Everything is real but the
 * world around lib/payment (stripe_model.h, shop_model.h).
 *
 * A run is told by its history and its seed, which are printed when it fails:
 *
 *     INTERLEAVING_SEED=N  begins with that seed, in place of the clock's
 *     INTERLEAVING_RUNS=N  so many seeds a history, in place of 1,000
 */
#include "scratch.h"
#include "shop_model.h"

#include <time.h>

#include "base/config.h"
#include "base/id.h"
#include "io/secret.h"
#include "payment/cancellation.h"
#include "payment/catch_up.h"
#include "payment/checkout.h"
#include "payment/inbox.h"
#include "payment/refunding.h"
#include "payment/review.h"
#include "payment/stripe.h"

enum {
    STEPS = 8,
    POST = 4 * MODEL_EVENTS,
    DEPTH = 2,
    PATIENCE = 400,
    TURNS = 5000
};

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define DAY (24 * 60 * MINUTE)

/* What happens in a history; between two of these anything else may. */
enum step {
    END,
    PAY_GOOD,
    PAY_DECLINED,
    PAY_3DS,
    PAY_SLOWLY,
    HAND_OUT,     /* the browser is to confirm it */
    BROWSER_PAYS, /* and does */
    BANK_PAYS,
    BANK_REFUSES,
    REFUND_PART,
    REFUND_REST,
    DASHBOARD_REFUND,
    REFUND_SUCCEEDS,
    REFUND_FAILS,
    DISPUTE,
    DISPUTE_WON,
    DISPUTE_LOST,
    CANCEL,
    ORDER_IS_GONE, /* it is Cancelled, and the payment wasn't told */
};

struct history {
    const char *name;
    enum step steps[STEPS];
    bool are_refunds_slow;
};

static struct payment_store store;
static const char *user_id, *order_id;

/* How this run goes. */
static struct {
    uint64_t chance; /* the state of its generator */
    bool is_orderly;
    bool is_quiet;          /* no faults, nobody in between */
    int depth;              /* of what happens in between */
    enum step next;         /* that may happen at any moment; END: none */
    size_t sent;            /* events that were posted */
    const char *post[POST]; /* bodies that wait to be delivered */
    size_t waiting;
    int64_t attempts; /* that there must be after this step */
    int64_t asked;    /* refunds that an admin asked for */
} run;

static uint64_t
next_number(void)
{
    run.chance ^= run.chance >> 12;
    run.chance ^= run.chance << 25;
    run.chance ^= run.chance >> 27;
    return run.chance * UINT64_C(2685821657736338717);
}

static size_t
below(size_t limit)
{
    return (size_t)(next_number() >> 33) % limit;
}

static bool
chance_of(size_t percent)
{
    return below(100) < percent;
}

/* libsodium's random bytes come from the seed, too. */
static const char *
random_name(void)
{
    return "seeded";
}

static uint32_t
random_word(void)
{
    return (uint32_t)(next_number() >> 32);
}

static void
random_bytes(void *const bytes, const size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((unsigned char *)bytes)[i] = (unsigned char)(next_number() >> 56);
}

static struct randombytes_implementation seeded = {
    .implementation_name = random_name,
    .random = random_word,
    .buf = random_bytes,
};

/* A context for one call or turn; ends with its arena. */
static struct ctx
open_ctx(enum role role)
{
    struct ctx cx;

    ctx_init(&cx, arena_create(), "unit-test");
    cx.caller = (struct caller){ role, role == CUSTOMER ? user_id : "" };
    return cx;
}

static struct payment *
payment_now(struct ctx *cx)
{
    struct payment *payment;
    enum err err = store.get(cx, &store, order_id, &payment);

    ctx_forgive(cx);
    return err ? NULL : payment;
}

static void
deliver(const char *body, const char *secret, int64_t made_at, bool is_taken)
{
    struct ctx cx = open_ctx(ANYONE);
    bool is_ours = false;
    enum err err = inbox_receive(&cx, &store, model_sign(secret, body, made_at),
                                 body, strlen(body), &is_ours);

    assert_int_equal(err, is_taken ? OK : ERR_MALFORMED);
    arena_free(cx.arena);
}

/* New events are posted: kept back, doubled, or lost for ever. */
static void
post_new(void)
{
    for (; run.sent < model.event_count; run.sent++) {
        size_t copies = run.is_orderly  ? 1
                        : chance_of(20) ? 0
                        : chance_of(30) ? 2
                                        : 1;

        for (; copies > 0; copies--)
            run.post[run.waiting++] = model.events[run.sent].body;
    }
}

static void
deliver_one(void)
{
    size_t which = run.is_orderly || run.waiting == 0 ? 0 : below(run.waiting);

    if (run.waiting == 0)
        return;
    deliver(run.post[which], MODEL_SECRET, shop.now, true);
    run.waiting--;
    memmove(&run.post[which], &run.post[which + 1],
            (run.waiting - which) * sizeof *run.post);
}

/* An event as a forger, or a mistaken Stripe, would tell it. */
static void
deliver_forged(void)
{
    const struct model_intent *stranger = &model.intents[0];
    struct model_intent lie = model.intents[below(model.intent_count)];
    const char *id = model_id("evt_forged", (size_t)next_number());
    bool is_live = chance_of(20);

    lie.status = chance_of(50) ? "succeeded" : "canceled";
    lie.received = chance_of(50) ? lie.amount : 1;
    lie.order_id = chance_of(50) ? order_id : stranger->order_id;
    const char *body =
        model_event_json(id,
                         lie.status[0] == 's' ? "payment_intent.succeeded"
                                              : "payment_intent.canceled",
                         is_live, model_intent_json(&lie));

    switch (below(3)) {
    case 0:
        deliver(body, "whsec_forged", shop.now, false);
        break;
    case 1:
        deliver(body, MODEL_SECRET, shop.now - 301 * SECOND, false);
        break;
    default:
        deliver(body, MODEL_SECRET, shop.now, true);
    }
}

static void
turn(enum err (*work)(struct ctx *, struct payment_store *, bool *),
     bool *ret_is_idle)
{
    struct ctx cx = open_ctx(ANYONE);

    assert_int_equal(work(&cx, &store, ret_is_idle), OK);
    arena_free(cx.arena);
}

/* All that a worker finds due at this moment. */
static void
work_off(void)
{
    bool is_idle = false;

    for (int i = 0; !is_idle; i++) {
        if (i > TURNS)
            fail_msg("the workers' turns don't end");
        turn(inbox_turn, &is_idle);
        if (is_idle)
            turn(checkout_resume, &is_idle);
        if (is_idle)
            turn(catch_up_turn, &is_idle);
    }
}

static void
look(void)
{
    struct ctx cx = open_ctx(CUSTOMER);
    const struct payment *payment;

    (void)checkout_look(&cx, &store, order_id, &payment);
    arena_free(cx.arena);
}

/*
 * Whether an outage may last longer than Stripe knows a key, and all end the
 * same: not before the intent is known, as there would be a second one, nor
 * while a later attempt is in doubt, which Stripe then tells of as of the one
 * before it.
 */
static bool
may_pass_a_day(void)
{
    struct ctx cx = open_ctx(ANYONE);
    const struct payment *payment = payment_now(&cx);
    bool may_pass =
        payment && payment->intent_id &&
        (payment->attempt_count <= 1 || !payment_is_doubtful(payment));

    arena_free(cx.arena);
    return may_pass;
}

static void
pass_time(void)
{
    if (chance_of(10) && may_pass_a_day())
        shop.now += 25 * 60 * MINUTE;
    shop.now += chance_of(80)   ? (int64_t)below(3000)
                : chance_of(80) ? (int64_t)below(40) * SECOND
                                : (int64_t)below(10) * MINUTE;
}

/* Whatever the others do. */
static void
do_anything(void)
{
    bool is_idle;

    post_new();
    switch (below(9)) {
    case 0:
    case 1:
        deliver_one();
        break;
    case 2:
        deliver(model.events[below(model.event_count)].body, MODEL_SECRET,
                shop.now, true);
        break;
    case 3:
        deliver_forged();
        break;
    case 4:
        turn(inbox_turn, &is_idle);
        break;
    case 5:
        turn(checkout_resume, &is_idle);
        break;
    case 6:
        turn(catch_up_turn, &is_idle);
        break;
    case 7:
        look();
        break;
    default:
        pass_time();
    }
}

static void take_step(void);

/* While somebody's call is under way; it may take longer than a lease. */
static void
meanwhile(void)
{
    if (run.is_quiet || run.depth >= DEPTH || !chance_of(20))
        return;
    run.depth++;
    if (run.next != END && chance_of(30))
        take_step();
    for (size_t i = below(4); i > 0; i--)
        do_anything();
    run.depth--;
}

static enum model_fault
fault(void)
{
    if (run.is_quiet || !chance_of(12))
        return MODEL_PASS;
    return chance_of(33)   ? MODEL_LOST
           : chance_of(50) ? MODEL_BUSY
                           : MODEL_UNHEARD;
}

/* Between two steps, and while one waits for something. */
static void
go_on(void)
{
    if (run.is_orderly) {
        post_new();
        while (run.waiting > 0)
            deliver_one();
        work_off();
        shop.now += 5 * SECOND;
        return;
    }
    for (size_t i = below(6); i > 0; i--)
        do_anything();
}

static enum err
pay(const char *method, bool is_confirmed)
{
    struct ctx cx = open_ctx(CUSTOMER);
    struct checkout checkout = { .order_id = order_id,
                                 .payment_method = method,
                                 .is_confirmed = is_confirmed };
    struct checkout_result result;
    enum err err = checkout_pay(&cx, &store, &checkout, &result);

    arena_free(cx.arena);
    return err;
}

/* A confirmation that never arrived: Stripe has no reason why it failed. */
static bool
was_never_tried(const struct attempt *attempt)
{
    return attempt->state == PAYMENT_FAILED && !attempt->code &&
           !attempt->message;
}

/* Whether this step's attempt is made, and what came of it is known. */
static bool
is_tried(bool *ret_is_known)
{
    struct ctx cx = open_ctx(ANYONE);
    const struct payment *payment = payment_now(&cx);
    bool is_made = payment && payment->attempt_count == (size_t)run.attempts;

    if (payment && payment->attempt_count > (size_t)run.attempts)
        fail_msg("one attempt too many");
    if (is_made && was_never_tried(payment_last_attempt(payment))) {
        run.attempts++;
        is_made = false;
    }
    *ret_is_known = is_made && !payment_is_doubtful(payment);
    arena_free(cx.arena);
    return is_made;
}

/* A customer who is told nothing certain looks before paying again. */
static void
do_pay(const char *method)
{
    bool is_known = false;

    run.attempts++;
    for (int i = 0; !is_known; i++) {
        if (i > PATIENCE)
            fail_msg("%s is never taken", method);
        if (!is_tried(&is_known))
            (void)pay(method, true);
        if (!is_tried(&is_known) || !is_known) {
            go_on();
            shop.now += 5 * SECOND;
        }
    }
}

static void
do_hand_out(void)
{
    for (int i = 0; pay(NULL, false); i++) {
        assert_in_range(i, 0, PATIENCE);
        go_on();
    }
}

static void
do_refund(const char *amount)
{
    const char *key =
        arena_printf(model.arena, "refund %lld", (long long)++run.asked);
    bool is_known = false;

    for (int i = 0; !is_known; i++) {
        struct ctx cx = open_ctx(ADMIN);
        struct refund_wish wish = { order_id, amount };
        const struct payment *payment;
        const struct refund *refund;

        if (i > PATIENCE)
            fail_msg("a refund is never taken");
        cx.request_key = key;
        is_known = !refunding_ask(&cx, &store, &wish, &payment, &refund) &&
                   refund->state >= REFUND_PENDING;
        arena_free(cx.arena);
        if (!is_known) {
            go_on();
            shop.now += 5 * SECOND;
        }
    }
}

/* As the order service does it: first the payment, then the order. */
static void
do_cancel(void)
{
    for (int i = 0;; i++) {
        struct ctx cx = open_ctx(SERVICE);
        enum err err = cancellation_prepare(&cx, &store, order_id);

        arena_free(cx.arena);
        if (!err)
            break;
        if (i > PATIENCE)
            fail_msg("the order can't be cancelled");
        go_on();
        shop.now += 5 * SECOND;
    }
    shop.order.status = "Cancelled";
}

/* The order's own intent: the newest. */
static struct model_intent *
own_intent(void)
{
    assert_true(model.intent_count > 1);
    return &model.intents[model.intent_count - 1];
}

static struct model_refund *
last_refund(void)
{
    for (int i = 0; model.refund_count == 0; i++) {
        if (i > PATIENCE)
            fail_msg("no refund is made");
        go_on();
        shop.now += 5 * SECOND;
    }
    return &model.refunds[model.refund_count - 1];
}

static struct model_dispute *
last_dispute(void)
{
    return &model.disputes[model.dispute_count - 1];
}

static void
do_step(enum step step)
{
    switch (step) {
    case PAY_GOOD:
        do_pay("pm_good");
        break;
    case PAY_DECLINED:
        do_pay("pm_declined");
        break;
    case PAY_3DS:
        do_pay("pm_3ds");
        break;
    case PAY_SLOWLY:
        do_pay("pm_slow");
        break;
    case HAND_OUT:
        do_hand_out();
        break;
    case BROWSER_PAYS:
    case BANK_PAYS:
        model_finish(own_intent(), true, NULL);
        break;
    case BANK_REFUSES:
        model_finish(own_intent(), false, MODEL_ERROR_BANK);
        break;
    case REFUND_PART:
        do_refund("10.00");
        break;
    case REFUND_REST:
        do_refund(NULL);
        break;
    case DASHBOARD_REFUND:
        model_refund(own_intent(), 500, NULL);
        break;
    case REFUND_SUCCEEDS:
        model_refund_becomes(last_refund(), "succeeded");
        break;
    case REFUND_FAILS:
        model_refund_becomes(last_refund(), "failed");
        break;
    case DISPUTE:
        model_dispute(own_intent());
        break;
    case DISPUTE_WON:
        model_dispute_becomes(last_dispute(), "won");
        break;
    case DISPUTE_LOST:
        model_dispute_becomes(last_dispute(), "lost");
        break;
    case CANCEL:
        do_cancel();
        break;
    case ORDER_IS_GONE:
        shop.order.status = "Cancelled";
        break;
    case END:
        break;
    }
}

static void
take_step(void)
{
    enum step step = run.next;

    run.next = END;
    do_step(step);
}

/* A world in which only the order is there; and a stranger's paid intent. */
static void
begin_run(const struct history *history, uint64_t seed, bool is_orderly)
{
    struct ctx cx;
    bool is_idle;

    memset(&run, 0, sizeof run);
    run.chance = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    run.is_orderly = run.is_quiet = is_orderly;
    memset(&model, 0, sizeof model);
    model.arena = arena_create();
    model.fault = fault;
    model.meanwhile = meanwhile;
    model.are_refunds_slow = history->are_refunds_slow;
    shop = (struct shop){ .now = INT64_C(1800000000) * SECOND };
    user_id = id_new(model.arena);
    order_id = id_new(model.arena);
    shop.order = (struct remote_order){
        .id = order_id,
        .user_id = user_id,
        .product_name = "Tea",
        .status = "Pending",
        .quantity = 1,
        .price = money_of(3998, "usd"),
        .total = money_of(3998, "usd"),
    };
    cx = open_ctx(ANYONE);
    shop_wipe(&cx, store.db);
    arena_free(cx.arena);
    turn(catch_up_turn, &is_idle);
    model_finish(model_intent(id_new(model.arena), 3998, "usd"), true, NULL);
}

/* Until the next look at what is open, which a day makes rare. */
static void
wait_until_due(void)
{
    struct ctx cx = open_ctx(ANYONE);
    const struct payment *payment = payment_now(&cx);

    if (payment && payment->due_at > shop.now)
        shop.now = payment->due_at;
    arena_free(cx.arena);
    work_off();
}

/* Nothing but the passing of time, until nothing is due any more. */
static void
settle(void)
{
    run.is_quiet = true;
    post_new();
    for (int i = 0; i < 12; i++) {
        while (run.waiting > 0 && !chance_of(10))
            deliver_one();
        work_off();
        shop.now += 7 * MINUTE;
    }
    work_off();
    wait_until_due();
}

/* Every event of the past once more, some of them after weeks. */
static void
replay(void)
{
    shop.now += chance_of(5) ? 40 * DAY : 10 * MINUTE;
    work_off();
    for (size_t i = model.event_count; i-- > 0;)
        deliver(model.events[i].body, MODEL_SECRET, shop.now, true);
    work_off();
}

static int
compare_lines(const void *one, const void *other)
{
    return strcmp(*(char *const *)one, *(char *const *)other);
}

static void
write_refunds(struct text *text, const struct payment *payment)
{
    char *lines[REFUNDS_MAX];

    for (size_t i = 0; i < payment->refund_count; i++) {
        const struct refund *refund = &payment->refunds[i];

        assert_in_range(refund->number, 1, SHOP_MAILS - 1);
        lines[i] = arena_printf(
            model.arena, "refund %s: %lld %s mark %s notify %s mail %lld\n",
            refund->stripe_id ? refund->stripe_id : "?",
            (long long)refund->amount, refund_state_name(refund->state),
            effect_state_name(refund->effects[REFUND_MARK]),
            effect_state_name(refund->effects[REFUND_NOTIFY]),
            (long long)shop.mails[refund->number]);
    }
    /* which of two Till heard of first is chance */
    qsort(lines, payment->refund_count, sizeof *lines, compare_lines);
    for (size_t i = 0; i < payment->refund_count; i++)
        text_add(text, lines[i]);
}

static void
write_payment(struct text *text, const struct payment *payment)
{
    int tried = 0;

    text_printf(text, "payment %s, due %s\n",
                payment_state_name(payment->state),
                payment->due_at ? "yes" : "no");
    for (size_t i = 0; i < payment->attempt_count; i++) {
        const struct attempt *attempt = &payment->attempts[i];

        if (was_never_tried(attempt))
            continue;
        text_printf(text, "attempt %d: %s %s %s %s\n", ++tried,
                    attempt->payment_method, payment_state_name(attempt->state),
                    attempt->code ? attempt->code : "-",
                    attempt->message ? attempt->message : "-");
    }
    for (int kind = 0; kind < EFFECTS; kind++)
        text_printf(text, "%s %s\n", effect_kind_name((enum effect_kind)kind),
                    effect_state_name(payment->effects[kind]));
    write_refunds(text, payment);
    for (size_t i = 0; i < payment->review_count; i++) {
        const struct review *review = &payment->reviews[i];

        text_printf(text, "review %s %s: %s %s\n",
                    review_kind_name(review->kind), review->subject,
                    review->text, review->closed_at ? review->note : "open");
    }
}

/* All that the shop and Stripe have in the end. */
static char *
end_state(void)
{
    struct ctx cx = open_ctx(ANYONE);
    const struct payment *payment = payment_now(&cx);
    struct text text;
    char *state;

    text_init(&text, cx.arena, 64 * KIB);
    text_printf(&text, "order %s, receipt %lld\n", shop.order.status,
                (long long)shop.mails[0]);
    for (size_t i = 1; i < model.intent_count; i++)
        text_printf(&text, "%s %s %lld\n", model.intents[i].id,
                    model.intents[i].status,
                    (long long)model.intents[i].received);
    for (size_t i = 0; i < model.refund_count; i++)
        text_printf(&text, "%s %s %lld\n", model.refunds[i].id,
                    model.refunds[i].status,
                    (long long)model.refunds[i].amount);
    if (payment)
        write_payment(&text, payment);
    state = strdup(text.bytes);
    arena_free(cx.arena);
    return state;
}

static void
end_run(void)
{
    struct ctx cx = open_ctx(ANYONE);

    assert_int_equal(db_commit(&cx, store.db), OK);
    arena_free(cx.arena);
    arena_free(model.arena);
}

static char *
play(const struct history *history, uint64_t seed, bool is_orderly)
{
    char *state;

    begin_run(history, seed, is_orderly);
    for (int i = 0; i < STEPS && history->steps[i] != END; i++) {
        run.next = history->steps[i];
        go_on();
        if (run.next != END)
            take_step();
    }
    go_on();
    settle();
    if (!is_orderly)
        replay();
    state = end_state();
    end_run();
    return state;
}

static uint64_t
number_from(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

static void
ends_the_same(void **state)
{
    const struct history *history = *state;
    uint64_t runs = number_from("INTERLEAVING_RUNS", 1000);
    uint64_t seed = number_from("INTERLEAVING_SEED", (uint64_t)time(NULL));
    char *orderly = play(history, seed, true);

    if (getenv("INTERLEAVING_TELL"))
        print_message("%s\n", orderly);
    print_message("# %s: seeds %llu to %llu\n", history->name,
                  (unsigned long long)seed,
                  (unsigned long long)(seed + runs - 1));
    for (uint64_t i = 0; i < runs; i++, seed++) {
        char *other = play(history, seed, false);

        if (strcmp(orderly, other) != 0)
            fail_msg("INTERLEAVING_SEED=%llu, %s: orderly:\n%s\nbut:\n%s",
                     (unsigned long long)seed, history->name, orderly, other);
        free(other);
    }
    free(orderly);
}

static int
open_all(void **state)
{
    struct arena *arena = arena_create();
    struct ctx cx;

    (void)state;
    setenv("TILL_ENV", "/dev/null", 1);
    setenv("STRIPE_SECRET_KEY", "sk_test_model", 1);
    setenv("STRIPE_WEBHOOK_SECRET", MODEL_SECRET, 1);
    config_load();
    stripe_init();
    stripe_event_init();
    ctx_init(&cx, arena, "unit-test");
    assert_int_equal(
        payment_store_sqlite_open(&cx, scratch_begin("payment"), &store), OK);
    db_set_mode(store.db, DB_BATCH);
    arena_free(arena);
    return 0;
}

static int
close_all(void **state)
{
    (void)state;
    db_close(store.db);
    return scratch_end();
}

static struct history histories[] = {
    { "paid at once", { PAY_GOOD }, false },
    { "declined, then paid", { PAY_DECLINED, PAY_GOOD }, false },
    { "declined twice, then paid by 3DS",
      { PAY_DECLINED, PAY_DECLINED, PAY_3DS, BANK_PAYS },
      false },
    { "3DS succeeded", { PAY_3DS, BANK_PAYS }, false },
    { "3DS failed, then paid", { PAY_3DS, BANK_REFUSES, PAY_GOOD }, false },
    { "processing, then succeeded", { PAY_SLOWLY, BANK_PAYS }, false },
    { "processing, then failed", { PAY_SLOWLY, BANK_REFUSES }, false },
    { "the browser pays", { HAND_OUT, BROWSER_PAYS }, false },
    { "handed out, then cancelled", { HAND_OUT, CANCEL }, false },
    { "declined, then cancelled", { PAY_DECLINED, CANCEL }, false },
    { "3DS, then cancelled", { PAY_3DS, CANCEL }, false },
    { "handed out, and the order is gone", { HAND_OUT, ORDER_IS_GONE }, false },
    { "declined, and the order is gone",
      { PAY_DECLINED, ORDER_IS_GONE },
      false },
    { "refunded in parts, then all",
      { PAY_GOOD, REFUND_PART, REFUND_PART, REFUND_REST },
      false },
    { "refunded at once", { PAY_GOOD, REFUND_REST }, false },
    { "refunded slowly",
      { PAY_GOOD, REFUND_PART, REFUND_SUCCEEDS, REFUND_REST, REFUND_SUCCEEDS },
      true },
    { "a refund fails before it succeeds",
      { PAY_GOOD, REFUND_PART, REFUND_FAILS },
      true },
    { "a refund fails after it has succeeded",
      { PAY_GOOD, REFUND_PART, REFUND_FAILS },
      false },
    { "refunds in the dashboard",
      { PAY_GOOD, DASHBOARD_REFUND, DASHBOARD_REFUND },
      false },
    { "refunds in the dashboard and here",
      { PAY_GOOD, DASHBOARD_REFUND, REFUND_PART, DASHBOARD_REFUND },
      false },
    { "disputed and won", { PAY_GOOD, DISPUTE, DISPUTE_WON }, false },
    { "disputed and lost", { PAY_GOOD, DISPUTE, DISPUTE_LOST }, false },
    { "paid at last, and disputed at once",
      { PAY_SLOWLY, BANK_PAYS, DISPUTE },
      false },
    { "a late success of a cancelled order",
      { PAY_SLOWLY, ORDER_IS_GONE, BANK_PAYS },
      false },
    { "a late success, and its refund fails",
      { PAY_SLOWLY, ORDER_IS_GONE, BANK_PAYS, REFUND_FAILS },
      true },
};

int
main(void)
{
    struct CMUnitTest tests[COUNT(histories)];

    for (size_t i = 0; i < COUNT(histories); i++)
        tests[i] = (struct CMUnitTest){
            .name = histories[i].name,
            .test_func = ends_the_same,
            .initial_state = &histories[i],
        };
    if (randombytes_set_implementation(&seeded))
        return 1;
    secret_init();
    run.chance = 1;
    return cmocka_run_group_tests(tests, open_all, close_all);
}

#include <string.h>

#include "base/config.h"
#include "base/stop.h"
#include "base/text.h"
#include "io/worker.h"
#include "notification/delivery.h"
#include "notification/gmail.h"
#include "notification/smtp.h"
#include "peer/order_client.h"
#include "peer/user_client.h"

#define SELF "notification"

static enum err
look_up(struct ctx *cx, const struct notification *notification,
        struct receipt *ret_receipt)
{
    struct remote_order order;
    struct remote_user user;
    enum err err;

    if ((err = order_client_get(cx, SELF, notification->order_id, &order)) ||
        (err = user_client_get(cx, SELF, notification->user_id, &user)))
        return err;
    *ret_receipt = (struct receipt){
        .notification_id = notification->id,
        .order_id = notification->order_id,
        .username = user.username,
        .email = user.email,
        .product_name = order.product_name,
        .quantity = order.quantity,
        .price = order.price,
        .total = order.total,
        .refunded = notification->amount,
        .paid_at = notification->created_at,
    };
    return OK;
}

static void
open_gateway(struct arena *arena, struct notification_store *store,
             struct delivery *delivery)
{
    if (gmail_is_wanted()) {
        gmail_open(arena, store, &delivery->gateway);
    } else if (smtp_is_wanted()) {
        smtp_open(arena, store, &delivery->gateway);
        delivery->is_at_least_once = smtp_is_at_least_once();
    } else {
        die("no mail can be sent: set GMAIL_CLIENT_ID, GMAIL_CLIENT_SECRET, "
            "GMAIL_REFRESH_TOKEN and EMAIL_USER for Gmail's API, or "
            "EMAIL_USER and EMAIL_PASS for SMTP; receipts stay queued until "
            "then");
    }
    if (!mail_is_address(delivery->gateway.from))
        die("EMAIL_USER is \"%s\": it must be an e-mail address",
            delivery->gateway.from);
}

void
delivery_open(struct arena *arena, struct notification_store *store,
              struct delivery *ret_delivery)
{
    *ret_delivery = (struct delivery){
        .store = store,
        .shop_name = config_required(SETTING_SHOP_NAME),
        .shop_url = config_text(SETTING_PUBLIC_URL),
        .lease = worker_lease(),
        .look_up = look_up,
    };
    if (text_has_control(ret_delivery->shop_name))
        die("SHOP_NAME holds a control character");
    if (ret_delivery->shop_url &&
        strncmp(ret_delivery->shop_url, "https://", 8) != 0 &&
        strncmp(ret_delivery->shop_url, "http://", 7) != 0)
        die("PUBLIC_URL must begin with https:// or http://");
    open_gateway(arena, store, ret_delivery);
}

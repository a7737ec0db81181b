/* Stripe's signatures: docs.stripe.com/webhooks#verify-manually. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "webhook.h"

enum { OLD_SECONDS = 600 };

static const char *
hmac_hex(struct pool *pool, const char *secret, const char *text)
{
    unsigned char mac[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_state state;
    char *hex = pool_alloc(pool, sizeof(mac) * 2 + 1);

    crypto_auth_hmacsha256_init(&state, (const unsigned char *)secret,
                                strlen(secret));
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)text,
                                  strlen(text));
    crypto_auth_hmacsha256_final(&state, mac);
    return sodium_bin2hex(hex, sizeof(mac) * 2 + 1, mac, sizeof(mac));
}

/* The time is the machine's own, as the receiver's is; not the moved one. */
const char *
webhook_sign(struct pool *pool, const cJSON *secrets, const char *body,
             const char *forge)
{
    bool is_old = forge && !strcmp(forge, "timestamp"),
         is_wrong = forge && !strcmp(forge, "secret");
    long long at = (long long)time(NULL) - (is_old ? OLD_SECONDS : 0);
    const char *text = pool_printf(pool, "%lld.%s", at, body),
               *value = pool_printf(pool, "t=%lld", at);
    const cJSON *secret;

    if (forge && !strcmp(forge, "unsigned"))
        return NULL;
    cJSON_ArrayForEach(secret, secrets)
    {
        value = pool_printf(
            pool, "%s,v1=%s", value,
            hmac_hex(pool, is_wrong ? "whsec_forged" : secret->valuestring,
                     text));
    }
    /* Events of test mode carry a scheme that is good for nothing. */
    return pool_printf(pool, "%s,v0=%s", value, hmac_hex(pool, "v0", text));
}

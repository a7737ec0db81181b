#include "user/user_password.h"

#include <string.h>
#include <strings.h>

/*
 * Made for Till: keyboard rows and columns, counting, and the words that
 * people reach for, in the forms in which they turn up again and again.
 * Shorter ones need no place here: they are too short anyway.
 */
static const char *const common[] = {
    "12345678",      "123456789",  "1234567890",  "12345678910",
    "87654321",      "987654321",  "0987654321",  "0123456789",
    "11111111",      "111111111",  "1111111111",  "00000000",
    "000000000",     "0000000000", "22222222",    "55555555",
    "66666666",      "77777777",   "88888888",    "99999999",
    "11223344",      "1122334455", "12341234",    "123123123",
    "12121212",      "123321123",  "147258369",   "159357159",
    "31415926",      "10203040",   "qwertyui",    "qwertyuiop",
    "qwerty123",     "qwerty1234", "qwerty12345", "123qweasd",
    "1q2w3e4r",      "1q2w3e4r5t", "1qaz2wsx",    "1qaz2wsx3edc",
    "qazwsxedc",     "q1w2e3r4",   "q1w2e3r4t5",  "asdfghjk",
    "asdfghjkl",     "asdf1234",   "asdfasdf",    "zxcvbnm1",
    "zxcvbnm123",    "qweasdzxc",  "zaq12wsx",    "azertyuiop",
    "password",      "password1",  "password12",  "password123",
    "password1234",  "password!",  "password1!",  "password123!",
    "passw0rd",      "p@ssword",   "p@ssw0rd",    "p@ssword1",
    "p@ssw0rd1",     "pa$$word",   "passwort",    "passwort1",
    "motdepasse",    "contrasena", "mypassword",  "newpassword",
    "yourpassword",  "changeme",   "changeme1",   "changeme123",
    "letmein1",      "letmein123", "welcome1",    "welcome123",
    "welcome1!",     "trustno1",   "iloveyou",    "iloveyou1",
    "ilovemyself",   "sunshine",   "sunshine1",   "princess",
    "princess1",     "football",   "football1",   "baseball",
    "basketball",    "superman",   "superman1",   "starwars",
    "startrek",      "pokemon123", "dragon123",   "monkey123",
    "michael1",      "jennifer",   "computer",    "internet",
    "whatever",      "victoria",   "samantha",    "charlie1",
    "administrator", "admin123",   "admin1234",   "administrator1",
    "rootroot",      "testtest",   "test1234",    "testing123",
    "secret123",     "abcd1234",   "abc12345",    "abc123456",
    "abcdefgh",      "abcdefghi",  "a1b2c3d4",    "aaaaaaaa",
    "default1",      "guest123",   "hello123",    "helloworld",
};

static bool
is_common(const char *password)
{
    for (size_t i = 0; i < sizeof common / sizeof *common; i++) {
        if (!strcasecmp(password, common[i]))
            return true;
    }
    return false;
}

/* Whether it is the address, or what stands before its @. */
static bool
is_of_email(const char *password, const char *email)
{
    size_t local = strcspn(email, "@");

    return !strcasecmp(password, email) ||
           (strlen(password) == local && !strncasecmp(password, email, local));
}

enum err
user_password_check(struct ctx *cx, const char *password, const char *username,
                    const char *email)
{
    if (is_common(password))
        return fail_field(cx, "/password", "is one of the most common ones");
    if (!strcasecmp(password, username) || is_of_email(password, email))
        return fail_field(cx, "/password",
                          "must not be the username or the e-mail address");
    return OK;
}

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/config.h"

static char folder[] = "/tmp/till-config-XXXXXX";

/* An empty folder to be in, and no setting in the environment. */
static int
enter_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) && !chdir(folder) ? 0 : -1;
}

static int
leave_folder(void **state)
{
    (void)state;
    return chdir("/") || rmdir(folder) ? -1 : 0;
}

static void
write_file(const char *path, const char *content)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(content, file);
    fclose(file);
}

static int
begin(void **state)
{
    for (int i = 0; i < SETTINGS; i++) {
        char name[64];

        unsetenv(config_name((enum setting)i));
        snprintf(name, sizeof name, "%s_FILE", config_name((enum setting)i));
        unsetenv(name);
    }
    unsetenv("TILL_ENV");
    unsetenv("TILL_HOME");
    return unit_begin(state);
}

static int
end(void **state)
{
    unlink("till.env");
    unlink("other.env");
    unlink("secret");
    return unit_end(state);
}

static void
without_any_source_there_are_the_defaults(void **state)
{
    (void)state;
    config_load();
    assert_string_equal(config_text(SETTING_CURRENCY), "usd");
    assert_string_equal(config_source(SETTING_CURRENCY), "default");
    assert_null(config_text(SETTING_JWT_SECRET));
    assert_string_equal(config_source(SETTING_JWT_SECRET), "unset");
    assert_int_equal(config_int(SETTING_RATE_LIMIT, 0, 100), 60);
}

static void
dotenv_lines_are_read_as_they_are_written_everywhere(void **state)
{
    (void)state;
    write_file("till.env", "# a comment\n"
                           "\n"
                           "  \t\n"
                           "CURRENCY=eur\n"
                           "export THREADS = 8 \n"
                           "SHOP_NAME=\"The # Shop\"  # quoted\n"
                           "EMAIL_USER='it is \"it\"'\n"
                           "EMAIL_PASS=a#b=c  # comment\n"
                           "PUBLIC_URL=https://x.example/#top\n"
                           "LOG_LEVEL=error\r\n"
                           "SOMETHING_ELSE=1\n"
                           "STRIPE_SECRET_KEY=\n"
                           "GMAIL_CLIENT_ID= # not yet\n"
                           "GMAIL_CLIENT_SECRET=\t# not yet\n"
                           "USER_DB=sqlite:last line");
    config_load();
    assert_string_equal(config_text(SETTING_CURRENCY), "eur");
    assert_string_equal(config_source(SETTING_CURRENCY), "till.env");
    assert_string_equal(config_text(SETTING_THREADS), "8");
    assert_string_equal(config_text(SETTING_SHOP_NAME), "The # Shop");
    assert_string_equal(config_text(SETTING_EMAIL_USER), "it is \"it\"");
    assert_string_equal(config_text(SETTING_EMAIL_PASS), "a#b=c");
    assert_string_equal(config_text(SETTING_PUBLIC_URL),
                        "https://x.example/#top");
    assert_string_equal(config_text(SETTING_LOG_LEVEL), "error");
    assert_null(config_text(SETTING_STRIPE_SECRET_KEY));
    assert_null(config_text(SETTING_GMAIL_CLIENT_ID));
    assert_null(config_text(SETTING_GMAIL_CLIENT_SECRET));
    assert_string_equal(config_text(SETTING_USER_DB), "sqlite:last line");
}

static void
load(void *arg)
{
    (void)arg;
    config_load();
}

static void
a_line_that_cannot_be_read_names_its_file_and_number(void **state)
{
    (void)state;
    write_file("till.env", "CURRENCY=usd\nTHREADS\n");
    expect_death(load, NULL, "till.env, line 2");
    write_file("till.env", "CURRENCY=\"usd\n");
    expect_death(load, NULL, "till.env, line 1");
    write_file("till.env", "\nEMAIL_PASS=\"a\"b\"\n");
    expect_death(load, NULL, "till.env, line 2");
    write_file("till.env", "EMAIL_PASS='a\\'b'\n");
    expect_death(load, NULL, "till.env, line 1");
}

static void
the_environment_comes_before_the_file(void **state)
{
    (void)state;
    write_file("till.env", "CURRENCY=eur\nTHREADS=8\n");
    setenv("CURRENCY", "gbp", 1);
    setenv("THREADS", "", 1); /* empty counts as unset */
    config_load();
    assert_string_equal(config_text(SETTING_CURRENCY), "gbp");
    assert_string_equal(config_source(SETTING_CURRENCY), "environment");
    assert_string_equal(config_text(SETTING_THREADS), "8");
}

static void
the_first_of_two_lines_counts(void **state)
{
    (void)state;
    write_file("till.env", "CURRENCY=eur\nCURRENCY=gbp\n");
    config_load();
    assert_string_equal(config_text(SETTING_CURRENCY), "eur");
}

static void
till_env_names_another_file_which_must_exist(void **state)
{
    (void)state;
    write_file("till.env", "CURRENCY=eur\n");
    write_file("other.env", "CURRENCY=gbp\n");
    setenv("TILL_ENV", "other.env", 1);
    config_load();
    assert_string_equal(config_text(SETTING_CURRENCY), "gbp");
    setenv("TILL_ENV", "none.env", 1);
    expect_death(load, NULL, "none.env");
    setenv("TILL_ENV", ".", 1);
    expect_death(load, NULL, "can't be read");
}

static void
paths_begin_in_till_home_which_must_exist(void **state)
{
    (void)state;
    write_file("till.env", "CURRENCY=eur\n");
    assert_int_equal(chdir("/"), 0);
    setenv("TILL_HOME", folder, 1);
    config_load();
    assert_string_equal(config_text(SETTING_CURRENCY), "eur");
    setenv("TILL_HOME", "/nowhere", 1);
    expect_death(load, NULL, "TILL_HOME: can't enter /nowhere");
    unsetenv("TILL_HOME");
}

static void
name_file_reads_the_value_from_a_file(void **state)
{
    (void)state;
    write_file("secret", "whsec_1 2\n\n");
    setenv("STRIPE_WEBHOOK_SECRET_FILE", "secret", 1);
    write_file("till.env", "JWT_SECRET_FILE=secret\n"
                           "STRIPE_WEBHOOK_SECRET=of the file\n");
    config_load();
    assert_string_equal(config_text(SETTING_STRIPE_WEBHOOK_SECRET),
                        "whsec_1 2");
    assert_string_equal(config_text(SETTING_JWT_SECRET), "whsec_1 2");
    assert_string_equal(config_source(SETTING_JWT_SECRET), "secret");
    setenv("STRIPE_WEBHOOK_SECRET", "direct", 1);
    config_load();
    assert_string_equal(config_text(SETTING_STRIPE_WEBHOOK_SECRET), "direct");
}

static void
name_file_that_is_missing_is_named(void **state)
{
    (void)state;
    setenv("JWT_SECRET_FILE", "nowhere", 1);
    expect_death(load, NULL, "JWT_SECRET_FILE: can't read nowhere");
}

static void
a_file_larger_than_any_setting_is_refused(void **state)
{
    FILE *file = fopen("secret", "w");

    (void)state;
    for (int i = 0; i < 70000; i++)
        fputc('x', file);
    fclose(file);
    setenv("JWT_SECRET_FILE", "secret", 1);
    expect_death(load, NULL, "larger than 65536 bytes");
}

static void
require_jwt_secret(void *arg)
{
    (void)arg;
    config_load();
    config_required(SETTING_JWT_SECRET);
}

static void
read_threads(void *arg)
{
    (void)arg;
    config_load();
    config_int(SETTING_THREADS, 1, 1024);
}

static void
who_needs_a_setting_dies_with_its_name(void **state)
{
    static const char *const bad[] = { "0",  "1025", "many",
                                       "8x", "-1",   "99999999999999999999" };

    (void)state;
    expect_death(require_jwt_secret, NULL, "JWT_SECRET is not set");
    for (size_t i = 0; i < COUNT(bad); i++) {
        setenv("THREADS", bad[i], 1);
        expect_death(read_threads, NULL, "THREADS is");
        expect_death(read_threads, NULL, "from 1 to 1024");
    }
}

static void
loading_again_forgets_what_was(void **state)
{
    (void)state;
    setenv("CURRENCY", "eur", 1);
    config_load();
    unsetenv("CURRENCY");
    config_load();
    assert_string_equal(config_text(SETTING_CURRENCY), "usd");
}

static void
what_is_secret_is_known_as_such(void **state)
{
    (void)state;
    assert_true(config_is_secret(SETTING_JWT_SECRET));
    assert_true(config_is_secret(SETTING_EMAIL_PASS));
    assert_false(config_is_secret(SETTING_CURRENCY));
    assert_string_equal(config_name(SETTING_JWT_SECRET), "JWT_SECRET");
}

#define CONFIG_TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CONFIG_TEST(without_any_source_there_are_the_defaults),
        CONFIG_TEST(dotenv_lines_are_read_as_they_are_written_everywhere),
        CONFIG_TEST(a_line_that_cannot_be_read_names_its_file_and_number),
        CONFIG_TEST(the_environment_comes_before_the_file),
        CONFIG_TEST(the_first_of_two_lines_counts),
        CONFIG_TEST(till_env_names_another_file_which_must_exist),
        CONFIG_TEST(paths_begin_in_till_home_which_must_exist),
        CONFIG_TEST(name_file_reads_the_value_from_a_file),
        CONFIG_TEST(name_file_that_is_missing_is_named),
        CONFIG_TEST(a_file_larger_than_any_setting_is_refused),
        CONFIG_TEST(who_needs_a_setting_dies_with_its_name),
        CONFIG_TEST(loading_again_forgets_what_was),
        CONFIG_TEST(what_is_secret_is_known_as_such),
    };

    return cmocka_run_group_tests_name("config", tests, enter_folder,
                                       leave_folder);
}

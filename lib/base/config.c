#include "base/config.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/stop.h"
#include "base/text.h"

enum { FILE_MAX = 64 * KIB };

static const struct {
    const char *name, *preset, *meaning;
    bool is_secret;
} table[SETTINGS] = {
#define X(name, preset, secret, meaning) { #name, preset, meaning, secret },
    SETTING_TABLE(X)
#undef X
};

static struct {
    const char *value, *source;
} values[SETTINGS];

/* Settings live as long as the process: this arena is never freed. */
static struct arena *arena;
static const char *settings_file;

/* The whole file, or NULL where it doesn't exist. */
static char *
read_file(const char *path, const char *wanted_by)
{
    char *bytes = arena_alloc(arena, FILE_MAX + 1);
    FILE *file = fopen(path, "re");
    size_t size;

    if (!file && errno == ENOENT && !wanted_by)
        return NULL;
    if (!file)
        die("%s: can't read %s: %s", wanted_by ? wanted_by : "settings", path,
            strerror(errno));
    size = fread(bytes, 1, FILE_MAX + 1, file);
    if (ferror(file) || size > FILE_MAX)
        die("%s can't be read or is larger than %d bytes", path, FILE_MAX);
    fclose(file);
    bytes[size] = '\0';
    return bytes;
}

static char *
trim(char *text)
{
    char *end = text + strlen(text);

    while (isspace((unsigned char)*text))
        text++;
    while (end > text && isspace((unsigned char)end[-1]))
        *--end = '\0';
    return text;
}

/* Cuts a comment off: a # after white space. */
static void
cut_comment(char *text)
{
    char *at = text;

    while ((at = strchr(at, '#')) &&
           (at == text || !isspace((unsigned char)at[-1])))
        at++;
    if (at)
        *at = '\0';
}

/* The value of a dotenv line, behind its "=": quoted, or up to a comment. */
static char *
unquote(char *text, const char *path, int line)
{
    char *value = trim(text), *end, *rest;

    if (*value != '"' && *value != '\'') {
        cut_comment(text);
        return trim(text);
    }
    if (!(end = strchr(value + 1, *value)))
        die("%s, line %d: the quote isn't closed", path, line);
    rest = end + 1 + strspn(end + 1, " \t");
    if (*rest && *rest != '#')
        die("%s, line %d: something follows the closing quote", path, line);
    *end = '\0';
    return value + 1;
}

static int
setting_named(const char *name, size_t size)
{
    for (int i = 0; i < SETTINGS; i++) {
        if (strlen(table[i].name) == size && !memcmp(table[i].name, name, size))
            return i;
    }
    return -1;
}

static void
set(int setting, const char *value, const char *source)
{
    if (values[setting].value || !*value)
        return; /* an earlier source has said it, or nothing is said */
    values[setting].value = value;
    values[setting].source = source;
}

/* NAME=value, or NAME_FILE=path, from one source. */
static void
take(const char *name, const char *value, const char *source)
{
    size_t size = strlen(name);
    int setting = setting_named(name, size);
    char *secret;

    if (setting >= 0) {
        set(setting, value, source);
        return;
    }
    if (size < 5 || strcmp(name + size - 5, "_FILE") != 0 || !*value)
        return;
    setting = setting_named(name, size - 5);
    if (setting < 0 || values[setting].value)
        return;
    secret = read_file(value, name);
    set(setting, trim(secret), value);
}

static void
take_file(const char *path, bool is_required)
{
    char *rest = read_file(path, is_required ? "TILL_ENV" : NULL), *line;
    int number = 0;

    while (rest && (line = strsep(&rest, "\n"))) {
        char *name = trim(line), *value;

        number++;
        if (!*name || *name == '#')
            continue;
        if (!strncmp(name, "export ", 7))
            name = trim(name + 7);
        if (!(value = strchr(name, '=')))
            die("%s, line %d: not NAME=value", path, number);
        *value++ = '\0';
        take(trim(name), unquote(value, path, number), path);
    }
}

static void
take_environment(void)
{
    for (int i = 0; i < SETTINGS; i++) {
        char name[64];
        const char *value;

        if ((value = getenv(table[i].name)))
            take(table[i].name, value, "environment");
        snprintf(name, sizeof name, "%s_FILE", table[i].name);
        if ((value = getenv(name)))
            take(name, value, "environment");
    }
}

/* Where relative paths begin, for who is started elsewhere: as CGI, by cron. */
static void
enter_home(void)
{
    const char *home = getenv("TILL_HOME");

    if (home && *home && chdir(home))
        die("TILL_HOME: can't enter %s: %s", home, strerror(errno));
}

void
config_load(void)
{
    enter_home();
    arena_free(arena);
    arena = arena_create();
    memset(values, 0, sizeof values);
    settings_file = getenv("TILL_ENV");
    take_environment();
    if (settings_file && *settings_file)
        take_file(settings_file, true);
    else
        take_file("till.env", false);
    for (int i = 0; i < SETTINGS; i++) {
        if (table[i].preset)
            set(i, table[i].preset, "default");
    }
}

const char *
config_text(enum setting setting)
{
    return values[setting].value;
}

const char *
config_required(enum setting setting)
{
    if (!values[setting].value)
        die("%s is not set (%s)", table[setting].name, table[setting].meaning);
    return values[setting].value;
}

int64_t
config_int(enum setting setting, int64_t least, int64_t most)
{
    const char *value = config_required(setting);
    int64_t number;

    if (!text_to_int64(value, &number) || number < least || number > most)
        die("%s is \"%s\": it must be a number from %lld to %lld",
            table[setting].name, value, (long long)least, (long long)most);
    return number;
}

const char *
config_name(enum setting setting)
{
    return table[setting].name;
}

bool
config_is_secret(enum setting setting)
{
    return table[setting].is_secret;
}

const char *
config_source(enum setting setting)
{
    return values[setting].source ? values[setting].source : "unset";
}

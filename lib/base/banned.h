/*
 * Calls that do not compile in Till, included before everything else by the
 * Makefile. Each has a replacement that knows its buffer's size or says that
 * it failed.
 */
#ifndef TILL_BANNED_H
#define TILL_BANNED_H

/* first the headers that declare them, then the traps */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BANNED(call, instead) sorry_##call##_is_banned_use_##instead

#undef strcpy
#define strcpy(to, from) BANNED(strcpy, text_add_or_arena_strdup)
#undef strcat
#define strcat(to, from) BANNED(strcat, text_add)
#undef strncpy
#define strncpy(to, from, size) BANNED(strncpy, arena_strndup)
#undef strncat
#define strncat(to, from, size) BANNED(strncat, text_add_bytes)
#undef sprintf
#define sprintf(...) BANNED(sprintf, snprintf)
#undef vsprintf
#define vsprintf(to, format, list) BANNED(vsprintf, vsnprintf)
#undef gets
#define gets(to) BANNED(gets, fgets)
#undef strtok
#define strtok(text, by) BANNED(strtok, strcspn)
#undef atoi
#define atoi(text) BANNED(atoi, text_to_int64)
#undef atol
#define atol(text) BANNED(atol, text_to_int64)
#undef atoll
#define atoll(text) BANNED(atoll, text_to_int64)
#undef atof
#define atof(text) BANNED(atof, money_parse)
#undef gmtime
#define gmtime(time) BANNED(gmtime, gmtime_r)
#undef localtime
#define localtime(time) BANNED(localtime, clock_rfc3339)

#endif

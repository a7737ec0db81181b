/*
 * Plain CGI (RFC 3875): one request from the environment and standard input,
 * one answer to standard output. For classic web hosts, fcgiwrap, cron.
 */
#ifndef TILL_CGI_H
#define TILL_CGI_H

#include "web/channel.h"

struct channel *cgi_channel(void);

#endif

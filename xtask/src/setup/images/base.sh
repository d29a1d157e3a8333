# Runs inside the new system that all images begin as: what the official images add to Debian, save for the server.
set -eu
umask 022

groupadd --system --gid=999 postgres
useradd --system --gid=postgres --uid=999 --home-dir=/var/lib/postgresql --shell=/bin/bash postgres
install --directory --owner=postgres --group=postgres --mode=1777 /var/lib/postgresql
install --directory --owner=postgres --group=postgres --mode=3777 /var/run/postgresql
install --directory /docker-entrypoint-initdb.d /usr/lib/postgresql /usr/local/lib/pgs-test

localedef --inputfile=en_US --force --charmap=UTF-8 --alias-file=/usr/share/locale/locale.alias en_US.UTF-8

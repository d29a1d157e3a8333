# Runs inside the new system: Debian's own server, without the cluster that its package would make.
set -eu
umask 022

printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
chmod +x /usr/sbin/policy-rc.d
mkdir -p /etc/postgresql-common/createcluster.d
echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.d/no-cluster.conf

export DEBIAN_FRONTEND=noninteractive
apt-get update --quiet=2
apt-get install --yes --quiet=2 --no-install-recommends postgresql-15 >/dev/null
rm -f /usr/sbin/policy-rc.d

# The image's tree is the volume, so it is made with the owner that a new volume takes over.
install --directory --owner=postgres --group=postgres --mode=1777 /var/lib/postgresql/data
install --directory --owner=postgres --group=postgres --mode=3777 /var/run/postgresql
sed -i "s/^#listen_addresses = 'localhost'/listen_addresses = '*'/" /usr/share/postgresql/15/postgresql.conf.sample

# The just-in-time compiler is as large as all the rest together. Without its module the server does not miss it.
rm -rf /usr/lib/postgresql/15/lib/llvmjit* /usr/lib/postgresql/15/lib/bitcode
find /usr/lib -name 'libLLVM*' -delete

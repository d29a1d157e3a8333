# Runs inside a system that is about to become an image: nothing the server reads goes.
set -eu

apt-get clean
rm -rf /var/lib/apt/lists/* /var/cache/debconf/*-old /var/log/*.log /var/log/apt
rm -rf /usr/share/doc/* /usr/share/info/* /usr/share/man/* /usr/share/i18n
find /usr/share/locale -mindepth 1 -maxdepth 1 -type d -exec rm -rf '{}' +
: >/etc/resolv.conf
rm -f /etc/hostname

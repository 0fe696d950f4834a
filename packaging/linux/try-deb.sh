#!/usr/bin/env bash
# Installs the deb in a clean Debian, uses it for a practice campaign in the terminal and in its window, upgrades it,
# removes it, and looks at what is left. Nothing outside its own folder is touched.
# Usage: try-deb.sh FILE.deb [FILE.rpm] (root; SUITE chooses the Debian, bookworm without it)
set -euo pipefail

deb=$(realpath "$1")
suite=${SUITE:-bookworm}
root=${TMPDIR:-/var/tmp}/ulak-try-$suite
if [ "$(id -u)" != 0 ]; then exec sudo --preserve-env=SUITE,TMPDIR "$0" "$@"; fi

inside() { chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }
as_owner() { inside runuser -u owner -- env HOME=/home/owner "$@"; }
say() { printf '\n-- %s\n' "$*"; }
fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }
away() { for mount in dev/pts dev/shm dev proc; do mountpoint --quiet "$root/$mount" && umount "$root/$mount"; done; rm -rf --one-file-system "$root"; }

say "A clean $suite"
[ -e "$root" ] && away
trap away EXIT
debootstrap --variant=minbase "$suite" "$root" >"$root.log" 2>&1 || { tail -20 "$root.log"; fail debootstrap; }
# What runs below must not be taken for the computer's own.
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"; chmod +x "$root/usr/sbin/policy-rc.d"
mount -t proc proc "$root/proc"; mount --bind /dev "$root/dev"; mount --bind /dev/pts "$root/dev/pts"; mount -t tmpfs tmpfs "$root/dev/shm"
inside apt-get update --quiet=2
inside apt-get install --yes --quiet=2 --no-install-recommends xvfb xauth x11-utils dbus-x11 imagemagick >/dev/null
inside useradd --create-home owner

say 'Installed by a package manager, with what it needs'
cp "$deb" "$root/ulak.deb"
inside apt-get install --yes --quiet=2 --no-install-recommends /ulak.deb >/dev/null
inside dpkg --verify ulak
as_owner ulak --version
inside ldd /usr/bin/ulak | grep 'not found' && fail 'a library is missing'
[ -f "$root/usr/share/applications/Ulak.desktop" ] || fail 'no entry in the menu'
for kind in application/x-ulak-backup text/csv application/vnd.oasis.opendocument.spreadsheet text/vcard image/jpeg; do
    grep --quiet "^MimeType=.*$kind;" "$root/usr/share/applications/Ulak.desktop" || fail "$kind is not opened with Ulak"
done

say 'A practice campaign in the terminal'
printf 'Name,Phone\nAyşe,+905321110001\nBudi,+628121110002\n' >"$root/home/owner/people.csv"
as_owner ULAK_PASSPHRASE='a clean computer' ulak practice --data /home/owner/shop --contacts /home/owner/people.csv --text 'Merhaba {{name}}' --speed 600 --json >"$root.practice"
tail -1 "$root.practice"

say 'Its window'
as_owner timeout 120 xvfb-run -a -s '-screen 0 1280x800x24' dbus-run-session -- sh -c '
    ulak & app=$!
    for second in $(seq 60); do
        xwininfo -root -tree | grep --quiet "\"Ulak" && sleep 5 && break
        sleep 1
    done
    xwininfo -root -tree | grep "\"Ulak" && import -window root /home/owner/window.png
    kill $app; wait $app; test $? = 143' || fail 'the window did not open, or did not end in order'
colours=$(inside identify -format %k /home/owner/window.png)
echo "$colours colours are on the screen"
[ "$colours" -gt 100 ] || fail 'the window is empty'

say 'Upgraded, with the data where they were'
find "$root/home/owner" -name 'ulak.db' | grep . || fail 'no data were written'
next=$root/next; dpkg-deb --raw-extract "$deb" "$next"
sed -i 's/^Version: .*/&+next/' "$next/DEBIAN/control"
dpkg-deb --root-owner-group -Zgzip -z1 --build "$next" "$root/next.deb" >/dev/null; rm -rf "$next"
inside apt-get install --yes --quiet=2 /next.deb >/dev/null
inside dpkg --verify ulak
inside dpkg-query --show ulak
as_owner ULAK_PASSPHRASE='a clean computer' ulak log --data /home/owner/shop --json | grep --quiet Budi || fail 'the messages are gone'

say 'Removed, and nothing left but the data'
inside apt-get purge --yes --quiet=2 ulak >/dev/null
inside apt-get autoremove --purge --yes --quiet=2 >/dev/null
(cd "$root" && find usr etc opt \( -type f -o -type l \)) | grep --ignore-case ulak && fail 'something of Ulak is left'
find "$root/home/owner" -name 'ulak.db' | grep --quiet . || fail 'the data are gone'
printf '\nThe package holds what it says.\n'

#!/bin/sh
# account.sh DIR COMMAND...: runs a server for which the machine has one more
# account. It stands in databases that only the server sees, in a mount
# namespace of its own, and so does its home: some servers refuse one that lies
# below a folder that everybody may write to.
set -e
dir=$1
shift
mount --bind "$dir/passwd" /etc/passwd
mount --bind "$dir/shadow" /etc/shadow
mount -t tmpfs -o mode=755 tmpfs /home
mkdir -p -m 700 /home/wasmiko /home/wasmiko/.ssh
cp "$dir/authorized_keys" /home/wasmiko/.ssh/
chown -R 54321:54321 /home/wasmiko
exec "$@"

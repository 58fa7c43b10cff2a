#!/bin/sh
# serve.sh NAME DIR PORT: runs an SSH server that others wrote on a port of the
# loopback address, with one account, wasmiko. It logs in with the password foo,
# or with the key in DIR/user, which DIR/authorized_keys names. The server's own
# public key lies in DIR/host.pub before it listens.
set -e
here=$(cd "$(dirname "$0")" && pwd)
name=$1 dir=$2 port=$3
sftp=/usr/lib/openssh/sftp-server

rsa() { ssh-keygen -q -t rsa -b 2048 -m PEM -N "" -C host -f "$dir/host"; }

# The account stands in databases that only the server sees: see account.sh.
account() {
	[ "$(id -u)" = 0 ] || {
		echo "servers with accounts take root: unshare and setuid"
		exit 1
	}
	crypt=$(openssl passwd -6 foo)
	(umask 077 && { cat /etc/shadow && echo "wasmiko:$crypt:19000:0:99999:7:::"; } >"$dir/shadow")
	{ cat /etc/passwd && echo "wasmiko:x:54321:54321::/home/wasmiko:/bin/sh"; } >"$dir/passwd"
	chmod 644 "$dir/passwd"
	exec unshare -m sh "$here/account.sh" "$dir" "$@"
}

# The system's Python: that of a virtual environment lacks the packages.
python() { exec /usr/bin/python3 -W ignore "$here/with_$name.py" "$port" "$dir/host" "$dir/user"; }

case $name in
dropbear)
	dropbearkey -t ed25519 -f "$dir/host" | grep ^ssh- >"$dir/host.pub"
	account dropbear -F -E -p "127.0.0.1:$port" -r "$dir/host"
	;;
tinysshd)
	tinysshd-makekey "$dir/keys"
	tinysshd-printkey "$dir/keys" >"$dir/host.pub"
	account tcpserver -HRDl0 127.0.0.1 "$port" tinysshd -x "sftp=$sftp" "$dir/keys"
	;;
lsh) # GNU's server of 2013, which knows nothing that is safe today.
	export LSH_YARROW_SEED_FILE="$dir/seed"
	lsh-make-seed --sloppy --output-file="$dir/seed"
	rsa
	/usr/bin/python3 -W ignore "$here/lsh_key.py" "$dir/host" >"$dir/host.lsh"
	account lshd --interface="127.0.0.1:$port" --host-key="$dir/host.lsh" --no-syslog --no-srp-keyexchange \
		--subsystems="sftp=$sftp"
	;;
paramiko | asyncssh)
	rsa
	python
	;;
*)
	echo "no server is called $name"
	exit 2
	;;
esac

#!/bin/sh
# Installs what the tests need beyond Go and Node, where it may; else says so.
set -eu

missing=""
need() { # COMMAND PACKAGE
	command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ] || missing="$missing $2"
}
need "${CHROME:-chromium}" chromium
# The same engine without windows, where the system has it: most browser tests take half of the time.
shell() {
	[ -n "${CHROME:-}" ] || ! apt-cache show chromium-headless-shell >/dev/null 2>&1 ||
		need chromium-headless-shell chromium-headless-shell
}
shell
need "${FIREFOX:-firefox-esr}" firefox-esr
need WebKitWebDriver webkit2gtk-driver
need Xvfb xvfb # WebKit wants a screen
need sshd openssh-server
need ssh openssh-client
need vim vim
need htop htop
need tmux tmux
need gcc gcc # the race detector links with it
need openssl openssl
need puttygen putty-tools
need python3 python3 # unpacks the archives that the page makes
need ps procps
need script bsdutils
# Login shells that somebody may have on a server.
for shell in dash bash busybox fish tcsh; do need "$shell" "$shell"; done
need unshare util-linux
need dropbear dropbear-bin # the servers of others that we are tried against
need tinysshd tinysshd
need tcpserver ucspi-tcp
need lshd lsh-server
need lsh-make-seed lsh-utils
for module in paramiko asyncssh; do
	/usr/bin/python3 -W ignore -c "import $module" 2>/dev/null || missing="$missing python3-$module"
done
need websockify websockify # its client is tried against us, and make bench stands beside its server
# What stands before gateways in docs/deploy.
need haproxy haproxy
need nginx nginx-light
need caddy caddy
need systemd-analyze systemd
need ip iproute2 # a network that the tests may break
need nft nftables
need redis-server redis-server # what several gateways share
fc-list 2>/dev/null | grep -qi emoji || missing="$missing fonts-noto-color-emoji fonts-dejavu-core"

[ -n "$missing" ] || exit 0
sudo=""
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null && sudo="sudo -n" || {
		echo "The tests need these packages; install them and start again:" >&2
		echo "  apt-get install$missing" >&2
		exit 1
	}
fi
command -v apt-get >/dev/null 2>&1 || {
	echo "The tests need what Debian packages as:$missing" >&2
	exit 1
}
echo "installing$missing"
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -q >/dev/null
case $missing in *headless-shell*) ;; *) shell ;; esac
# Servers are started by the tests alone, never as services of this machine:
# that is what Debian's policy-rc.d is for, which maintainers' scripts ask.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
	trap '$sudo rm -f "$policy"' EXIT
	printf '#!/bin/sh\nexit 101\n' | $sudo tee "$policy" >/dev/null
	$sudo chmod 755 "$policy"
fi
$sudo apt-get install -q -y --no-install-recommends $missing >/dev/null

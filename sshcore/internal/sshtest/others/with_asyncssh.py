"""An SSH server of AsyncSSH, for one account: with_asyncssh.py PORT KEYFILE USERKEY.

It takes the password "foo", wants another one of at least eight characters for "expired", takes the given public key,
and keyboard-interactive with the answer "foo"; it runs commands (as a shell it repeats what it hears), forwards, and has
SFTP over its files.
"""

import asyncio
import sys

import asyncssh


class Server(asyncssh.SSHServer):
    def begin_auth(self, username):
        return True

    def password_auth_supported(self):
        return True

    def validate_password(self, username, password):
        if password == "expired":
            raise asyncssh.PasswordChangeRequired("Your password has expired")
        return password == "foo"

    def change_password(self, username, old_password, new_password):
        if old_password == "expired" and len(new_password) < 8:
            raise asyncssh.PasswordChangeRequired("Too short: take eight characters")
        return old_password == "expired"

    def public_key_auth_supported(self):
        return True

    def validate_public_key(self, username, key):
        return key.public_data == USER_KEY.public_data

    def kbdint_auth_supported(self):
        return True

    def get_kbdint_challenge(self, username, lang, submethods):
        return "", "", "", [("Word: ", False)]

    def validate_kbdint_response(self, username, responses):
        return list(responses) == ["foo"]

    def connection_requested(self, dest_host, dest_port, orig_host, orig_port):
        return True

    def server_requested(self, listen_host, listen_port):
        return True


async def copy(source, to):
    while data := await source.read(65536):
        to.write(data)
        await to.drain()


async def copy_input(source, to):
    try:
        await copy(source, to)
    except (ConnectionError, asyncssh.BreakReceived, asyncssh.SignalReceived):
        pass  # the command has ended, or is to
    to.close()


# process.redirect() would do it all, but now and then two of its tasks read from one pipe, which ends the connection.
async def handle(process):
    p = await asyncio.create_subprocess_shell(
        process.command or "echo welcome; cat",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    reading = asyncio.create_task(copy_input(process.stdin, p.stdin))
    await asyncio.gather(copy(p.stdout, process.stdout), copy(p.stderr, process.stderr))
    status = await p.wait()
    reading.cancel()
    if status < 0:
        process.exit_with_signal("TERM")
    else:
        process.exit(status)


async def main(port, host_key):
    await asyncssh.create_server(
        Server,
        "127.0.0.1",
        int(port),
        server_host_keys=[host_key],
        process_factory=handle,
        sftp_factory=True,
        encoding=None,
        login_timeout=60,
    )
    print("listening", flush=True)
    await asyncio.Event().wait()


PORT, KEY_FILE, USER_FILE = sys.argv[1:]
USER_KEY = asyncssh.read_private_key(USER_FILE)
asyncio.run(main(PORT, KEY_FILE))

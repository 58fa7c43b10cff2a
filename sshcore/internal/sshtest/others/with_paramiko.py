"""An SSH server of Paramiko, for one account: with_paramiko.py PORT KEYFILE USERKEY.

It takes the password "foo", the given public key, and keyboard-interactive
with the answer "foo"; it runs commands, with or without a terminal, and has
SFTP over its own files.
"""

import os
import socket
import subprocess
import sys
import threading

import paramiko


class File(paramiko.SFTPHandle):
    def stat(self):
        return paramiko.SFTPAttributes.from_stat(os.fstat(self.readfile.fileno()))

    def chattr(self, attr):
        paramiko.SFTPServer.set_file_attr(self.filename, attr)
        return paramiko.SFTP_OK


class Files(paramiko.SFTPServerInterface):
    def stat(self, path):
        try:
            return paramiko.SFTPAttributes.from_stat(os.stat(path))
        except OSError as e:
            return paramiko.SFTPServer.convert_errno(e.errno)

    lstat = stat

    def list_folder(self, path):
        try:
            entries = list(os.scandir(path))
        except OSError as e:
            return paramiko.SFTPServer.convert_errno(e.errno)
        return [paramiko.SFTPAttributes.from_stat(e.stat(follow_symlinks=False), e.name) for e in entries]

    def open(self, path, flags, attr):
        try:
            fd = os.open(path, flags | getattr(os, "O_BINARY", 0), 0o600)
        except OSError as e:
            return paramiko.SFTPServer.convert_errno(e.errno)
        mode = "r+b" if flags & os.O_RDWR else "wb" if flags & os.O_WRONLY else "rb"
        handle = File(flags)
        handle.filename = path
        handle.readfile = handle.writefile = os.fdopen(fd, mode)
        return handle

    def chattr(self, path, attr):
        paramiko.SFTPServer.set_file_attr(path, attr)
        return paramiko.SFTP_OK

    def remove(self, path):
        try:
            os.remove(path)
        except OSError as e:
            return paramiko.SFTPServer.convert_errno(e.errno)
        return paramiko.SFTP_OK

    def rename(self, old, new):
        try:
            os.rename(old, new)
        except OSError as e:
            return paramiko.SFTPServer.convert_errno(e.errno)
        return paramiko.SFTP_OK

    posix_rename = rename


class Server(paramiko.ServerInterface):
    def __init__(self, user_key):
        self.user_key = user_key

    def get_allowed_auths(self, username):
        return "password,publickey,keyboard-interactive"

    def check_auth_password(self, username, password):
        return paramiko.AUTH_SUCCESSFUL if password == "foo" else paramiko.AUTH_FAILED

    def check_auth_publickey(self, username, key):
        return paramiko.AUTH_SUCCESSFUL if key == self.user_key else paramiko.AUTH_FAILED

    def check_auth_interactive(self, username, submethods):
        return paramiko.InteractiveQuery("", "", ("Word: ", False))

    def check_auth_interactive_response(self, responses):
        return paramiko.AUTH_SUCCESSFUL if responses == ["foo"] else paramiko.AUTH_FAILED

    def check_channel_request(self, kind, chanid):
        return paramiko.OPEN_SUCCEEDED if kind == "session" else paramiko.OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED

    def check_channel_pty_request(self, channel, *args):
        return True

    def check_channel_window_change_request(self, channel, *args):
        return True

    def check_channel_exec_request(self, channel, command):
        threading.Thread(target=run, args=(channel, command), daemon=True).start()
        return True


def run(channel, command):
    # Its answer is read by the thread that sends the reply to the request, so
    # nothing overtakes that.
    channel.get_transport().global_request("order@wasmiko.example", wait=True)
    p = subprocess.Popen(command, shell=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def feed():
        while data := channel.recv(65536):
            p.stdin.write(data)
        p.stdin.close()

    def drain(pipe, send):
        while data := pipe.read1(32768):
            send(data)

    threads = [
        threading.Thread(target=drain, args=(p.stdout, channel.sendall)),
        threading.Thread(target=drain, args=(p.stderr, channel.sendall_stderr)),
    ]
    threading.Thread(target=feed, daemon=True).start()
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    channel.send_exit_status(p.wait() & 0xFF)
    channel.close()


def serve(conn, host_key, user_key):
    transport = paramiko.Transport(conn)
    transport.add_server_key(host_key)
    transport.set_subsystem_handler("sftp", paramiko.SFTPServer, Files)
    transport.start_server(server=Server(user_key))


def main():
    port, host_key, user_key = sys.argv[1:]
    host_key = paramiko.RSAKey.from_private_key_file(host_key)
    user_key = paramiko.Ed25519Key.from_private_key_file(user_key)
    listener = socket.create_server(("127.0.0.1", int(port)))
    print("listening", flush=True)
    while True:
        conn, _ = listener.accept()
        threading.Thread(target=serve, args=(conn, host_key, user_key), daemon=True).start()


main()

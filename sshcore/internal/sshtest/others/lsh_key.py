"""Prints an RSA key in PEM as lsh's canonical S-expression: lsh_key.py KEYFILE.

lsh's own keygen takes public exponents so large that many clients refuse them.
"""

import sys

from cryptography.hazmat.primitives.serialization import load_pem_private_key


def atom(value):
    return b"%d:%s" % (len(value), value)


def field(name, number):
    # Numbers are signed: a leading zero keeps them positive.
    return b"(" + atom(name) + atom(b"\0" + number.to_bytes((number.bit_length() + 7) // 8, "big")) + b")"


with open(sys.argv[1], "rb") as file:
    key = load_pem_private_key(file.read(), None).private_numbers()
fields = [
    field(b"n", key.public_numbers.n),
    field(b"e", key.public_numbers.e),
    field(b"d", key.d),
    field(b"p", key.p),
    field(b"q", key.q),
    field(b"a", key.dmp1),
    field(b"b", key.dmq1),
    field(b"c", key.iqmp),
]
sys.stdout.buffer.write(b"(11:private-key(9:rsa-pkcs1" + b"".join(fields) + b"))")

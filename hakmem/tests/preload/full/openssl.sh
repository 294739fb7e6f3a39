#!/usr/bin/env bash
# OpenSSL: speed in several processes ends well; keys, signatures, certificates, digests and ciphers
# that leave nothing to chance are the same.
# Debian packages: openssl
. "$(dirname "$0")/../../support/preload.sh"
need openssl
for algorithm in sha256 aes-256-cbc rsa2048 ecdsap256 ed25519; do
    under_hakmem openssl speed -seconds 1 -multi 2 $algorithm >speed.out 2>speed.err ||
        fail "speed $algorithm: $(tail -n 2 speed.err)"
    assert_served
    tail -n 1 speed.out | grep -qiE '[0-9]' || fail "speed $algorithm: $(tail -n 2 speed.out)"
done
under_hakmem openssl speed -seconds 1 -bytes 33000 -evp aes-128-gcm >speed.out 2>&1 ||
    fail "speed: $(tail -n 2 speed.out)"
assert_served
head -c 3000000 /dev/zero | tr '\0' x >data
for cipher in aes-256-cbc aes-128-ctr chacha20 camellia-128-cbc; do
    same_output openssl enc -$cipher -pbkdf2 -S 0102030405060708 -pass pass:x -in data
done
same_output openssl dgst -sha512 -sha3-256 data
openssl genpkey -algorithm ed25519 -out key.pem
openssl genrsa -out rsa.pem 2048 2>/dev/null
same_output openssl pkeyutl -sign -rawin -inkey key.pem -in speed.out
same_output openssl dgst -sha256 -sign rsa.pem data
same_output openssl rsa -in rsa.pem -text -noout
openssl req -x509 -new -key rsa.pem -subj /CN=x -days 9 -out certificate.pem
same_output openssl x509 -in certificate.pem -text -noout
same_output openssl verify -CAfile certificate.pem certificate.pem

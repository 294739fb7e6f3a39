#!/usr/bin/env bash
# A Java virtual machine starts, makes a key and a certificate, and ends: keytool.
#
# Java objects live in a heap of its own. malloc serves class loading, symbols, and the arenas of
# the compilers, which grow in chunks of 1, 10 and 32 KiB, on some twenty threads.
#
# The shipped trace: openjdk-17-jre-headless 17.0.15 of Debian 12.
. "$(dirname "$0")/common.sh"
[ "$times" = 1 ] || usage "--times: a start is as long as it is"
need java openjdk-17-jre-headless

# the program itself, not what alternatives(5) calls it
keytool=$(dirname "$(readlink -f "$(command -v java)")")/keytool
record --max-events=1000000 -- "$keytool" -J-Xmx64m -J-XX:+UseSerialGC -genkeypair -alias a \
    -keyalg RSA -keysize 2048 -dname CN=a -storepass password -keystore store >/dev/null 2>&1

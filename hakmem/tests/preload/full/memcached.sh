#!/usr/bin/env bash
# memcached with four threads, over a Unix socket: values from 1 byte to 400 KB by several clients
# at once; what it gives back is what it was given.
# Debian packages: memcached perl
. "$(dirname "$0")/../../support/preload.sh"
need memcached perl
cat >client.pl <<'PL'
use strict;
use warnings;
use IO::Socket::UNIX;
my ($path, $me, $rounds) = @ARGV;
my $socket = IO::Socket::UNIX->new(Peer => $path) or die "connect: $!";
my $state = $me * 7919 + 1;
sub pick { $state = ($state * 1103515245 + 12345) % 2**31; return int($state / 8) % $_[0]; }
my @sizes = (1, 90, 1000, 8000, 33000, 40000, 400000);
my %model;
my $hits = 0;
for my $i (1 .. $rounds) {
    my $key = "k$me-" . pick(200);
    if (pick(3)) {
        my $value = chr(65 + pick(26)) x ($sizes[pick(6 + !pick(20))] + pick(50));
        printf $socket "set %s 0 0 %d\r\n%s\r\n", $key, length $value, $value;
        my $said = <$socket>;
        die "set: $said" unless $said eq "STORED\r\n";
        $model{$key} = $value;
    } elsif (pick(4)) {
        print $socket "get $key\r\n";
        my $said = <$socket>;
        if ($said =~ /^VALUE \S+ 0 (\d+)/) {
            read($socket, my $value, $1) == $1 or die "short";
            <$socket>;
            <$socket> eq "END\r\n" or die "no END";
            die "another value for $key" unless defined $model{$key} && $value eq $model{$key};
            $hits++;
        } elsif (defined $model{$key}) {
            die "$key is gone: $said";
        }
    } else {
        print $socket "delete $key\r\n";
        my $said = <$socket>;
        die "delete: $said" unless $said eq (exists $model{$key} ? "DELETED\r\n" : "NOT_FOUND\r\n");
        delete $model{$key};
    }
}
print "$me: $hits hits\n";
PL
# session: what four clients at once see
session() {
    local clients=() n status=0
    for n in 1 2 3 4; do
        perl client.pl "$work/mc.sock" "$n" 20000 >"client$n" 2>&1 &
        clients+=($!)
    done
    for n in 0 1 2 3; do
        wait "${clients[n]}" || status=1
    done
    cat client?
    return $status
}
command=(memcached -s "$work/mc.sock" -m 1000 -t 4 -u "$(id -un)")
"${command[@]}" >server.log 2>&1 &
server=$!
wait_for test -S mc.sock
session >want || fail "libc: $(tail -n 2 want)"
kill "$server"
wait "$server" || true
rm -f mc.sock
start_server "${command[@]}"
wait_for test -S mc.sock
session >got || fail "$(tail -n 2 got)"
kill -INT "$server"
server_ended
diff want got || fail "the clients saw something else"

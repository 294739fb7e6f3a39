#!/usr/bin/env bash
# Perl: hashes, long strings, sorting, regular expressions.
. "$(dirname "$0")/../support/preload.sh"
need perl
cat >heavy.pl <<'PL'
use strict;
use warnings;
use Digest::MD5 qw(md5_hex);
my %table = map { $_ => "v" x ($_ % 90) } 1 .. 150000;
delete $table{$_} for grep { $_ % 3 == 0 } keys %table;
print scalar(keys %table), " ", md5_hex(join ",", map { "$_=$table{$_}" } sort keys %table), "\n";
my $text = join " ", map { sprintf "%x", $_ * 2654435761 % 2**32 } 1 .. 100000;
my %count;
$count{$1}++ while $text =~ /([0-9a-f]{2})(?=[0-9a-f]* )/g;
print join(" ", map { "$_:$count{$_}" } (sort keys %count)[0 .. 20]), "\n";
my @blobs = map { chr(65 + $_ % 26) x 33000 } 1 .. 2000;
$blobs[$_] .= $blobs[$_ - 1] for grep { $_ % 7 == 0 } 1 .. $#blobs;
print md5_hex(join "", @blobs), "\n";
print md5_hex(join "", sort { $a <=> $b } map { $_ * 7919 % 1000003 } 1 .. 200000), "\n";
PL
same_output env PERL_HASH_SEED=0 perl heavy.pl
